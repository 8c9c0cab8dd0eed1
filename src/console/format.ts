/** Numbers, amounts and names as people read them. */

/** What is shown where there is nothing to divide by. */
export const NONE = '–';

export interface Formats {
  /** 12,345 */
  count(value: number): string;
  /** 12.3K, for tight places. */
  compact(value: number): string;
  /** An amount of the account's currency, as it stands in a column. */
  money(micros: number | undefined): string;
  /** The same with two more digits where it is small: prices and bounds are never rounded to nothing. */
  exact(micros: number | undefined): string;
  /** A share as percent; `–` where the whole is nothing. */
  share(part: number, whole: number): string;
  /** A rate a second. */
  rate(perSecond: number | undefined): string;
  /** Day and time of day of the bidder's clock. */
  time(ms: number): string;
  /** The same without seconds and zone, for axes. */
  hour(ms: number): string;
}

export function formats(currency: string, timeZone = 'UTC', locale?: string): Formats {
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
  const oneDigit = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const percents = [0, 1, 2].map(
    (digits) =>
      new Intl.NumberFormat(locale, {
        style: 'percent',
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      }),
  );
  const amounts = amountFormats(currency, locale);
  const clock = clockFormat(timeZone, locale, TIME);
  const hours = clockFormat(timeZone, locale, HOUR);
  return {
    count: (value) => whole.format(value),
    compact: (value) => (value < 10_000 ? whole.format(value) : short.format(value)),
    money: (micros) => {
      if (micros === undefined) return NONE;
      if (micros > 0 && micros < amounts.leastMicros)
        return `<${amounts.usual.format(amounts.leastMicros / 1e6)}`;
      return (micros < LARGE_MICROS ? amounts.usual : amounts.large).format(micros / 1e6);
    },
    exact: (micros) => {
      if (micros === undefined) return NONE;
      const small = micros > 0 && micros < SMALL_MICROS;
      return (small ? amounts.small : amounts.usual).format(micros / 1e6);
    },
    share: (part, all) => {
      if (!(all > 0)) return NONE;
      const least = part > 0 && part / all < SHARE_LEAST;
      const shown = least ? SHARE_LEAST : part / all;
      return (least ? '<' : '') + percents[percentDigits(shown)]!.format(shown);
    },
    rate: (perSecond) =>
      perSecond === undefined ? NONE : (perSecond < 100 ? oneDigit : whole).format(perSecond),
    time: (ms) => clock.format(ms),
    hour: (ms) => hours.format(ms),
  };
}

/** `limited_by_budget` as a person would write it; made harmless to read, for a slot too has a name that somebody chose. */
export function words(name: string): string {
  const text = plain(name).replace(/_/g, ' ').trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach the page as they are.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * Text that came from outside, made harmless to read: what is invisible or turns the direction of writing is shown as a
 * box, and what is long is cut. That it is text and not markup is Preact's part.
 */
export function plain(text: string, lengthMax = 120): string {
  const seen = text.replace(UNSEEN, '\u25a1');
  return seen.length <= lengthMax ? seen : `${seen.slice(0, lengthMax - 1)}…`;
}

/** The least that two digits of a percent can show. */
const SHARE_LEAST = 0.0001;

function percentDigits(share: number): number {
  if (share === 0 || share >= 0.9995) return 0;
  return share < 0.01 ? 2 : 1;
}

const SMALL_MICROS = 100_000;
const LARGE_MICROS = 1e11;

interface NumberText {
  format(value: number): string;
}

interface Amounts {
  readonly small: NumberText;
  readonly usual: NumberText;
  readonly large: NumberText;
  /** The least that the usual digits can show. */
  readonly leastMicros: number;
}

/** The currency's own number of digits; two more for small amounts, none for large. */
function amountFormats(currency: string, locale: string | undefined): Amounts {
  const known = currencyDigits(currency, locale);
  const digits = known ?? 2;
  const make = (shown: number): NumberText => {
    const fraction = { minimumFractionDigits: shown, maximumFractionDigits: shown };
    if (known !== undefined)
      return new Intl.NumberFormat(locale, { style: 'currency', currency, ...fraction });
    const number = new Intl.NumberFormat(locale, fraction);
    return { format: (value) => `${number.format(value)} ${currency}`.trim() };
  };
  return { small: make(digits + 2), usual: make(digits), large: make(0), leastMicros: 10 ** (6 - digits) };
}

/** Undefined for what is no currency code: its amounts are written with the bare text. */
function currencyDigits(currency: string, locale: string | undefined): number | undefined {
  try {
    return new Intl.NumberFormat(locale, { style: 'currency', currency }).resolvedOptions()
      .maximumFractionDigits;
  } catch {
    return undefined;
  }
}

const TIME: Intl.DateTimeFormatOptions = {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
  timeZoneName: 'short',
};
const HOUR: Intl.DateTimeFormatOptions = {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
};

function clockFormat(
  timeZone: string,
  locale: string | undefined,
  parts: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(locale, { ...parts, timeZone });
  } catch {
    return new Intl.DateTimeFormat(locale, { ...parts, timeZone: 'UTC' });
  }
}
