/** The fields of one report from outside, with every fault in them told: texts, amounts, times. */
import type { Account } from '../campaign/campaign.ts';
import type { Micros } from '../core/units.ts';
import { MICROS_PER_UNIT, parseDecimalMicros } from '../core/units.ts';

export interface ConversionFault {
  /** `[3].value` in a list, `value` in a single report. */
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export function fault(path: string, code: string, message: string, hint: string): ConversionFault {
  return { path, code, message, hint };
}

/** `value` in `currency`, in micros of the account's; undefined where none is named. */
export function moneyOf(fields: Fields, account: Account): Micros | undefined {
  const written = fields.decimal('value');
  const code = fields.text('currency', 3)?.toUpperCase() ?? account.currency;
  const rate = code === account.currency ? 1 : account.currencyRates?.rates[code];
  if (rate === undefined) {
    const known = [account.currency, ...Object.keys(account.currencyRates?.rates ?? {})].join(', ');
    fields.fault('currency', 'currency_without_rate', 'has no rate to the account’s', `Known: ${known}.`);
  }
  if (written === undefined) return undefined;
  const rateMicros = BigInt(Math.round((rate ?? 0) * MICROS_PER_UNIT));
  const converted = Number((BigInt(written) * rateMicros) / BigInt(MICROS_PER_UNIT));
  if (!Number.isSafeInteger(converted))
    fields.fault('value', 'too_large', 'is too large', 'Values below 1,000,000,000 are taken.');
  return converted as Micros;
}

const HOUR_MS = 3_600_000;
const SKEW_MS = 300_000;
const AGE_DAYS_MAX = 90;
/** Below this a number is seconds since 1970 (until the year 5138), from it on milliseconds (since 1973). */
const SECONDS_MAX = 1e11;
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/i;

/** `time` of a report; undefined where none is named, or a fault is told of it. */
export function timeOf(fields: Fields, nowMs: number, ageDaysMax = AGE_DAYS_MAX): number | undefined {
  const text = fields.text('time', 40);
  if (text === undefined) return undefined;
  const atMs = epochMs(text);
  if (atMs === undefined)
    fields.fault('time', 'not_a_time', 'is not a time', 'As 2026-11-23T15:00:00Z, or seconds since 1970.');
  else if (atMs > nowMs + SKEW_MS)
    fields.fault('time', 'in_the_future', 'lies in the future', 'Set the clock of the sending server.');
  else if (atMs < nowMs - ageDaysMax * 24 * HOUR_MS)
    fields.fault(
      'time',
      'too_old',
      `is more than ${ageDaysMax} days ago`,
      `What is older than ${ageDaysMax} days is not taken.`,
    );
  return atMs === undefined ? undefined : Math.min(atMs, nowMs);
}

function epochMs(text: string): number | undefined {
  if (/^\d{1,16}(\.\d{1,6})?$/.test(text)) {
    const number = Number(text);
    return Math.floor(number < SECONDS_MAX ? number * 1000 : number);
  }
  const parsed = ISO_TIME.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** Reads the known fields of one report, never its prototype's, and gathers what is wrong with them. */
export class Fields {
  readonly faults: ConversionFault[] = [];
  readonly #report: object;
  readonly #path: string;

  constructor(report: object, path: string) {
    this.#report = report;
    this.#path = path;
  }

  fault(field: string, code: string, message: string, hint: string): void {
    this.faults.push(fault(this.#path === '' ? field : `${this.#path}.${field}`, code, message, hint));
  }

  /** Text, or a number as text; undefined where absent, null or empty. */
  text(field: string, lengthMax: number): string | undefined {
    const value = this.any(field);
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value !== 'string' && !(typeof value === 'number' && Number.isFinite(value))) {
      this.fault(field, 'not_text', 'is neither text nor a number', 'Send one value.');
      return undefined;
    }
    const text = String(value).trim();
    if (text.length <= lengthMax) return text === '' ? undefined : text;
    this.fault(field, 'too_long', `is longer than ${lengthMax} characters`, 'Send a shorter value.');
    return undefined;
  }

  /** Millionths of a decimal number. */
  decimal(field: string): number | undefined {
    const text = this.text(field, 40);
    if (text === undefined) return undefined;
    const value = parseDecimalMicros(text);
    if (value === undefined)
      this.fault(
        field,
        'not_an_amount',
        'is not an amount',
        'A number not below zero with a decimal point, as 39.90.',
      );
    return value;
  }

  /** What is there, whatever it is. */
  any(field: string): unknown {
    return Object.hasOwn(this.#report, field) ? (this.#report as Record<string, unknown>)[field] : undefined;
  }
}
