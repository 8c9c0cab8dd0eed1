/**
 * THE WAY BACK: what follows a bid, every step in order.
 *
 *   notice:      read · journal (durable) · settle or release · remember the person · study arms and prices
 *   conversion:  read · journal (durable, finds the touch to credit) · remember the person
 *
 * The journal decides what is new. What it has seen before changes nothing here, so notices may come twice, late and in
 * any order. Nothing is acknowledged before the journal has it; all that follows lives in memory and can be rebuilt from it.
 */
import { LRUCache } from 'lru-cache';
import type { Account, ConversionAction } from '../campaign/campaign.ts';
import type { Clock } from '../core/clock.ts';
import type { BidFacts, ConversionEvent, NoticeEvent, NoticeKind } from '../core/event.ts';
import type { HistoryTouch, TouchKind } from '../core/history.ts';
import type { TokenCodec } from '../core/token.ts';
import type { CpmMicros } from '../core/units.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { Appended, Charge, ConversionRule, JournalPort, PeoplePort } from '../state/port.ts';
import type { ConversionFault, ConversionReading, ConversionsRead } from './attribute.ts';
import { readConversions, readPixel } from './attribute.ts';
import type { NoticeQuery, NoticeRefusal, ReadPrice } from './notice.ts';
import { billingKind, readNotice } from './notice.ts';

/** What open bids hold of the budgets. A bid that holds nothing is no fault: it expired, or was another process's. */
export interface HoldsPort {
  /** The charges take the place of what the bid held. */
  settle(bidId: string, charges: readonly Charge[]): void;
  release(bidId: string): void;
  /** Won, and not charged yet: keep holding until then. */
  extend(bidId: string, untilMs: number): void;
}

/** What the next snapshot is made from. */
export interface StudyPort {
  impression(facts: BidFacts): void;
  click(facts: BidFacts): void;
  /** Least price that would have won, in the bid's currency. */
  price(facts: BidFacts, cpmMicros: CpmMicros): void;
}

export interface LearnObserver {
  notice(event: NoticeEvent, appended: Appended): void;
  refusedNotice(kind: NoticeKind, refusal: NoticeRefusal): void;
  conversion(event: ConversionEvent, appended: Appended): void;
  /** Something after the journal failed. The event is kept; the memory of it comes back with the next start. */
  fault(error: unknown): void;
}

export interface LearnPorts {
  readonly clock: Pick<Clock, 'now'>;
  readonly codec: Pick<TokenCodec, 'verify'>;
  readonly readPrice: ReadPrice;
  profileOf(exchangeId: string): ExchangeProfile | undefined;
  actionOf(actionId: string): ConversionAction | undefined;
  account(): Account;
  readonly personKey: (space: string, id: string) => string;
  readonly newId: () => string;
  readonly journal: Pick<JournalPort, 'appendNotice' | 'appendConversion'>;
  readonly holds: HoldsPort;
  readonly people: Pick<PeoplePort, 'record' | 'release'>;
  readonly study: StudyPort;
  readonly observer: LearnObserver;
}

export type NoticeTaken =
  | { readonly ok: true; readonly status: Appended['status']; readonly facts: BidFacts }
  | { readonly ok: false; readonly refusal: NoticeRefusal };

export interface ConversionsTaken {
  readonly unauthorised: boolean;
  readonly accepted: number;
  readonly duplicates: number;
  readonly faults: readonly ConversionFault[];
}

/** Every method rejects where the journal cannot keep the event: then nothing may be acknowledged. */
export interface Learner {
  takeNotice(kind: NoticeKind, query: NoticeQuery): Promise<NoticeTaken>;
  takeConversions(body: unknown, bearer: string | undefined): Promise<ConversionsTaken>;
  takePixel(query: Readonly<Record<string, unknown>>): Promise<ConversionsTaken>;
  onNotice(event: NoticeEvent): Promise<Appended>;
  onConversion(event: ConversionEvent, rule: ConversionRule): Promise<Appended>;
}

