import type { Device, Geo, Size } from '../request.ts';
import type { Notes } from './notes.ts';
import { readLanguage } from './publication.ts';
import type { Json } from './value.ts';
import {
  isObject,
  readInteger,
  readNumber,
  readObject,
  readObjects,
  readProtectiveFlag,
  readText,
  readTexts,
  requireFilled,
} from './value.ts';

const NO_GEO: Geo = Object.freeze({
  latitude: undefined,
  longitude: undefined,
  country: '',
  region: '',
  city: '',
  postcode: '',
  metro: '',
  utcOffsetMinutes: undefined,
});

const NOTHING: Json = Object.freeze({});

/** Names under which the same system comes. */
const SYSTEM_ALIASES: ReadonlyMap<string, string> = new Map([
  ['mac os', 'macos'],
  ['mac os x', 'macos'],
  ['os x', 'macos'],
  ['osx', 'macos'],
  ['iphone os', 'ios'],
  ['ipados', 'ios'],
  ['windows nt', 'windows'],
  ['chromium os', 'chrome os'],
  ['chromeos', 'chrome os'],
]);

/** On a screen in a public place (`isScreen`) the advertising id names the screen, never a person (section 7.9). */
export function readDevice(raw: Json = NOTHING, isScreen: boolean, notes: Notes): Device {
  notes.within = 'device';
  const hints = readHints(raw.sua, notes);
  const system = (hints.platform || readText(raw.os, 'os', notes)).toLowerCase();
  return {
    userAgent: readText(raw.ua, 'ua', notes),
    ip: readText(raw.ip, 'ip', notes),
    ipv6: readText(raw.ipv6, 'ipv6', notes),
    geo: readGeo(readObject(raw.geo, 'geo', notes), notes),
    language: readLanguage(raw, 'language', notes),
    type: readInteger(raw.devicetype, 'devicetype', notes) || undefined,
    os: SYSTEM_ALIASES.get(system) ?? system,
    osVersion: hints.platformVersion || readText(raw.osv, 'osv', notes),
    browser: hints.browser.toLowerCase(),
    make: readText(raw.make, 'make', notes),
    model: readText(raw.model, 'model', notes) || hints.model,
    carrier: readText(raw.carrier, 'carrier', notes),
    connectionType: readInteger(raw.connectiontype, 'connectiontype', notes) || undefined,
    advertisingId: isScreen ? '' : readAdvertisingId(raw.ifa, notes),
    limitTracking: readProtectiveFlag(raw.lmt, 'lmt', notes),
    doNotTrack: readProtectiveFlag(raw.dnt, 'dnt', notes),
  };
}

/** In pixels of the page, as banners are measured: `w` and `h` are the glass's, `pxratio` of them make one. */
export function readScreen(value: unknown): Size | undefined {
  if (!isObject(value)) return undefined;
  const { w, h, pxratio } = value;
  if (!(typeof w === 'number' && typeof h === 'number')) return undefined;
  const ratio = typeof pxratio === 'number' && pxratio >= 1 ? pxratio : 1;
  const width = Math.round(w / ratio);
  const height = Math.round(h / ratio);
  const isScreen = [width, height].every((side) => side > 0 && side <= SCREEN_SIDE_MAX);
  return isScreen ? { width, height } : undefined;
}

const SCREEN_SIDE_MAX = 10_000;

interface Hints {
  readonly platform: string;
  readonly platformVersion: string;
  readonly browser: string;
  readonly model: string;
}

const NO_HINTS: Hints = Object.freeze({ platform: '', platformVersion: '', browser: '', model: '' });

/** `sua` outranks the user agent, which browsers have frozen (section 3.2.29). */
function readHints(value: unknown, notes: Notes): Hints {
  const hints = readObject(value, 'sua', notes);
  if (!hints) return NO_HINTS;
  const platform = readObject(hints.platform, 'sua.platform', notes);
  if (platform) requireFilled(platform.brand, 'sua.platform.brand', notes);
  return {
    platform: platform ? readText(platform.brand, 'sua.platform.brand', notes) : '',
    platformVersion: platform ? readTexts(platform.version, 'sua.platform.version', notes).join('.') : '',
    browser: readBrowser(readObjects(hints.browsers, 'sua.browsers', notes), notes),
    model: readText(hints.model, 'sua.model', notes),
  };
}

/** The brand that tells most: not the made-up one ("Not/A)Brand"), and Chromium only where nothing else is named. */
function readBrowser(brands: readonly Json[], notes: Notes): string {
  let browser = '';
  for (const entry of brands) {
    requireFilled(entry.brand, 'sua.browsers.brand', notes);
    const brand = readText(entry.brand, 'sua.browsers.brand', notes);
    const isMadeUp = brand.includes('Brand') && brand.includes('Not');
    if (!isMadeUp && (browser === '' || browser === 'Chromium')) browser = brand;
  }
  return browser;
}

/** An id of zeros is how a device says that it gives none. */
function readAdvertisingId(value: unknown, notes: Notes): string {
  const id = readText(value, 'ifa', notes);
  return id !== '' && id.charCodeAt(0) === 48 && /^[0-]+$/.test(id) ? '' : id;
}

function readGeo(raw: Json | undefined, notes: Notes): Geo {
  if (!raw) return NO_GEO;
  const latitude = readDegrees(raw.lat, 90, 'geo.lat', notes);
  const longitude = readDegrees(raw.lon, 180, 'geo.lon', notes);
  // 0, 0 lies in the sea; it is what senders write who do not know.
  const isKnown = latitude !== undefined && longitude !== undefined && (latitude !== 0 || longitude !== 0);
  const region = readText(raw.region, 'geo.region', notes).toUpperCase();
  return {
    latitude: isKnown ? latitude : undefined,
    longitude: isKnown ? longitude : undefined,
    country: readText(raw.country, 'geo.country', notes).toUpperCase(),
    region: region.slice(region.indexOf('-') + 1),
    city: readText(raw.city, 'geo.city', notes),
    postcode: readText(raw.zip, 'geo.zip', notes),
    metro: readText(raw.metro, 'geo.metro', notes),
    utcOffsetMinutes: readInteger(raw.utcoffset, 'geo.utcoffset', notes),
  };
}

function readDegrees(value: unknown, degreesMax: number, path: string, notes: Notes): number | undefined {
  const degrees = readNumber(value, path, notes);
  if (degrees === undefined || Math.abs(degrees) <= degreesMax) return degrees;
  notes.warn(path, 'not on the globe, left out');
  return undefined;
}
