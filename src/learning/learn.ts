/**
 * THE WAY BACK: what follows a bid, every step in order.
 *
 *   notice:      read · journal (durable) · settle or release · remember and profile the person · study arms and prices
 *   conversion:  read · journal (durable, finds the touch to credit) · remember and profile the person · study
 *   adjustment:  read · journal (durable, moves what was credited) · study; what was charged stays charged
 *
 * The journal decides what is new. What it has seen before changes nothing here, so notices may come twice, late and in
 * any order. This file is one page: the steps after a notice or a report. Nothing is acknowledged before the journal has it; all that follows lives in memory and can be rebuilt from it.
 */
import type { Account, ConversionAction } from '../campaign/campaign.ts';
import { lifetimeBucket } from '../core/budget.ts';
import type { Clock } from '../core/clock.ts';
import type {
  AdjustmentEvent,
  BidFacts,
  ConversionEvent,
  NoticeEvent,
  NoticeKind,
  Touch,
} from '../core/event.ts';
import type { HistoryTouch, TouchKind } from '../core/history.ts';
import type { ProfileEvent } from '../core/profile.ts';
import type { TokenCodec } from '../core/token.ts';
import type { CpmMicros } from '../core/units.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type {
  Adjusted,
  Appended,
  Charge,
  ConversionRule,
  Credit,
  JournalPort,
  PeoplePort,
  VoidedClick,
} from '../state/port.ts';
import type { ConversionReading, ConversionsRead } from './attribute.ts';
import { readConversions, readPixel } from './attribute.ts';
import type { AsideReason, Caller } from './caller.ts';
import { setAside } from './caller.ts';
import type { NoticeQuery, NoticeRefusal, ReadPrice } from './notice.ts';
import { billingKind, readNotice } from './notice.ts';
import type { ConversionFault } from './report-fields.ts';

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
  impression(facts: BidFacts, atMs: number): void;
  click(facts: BidFacts, atMs: number): void;
  /** A click that was learned turned out to be nobody's. */
  clickVoided(facts: BidFacts, atMs: number): void;
  /** All that the journal logged of rewards up to this number was told. */
  journaled(seq: number): void;
  /** Something that the journal keeps could not be told. */
  missed(): void;
  /** Charged to the line item, in the account's currency. */
  charged(facts: BidFacts, micros: number, atMs: number): void;
  /** A conversion began to count for a touch; with a minus sign, it ceased to. */
  credit(credit: Credit): void;
  /** Least price that would have won, in the bid's currency. */
  price(facts: BidFacts, cpmMicros: CpmMicros): void;
  /** Won or lost on price, and nothing told of the price itself. */
  result(facts: BidFacts, won: boolean): void;
}

export interface LearnObserver {
  notice(event: NoticeEvent, appended: Appended): void;
  refusedNotice(kind: NoticeKind, refusal: NoticeRefusal): void;
  /** Authentic, and no event: nothing was kept. */
  setAside(kind: NoticeKind, exchangeId: string, reason: AsideReason): void;
  conversion(event: ConversionEvent, appended: Appended): void;
  adjustment(event: AdjustmentEvent, adjusted: Adjusted): void;
  voidedClick(status: VoidedClick['status']): void;
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
  /** To the account's currency, in millionths; undefined without a rate. */
  rateMicrosOf(currency: string): number | undefined;
  readonly personOf: (userId: string) => string;
  readonly newId: () => string;
  readonly journal: Pick<JournalPort, 'appendNotice' | 'appendConversion' | 'appendAdjustment' | 'voidClick'>;
  readonly holds: HoldsPort;
  readonly people: Pick<PeoplePort, 'record' | 'release'>;
  /** The one key of all that is remembered of the person whom a pseudonym means. */
  readonly leadOf: (userKey: string) => string;
  /** Takes what people did at first hand: their profiles. */
  readonly profiles: { note(event: ProfileEvent): void };
  readonly study: StudyPort;
  readonly observer: LearnObserver;
}

export type NoticeTaken =
  | { readonly ok: true; readonly status: Appended['status'] | AsideReason; readonly facts: BidFacts }
  | { readonly ok: false; readonly refusal: NoticeRefusal };

export interface ConversionsTaken {
  readonly unauthorised: boolean;
  readonly accepted: number;
  readonly duplicates: number;
  readonly faults: readonly ConversionFault[];
}

export type ClicksVoided = Readonly<Record<VoidedClick['status'], number>>;

/** Every method rejects where the journal cannot keep the event: then nothing may be acknowledged. */
export interface Learner {
  /** Without a caller whoever calls is taken for the one that the address was made for. */
  takeNotice(kind: NoticeKind, query: NoticeQuery, caller?: Caller): Promise<NoticeTaken>;
  takeConversions(body: unknown, bearer: string | undefined): Promise<ConversionsTaken>;
  takePixel(query: Readonly<Record<string, unknown>>): Promise<ConversionsTaken>;
  onNotice(event: NoticeEvent): Promise<Appended>;
  onConversion(event: ConversionEvent, rule: ConversionRule): Promise<Appended>;
  onAdjustment(event: AdjustmentEvent): Promise<Adjusted>;
  /** What clicks brought is taken back, of clicks that are still to be told too. */
  voidClicks(clickIds: readonly string[]): Promise<ClicksVoided>;
}

