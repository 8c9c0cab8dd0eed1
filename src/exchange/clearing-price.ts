/** The clearing price of a notice. */
import type { PriceFlag } from '../core/event.ts';
import type { CpmMicros } from '../core/units.ts';
import { parseDecimalMicros } from '../core/units.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import { priceCodecs } from './price/index.ts';

export interface ClearingPrice {
  /** Present exactly where the flag is empty. */
  readonly cpmMicros?: CpmMicros;
  readonly flag: Extract<PriceFlag, '' | 'audit' | 'missing' | 'unreadable'>;
}

/** Longer than any price: an encrypted one has 40 characters. */
const TEXT_LENGTH_MAX = 128;

/**
 * Reads what stands where `${AUCTION_PRICE}` stood (OpenRTB 2.6 section 4.4): empty where the exchange does not know,
 * AUDIT while it looks at a creative, the macro itself where nobody filled it in. Whether a price can be believed is for
 * the caller, who knows the bid.
 */
export function readClearingPrice(text: string | undefined, profile: ExchangeProfile): ClearingPrice {
  const written = text?.trim() ?? '';
  const word = written.toUpperCase();
  if (word === '' || word === 'UNKNOWN') return { flag: 'missing' };
  if (word === 'AUDIT') return { flag: 'audit' };
  if (written.length > TEXT_LENGTH_MAX) return { flag: 'unreadable' };
  const decimal = priceCodecs.get(profile.priceCodec)?.decode(written, profile.priceKeys);
  if (decimal?.toUpperCase() === 'AUDIT') return { flag: 'audit' };
  const cpmMicros = decimal === undefined ? undefined : cpmMicrosOf(decimal, profile.priceUnit);
  return cpmMicros === undefined ? { flag: 'unreadable' } : { cpmMicros, flag: '' };
}

/** `parseDecimalMicros` gives a millionth of what is written; the units say what that is worth for a thousand. */
const PARTS_OF_CPM_MICRO: Readonly<Record<ExchangeProfile['priceUnit'], number>> = {
  cpm: 1,
  cpi_micros: 1_000,
  cpm_micros: 1_000_000,
};

function cpmMicrosOf(decimal: string, unit: ExchangeProfile['priceUnit']): CpmMicros | undefined {
  const millionths = parseDecimalMicros(decimal);
  return millionths === undefined
    ? undefined
    : (Math.floor(millionths / PARTS_OF_CPM_MICRO[unit]) as CpmMicros);
}
