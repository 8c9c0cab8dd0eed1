/**
 * Money, time and chance as branded numbers. Money is integer micros of a currency (1 unit = 1,000,000 micros);
 * a price per thousand impressions is `CpmMicros`; what one impression costs is a thousandth of it.
 */
declare const unit: unique symbol;
type Branded<Name extends string> = number & { readonly [unit]: Name };

/** Integer millionths of a currency unit. */
export type Micros = Branded<'Micros'>;
/** Integer micros for a thousand impressions: the unit of OpenRTB prices. 1 CpmMicros is 1 nano-unit an impression. */
export type CpmMicros = Branded<'CpmMicros'>;
/** A probability in 0..1. */
export type Probability = Branded<'Probability'>;

export const MICROS_PER_UNIT = 1_000_000;

export function micros(value: number): Micros {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not an integer amount of micros: ${value}`);
  return value as Micros;
}

export function cpmMicros(value: number): CpmMicros {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not an integer amount of CPM micros: ${value}`);
  return value as CpmMicros;
}

export function probability(value: number): Probability {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`not a probability: ${value}`);
  return value as Probability;
}

const DECIMAL = /^(\d{1,9})(?:\.(\d{0,18}))?(?:[eE]([+-]?\d{1,2}))?$/;

/**
 * Reads decimal text into integer micros by its digits, never through a float (1.005 * 1e6 is 1004999.9999999999).
 * Digits past the sixth place are cut off. Anything that is not a plain non-negative number below 1e9 is undefined.
 */
export function parseDecimalMicros(text: string): number | undefined {
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const exponent = match[3] === undefined ? 0 : Number(match[3]);
  const digits = (match[1] ?? '') + (match[2] ?? '');
  const point = (match[1] ?? '').length + exponent;
  const places = point + 6;
  const kept = places <= 0 ? '0' : digits.slice(0, places).padEnd(Math.min(places, 40), '0');
  const value = Number(kept);
  return value < 1e15 ? value : undefined;
}

/** Micros as decimal text with no trailing zeros: 1500000 is "1.5". */
export function formatMicros(value: number): string {
  const sign = value < 0 ? '-' : '';
  const absolute = Math.abs(value);
  const whole = Math.floor(absolute / MICROS_PER_UNIT);
  const rest = String(absolute % MICROS_PER_UNIT)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return sign + whole + (rest === '' ? '' : `.${rest}`);
}

/** A JSON price (a double) to CPM micros, rounded to the nearest micro: the number 0.1 + 0.2 means 300000. */
export function cpmMicrosFromNumber(price: number): CpmMicros {
  return Math.round(price * MICROS_PER_UNIT) as CpmMicros;
}

/** The most that one impression at this price can cost; rounds up, so that a reservation is never short. */
export function impressionCostCeiling(price: CpmMicros, multiplier = 1): Micros {
  return Math.ceil((price * multiplier) / 1000) as Micros;
}

/** Sum of charge and remainder that a ledger keeps, so that many small prices add up exactly. */
export interface Charge {
  readonly chargeMicros: Micros;
  /** Thousandths of a micro left over, 0..999. */
  readonly carry: number;
}

/** Charges one impression: whole micros now, the thousandths carried to the next charge of the same bucket. */
export function chargeWithCarry(price: CpmMicros, carry: number): Charge {
  const total = carry + price;
  return { chargeMicros: Math.floor(total / 1000) as Micros, carry: total % 1000 };
}