export function learner(ports: LearnPorts): Learner {
  const { journal, observer } = ports;
  const onNotice = async (told: NoticeEvent): Promise<Appended> => {
    const userKey = ports.leadOf(told.facts.userKey);
    const event = { ...told, facts: { ...told.facts, userKey } };
    const appended = await journal.appendNotice(event);
    afterwards(ports, appended.rewardSeq, () => {
      observer.notice(event, appended);
      if (appended.status !== 'new') return;
      settle(event, appended, ports);
      rememberPerson(event, appended, ports);
      studyNotice(event, appended, ports);
    });
    return appended;
  };

  const onConversion = async (event: ConversionEvent, rule: ConversionRule): Promise<Appended> => {
    const appended = await journal.appendConversion(event, rule);
    afterwards(ports, appended.rewardSeq, () => {
      observer.conversion(event, appended);
      if (appended.status !== 'new') return;
      const { touch } = appended;
      if (appended.voided) return;
      ports.profiles.note(profiledConversion(event, touch));
      if (touch && touch.facts.userKey !== '')
        ports.people.record(touchOf(touch.facts, 'conversion', event.atMs));
      for (const credit of appended.credits) ports.study.credit(credit);
    });
    return appended;
  };

  const onAdjustment = async (event: AdjustmentEvent): Promise<Adjusted> => {
    const adjusted = await journal.appendAdjustment(event);
    afterwards(ports, adjusted.rewardSeq, () => {
      observer.adjustment(event, adjusted);
      for (const credit of adjusted.credits) ports.study.credit(credit);
    });
    return adjusted;
  };

  const voidClick = async (clickId: string): Promise<VoidedClick> => {
    const voided = await journal.voidClick(clickId, ports.clock.now());
    afterwards(ports, voided.rewardSeq, () => {
      observer.voidedClick(voided.status);
      if (voided.click) ports.study.clickVoided(voided.click.facts, voided.click.atMs);
      for (const credit of voided.credits) ports.study.credit(credit);
    });
    return voided;
  };

  const keep = async ({ sound, faults, unauthorised }: ConversionsRead): Promise<ConversionsTaken> => {
    const kept = await Promise.all(
      sound.map(
        (report): Promise<Pick<Appended, 'status'>> =>
          'rule' in report ? onConversion(report.event, report.rule) : onAdjustment(report.event),
      ),
    );
    const accepted = kept.filter(({ status }) => status === 'new').length;
    return { unauthorised, faults, accepted, duplicates: kept.length - accepted };
  };

  return {
    onNotice,
    onConversion,
    onAdjustment,
    voidClicks: async (clickIds) => {
      const ends = await Promise.all([...new Set(clickIds)].map(voidClick));
      const count = (status: VoidedClick['status']) => ends.filter((end) => end.status === status).length;
      return { voided: count('voided'), duplicate: count('duplicate'), unknown: count('unknown') };
    },
    takeNotice: async (kind, query, caller) => {
      const { codec, profileOf, readPrice, rateMicrosOf, clock } = ports;
      const reading = { codec, profileOf, readPrice, rateMicrosOf, nowMs: clock.now() };
      const read = readNotice(kind, query, reading);
      if (!read.ok) {
        observer.refusedNotice(kind, read.refusal);
        return read;
      }
      const { facts } = read.event;
      const aside = caller && setAside(kind, caller, read.profile);
      if (aside) {
        observer.setAside(kind, facts.exchangeId, aside);
        return { ok: true, status: aside, facts };
      }
      const { status } = await onNotice(read.event);
      return { ok: true, status, facts };
    },
    takeConversions: (body, bearer) => keep(readConversions(body, bearer, readingOf(ports))),
    takePixel: (query) => keep(readPixel(query, readingOf(ports))),
  };
}

/**
 * Money: a charge settles, a loss releases, a win holds on until it is billed. A billing notice without a price charges nothing
 * yet; it may come again with one, so what the bid holds stays until it expires. A loss that contradicts a win frees nothing.
 */
function settle(event: NoticeEvent, { charges, contradiction }: Appended, ports: LearnPorts): void {
  const { facts, kind } = event;
  const profile = ports.profileOf(facts.exchangeId);
  if (charges.length > 0) ports.holds.settle(facts.bidId, charges);
  else if (kind === 'loss') {
    if (!contradiction) ports.holds.release(facts.bidId);
  } else if (facts.test) ports.holds.release(facts.bidId);
  // Whatever says that it was won or shown is told before the charge, where it is not the charge itself.
  else if (profile && kind !== billingKind(profile))
    ports.holds.extend(facts.bidId, facts.bidAtMs + 1000 * profile.holdSeconds[facts.media]);
}

