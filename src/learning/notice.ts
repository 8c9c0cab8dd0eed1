/** Reads a notice: whose bid it tells of, and whether the price in it can be believed and is a charge. Pure. */
import type { BidFacts, NoticeEvent, NoticeKind, PriceFlag } from '../core/event.ts';
import type { TokenCodec } from '../core/token.ts';
import type { CpmMicros } from '../core/units.ts';
import { parseDecimalMicros } from '../core/units.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';

/** As `core/notice-url.ts` spells them: token, price, loss code, least bid that would have won. */
export interface NoticeQuery {
  readonly t?: string | undefined;
  readonly p?: string | undefined;
  readonly l?: string | undefined;
  readonly m?: string | undefined;
}

/** `exchange/price` reads prices so; it is handed in, since rooms of one floor do not see each other. */
export type ReadPrice = (
  text: string | undefined,
  profile: ExchangeProfile,
) => { readonly cpmMicros?: CpmMicros; readonly flag: '' | 'audit' | 'missing' | 'unreadable' };

export interface NoticeReading {
  readonly codec: Pick<TokenCodec, 'verify'>;
  profileOf(exchangeId: string): ExchangeProfile | undefined;
  readonly readPrice: ReadPrice;
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
  const event: NoticeEvent = {
    type: 'notice',
    kind,
    facts,
    atMs: reading.nowMs,
    ...priceOf(kind, facts, query.p, profile, reading.readPrice),
    lossCode: kind === 'loss' ? lossCodeOf(query.l) : undefined,
    minToWinCpmMicros: minToWinOf(kind, facts, query.m),
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
): Price {
  const bills = billingKind(profile) === kind;
  if (kind === 'click' || (kind === 'impression' && !bills)) return NO_PRICE;
  const { cpmMicros, flag } = readPrice(text, profile);
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
  return { priceCpmMicros: cpmMicros, priceFlag: low ? 'below_floor' : '', billable: bills };
}

function flagged(priceFlag: PriceFlag): Price {
  return { ...NO_PRICE, priceFlag };
}

function lossCodeOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}

/** The greatest price that a campaign can be given (`campaign.ts`); above it nothing is learned from. */
const MIN_TO_WIN_MAX = 1e10;

/** Plain CPM in the bid's currency. Whoever won did so with no more than the bid. */
function minToWinOf(kind: NoticeKind, facts: BidFacts, text: string | undefined): CpmMicros | undefined {
  if (kind !== 'win' && kind !== 'loss') return undefined;
  const value = text === undefined ? undefined : parseDecimalMicros(text.trim());
  if (value === undefined || value === 0 || value > MIN_TO_WIN_MAX) return undefined;
  return kind === 'win' && value > facts.bidCpmMicros ? undefined : (value as CpmMicros);
}
