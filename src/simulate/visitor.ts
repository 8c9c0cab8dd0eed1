/** What a request tells of the person and the device: `device`, `user` and `regs`, in the places of 2.5, of 2.6, or both. */
import type { Random } from '../core/random.ts';
import { zoneNamed } from '../core/zone.ts';
import { consentString } from './consent-string.ts';
import type { Person } from './people.ts';
import type { Place, Scenario } from './story.ts';

type Json = Record<string, unknown>;

export interface Visit {
  readonly person: Person;
  readonly place: Place;
  readonly atMs: number;
}

/** The three objects of a request, ready to be spread into it. */
export function visitorParts(
  visit: Visit,
  scenario: Scenario,
  random: Random,
): { device: Json; user: Json; regs: Json } {
  const { person, place } = visit;
  const { requests } = scenario;
  const tracked = {
    limited: random.next() < requests.limitTracking,
    anonymous: random.next() < requests.withoutId,
    signal: random.next() >= requests.withoutSignal,
    child: random.next() < requests.children,
    both: random.next() < requests.bothPlaces,
  };
  return {
    device: deviceOf(visit, tracked.limited, tracked.anonymous, random),
    user: userOf(visit, scenario, tracked, random),
    regs: regulationsOf(person, place.version, tracked, random),
  };
}

const AGENTS = {
  ios: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  android:
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
  windows:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  macos:
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15',
  tv: 'Mozilla/5.0 (Linux; Android 12; BRAVIA 4K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36',
} as const;

const SYSTEMS = {
  ios: { os: 'iOS', osv: '18.6', make: 'Apple', model: 'iPhone', devicetype: 4, w: 390, h: 844 },
  android: { os: 'Android', osv: '15', make: 'Google', model: 'Pixel 9', devicetype: 4, w: 412, h: 915 },
  windows: { os: 'Windows', osv: '11', make: 'Dell', model: '', devicetype: 2, w: 1920, h: 1080 },
  macos: { os: 'macOS', osv: '15.6', make: 'Apple', model: 'Macintosh', devicetype: 2, w: 1512, h: 982 },
  tv: { os: 'Android', osv: '12', make: 'Sony', model: 'BRAVIA 4K', devicetype: 3, w: 1920, h: 1080 },
} as const;

const CARRIERS = ['Alder Mobile', 'Birch Wireless', 'Cedar Cellular'];

function deviceOf(visit: Visit, limited: boolean, anonymous: boolean, random: Random): Json {
  const { person, place } = visit;
  const system = systemOf(visit, random);
  const facts = SYSTEMS[system];
  const mobile = system === 'ios' || system === 'android';
  const onAir = mobile && random.next() < 0.45;
  const inApp = place.kind !== 'site';
  const addressing = limited ? {} : { ifa: advertisingId(person.mark) };
  return {
    ua: AGENTS[system],
    ...(system === 'android' || system === 'windows' ? { sua: clientHints(system) } : {}),
    ip: `203.0.113.${person.mark % 254 === 0 ? 1 : person.mark % 254}`,
    geo: geoOf(visit, mobile && onAir),
    dnt: 0,
    lmt: limited ? 1 : 0,
    language: person.city.language,
    os: facts.os,
    osv: facts.osv,
    make: facts.make,
    ...(facts.model === '' ? {} : { model: facts.model }),
    devicetype: facts.devicetype,
    w: facts.w,
    h: facts.h,
    ...(mobile ? { pxratio: 3 } : {}),
    js: 1,
    connectiontype: onAir ? (random.next() < 0.6 ? 7 : 6) : 2,
    ...(onAir ? { carrier: CARRIERS[person.mark % CARRIERS.length] } : {}),
    ...(inApp && !anonymous ? addressing : {}),
    ...(inApp ? { ext: { ifa_type: system === 'ios' ? 'idfa' : 'aaid' } } : {}),
  };
}

function systemOf({ person, place }: Visit, random: Random): keyof typeof SYSTEMS {
  if (place.kind === 'tv') return 'tv';
  if (place.kind === 'app') return place.storeUrl.includes('apps.apple.com') ? 'ios' : 'android';
  return random.next() < person.phoneShare ? person.phone : person.computer;
}

function clientHints(system: 'android' | 'windows'): Json {
  return {
    browsers: [
      { brand: 'Chromium', version: ['142'] },
      { brand: 'Google Chrome', version: ['142'] },
      { brand: 'Not_A Brand', version: ['99'] },
    ],
    platform: { brand: system === 'android' ? 'Android' : 'Windows', version: ['15'] },
    mobile: system === 'android' ? 1 : 0,
    source: 1,
  };
}

