/**
 * Reads reports of conversions, and of what became of them: JSON from the advertiser's server, or a pixel. Every fault of every report is told with its
 * place; the reports that are sound count all the same. Which touch a conversion is credited to, the journal finds.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Account, ConversionAction } from '../campaign/campaign.ts';
import type { AdjustmentEvent, ConversionEvent } from '../core/event.ts';
import type { Micros } from '../core/units.ts';
import type { ConversionRule } from '../state/port.ts';
import type { ConversionFault } from './report-fields.ts';
import { Fields, fault, moneyOf, timeOf } from './report-fields.ts';

export interface SoundConversion {
  readonly event: ConversionEvent;
  readonly rule: ConversionRule;
}

export interface SoundAdjustment {
  readonly event: AdjustmentEvent;
}

export interface ConversionsRead {
  readonly sound: readonly (SoundConversion | SoundAdjustment)[];
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
  const sound: (SoundConversion | SoundAdjustment)[] = [];
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
  const read = Object.hasOwn(query, 'adjustment')
    ? { faults: [fault('adjustment', 'no_pixel', 'is not for pixels', 'Use POST /conversion with the key.')] }
    : readReport(query, '', reading, (action) => action.pixel);
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
): SoundConversion | SoundAdjustment | 'unauthorised' | { readonly faults: readonly ConversionFault[] } {
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
  if (fields.any('adjustment') !== undefined)
    return readAdjustment(fields, { action, clickId, orderId, reading });
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

const ADJUSTMENTS: readonly unknown[] = ['retract', 'restate'] satisfies AdjustmentEvent['kind'][];

/** Conversions are known again by their order, or by their click where they have none. */
function readAdjustment(
  fields: Fields,
  {
    action,
    clickId,
    orderId,
    reading,
  }: {
    readonly action: ConversionAction;
    readonly clickId: string;
    readonly orderId: string;
    readonly reading: ConversionReading;
  },
): SoundAdjustment | { readonly faults: readonly ConversionFault[] } {
  const kind = fields.any('adjustment');
  const isRestated = kind === 'restate';
  if (!ADJUSTMENTS.includes(kind))
    fields.fault('adjustment', 'unknown_adjustment', 'is no adjustment', 'Send retract or restate.');
  if (orderId === '' && clickId === '')
    fields.fault(
      'order_id',
      'no_target',
      'names nothing',
      'Send the order_id, or the click_id, as it was reported.',
    );
  // Of several conversions of one click none is meant more than another.
  else if (isRestated && orderId === '' && action.counting !== 'one_per_click')
    fields.fault(
      'click_id',
      'ambiguous',
      'may have several conversions',
      'Restate by order_id, or let the action count one_per_click.',
    );
  const valueMicros = isRestated ? moneyOf(fields, reading.account) : (0 as Micros);
  if (valueMicros === undefined && fields.faults.length === 0)
    fields.fault('value', 'no_value', 'is missing', 'Send what it was worth after all.');
  const atMs = timeOf(fields, reading.nowMs) ?? reading.nowMs;
  if (fields.faults.length > 0) return { faults: fields.faults };
  return {
    event: {
      type: 'adjustment',
      kind: isRestated ? 'restate' : 'retract',
      actionId: action.id,
      advertiserId: action.advertiserId,
      orderId,
      clickId: orderId === '' ? clickId : '',
      atMs,
      receivedAtMs: reading.nowMs,
      valueMicros: valueMicros as Micros,
    },
  };
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
