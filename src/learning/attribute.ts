/**
 * Reads reports of conversions: JSON from the advertiser's server, or a pixel. Every fault of every report is told with its
 * place; the reports that are sound count all the same. Which touch a conversion is credited to, the journal finds.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Account, ConversionAction } from '../campaign/campaign.ts';
import type { ConversionEvent } from '../core/event.ts';
import type { Micros } from '../core/units.ts';
import { MICROS_PER_UNIT, parseDecimalMicros } from '../core/units.ts';
import type { ConversionRule } from '../state/port.ts';

export interface ConversionFault {
  /** `[3].value` in a list, `value` in a single report. */
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export interface SoundConversion {
  readonly event: ConversionEvent;
  readonly rule: ConversionRule;
}

export interface ConversionsRead {
  readonly sound: readonly SoundConversion[];
  readonly faults: readonly ConversionFault[];
  /** A report lacks its action's key: nothing of the body may count. */
  readonly unauthorised: boolean;
}

export interface ConversionReading {
  actionOf(id: string): ConversionAction | undefined;
  readonly account: Account;
  /** Pseudonym of the person whom an advertiser calls by an id. */
  readonly personOf: (userId: string) => string;
  readonly nowMs: number;
  /** A new unique id. */
  readonly newId: () => string;
}

const REPORTS_MAX = 1000;

/** `bearer` is what came in the Authorization header, without its scheme. */
export function readConversions(
  body: unknown,
  bearer: string | undefined,
  reading: ConversionReading,
): ConversionsRead {
  const reports: readonly unknown[] = Array.isArray(body) ? body : [body];
  if (reports.length === 0 || reports.length > REPORTS_MAX)
    return refused(
      fault('', 'report_count', `must hold 1 to ${REPORTS_MAX} reports`, 'Send a longer list in parts.'),
    );
  const sound: SoundConversion[] = [];
  const faults: ConversionFault[] = [];
  let unauthorised = false;
  reports.forEach((report, index) => {
    const path = Array.isArray(body) ? `[${index}]` : '';
    const read = readReport(report, path, reading, (action) => keyMatches(action.key, bearer));
    if (read === 'unauthorised') unauthorised = true;
    else if ('event' in read) sound.push(read);
    else faults.push(...read.faults);
  });
  return unauthorised ? { sound: [], faults, unauthorised } : { sound, faults, unauthorised };
}

/** A pixel carries no key, so anybody can call it: an action must allow it. */
export function readPixel(
  query: Readonly<Record<string, unknown>>,
  reading: ConversionReading,
): ConversionsRead {
  const read = readReport(query, '', reading, (action) => action.pixel);
  if (read === 'unauthorised')
    return refused(
      fault(
        'action',
        'no_pixel',
        'takes no pixels',
        'Set pixel: true on the action, or use POST /conversion.',
      ),
    );
  return 'event' in read
    ? { sound: [read], faults: [], unauthorised: false }
    : { sound: [], faults: read.faults, unauthorised: false };
}

function refused(only: ConversionFault): ConversionsRead {
  return { sound: [], faults: [only], unauthorised: false };
}

function fault(path: string, code: string, message: string, hint: string): ConversionFault {
  return { path, code, message, hint };
}

/** Compared as digests, so that neither content nor length shows in the time it takes. */
export function keyMatches(key: string, given: string | undefined): boolean {
  return given !== undefined && timingSafeEqual(digest(key), digest(given));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function readReport(
  report: unknown,
  path: string,
  reading: ConversionReading,
  mayReport: (action: ConversionAction) => boolean,
): SoundConversion | 'unauthorised' | { readonly faults: readonly ConversionFault[] } {
  if (typeof report !== 'object' || report === null || Array.isArray(report))
    return { faults: [fault(path, 'not_a_report', 'is not an object', 'As {"action": "purchase"}.')] };
  const fields = new Fields(report, path);
  const action = reading.actionOf(fields.text('action', 64) ?? '');
  if (!action) {
    fields.fault(
      'action',
      'unknown_action',
      'is not a conversion action',
      'Use the id of a conversion action.',
    );
    return { faults: fields.faults };
  }
  if (!mayReport(action)) return 'unauthorised';
  const clickId = fields.text('click_id', 64) ?? '';
  if (clickId !== '' && !CLICK_ID.test(clickId))
    fields.fault(
      'click_id',
      'not_a_click_id',
      'is not a click id',
      'Send what came as bwclid to the landing page.',
    );
  const userId = fields.text('user_id', 256) ?? '';
  const orderId = fields.text('order_id', 256) ?? '';
  const valueMicros = worthOf(fields, action, reading.account);
  const givenAtMs = timeOf(fields, reading.nowMs);
  if (fields.faults.length > 0) return { faults: fields.faults };
  const conversionId = reading.newId();
  const userKey = userId === '' ? '' : reading.personOf(userId);
  const event: ConversionEvent = {
    type: 'conversion',
    conversionId,
    actionId: action.id,
    advertiserId: action.advertiserId,
    atMs: givenAtMs ?? reading.nowMs,
    receivedAtMs: reading.nowMs,
    clickId,
    userKey,
    orderId,
    valueMicros,
    dedupeKey: dedupeKeyOf(action, { orderId, clickId, userKey, valueMicros, givenAtMs, conversionId }),
  };
  return { event, rule: ruleOf(action) };
}

/** A click id is the bid's id. */
const CLICK_ID = /^[A-Za-z0-9_-]{16}$/;
const HOUR_MS = 3_600_000;

function ruleOf(action: ConversionAction): ConversionRule {
  return {
    clickWindowMs: action.clickWindowHours * HOUR_MS,
    viewWindowMs: action.viewWindowHours * HOUR_MS,
  };
}

/**
 * What makes two reports one conversion: the order; else the click, where the action counts one a click; else the report. A
 * report that names its own time is known again when it is sent twice; one that does not is new each time.
 */
function dedupeKeyOf(
  action: ConversionAction,
  report: {
    readonly orderId: string;
    readonly clickId: string;
    readonly userKey: string;
    readonly valueMicros: number;
    readonly givenAtMs: number | undefined;
    readonly conversionId: string;
  },
): string {
  if (report.orderId !== '') return `${action.id}|order|${report.orderId}`;
  if (action.counting === 'one_per_click' && report.clickId !== '')
    return `${action.id}|click|${report.clickId}`;
  if (report.givenAtMs === undefined) return `${action.id}|report|${report.conversionId}`;
  const content = [report.clickId, report.userKey, report.valueMicros, report.givenAtMs].join('|');
  return `${action.id}|report|${digest(content).toString('base64url')}`;
}

/** In micros of the account's currency; the action's own worth where the report names none. */
function worthOf(fields: Fields, action: ConversionAction, account: Account): Micros {
  return moneyOf(fields, account) ?? (action.valueMicros as Micros);
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
