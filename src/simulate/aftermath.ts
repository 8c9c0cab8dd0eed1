/**
 * What follows a sale, each thing at its time: notices from the exchange's servers, trackers and clicks from people's
 * devices, conversions from the advertisers' shops. Some come twice, late, or from an auditor; all of it by the seed.
 */
import type { Random } from '../core/random.ts';
import { formatMicros } from '../core/units.ts';
import type { Agenda } from './agenda.ts';
import type { SimulatorBook } from './book.ts';
import { makeConversions } from './conversions.ts';
import { Freshness } from './freshness.ts';
import type { MacroValues } from './macros.ts';
import { auditMacros, fillMacros } from './macros.ts';
import { markupCalls } from './markup.ts';
import type { Population } from './people.ts';
import type { Sale } from './sale.ts';
import type { Scenario } from './story.ts';
import type { Transport } from './transport.ts';
import type { Showing } from './truth.ts';
import { buyChance, clickChance } from './truth.ts';

export interface AftermathParts {
  readonly scenario: Scenario;
  readonly random: Random;
  readonly population: Population;
  readonly agenda: Agenda;
  readonly transport: Transport;
  readonly book: SimulatorBook;
  /** Keys of the conversion actions, by their id. */
  readonly actionKeys: Readonly<Record<string, string>>;
  /** Told of each showing, with what only the simulator knows of it. */
  readonly shown?: (showing: ShownTruth) => void;
}

export interface ShownTruth {
  readonly campaignId: string;
  readonly atMs: number;
  readonly clickChance: number;
  readonly clicked: boolean;
}

interface WinParts extends AftermathParts {
  readonly freshness: Freshness;
}

export interface Aftermath {
  sold(sale: Sale): void;
}

export function makeAftermath(parts: AftermathParts): Aftermath {
  const conversions = makeConversions(parts);
  const winParts = { ...parts, freshness: new Freshness(parts.scenario.outcomes.fatigue) };
  return {
    sold: (sale) => {
      const { request, received } = sale;
      const random = parts.random.stream(`after/${request.number}/${received.bid.impid}/${received.bid.id}`);
      if (sale.won) win(sale, winParts, random, conversions.clicked);
      else loss(sale, parts, random);
    },
  };
}

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const RETRY_MS = 10 * SECOND_MS;
const RETRIES = 6;

function loss(sale: Sale, parts: AftermathParts, random: Random): void {
  const { agenda, scenario } = parts;
  const { bid } = sale.received;
  const told = random.next() < scenario.noise.lossNotice;
  const blank = random.next() < scenario.noise.blankPrice;
  const audited = random.next() < scenario.noise.audit;
  const atMs = sale.request.atMs + 100 + random.next() * 900;
  if (told && bid.lurl !== undefined) {
    const url = fillMacros(bid.lurl, macrosOf(sale, blank ? 'blank' : 'priced'));
    agenda.add(atMs, () => call(url, parts, serverHeaders(sale)));
  }
  // An auditor looks at markup of bids that were never shown, and calls what it finds.
  if (!audited) return;
  for (const url of [bid.nurl, bid.burl])
    if (url !== undefined)
      agenda.add(atMs + 5 * MINUTE_MS, () => call(auditMacros(url), parts, serverHeaders(sale)));
}

function win(
  sale: Sale,
  parts: WinParts,
  random: Random,
  clicked: (sale: Sale, location: string, atMs: number) => void,
): void {
  const { agenda, scenario, book } = parts;
  const { noise, outcomes } = scenario;
  const { bid } = sale.received;
  const showing = showingOf(sale);
  const startMs = sale.request.atMs;
  const values = macrosOf(sale, 'priced');
  const nurlMs = startMs + 50 + random.next() * 350;
  const rendered = random.next() < outcomes.rendered;
  const shownMs = startMs + 300 + random.next() * 2500;
  const late = random.next() < noise.late;
  const lateMs = (10 + 30 * random.next()) * MINUTE_MS;
  const trackerLost = random.next() < noise.lostTracker;
  const chance =
    clickChance(showing, parts) * parts.freshness.ofNext(showing.request.person.id, showing.campaignId);
  const clicks = random.next() < chance;
  const clickMs = shownMs + 1500 + random.next() * 20_000;
  const again = [random.next(), random.next(), random.next(), random.next()].map(
    (draw) => draw < noise.duplicate,
  );

  if (bid.nurl !== undefined) {
    const url = fillMacros(bid.nurl, values);
    twice(agenda, nurlMs, again[0]!, parts, () => call(url, parts, serverHeaders(sale)));
  }
  if (!rendered) return;
  parts.freshness.shown(showing.request.person.id, showing.campaignId);
  agenda.add(shownMs, async () => {
    parts.shown?.({ campaignId: bid.cid ?? '', atMs: shownMs, clickChance: chance, clicked: clicks });
    book.billed(bid.id, bid.cid ?? '', bid.crid, sale.clearingCpmMicros);
    book.expected(bid.cid ?? '', bid.crid, chance * buyChance(showing, parts));
  });
  if (bid.burl !== undefined) {
    const url = fillMacros(bid.burl, { ...values, AUCTION_IMP_TS: String(Math.round(shownMs)) });
    const billMs = shownMs + 100 + (late ? lateMs : 0);
    twice(agenda, billMs, again[1]!, parts, () => persist(url, parts, serverHeaders(sale), billMs, RETRIES));
  }
  const own = ownAddress(sale);
  const calls = markupCalls(fillMacros(bid.adm ?? '', values), showing.medium, own);
  const { impressions, clickTrackers, clickThrough } = calls;
  if (!trackerLost)
    for (const url of impressions)
      twice(agenda, shownMs + 50, again[2]!, parts, () => call(url, parts, deviceHeaders(sale)));
  if (!clicks || clickThrough === undefined || !own(clickThrough)) return;
  for (const url of clickTrackers.filter(own))
    agenda.add(clickMs, () => call(url, parts, deviceHeaders(sale)));
  agenda.add(clickMs, async () => {
    const reply = await parts.transport.get(clickThrough, deviceHeaders(sale));
    const location = reply.headers.location;
    if (reply.status < 300 || reply.status >= 400 || location === undefined) {
      book.totals.noticeFailures++;
      return;
    }
    book.clicked(bid.cid ?? '', bid.crid);
    clicked(sale, location, clickMs);
  });
  // The impatient click twice.
  if (again[3]) {
    book.totals.duplicates++;
    agenda.add(clickMs + 700, () => call(clickThrough, parts, deviceHeaders(sale)));
  }
}