export function learner(ports: LearnPorts): Learner {
  const { journal, observer } = ports;
  const memory: Memory = { ...ports, won: new LRUCache({ max: WON_MAX }) };

  const onNotice = async (event: NoticeEvent): Promise<Appended> => {
    const appended = await journal.appendNotice(event);
    afterwards(observer, () => {
      observer.notice(event, appended);
      if (appended.status !== 'new') return;
      settle(event, appended, memory);
      rememberPerson(event, appended, memory);
      studyNotice(event, appended, memory);
    });
    return appended;
  };

  const onConversion = async (event: ConversionEvent, rule: ConversionRule): Promise<Appended> => {
    const appended = await journal.appendConversion(event, rule);
    afterwards(observer, () => {
      observer.conversion(event, appended);
      const facts = appended.status === 'new' ? appended.touch?.facts : undefined;
      if (facts && facts.userKey !== '') ports.people.record(touchOf(facts, 'conversion', event.atMs));
    });
    return appended;
  };

  const keep = async ({ sound, faults, unauthorised }: ConversionsRead): Promise<ConversionsTaken> => {
    const kept = await Promise.all(sound.map(({ event, rule }) => onConversion(event, rule)));
    const accepted = kept.filter(({ status }) => status === 'new').length;
    return { unauthorised, faults, accepted, duplicates: kept.length - accepted };
  };

  return {
    onNotice,
    onConversion,
    takeNotice: async (kind, query) => {
      const { codec, profileOf, readPrice, clock } = ports;
      const read = readNotice(kind, query, { codec, profileOf, readPrice, nowMs: clock.now() });
      if (!read.ok) {
        observer.refusedNotice(kind, read.refusal);
        return read;
      }
      const { status } = await onNotice(read.event);
      return { ok: true, status, facts: read.event.facts };
    },
    takeConversions: (body, bearer) => keep(readConversions(body, bearer, readingOf(ports))),
    takePixel: (query) => keep(readPixel(query, readingOf(ports))),
  };
}

interface Memory extends LearnPorts {
  /** Bids that a win or a charge was seen of lately: a loss notice for one of them contradicts it and frees nothing. */
  readonly won: LRUCache<string, true>;
}

const WON_MAX = 100_000;

/**
 * Money: a charge settles, a loss releases, a win holds on until it is billed. A billing notice without a price charges nothing
 * yet; it may come again with one, so what the bid holds stays until it expires.
 */
function settle(event: NoticeEvent, { charges }: Appended, memory: Memory): void {
  const { facts, kind } = event;
  const profile = memory.profileOf(facts.exchangeId);
  if (charges.length > 0) memory.holds.settle(facts.bidId, charges);
  else if (kind === 'loss') {
    if (!memory.won.has(facts.bidId)) memory.holds.release(facts.bidId);
  } else if (facts.test) memory.holds.release(facts.bidId);
  else if (profile && kind === 'win' && billingKind(profile) !== 'win')
    memory.holds.extend(facts.bidId, facts.bidAtMs + 1000 * profile.holdSeconds[facts.media]);
}

/** Caps: what was shown and clicked takes the place of the bid in flight. */
function rememberPerson(event: NoticeEvent, { firstImpression }: Appended, memory: Memory): void {
  const { facts, kind, atMs } = event;
  if (facts.userKey === '' || !isReal(event)) return;
  if (firstImpression) memory.people.record(touchOf(facts, 'impression', atMs));
  else if (kind === 'click') memory.people.record(touchOf(facts, 'click', atMs));
  else if (kind === 'loss' && !memory.won.has(facts.bidId)) memory.people.release(facts.userKey, facts.bidId);
}

/** Arms: an impression is a trial, a click its reward. Prices: the least that would have won, told by winner and loser. */
function studyNotice(event: NoticeEvent, { firstImpression }: Appended, memory: Memory): void {
  const { facts, kind } = event;
  const won = kind === 'win' || kind === 'billing';
  const seen = memory.won.has(facts.bidId);
  if (won || event.billable) memory.won.set(facts.bidId, true);
  if (!isReal(event)) return;
  if (firstImpression) memory.study.impression(facts);
  if (kind === 'click') memory.study.click(facts);
  // Win and billing tell the same price; the first of them counts. Without the least bid, what was paid bounds it from above.
  if (won && !seen) {
    const price = event.minToWinCpmMicros ?? event.priceCpmMicros;
    if (price !== undefined && event.priceFlag !== 'charged_at_maximum') memory.study.price(facts, price);
  } else if (kind === 'loss' && event.minToWinCpmMicros !== undefined)
    memory.study.price(facts, event.minToWinCpmMicros);
}

/** Neither a test request nor an exchange looking at the creative tells anything about people. */
function isReal(event: NoticeEvent): boolean {
  return !event.facts.test && event.priceFlag !== 'audit';
}

function touchOf(facts: BidFacts, kind: TouchKind, atMs: number): HistoryTouch {
  const { userKey, bidId, advertiserId, campaignId, lineItemId, creativeId } = facts;
  return { userKey, bidId, kind, atMs, advertiserId, campaignId, lineItemId, creativeId };
}

function readingOf(ports: LearnPorts): ConversionReading {
  const { actionOf, personKey, newId } = ports;
  return { actionOf, personKey, newId, account: ports.account(), nowMs: ports.clock.now() };
}

/** The event is safe by now, so a fault here must not make its sender send it again. */
function afterwards(observer: Pick<LearnObserver, 'fault'>, steps: () => void): void {
  try {
    steps();
  } catch (error) {
    observer.fault(error);
  }
}
