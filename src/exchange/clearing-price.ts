/** The clearing price of a notice. */
import type { PriceFlag } from '../core/event.ts';
import { readMacro } from '../core/macro.ts';
import type { CpmMicros } from '../core/units.ts';
import { parseDecimalMicros } from '../core/units.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import { priceCodecs } from './price/index.ts';

export interface ClearingPrice {
  /** Present exactly where the flag is empty. */
  readonly cpmMicros?: CpmMicros;
  readonly flag: Extract<PriceFlag, '' | 'audit' | 'missing' | 'unexpanded' | 'unreadable'>;
  /** When an encrypted price was sealed, by its own word. */
  readonly sealedAtMs?: number;
}

/** Longer than any price: an encrypted one has 40 characters. */
const TEXT_LENGTH_MAX = 128;

/**
 * Reads what stands where `${AUCTION_PRICE}` stood (OpenRTB 2.6 section 4.4): empty where the exchange does not know,
 * AUDIT while it looks at a creative, the macro itself where nobody filled it in. The same words may stand under an
 * encoding. Whether a price can be believed is for the caller, who knows the bid.
 */
export function readClearingPrice(text: string | undefined, profile: ExchangeProfile): ClearingPrice {
  const outer = readMacro(text);
  if (outer.state !== 'filled') return { flag: outer.state };
  if (outer.text.length > TEXT_LENGTH_MAX) return { flag: 'unreadable' };
  const opened = priceCodecs.get(profile.priceCodec)?.decode(outer.text, keysOf(profile));
  if (!opened) return { flag: 'unreadable' };
  const inner = readMacro(opened.decimal);
  if (inner.state !== 'filled') return { flag: inner.state };
  const cpmMicros = cpmMicrosOf(inner.text.trim(), profile.priceUnit);
  if (cpmMicros === undefined) return { flag: 'unreadable' };
  const { sealedAtMs } = opened;
  return { cpmMicros, flag: '', ...(sealedAtMs === undefined ? {} : { sealedAtMs }) };
}

function keysOf({ priceKeys, priceKeysOther }: ExchangeProfile) {
  return priceKeys ? [priceKeys, ...(priceKeysOther ?? [])] : (priceKeysOther ?? []);
}

/** `parseDecimalMicros` gives a millionth of what is written; the units say what that is worth for a thousand. */
const PARTS_OF_CPM_MICRO: Readonly<Record<ExchangeProfile['priceUnit'], number>> = {
  cpm: 1,
  cpm_hundredths: 100,
  cpi_micros: 1_000,
  cpm_micros: 1_000_000,
};

function cpmMicrosOf(decimal: string, unit: ExchangeProfile['priceUnit']): CpmMicros | undefined {
  // Some printers leave out the zero before the point.
  const millionths = parseDecimalMicros(/^\.\d/.test(decimal) ? `0${decimal}` : decimal);
  return millionths === undefined
    ? undefined
    : (Math.floor(millionths / PARTS_OF_CPM_MICRO[unit]) as CpmMicros);
}
