/**
 * Reads first-party events: JSON or NDJSON from the advertiser's server, a pixel from a page, rows of a file. A batch is taken
 * whole or not at all, so that whoever sends it again after mending it counts nothing twice; every fault is told with its place.
 */
import { createHash } from 'node:crypto';
import type { Account } from '../campaign/campaign.ts';
import type { ProfileEvent } from '../core/profile.ts';
import { isPersonSpace } from '../core/profile.ts';
import type { ConsentSignals, Permits } from '../openrtb/consent.ts';
import { readPermits } from '../openrtb/consent.ts';
import type { ConversionFault } from './attribute.ts';
import { Fields, keyMatches, moneyOf, timeOf } from './attribute.ts';
import type { IdentifiedEvent } from './profile.ts';

export interface CollectReading {
  readonly account: Account;
  readonly personKey: (space: string, id: string) => string;
  readonly nowMs: number;
  readonly retentionDays: number;
}

export type EventsRead =
  | {
      readonly ok: true;
      readonly events: readonly IdentifiedEvent[];
      /** Events of people who may not be known, by why not; nothing of them is kept. */
      readonly refused: Readonly<Partial<Record<Permits['refusal'], number>>>;
    }
  | { readonly ok: false; readonly faults: readonly ConversionFault[] };

const EVENTS_MAX = 1000;
const EVENT_COUNT: ConversionFault = {
  path: '',
  code: 'event_count',
  message: `must hold 1 to ${EVENTS_MAX} events`,
  hint: 'Send a longer list in parts.',
};
const FAULTS_MAX = 100;
const PROPERTIES_MAX = 12;
const EVENT_NAME = /^[a-z][a-z0-9_]{0,39}$/;
const PROPERTY_NAME = /^[a-z][a-z0-9_]{0,39}$/;
/** As a person's address or a number long enough to be a telephone's or a card's. Such do not belong into a profile. */
const LOOKS_PERSONAL = /@|(?:\d[ -]?){9}/;

/** `places[n]` says where event n is from. `consent` is what the call says for all of them; an event may say more of its own. */
export function readEvents(
  list: readonly unknown[],
  places: readonly string[],
  consent: unknown,
  reading: CollectReading,
): EventsRead {
  const events: IdentifiedEvent[] = [];
  const faults: ConversionFault[] = [];
  const refused: Partial<Record<Permits['refusal'], number>> = {};
  list.forEach((given, index) => {
    if (faults.length >= FAULTS_MAX) return;
    const read = readEvent(given, places[index] ?? '', consent, reading);
    if ('faults' in read) faults.push(...read.faults);
    else if ('refusal' in read) refused[read.refusal] = (refused[read.refusal] ?? 0) + 1;
    else events.push(read);
  });
  return faults.length > 0 ? { ok: false, faults } : { ok: true, events, refused };
}

function readEvent(
  given: unknown,
  path: string,
  consent: unknown,
  reading: CollectReading,
):
  | IdentifiedEvent
  | { readonly refusal: Permits['refusal'] }
  | { readonly faults: readonly ConversionFault[] } {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return {
      faults: [
        {
          path,
          code: 'not_an_event',
          message: 'is not an object',
          hint: 'As {"event": "page_view", "user_id": "u1"}.',
        },
      ],
    };
  const fields = new Fields(given, path);
  const name = fields.text('event', 64) ?? '';
  if (!EVENT_NAME.test(name))
    fields.fault(
      'event',
      'not_an_event_name',
      'names no event',
      'Small letters, digits and _, as add_to_cart.',
    );
  const space = fields.text('id_space', 300) ?? 'user.id';
  if (!isPersonSpace(space))
    fields.fault(
      'id_space',
      'unknown_space',
      'is no kind of id',
      'Use user.id, ifa, or eid: and its source.',
    );
  const id = fields.text('user_id', 256) ?? '';
  if (id === '') fields.fault('user_id', 'missing', 'is missing', 'An event belongs to a person.');
  const atMs = timeOf(fields, reading.nowMs, reading.retentionDays);
  const valueMicros = moneyOf(fields, reading.account);
  const item = fields.text('item', 100);
  const eventId = fields.text('event_id', 256) ?? '';
  const properties = propertiesOf(fields);
  if (item !== undefined && LOOKS_PERSONAL_ITEM.test(item)) personal(fields, 'item');
  if (fields.faults.length > 0) return { faults: fields.faults };
  const refusal = refusalOf(consent, given, reading.account);
  if (refusal !== undefined) return { refusal };
  const event: ProfileEvent = {
    person: reading.personKey(space, space === 'ifa' ? id.toLowerCase() : id),
    name,
    atMs: atMs ?? reading.nowMs,
    ...(valueMicros === undefined ? {} : { valueMicros }),
    ...(item === undefined ? {} : { item }),
    ...(properties === undefined ? {} : { properties }),
  };
  return { event, id: eventId !== '' ? `id|${eventId}` : contentId(event, atMs) };
}

/** The call and the event may each say something, and all that is said has to permit it. */
function refusalOf(consent: unknown, given: unknown, account: Account): Permits['refusal'] | undefined {
  const said = [consent, given]
    .map((signals) => readPermits(signalsOf(signals), { ...account, signalMissing: 'deny' }))
    .filter(({ refusal }) => refusal !== 'signal_missing');
  if (said.length === 0) return account.signalMissing === 'allow' ? undefined : 'signal_missing';
  return said.find(({ identity }) => !identity)?.refusal;
}

