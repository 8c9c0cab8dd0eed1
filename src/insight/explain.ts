/** The decision trace of one request: each line item, each gate, and what would have to change. Nothing stays reserved or is remembered. */

import { assign } from '../bidding/assign.ts';
import type { Opportunity } from '../bidding/bid.ts';
import { bid } from '../bidding/bid.ts';
import { idsOfPerson, permit } from '../bidding/permit.ts';
import type { BidObserver, BidPorts } from '../bidding/ports.ts';
import type { Snapshot } from '../bidding/snapshot.ts';
import { weightOf } from '../bidding/value.ts';
import type { CatalogLine } from '../campaign/catalog.ts';
import { linesAsWritten, versionsOf } from '../campaign/catalog.ts';
import { fullBitset, hasBit, nextBit } from '../core/bitset.ts';
import type { BidRecord } from '../core/event.ts';
import type { FunnelStage, Reason } from '../core/reason.ts';
import { REASONS } from '../core/reason.ts';
import type { BidResponse } from '../openrtb/response.ts';

export interface Explanation {
  readonly requestId: string;
  readonly exchangeId: string;
  readonly bid: boolean;
  /** Why the request as a whole was answered without a bid. */
  readonly reason: Reason | undefined;
  readonly remedy: string | undefined;
  readonly identity: {
    readonly permitted: boolean;
    readonly refusal: string;
    readonly known: boolean;
    readonly packs: readonly string[];
  };
  readonly impressions: readonly ExplainedImpression[];
  readonly response: BidResponse | undefined;
}

export interface ExplainedImpression {
  readonly impressionId: string;
  readonly lines: readonly ExplainedLine[];
}

export interface ExplainedLine {
  readonly lineItemId: string;
  readonly name: string;
  readonly verdict: 'bid' | Reason;
  readonly stage: FunnelStage | 'bid';
  readonly remedy: string;
  /** Targeting keys that refuse, all of them: with one alone, removing it lets the line item through. */
  readonly refusedBy: readonly string[];
  readonly bidCpmMicros: number | undefined;
  readonly valueCpmMicros: number | undefined;
  /** The pack that multiplies its worth to this person, and by how much; of several the one that counts. */
  readonly weighedBy: { readonly audience: string; readonly multiplier: number } | undefined;
  readonly creativeId: string | undefined;
}

/** `ports` are the live ones; what is remembered is replaced by parts that do nothing, and money is given back. */
export async function explain(
  opportunity: Opportunity,
  snapshot: Snapshot,
  ports: BidPorts,
): Promise<Explanation> {
  const { request, exchange } = opportunity;
  const verdicts = new Map<string, 'bid' | Reason>();
  const records = new Map<string, BidRecord>();
  const observer: BidObserver = {
    thorough: true,
    impression: doNothing,
    refused: (index, line, reason) => void verdicts.set(`${index}/${line}`, reason),
    refusedAlike: (index, lines, reason) => {
      for (let line = nextBit(lines, 0); line >= 0; line = nextBit(lines, line + 1))
        verdicts.set(`${index}/${line}`, reason);
    },
    won: (index, line, record) => {
      verdicts.set(`${index}/${line}`, 'bid');
      records.set(`${index}/${line}`, record);
    },
  };
  const dry: BidPorts = {
    ...ports,
    bidIds: ports.choices.stream(`explain ${request.id}`),
    identity: {
      meet: knownAs,
      join: knownAs,
      numberOf: (key) => ports.identity.numberOf(key),
      idsOf: (number) => ports.identity.idsOf(number),
    },
    seen: { id: doNothing, person: doNothing },
    people: { read: (...call) => ports.people.read(...call), hold: doNothing },
    experiments: { keyOf: (key) => ports.experiments.keyOf(key), enter: doNothing },
    // The purse is asked, since a spent budget is an answer too; what it holds for the trace it gets back at once.
    purse: {
      leaseId: ports.purse.leaseId,
      reserve: (hold) => {
        const refusal = ports.purse.reserve(hold);
        if (!refusal) ports.purse.release(hold.bidId);
        return refusal;
      },
      release: doNothing,
    },
  };
  const outcome = await bid(opportunity, snapshot, dry, observer);
  const account = snapshot.catalog.book.account;
  const { permits, ids, userKey } = permit(request, exchange.id, account, ports);
  const packs = snapshot.packs.packsOf(request, permits, idsOfPerson(ids, ports.identity));
  const nowMs = ports.clock.now();
  // In an experiment, what is explained is the version that this person gets.
  const { found } = assign(
    snapshot.catalog,
    [fullBitset(snapshot.catalog.lines.length)],
    userKey,
    nowMs,
    dry.experiments,
  );
  const versionOf = (line: CatalogLine): CatalogLine =>
    versionsOf(snapshot.catalog, line.lineItem.id).find(
      ({ number }) => found[0] && hasBit(found[0], number),
    ) ?? line;

  const impressions = request.impressions.map((impression, index): ExplainedImpression => {
    const probe = { exchangeId: exchange.id, request, impression, permits, packs, nowMs };
    const lines = linesAsWritten(snapshot.catalog).map((asWritten): ExplainedLine => {
      const line = versionOf(asWritten);
      const key = `${index}/${line.number}`;
      const active = hasBit(snapshot.catalog.active, line.number);
      const refusedBy = snapshot.catalog.targeting.refusals(line.number, probe);
      // A request that is refused as a whole never reaches the line items.
      const verdict =
        verdicts.get(key) ??
        (!active ? 'not_in_flight' : refusedBy.length > 0 || outcome.bid ? 'not_targeted' : outcome.reason);
      const record = records.get(key);
      return {
        lineItemId: line.lineItem.id,
        name: line.lineItem.name ?? line.lineItem.id,
        verdict,
        stage: verdict === 'bid' ? 'bid' : REASONS[verdict].stage,
        remedy: verdict === 'bid' ? '' : REASONS[verdict].remedy,
        refusedBy,
        bidCpmMicros: record?.facts.bidCpmMicros,
        valueCpmMicros: record?.valueCpmMicros,
        weighedBy: weightOf(line, packs),
        creativeId: record?.facts.creativeId,
      };
    });
    return { impressionId: impression.id, lines };
  });
  return {
    requestId: request.id,
    exchangeId: exchange.id,
    bid: outcome.bid,
    reason: outcome.bid ? undefined : outcome.reason,
    remedy: outcome.bid ? undefined : REASONS[outcome.reason].remedy,
    identity: { permitted: permits.identity, refusal: permits.refusal, known: userKey !== '', packs },
    impressions,
    response: outcome.bid ? outcome.response : undefined,
  };
}

/** A trace joins nobody. */
function knownAs(): undefined {
  return undefined;
}

function doNothing(): void {
  // A trace counts no impression.
}