/** Caps: what was shown and clicked takes the place of the bid in flight. */
function rememberPerson(
  event: NoticeEvent,
  { firstImpression, contradiction }: Appended,
  { people, profiles }: LearnPorts,
): void {
  const { facts, kind, atMs, shownAtMs = atMs } = event;
  if (facts.userKey === '' || !isReal(event)) return;
  if (firstImpression) {
    people.record(touchOf(facts, 'impression', shownAtMs));
    profiles.note(profiledShowing('impression', facts, shownAtMs));
  } else if (kind === 'click') {
    people.record(touchOf(facts, 'click', atMs));
    profiles.note(profiledShowing('click', facts, atMs));
  } else if (kind === 'loss' && !contradiction) people.release(facts.userKey, facts.bidId);
}

/** Arms: an impression is a trial, a click its reward. Prices: the least that would have won, told by winner and loser. */
function studyNotice(
  event: NoticeEvent,
  { firstImpression, before, charges, contradiction, credits, voided }: Appended,
  { study }: LearnPorts,
): void {
  const { facts, kind, atMs } = event;
  for (const credit of credits) study.credit(credit);
  const won = kind === 'win' || kind === 'billing';
  const seen = before.includes('win') || before.includes('billing');
  if (!isReal(event)) return;
  if (firstImpression) study.impression(facts, atMs);
  if (kind === 'click' && !voided) study.click(facts, atMs);
  const bucket = lifetimeBucket('line_item', facts.lineItemId);
  const charge = charges.find((each) => each.bucket === bucket);
  if (charge) study.charged(facts, charge.micros, atMs);
  if (won && !seen) studyWin(event, study);
  else if (kind === 'loss' && !contradiction) studyLoss(event, study);
}

/** Win and billing tell the same price; the first of them counts. One who pays less than was bid pays what it took to win. */
function studyWin(
  { facts, minToWinCpmMicros, priceCpmMicros, priceFlag }: NoticeEvent,
  study: StudyPort,
): void {
  if (minToWinCpmMicros !== undefined) study.price(facts, minToWinCpmMicros);
  else if (
    priceCpmMicros !== undefined &&
    priceCpmMicros < facts.bidCpmMicros &&
    priceFlag !== 'charged_at_maximum'
  )
    study.price(facts, priceCpmMicros);
  else study.result(facts, true);
}

/** Below a floor, below the deal's, outbid (OpenRTB 2.6 list "Loss Reason Codes"). Other losses say nothing of the price. */
const LOST_ON_PRICE: ReadonlySet<number | undefined> = new Set([undefined, 100, 101, 102]);

function studyLoss({ facts, minToWinCpmMicros, lossCode }: NoticeEvent, study: StudyPort): void {
  if (minToWinCpmMicros !== undefined) study.price(facts, minToWinCpmMicros);
  else if (LOST_ON_PRICE.has(lossCode)) study.result(facts, false);
}

/** Neither a test request nor an exchange looking at the creative tells anything about people. */
function isReal(event: NoticeEvent): boolean {
  return !event.facts.test && event.priceFlag !== 'audit';
}

function touchOf(facts: BidFacts, kind: TouchKind, atMs: number): HistoryTouch {
  const { userKey, bidId, advertiserId, campaignId, lineItemId, creativeId } = facts;
  return { userKey, bidId, kind, atMs, advertiserId, campaignId, lineItemId, creativeId };
}

function profiledShowing(name: 'impression' | 'click', facts: BidFacts, atMs: number): ProfileEvent {
  const properties = { exchange: facts.exchangeId, format: facts.media };
  return { person: facts.userKey, name, atMs, properties };
}

/** Of whom the touch tells, else of whom the report does. */
function profiledConversion(event: ConversionEvent, touch: Touch | undefined): ProfileEvent {
  const { atMs, valueMicros, actionId } = event;
  const person = touch?.facts.userKey || event.userKey;
  return { person, name: 'conversion', atMs, valueMicros, item: actionId };
}

function readingOf(ports: LearnPorts): ConversionReading {
  const { actionOf, newId, leadOf } = ports;
  const personOf = (userId: string): string => leadOf(ports.personOf(userId));
  return { actionOf, personOf, newId, account: ports.account(), nowMs: ports.clock.now() };
}

/** The event is safe by now, so a fault here must not make its sender send it again. */
function afterwards(
  { observer, study }: Pick<LearnPorts, 'observer' | 'study'>,
  rewardSeq: number | undefined,
  steps: () => void,
): void {
  try {
    steps();
    if (rewardSeq !== undefined) study.journaled(rewardSeq);
  } catch (error) {
    study.missed();
    observer.fault(error);
  }
}
