/** Selling terms of a request: which currency is answered, which floor holds, which deals may be bought. */
import type { Account } from '../campaign/campaign.ts';
import type { CatalogLine } from '../campaign/catalog.ts';
import type { CpmMicros, Micros } from '../core/units.ts';
import { impressionCostCeiling, MICROS_PER_UNIT } from '../core/units.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { BidRequest, Deal, DurationFloor, Impression } from '../openrtb/request.ts';
import type { Fit } from './media/media.ts';
import { timedPlacement } from './media/video.ts';
import { seatFor } from './seat.ts';

/** The currency of an answer, with its rate to the account's. */
export interface AnswerCurrency {
  readonly code: string;
  /** Account currency for one unit of it, in millionths. */
  readonly rateMicros: number;
}

/** The exchange's own, else the account's, else the first that is offered and has a rate. No list means USD alone. */
export function chooseCurrency(
  request: BidRequest,
  exchange: ExchangeProfile,
  account: Account,
): AnswerCurrency | undefined {
  const offered = request.currencies.length > 0 ? request.currencies : ['USD'];
  const preferred = [exchange.currency, account.currency, ...offered];
  for (const code of preferred) {
    const rateMicros = offered.includes(code) ? rateOf(code, account) : undefined;
    if (rateMicros !== undefined) return { code, rateMicros };
  }
  return undefined;
}

/** Undefined for a currency without a rate: it is never taken to be 1:1. */
export function rateOf(code: string, account: Account): number | undefined {
  if (code === account.currency) return MICROS_PER_UNIT;
  const rate = account.currencyRates?.rates[code];
  return rate === undefined ? undefined : Math.round(rate * MICROS_PER_UNIT);
}

/** Rounds down: a bid never exceeds what it was allowed. */
export function toAnswerCurrency(accountCpm: number, currency: AnswerCurrency): CpmMicros {
  return (
    currency.rateMicros === MICROS_PER_UNIT
      ? accountCpm
      : Math.floor((accountCpm / currency.rateMicros) * MICROS_PER_UNIT)
  ) as CpmMicros;
}

/** Rounds down, so that nothing that could reach a floor is taken to be below it. */
export function inAccountCurrency(cpm: CpmMicros, { rateMicros }: AnswerCurrency): CpmMicros {
  return (
    rateMicros === MICROS_PER_UNIT ? cpm : Math.floor((cpm / MICROS_PER_UNIT) * rateMicros)
  ) as CpmMicros;
}

/** Rounds up: the most that a bid can cost in the account's currency. */
export function costCeiling(bidCpm: CpmMicros, currency: AnswerCurrency, multiplierMilli: number): Micros {
  const account =
    currency.rateMicros === MICROS_PER_UNIT
      ? bidCpm
      : Math.ceil((bidCpm / MICROS_PER_UNIT) * currency.rateMicros);
  return impressionCostCeiling(account as CpmMicros, multiplierMilli / 1000);
}

/**
 * The floor that holds (OpenRTB 2.6 section 7.11), in the answer's currency, rounded up. Under a deal the deal's terms
 * alone, unless it names none; a floor for the length, or a second, comes before the flat one. Undefined when the floor's currency has no rate.
 */
export function floorFor(
  impression: Impression,
  deal: Deal | undefined,
  { media, durationSeconds }: Pick<Fit, 'media' | 'durationSeconds'>,
  currency: AnswerCurrency,
  account: Account,
): CpmMicros | undefined {
  if (deal) {
    const own =
      timedFloor(deal.durationFloors, deal.floorCpmMicrosPerSecond, durationSeconds) ?? deal.floorCpmMicros;
    if (own > 0) return convertFloor(own, deal.floorCurrency, currency, account);
  }
  const placement = timedPlacement(impression, media);
  const timed =
    placement && timedFloor(placement.durationFloors, placement.floorCpmMicrosPerSecond, durationSeconds);
  return convertFloor(timed ?? impression.floorCpmMicros, impression.floorCurrency, currency, account);
}

