/** Reads a notice: whose bid it tells of, and whether the price in it can be believed and is a charge. Pure. */
import type { BidFacts, NoticeEvent, NoticeKind, PriceFlag } from '../core/event.ts';
import { macroValue } from '../core/macro.ts';
import type { TokenCodec } from '../core/token.ts';
import type { CpmMicros } from '../core/units.ts';
import { parseDecimalMicros } from '../core/units.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';

/** As `core/notice-url.ts` spells them: token, price, its currency, loss code, least bid that would have won, quantity, time shown. */
export interface NoticeQuery {
  readonly t?: string | undefined;
  readonly p?: string | undefined;
  readonly c?: string | undefined;
  readonly l?: string | undefined;
  readonly m?: string | undefined;
  readonly x?: string | undefined;
  readonly w?: string | undefined;
}

/** `exchange/price` reads prices so; it is handed in, since rooms of one floor do not see each other. */
export type ReadPrice = (
  text: string | undefined,
  profile: ExchangeProfile,
) => {
  readonly cpmMicros?: CpmMicros;
  readonly flag: '' | 'audit' | 'missing' | 'unexpanded' | 'unreadable';
  readonly sealedAtMs?: number;
};

export interface NoticeReading {
  readonly codec: Pick<TokenCodec, 'verify'>;
  profileOf(exchangeId: string): ExchangeProfile | undefined;
  readonly readPrice: ReadPrice;
  /** Account currency for one unit, in millionths; undefined for a currency without a rate. */
  rateMicrosOf(currency: string): number | undefined;
  readonly nowMs: number;
}

/** `bad_signature`: not our token, or one of another kind. `unknown_exchange`: ours, but its exchange is configured no more. */
export type NoticeRefusal = 'bad_signature' | 'unknown_exchange';

export type NoticeRead =
  | { readonly ok: true; readonly event: NoticeEvent; readonly profile: ExchangeProfile }
  | { readonly ok: false; readonly refusal: NoticeRefusal };

export function readNotice(kind: NoticeKind, query: NoticeQuery, reading: NoticeReading): NoticeRead {
  const facts = query.t === undefined ? undefined : reading.codec.verify(kind, query.t);
  if (!facts) return { ok: false, refusal: 'bad_signature' };
  const profile = reading.profileOf(facts.exchangeId);
  if (!profile) return { ok: false, refusal: 'unknown_exchange' };
  const exchanged = exchangedFrom(query.c, facts, reading);
  const event: NoticeEvent = {
    type: 'notice',
    kind,
    facts,
    atMs: reading.nowMs,
    ...withQuantity(priceOf(kind, facts, query.p, profile, reading.readPrice, exchanged), query.x, facts),
    ...shownAt(kind, query.w, facts, reading.nowMs),
    lossCode: kind === 'loss' ? lossCodeOf(query.l) : undefined,
    minToWinCpmMicros: minToWinOf(kind, facts, query.m, exchanged),
    late: reading.nowMs - facts.bidAtMs > WINDOW_MS[kind],
  };
  return { ok: true, event, profile };
}

const HOUR_MS = 3_600_000;
/** Later than this a notice is odd. It is counted apart, never dropped: it may be owed. */
const WINDOW_MS: Readonly<Record<NoticeKind, number>> = {
  win: HOUR_MS,
  loss: HOUR_MS,
  billing: 24 * HOUR_MS,
  impression: 24 * HOUR_MS,
  click: 30 * 24 * HOUR_MS,
};

/** The one notice that an exchange charges. */
export function billingKind(profile: ExchangeProfile): NoticeKind {
  return profile.billing === 'burl' ? 'billing' : profile.billing;
}

/** Turns an amount in the currency that a notice names into the bid's. */
interface Exchanged {
  readonly isOther: boolean;
  /** Undefined where there is no rate between the two. */
  of(amount: CpmMicros): CpmMicros | undefined;
}

const SAME: Exchanged = { isOther: false, of: (amount) => amount };

/** Prices are in the bid's currency (section 4.4); a notice that names another means what it says. */
function exchangedFrom(
  text: string | undefined,
  facts: BidFacts,
  { rateMicrosOf }: Pick<NoticeReading, 'rateMicrosOf'>,
): Exchanged {
  const code = macroValue(text)?.toUpperCase() ?? facts.currency;
  if (code === facts.currency || !/^[A-Z]{3}$/.test(code)) return SAME;
  const rateMicros = rateMicrosOf(code);
  return {
    isOther: true,
    of: (amount) =>
      rateMicros === undefined
        ? undefined
        : (Math.round((amount / facts.rateMicros) * rateMicros) as CpmMicros),
  };
}

type Price = Pick<NoticeEvent, 'priceCpmMicros' | 'priceFlag' | 'billable'>;

const NO_PRICE: Price = { priceCpmMicros: undefined, priceFlag: '', billable: false };

/** More than this many times the bid is a unit mixed up, not a price. */
const ABSURD_FACTOR = 10;

/**
 * The price is the exchange's word, outside the signature, so it is held against the signed bid: never above it, and nothing
 * that cannot be a price becomes a charge. A price below the floor is charged as it came and flagged.
 */