function twice(
  agenda: Agenda,
  atMs: number,
  again: boolean,
  parts: AftermathParts,
  run: () => Promise<void>,
): void {
  agenda.add(atMs, run);
  if (!again) return;
  parts.book.totals.duplicates++;
  agenda.add(atMs + 3 * SECOND_MS, run);
}

async function call(
  url: string,
  { transport, book }: AftermathParts,
  headers: Record<string, string>,
): Promise<void> {
  book.totals.notices++;
  const { status } = await transport.get(url, headers);
  if (status < 200 || status >= 400) book.totals.noticeFailures++;
}

/** A billing notice is called again every ten seconds until it is taken, for a minute (section 7.2). */
async function persist(
  url: string,
  parts: AftermathParts,
  headers: Record<string, string>,
  atMs: number,
  retries: number,
): Promise<void> {
  parts.book.totals.notices++;
  const { status } = await parts.transport.get(url, headers);
  if (status === 200 || status === 204) return;
  parts.book.totals.noticeFailures++;
  const nextMs = atMs + RETRY_MS;
  if (retries > 0) parts.agenda.add(nextMs, () => persist(url, parts, headers, nextMs, retries - 1));
}

/** As the truth sees it. */
function showingOf({ request, received, flightHour }: Sale): Showing {
  const { bid, impression } = received;
  return {
    request,
    medium: bid.mtype === 1 ? 'banner' : impression.slot.medium,
    flightHour,
    campaignId: bid.cid ?? '',
    creativeId: bid.crid,
    host: bid.adomain?.[0] ?? '',
  };
}

function macrosOf({ request, received, ...sale }: Sale, price: 'priced' | 'blank'): MacroValues {
  const { bid } = received;
  const prices =
    price === 'blank'
      ? {}
      : {
          AUCTION_PRICE: formatMicros(sale.clearingCpmMicros),
          AUCTION_MIN_TO_WIN: formatMicros(sale.minToWinCpmMicros),
          AUCTION_MBR: (sale.clearingCpmMicros / received.priceCpmMicros).toFixed(4),
        };
  return {
    AUCTION_ID: request.id,
    AUCTION_BID_ID: received.bidResponseId,
    AUCTION_IMP_ID: bid.impid,
    AUCTION_SEAT_ID: encodeURIComponent(received.seat),
    AUCTION_AD_ID: encodeURIComponent(bid.adid ?? ''),
    AUCTION_CURRENCY: received.currency,
    AUCTION_LOSS: String(sale.lossCode),
    AUCTION_MULTIPLIER: '1',
    ...prices,
  };
}

/** The bidder's addresses are those on the host that its notices name; pictures and pages of others are left alone. */
function ownAddress({ received: { bid } }: Sale): (url: string) => boolean {
  const hosts = new Set([bid.nurl, bid.burl, bid.lurl].map(hostOf).filter((host) => host !== ''));
  return (url) => hosts.has(hostOf(url));
}

function hostOf(url: string | undefined): string {
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname : '';
}

function serverHeaders(sale: Sale): Record<string, string> {
  const { ip, ua } = sale.request.json.device as { ip: string; ua: string };
  return { 'user-agent': 'example-exchange/1.0', 'x-forwarded-for': ip, 'x-device-user-agent': ua };
}

function deviceHeaders(sale: Sale): Record<string, string> {
  const { ua } = sale.request.json.device as { ua: string };
  return { 'user-agent': ua, referer: `https://${sale.request.place.domain}/` };
}