/** The floor of the open auction that holds for every length; undefined where it depends on the length, or on a deal. */
export function flatFloorOf(
  { video, audio, deals, floorCpmMicros, floorCurrency }: Impression,
  currency: AnswerCurrency,
  account: Account,
): CpmMicros | undefined {
  const timed = [video, audio].some(
    (placement) =>
      placement && (placement.durationFloors.length > 0 || placement.floorCpmMicrosPerSecond !== undefined),
  );
  return timed || deals.length > 0
    ? undefined
    : convertFloor(floorCpmMicros, floorCurrency, currency, account);
}

function timedFloor(
  floors: readonly DurationFloor[],
  perSecond: CpmMicros | undefined,
  seconds: number | undefined,
): number | undefined {
  if (seconds === undefined) return undefined;
  // Bands may overlap; the dearest is above the floor whichever of them the seller goes by.
  let dearest: number | undefined;
  for (const { secondsMin, secondsMax, floorCpmMicros } of floors)
    if (seconds >= secondsMin && seconds <= secondsMax) dearest = Math.max(dearest ?? 0, floorCpmMicros);
  if (dearest !== undefined) return dearest;
  return perSecond === undefined ? undefined : perSecond * seconds;
}

function convertFloor(
  floor: number,
  code: string,
  currency: AnswerCurrency,
  account: Account,
): CpmMicros | undefined {
  if (floor === 0 || code === currency.code) return floor as CpmMicros;
  const rateMicros = rateOf(code, account);
  if (rateMicros === undefined) return undefined;
  return Math.ceil((floor / currency.rateMicros) * rateMicros) as CpmMicros;
}

/** How a line item may buy an impression: under these deals, or in the open auction too. */
export interface Buying {
  readonly deals: readonly Deal[];
  readonly open: boolean;
  /** One of the deals obliges to bid (`guar` 1). */
  readonly guaranteed: boolean;
}

/**
 * A line item buys the deals that its targeting names (or any, where it says so), if the deal admits the seat. It buys
 * in the open where the auction is not private and its targeting does not ask for a deal.
 */
export function buyingOf(
  line: CatalogLine,
  request: BidRequest,
  impression: Impression,
  exchange: ExchangeProfile,
): Buying {
  const { lineItem, wantedDeals } = line;
  const asksForDeal = wantedDeals.length > 0;
  const open = !impression.privateAuction && !asksForDeal;
  if (impression.deals.length === 0) return open ? OPEN_ALONE : NOTHING;
  const excluded = lineItem.targeting.deal?.exclude;
  const deals = impression.deals.filter((deal) => {
    const named = asksForDeal ? wantedDeals.includes(deal.id) : lineItem.anyDeal;
    return named && !excluded?.includes(deal.id) && seatFor(request, deal, exchange) !== undefined;
  });
  return { deals, open, guaranteed: deals.some((deal) => deal.guaranteed) };
}

const OPEN_ALONE: Buying = { deals: [], open: true, guaranteed: false };
const NOTHING: Buying = { deals: [], open: false, guaranteed: false };

/** Where places are few, what must be bid on goes before what may be. */
export function guaranteedFirst(deals: readonly Deal[]): readonly Deal[] {
  if (!deals.some((deal) => deal.guaranteed)) return deals;
  return [...deals.filter((deal) => deal.guaranteed), ...deals.filter((deal) => !deal.guaranteed)];
}

/**
 * The advertiser domains that a bid declares: the creative's, where the deal admits them. A test bidder that they are not admitted
 * of says to be of the first listed advertiser that the publisher does not block. Undefined where it may not bid.
 */
export function declaredDomains(
  domains: readonly string[],
  deal: Deal | undefined,
  { testBidder }: Pick<Account, 'testBidder'>,
  blocked: readonly string[],
): readonly string[] | undefined {
  if (!deal || dealAdmitsDomains(deal, domains)) return domains;
  const posed = testBidder ? deal.allowedAdvertisers.find((domain) => !blocked.includes(domain)) : undefined;
  return posed === undefined ? undefined : [posed];
}

/** A deal may be for listed advertiser domains only; a subdomain of a listed one counts. */
function dealAdmitsDomains(deal: Deal, domains: readonly string[]): boolean {
  if (deal.allowedAdvertisers.length === 0) return true;
  return domains.every((domain) =>
    deal.allowedAdvertisers.some((allowed) => domain === allowed || domain.endsWith(`.${allowed}`)),
  );
}
