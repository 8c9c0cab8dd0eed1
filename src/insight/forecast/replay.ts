/**
 * Sampled requests put to the real bid page once more, with another configuration. Nothing is reserved, remembered or told. People of samples are
 * strangers who have seen nothing, budgets are without end, and every line item takes part in all it may: what budgets and pacing would
 * leave of it is worked out afterwards. The same samples and configuration give the same outcome.
 */
import { bid } from '../../bidding/bid.ts';
import type { BidObserver, BidPorts } from '../../bidding/ports.ts';
import type { Snapshot } from '../../bidding/snapshot.ts';
import type { BidRecord } from '../../core/event.ts';
import { seededRandom } from '../../core/random.ts';
import { openrtbJson } from '../../exchange/openrtb-json.ts';
import { marketContext } from '../../policy/price/market.ts';
import type { RequestSample } from '../../state/sample-port.ts';

export interface Replayed {
  readonly lineItemId: string;
  readonly weight: number;
  /** Chance to win, as far as prices were learned. */
  readonly winChance: number | undefined;
  readonly bidCpmMicros: number;
  readonly rateMicros: number;
  readonly clicks: number;
  readonly conversions: number;
  /** Of the bid, what winning it costs in the mean. */
  readonly paidShare: number;
}

type Ports = Pick<BidPorts, 'tokens' | 'publicUrl' | 'securePublicUrl'>;

const SILENT: BidObserver = {
  thorough: false,
  impression: () => undefined,
  refused: () => undefined,
  refusedAlike: () => undefined,
  won: () => undefined,
};
const NONE = new Float64Array(0);
const STRANGER = {
  count: 0,
  kinds: new Uint8Array(0),
  atMs: NONE,
  advertisers: NONE,
  campaigns: NONE,
  lineItems: NONE,
  creatives: NONE,
  completeSinceMs: Number.NEGATIVE_INFINITY,
};
/** Requests between two turns of the event loop. */
const SLICE = 20;

export async function replay(
  samples: readonly RequestSample[],
  snapshot: Snapshot,
  addresses: Ports,
): Promise<readonly Replayed[]> {
  const { catalog } = snapshot;
  const { account } = catalog.book;
  const all: Snapshot = {
    ...snapshot,
    stopped: false,
    participation: new Float64Array(catalog.lines.length).fill(1),
    // Whether the person might be known was settled when the sample was taken, and consent did not stay with it.
    catalog: {
      ...catalog,
      book: { ...catalog.book, account: { ...account, signalMissing: 'allow', consentRecords: [] } },
    },
  };
  const found: Replayed[] = [];
  for (let place = 0; place < samples.length; place++) {
    const sample = samples[place]!;
    const exchange = snapshot.exchanges.get(sample.exchangeId);
    const decoded = exchange && openrtbJson.decode(Buffer.from(withPerson(sample, place)));
    if (exchange && decoded?.ok) {
      const own = { ...all, packs: packsOf(sample, snapshot) };
      const outcome = await bid(
        { exchange, request: { ...decoded.request, tmaxMs: 1_000 }, arrivedMs: 0 },
        own,
        portsFor(sample, addresses),
        SILENT,
      );
      if (outcome.bid) for (const record of outcome.records) found.push(replayed(record, sample, snapshot));
    }
    if (place % SLICE === SLICE - 1)
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
  }
  return found;
}

function packsOf({ packs }: RequestSample, snapshot: Snapshot): Snapshot['packs'] {
  return {
    packsOf: () => packs,
    versionOf: (id) => snapshot.packs.versionOf(id),
    packs: snapshot.packs.packs,
  };
}

function withPerson({ text, isKnown }: RequestSample, place: number): string {
  return isKnown ? JSON.stringify({ ...JSON.parse(text), user: { id: `sample-${place}` } }) : text;
}

function portsFor({ atMs }: RequestSample, addresses: Ports): BidPorts {
  return {
    ...addresses,
    clock: { now: () => atMs, monotonic: () => 0, waiting: () => 0 },
    people: { read: () => Promise.resolve(STRANGER), hold: () => undefined },
    purse: { leaseId: 0, reserve: () => undefined, release: () => undefined },
    keysOf: ({ id }) => [{ key: id, space: 'user.id' }],
    consentOf: () => undefined,
    seen: { id: () => undefined, person: () => undefined },
    identity: { meet: () => undefined, join: () => undefined, numberOf: () => undefined, idsOf: () => [] },
    experiments: { keyOf: (key) => key, enter: () => undefined },
    profiles: { derivedOf: () => undefined },
    choices: seededRandom('replay'),
    bidIds: seededRandom('replayed bids'),
  };
}

function replayed({ facts, pClick }: BidRecord, { weight }: RequestSample, snapshot: Snapshot): Replayed {
  const { lineItemId, exchangeId, currency, bidCpmMicros, floorCpmMicros, media, rateMicros } = facts;
  const landscape = snapshot.landscapes
    .get(`${exchangeId}/${currency}`)
    ?.within(marketContext({ floorCpmMicros, media }));
  const line = snapshot.catalog.lineById.get(lineItemId)!;
  const clicks = facts.forecast?.pClick ?? pClick;
  const { expectations } = snapshot;
  return {
    lineItemId,
    weight,
    winChance: landscape && landscape.observations > 0 ? landscape.winProbability(bidCpmMicros) : undefined,
    bidCpmMicros,
    rateMicros,
    clicks,
    conversions: clicks * expectations.conversionsPerClick(line) + expectations.conversionsPerShowing(line),
    paidShare: 1,
  };
}