function geoOf({ person: { city, mark }, atMs }: Visit, precise: boolean): Json {
  const spread = (shift: number) => (((mark >>> shift) & 255) / 255 - 0.5) * 0.1;
  const places = precise ? 1e4 : 1e2;
  return {
    lat: Math.round((city.latitude + spread(0)) * places) / places,
    lon: Math.round((city.longitude + spread(8)) * places) / places,
    type: precise ? 1 : 2,
    country: city.country,
    region: city.region,
    city: city.city,
    zip: city.zip,
    utcoffset: zoneOffsetMinutes(city.zone, atMs),
  };
}

/** Hours between the zone's clock and UTC, from the hour of the week that each shows, to the whole hour. */
function zoneOffsetMinutes(zone: string, atMs: number): number {
  const there = zoneNamed(zone).at(atMs).hourOfWeek;
  const here = zoneNamed('UTC').at(atMs).hourOfWeek;
  const apart = (((there - here) % 168) + 168) % 168;
  return (apart > 84 ? apart - 168 : apart) * 60;
}

/** In the shape of an advertising id (RFC 9562, version 4). */
function advertisingId(mark: number): string {
  const hex = (mark >>> 0).toString(16).padStart(8, '0');
  return `${hex}-${hex.slice(0, 4)}-4${hex.slice(1, 4)}-a${hex.slice(4, 7)}-${hex}${hex.slice(2, 6)}`;
}

interface Tracked {
  readonly limited: boolean;
  readonly anonymous: boolean;
  readonly signal: boolean;
  readonly child: boolean;
  readonly both: boolean;
}

const EUROPE = new Set(['DEU', 'FRA', 'GBR']);

function userOf({ person, place, atMs }: Visit, scenario: Scenario, tracked: Tracked, random: Random): Json {
  const user: Json = {};
  const ext: Json = {};
  const europe = EUROPE.has(person.city.country);
  const matched = random.next() < 0.8;
  const told = !tracked.anonymous && !tracked.child;
  const eids = [
    {
      source: 'shared-id.example',
      uids: [{ id: `sid-${person.mark.toString(36)}`, atype: 1 }],
    },
  ];
  if (told) {
    user.id = person.id;
    if (matched) user.buyeruid = person.id;
    if (random.next() < 0.5) put('eids', eids, user, ext, place.version, tracked.both);
  }
  if (told && person.interests.length > 0) user.data = [segmentsOf(person)];
  if (europe && tracked.signal) {
    const consent = consentString(person.consents, atMs - 40 * 86_400_000, person.city.language);
    put('consent', consent, user, ext, place.version, tracked.both);
  }
  if (scenario.interests.length > 0 && random.next() < 0.3) user.keywords = place.keywords.join(',');
  return Object.keys(ext).length > 0 ? { ...user, ext } : user;
}

function segmentsOf(person: Person): Json {
  return {
    id: 'example-data',
    name: 'Example Data interests',
    segment: person.interests.map((interest) => ({ id: interest, name: interest })),
  };
}

/** Section `usnat` of the GPP, as the IAB's library writes it: nothing opted out of, and sale and sharing opted out of. */
const GPP = { open: 'DBABLA~CFQqAAAAAACA.QA', closed: 'DBABLA~CFQVAAAAAACA.QA' };

function regulationsOf(person: Person, version: Place['version'], tracked: Tracked, random: Random): Json {
  const regs: Json = { coppa: tracked.child ? 1 : 0 };
  const ext: Json = {};
  const { country } = person.city;
  if (!tracked.signal) return regs;
  if (EUROPE.has(country)) {
    put('gdpr', 1, regs, ext, version, tracked.both);
  } else {
    if (random.next() < 0.5) put('gdpr', 0, regs, ext, version, tracked.both);
    if (country === 'USA') {
      put('us_privacy', person.consents ? '1YNN' : '1YYN', regs, ext, version, tracked.both);
      if (version === '2.6' && random.next() < 0.4) {
        regs.gpp = person.consents ? GPP.open : GPP.closed;
        regs.gpp_sid = [7];
      }
    }
  }
  return Object.keys(ext).length > 0 ? { ...regs, ext } : regs;
}

/** OpenRTB 2.6 moved these fields out of `ext`; the world sends them in either place, and now and then in both. */
function put(
  key: string,
  value: unknown,
  object: Json,
  ext: Json,
  version: Place['version'],
  both: boolean,
): void {
  if (version === '2.6' || both) object[key] = value;
  if (version === '2.5' || both) ext[key] = value;
}
