/**
 * Floors of exchanges that leave out what OpenRTB would have them say: hundredths of the currency, as fen, and a currency that is not the dollar. Read as if
 * they were the usual by the dialect, made right here, once.
 */
import type { CpmMicros } from '../core/units.ts';
import type { ExchangeProfile } from './exchange-profile.ts';
import type { BidRequest, Deal, DurationFloor, Impression } from './request.ts';

type Habits = Pick<ExchangeProfile, 'quotes' | 'currency' | 'currencyUnsaid'>;

const HUNDREDTHS = 100;

export function withFloorsQuoted(request: BidRequest, habits: Habits): BidRequest {
  const { quotes, currency, currencyUnsaid } = habits;
  if (quotes === 'units' && currencyUnsaid === 'usd') return request;
  const isUnsaid = currencyUnsaid === 'own' && request.currencies.length === 0;
  const impressions = request.impressions
    .map((impression) => (currencyUnsaid === 'own' ? withCurrency(impression, currency) : impression))
    .map((impression) => (quotes === 'hundredths' ? inUnits(impression) : impression));
  return { ...request, impressions, ...(isUnsaid ? { currencies: [currency] } : {}) };
}

/** `raw` alone knows whether a currency was named. */
function withCurrency(impression: Impression, currency: string): Impression {
  const pmp = impression.raw.pmp as { readonly deals?: unknown } | undefined;
  const named = new Set(
    (Array.isArray(pmp?.deals) ? pmp.deals : [])
      .filter((deal) => deal?.bidfloorcur !== undefined)
      .map((deal) => String(deal.id)),
  );
  return {
    ...impression,
    floorCurrency: impression.raw.bidfloorcur === undefined ? currency : impression.floorCurrency,
    deals: impression.deals.map((deal) => (named.has(deal.id) ? deal : { ...deal, floorCurrency: currency })),
  };
}

function inUnits(impression: Impression): Impression {
  const { video, audio } = impression;
  return {
    ...impression,
    floorCpmMicros: hundredth(impression.floorCpmMicros),
    video: video && { ...video, ...timedFloors(video) },
    audio: audio && { ...audio, ...timedFloors(audio) },
    deals: impression.deals.map((deal: Deal) => ({
      ...deal,
      floorCpmMicros: hundredth(deal.floorCpmMicros),
      ...timedFloors(deal),
    })),
  };
}

interface TimedFloors {
  readonly floorCpmMicrosPerSecond: CpmMicros | undefined;
  readonly durationFloors: readonly DurationFloor[];
}

function timedFloors({ floorCpmMicrosPerSecond: perSecond, durationFloors }: TimedFloors): TimedFloors {
  return {
    floorCpmMicrosPerSecond: perSecond === undefined ? undefined : hundredth(perSecond),
    durationFloors: durationFloors.map((floor) => ({
      ...floor,
      floorCpmMicros: hundredth(floor.floorCpmMicros),
    })),
  };
}

/** Upwards: a floor is never undercut. */
function hundredth(micros: CpmMicros): CpmMicros {
  return Math.ceil(micros / HUNDREDTHS) as CpmMicros;
}
