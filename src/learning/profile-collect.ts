/**
 * Reads first-party events: JSON or NDJSON from the advertiser's server, a pixel from a page, rows of a file. A batch is taken
 * whole or not at all, so that whoever sends it again after mending it counts nothing twice; every fault is told with its place.
 */
import { createHash } from 'node:crypto';
import type { Account } from '../campaign/campaign.ts';
import type { RawId } from '../core/person-id.ts';
import { parseRawId, rawId } from '../core/person-id.ts';
import type { ProfileEvent } from '../core/profile.ts';
import type { ConsentSignals, Permits } from '../openrtb/consent.ts';
import { readPermits } from '../openrtb/consent.ts';
import type { IdentifiedEvent } from './profile.ts';
import type { ConversionFault } from './report-fields.ts';
import { Fields, moneyOf, timeOf } from './report-fields.ts';

export interface CollectReading {
  readonly account: Account;
  /** Pseudonym of whom these ids together name, joined where they are several; empty for nobody. */
  readonly personOf: (ids: readonly RawId[]) => string;
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

const FAULTS_MAX = 100;
const PROPERTIES_MAX = 12;
const IDS_MAX = 8;
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
  const ids = idsOf(fields);
  const atMs = timeOf(fields, reading.nowMs, reading.retentionDays);
  const valueMicros = moneyOf(fields, reading.account);
  const item = fields.text('item', 100);
  const eventId = fields.text('event_id', 256) ?? '';
  const properties = propertiesOf(fields);
  if (item !== undefined && LOOKS_PERSONAL_ITEM.test(item)) personal(fields, 'item');
  if (fields.faults.length > 0) return { faults: fields.faults };
  const refusal = refusalOf(consent, given, reading.account);
  if (refusal !== undefined) return { refusal };
  const person = reading.personOf(ids);
  // Nobody, or somebody who asked to be forgotten.
  if (person === '') return { refusal: 'withdrawn' };
  const event: ProfileEvent = {
    person,
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

/** `user_id` in its `id_space`, and what else `ids` calls the same person by, as `email:ann@bakery.example` or its SHA-256. */
function idsOf(fields: Fields): RawId[] {
  const space = fields.text('id_space', 300) ?? OWN;
  const id = fields.text('user_id', 256) ?? '';
  const named = namedId(space, id);
  const more = fields.any('ids') ?? [];
  const listed = typeof more === 'string' ? more.split(' ') : Array.isArray(more) ? more : [undefined];
  const others = listed
    .slice(0, IDS_MAX)
    .map((text) => (typeof text === 'string' ? personIn(text) : undefined));
  if (listed.length > IDS_MAX || others.includes(undefined))
    fields.fault(
      'ids',
      'not_ids',
      `is no list of at most ${IDS_MAX} ids`,
      'As ["email:<SHA-256>", "ifa:6d92…"].',
    );
  if (id !== '' && !named)
    fields.fault(
      'user_id',
      'names_nobody',
      `names nobody as ${space}`,
      'Spaces are user.id, ifa, email, phone, eid: and its source, user.id@ and an exchange.',
    );
  else if (!named && others.length === 0)
    fields.fault('user_id', 'missing', 'is missing', 'An event belongs to a person.');
  return [named, ...others].filter((one) => one !== undefined);
}

/** A name of ours for a person, which exchanges that sync with us hand back; or an exchange's, of which it is not said. */
const OWN = 'user.id';

function namedId(space: string, id: string): RawId | undefined {
  if (space !== OWN) return rawId(space, id);
  const read = rawId('buyeruid', id);
  return read && { space: OWN, id: read.id };
}

/** As `parseRawId`, and `user.id:u1`. */
export function personIn(text: string): RawId | undefined {
  return text.startsWith(`${OWN}:`) ? namedId(OWN, text.slice(OWN.length + 1)) : parseRawId(text);
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