/** One that names its own time is known again when it is sent twice; one that names neither id nor time is new each time. */
function contentId(event: ProfileEvent, givenAtMs: number | undefined): string {
  if (givenAtMs === undefined) return '';
  return `content|${createHash('sha256').update(JSON.stringify(event)).digest('base64url')}`;
}

/** Item numbers may be long; a person's address is none. */
const LOOKS_PERSONAL_ITEM = /@/;

function personal(fields: Fields, field: string): void {
  fields.fault(field, 'looks_personal', 'looks like a person’s address or number', 'Leave it out.');
}

function propertiesOf(fields: Fields): Record<string, string> | undefined {
  const given = fields.any('properties');
  if (given === undefined || given === null || given === '') return undefined;
  if (typeof given !== 'object' || Array.isArray(given)) {
    fields.fault('properties', 'not_properties', 'is not an object', 'As {"category": "shoes"}.');
    return undefined;
  }
  const entries = Object.entries(given);
  if (entries.length > PROPERTIES_MAX)
    fields.fault(
      'properties',
      'too_many',
      `has more than ${PROPERTIES_MAX}`,
      'Send those that rules ask for.',
    );
  const inner = new Fields(given, 'properties');
  const found: Record<string, string> = {};
  for (const [name] of entries.slice(0, PROPERTIES_MAX)) {
    if (!PROPERTY_NAME.test(name))
      fields.fault(
        'properties',
        'not_a_property_name',
        `has a name that is none: ${shown(name)}`,
        'Small letters, digits and _.',
      );
    else {
      const value = inner.text(name, 64);
      if (value !== undefined && LOOKS_PERSONAL.test(value)) personal(fields, `properties.${name}`);
      else if (value !== undefined) found[name] = value;
    }
  }
  for (const { path, code, message, hint } of inner.faults) fields.fault(path, code, message, hint);
  return Object.keys(found).length > 0 ? found : undefined;
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 40));
}

/** Privacy parameters under the names that pixels and id syncs carry them. What cannot be read is there all the same, and permits nothing. */
export function signalsOf(given: unknown): ConsentSignals {
  const text = (name: string): string => {
    const value =
      typeof given === 'object' && given !== null && Object.hasOwn(given, name)
        ? (given as Record<string, unknown>)[name]
        : '';
    return typeof value === 'string'
      ? value
      : typeof value === 'number'
        ? String(value)
        : value
          ? 'unreadable'
          : '';
  };
  const gdpr = text('gdpr');
  return {
    regulations: {
      coppa: isTrue(text('coppa')),
      gdpr: gdpr === '' ? undefined : gdpr === '0' ? 0 : 1,
      usPrivacy: text('us_privacy'),
      gpp: text('gpp'),
      gppSections: text('gpp_sid')
        .split(',')
        .filter((part) => part !== '')
        .map(Number),
      globalPrivacyControl: isTrue(text('gpc')),
    },
    device: { limitTracking: isTrue(text('lmt')), doNotTrack: isTrue(text('dnt')) },
    user: { consent: text('gdpr_consent') },
  };
}

/** Whatever is said and is not no. */
function isTrue(text: string): boolean {
  return text !== '' && text !== '0' && text !== 'false';
}

export type EventsTaken =
  | { readonly outcome: 'unauthorised' }
  | { readonly outcome: 'faulty'; readonly faults: readonly ConversionFault[] }
  | {
      readonly outcome: 'kept';
      readonly accepted: number;
      readonly duplicates: number;
      readonly refused: Readonly<Partial<Record<Permits['refusal'], number>>>;
    };

export interface CollectPorts {
  reading(): CollectReading;
  take(events: readonly IdentifiedEvent[]): Promise<readonly boolean[]>;
  /** By what came of them: `accepted`, `duplicate`, or a refusal. */
  count(outcome: string, events: number): void;
}

/** Every method rejects where events could not be kept: then nothing may be acknowledged. */
export interface Collector {
  /** `places` and `consent` as of `readEvents`. */
  takeEvents(
    events: readonly unknown[],
    places: readonly string[],
    bearer: string | undefined,
    consent: unknown,
  ): Promise<EventsTaken>;
  takeEventPixel(query: unknown): Promise<EventsTaken>;
}

export function collector(ports: CollectPorts): Collector {
  const keep = async (read: EventsRead): Promise<EventsTaken> => {
    if (!read.ok) {
      ports.count('faulty', 1);
      return { outcome: 'faulty', faults: read.faults };
    }
    const kept = await ports.take(read.events);
    const accepted = kept.filter(Boolean).length;
    const duplicates = kept.length - accepted;
    const told = { accepted, duplicate: duplicates, ...read.refused };
    for (const [outcome, events] of Object.entries(told)) if (events > 0) ports.count(outcome, events);
    return { outcome: 'kept', accepted, duplicates, refused: read.refused };
  };
  return {
    takeEvents: async (events, places, bearer, consent) => {
      const reading = ports.reading();
      const { firstParty } = reading.account;
      if (!firstParty || !keyMatches(firstParty.key, bearer)) return { outcome: 'unauthorised' };
      return keep(
        events.length === 0 || events.length > EVENTS_MAX
          ? { ok: false, faults: [EVENT_COUNT] }
          : readEvents(events, places, consent, reading),
      );
    },
    takeEventPixel: async (query) => {
      const reading = ports.reading();
      if (reading.account.firstParty?.pixel !== true) return { outcome: 'unauthorised' };
      return keep(readEvents([query], [''], undefined, reading));
    },
  };
}