function priceOf(
  kind: NoticeKind,
  facts: BidFacts,
  text: string | undefined,
  profile: ExchangeProfile,
  readPrice: ReadPrice,
  exchanged: Exchanged,
): Price {
  const bills = billingKind(profile) === kind;
  if (kind === 'click' || (kind === 'impression' && !bills)) return NO_PRICE;
  const { cpmMicros, flag } = believed(readPrice(text, profile), facts, profile, exchanged);
  // A loss names what somebody else paid, and exchanges may leave it out.
  if (kind === 'loss') return { ...NO_PRICE, priceCpmMicros: cpmMicros };
  if (facts.test) return flagged('test');
  if (flag === 'audit') return flagged('audit');
  if (cpmMicros === undefined) {
    const why = flag === '' ? 'unreadable' : flag;
    if (!bills || profile.unreadablePrice === 'not_charged') return flagged(why);
    return { priceCpmMicros: facts.bidCpmMicros, priceFlag: 'charged_at_maximum', billable: true };
  }
  if (cpmMicros > facts.bidCpmMicros * ABSURD_FACTOR) return flagged('absurd');
  if (cpmMicros > facts.bidCpmMicros)
    return { priceCpmMicros: facts.bidCpmMicros, priceFlag: 'above_bid', billable: bills };
  const low = cpmMicros < facts.floorCpmMicros;
  const priceFlag = exchanged.isOther ? 'converted' : low ? 'below_floor' : '';
  return { priceCpmMicros: cpmMicros, priceFlag, billable: bills };
}

/** The price in the bid's currency, unless the seal is of another time or the currency has no rate. */
function believed(
  { cpmMicros, flag, sealedAtMs }: ReturnType<ReadPrice>,
  facts: BidFacts,
  { priceMaxAgeSeconds }: Pick<ExchangeProfile, 'priceMaxAgeSeconds'>,
  exchanged: Exchanged,
): { readonly cpmMicros: CpmMicros | undefined; readonly flag: PriceFlag } {
  if (cpmMicros === undefined) return { cpmMicros, flag };
  // A price sealed for another bid may be shown to us again. It is held against the time of the bid, not of the notice: late
  // notices are owed.
  const ageMs = sealedAtMs === undefined ? 0 : Math.abs(sealedAtMs - facts.bidAtMs);
  if (priceMaxAgeSeconds > 0 && ageMs > priceMaxAgeSeconds * 1000)
    return { cpmMicros: undefined, flag: 'stale' };
  const own = exchanged.of(cpmMicros);
  return own === undefined ? { cpmMicros: own, flag: 'other_currency' } : { cpmMicros: own, flag };
}

/**
 * A showing may have counted for fewer impressions than the bid allowed for, and costs less then. More than the signed number
 * is not charged: it is what the reservation covers.
 */
function withQuantity(
  price: Price,
  text: string | undefined,
  facts: BidFacts,
): Price & { readonly quantityMilli?: number } {
  const told = price.billable ? parseDecimalMicros(macroValue(text) ?? '') : undefined;
  if (told === undefined || told === 0) return price;
  const quantityMilli = Math.max(1, Math.round(told / 1000));
  if (quantityMilli < facts.multiplierMilli) return { ...price, quantityMilli };
  const above = quantityMilli > facts.multiplierMilli && price.priceFlag === '';
  return above ? { ...price, priceFlag: 'above_quantity' } : price;
}

/** Clocks of exchanges are not ours. */
const CLOCK_SKEW_MS = 60_000;

/** When it was shown, as billing for screens in public tells hours later: between the bid and now, or not believed. */
function shownAt(
  kind: NoticeKind,
  text: string | undefined,
  facts: BidFacts,
  nowMs: number,
): { readonly shownAtMs?: number } {
  const value = kind === 'billing' || kind === 'impression' ? macroValue(text) : undefined;
  if (value === undefined || !/^\d{12,14}$/.test(value)) return {};
  const toldMs = Number(value);
  if (toldMs < facts.bidAtMs - CLOCK_SKEW_MS || toldMs > nowMs + CLOCK_SKEW_MS) return {};
  return { shownAtMs: Math.max(facts.bidAtMs, Math.min(toldMs, nowMs)) };
}

function flagged(priceFlag: PriceFlag): Price {
  return { ...NO_PRICE, priceFlag };
}

function lossCodeOf(text: string | undefined): number | undefined {
  const value = macroValue(text) ?? '';
  return /^\d{1,4}$/.test(value) ? Number(value) : undefined;
}

/** The greatest price that a campaign can be given (`campaign.ts`); above it nothing is learned from. */
const MIN_TO_WIN_MAX = 1e10;

/** Plain CPM, in the currency that the notice names. Whoever won did so with no more than the bid. */
function minToWinOf(
  kind: NoticeKind,
  facts: BidFacts,
  text: string | undefined,
  exchanged: Exchanged,
): CpmMicros | undefined {
  if (kind !== 'win' && kind !== 'loss') return undefined;
  const told = parseDecimalMicros(macroValue(text) ?? '');
  const value = told === undefined ? undefined : exchanged.of(told as CpmMicros);
  if (value === undefined || value === 0 || value > MIN_TO_WIN_MAX) return undefined;
  return kind === 'win' && value > facts.bidCpmMicros ? undefined : value;
}
