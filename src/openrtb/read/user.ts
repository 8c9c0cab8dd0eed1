/** The person, and what the law says about them. */
import type { ExtendedId, Regulations, User } from '../request.ts';
import type { Notes } from './notes.ts';
import { readKeywords } from './publication.ts';
import type { Json } from './value.ts';
import {
  isFilled,
  isObject,
  NONE,
  newerFirst,
  readObject,
  readObjects,
  readProtectiveFlag,
  readText,
} from './value.ts';

/** Stands for a consent that is there and cannot be read: decoding it fails, and so it permits nothing. */
const UNREADABLE = '?';
/** Stands for a GPP section that cannot be read; no rule knows it, and so it permits nothing. */
const UNREADABLE_SECTION = -2;
const GPP_SECTIONS_MAX = 64;

const NOTHING: Json = Object.freeze({});

export function readUser(raw: Json = NOTHING, notes: Notes): User {
  notes.within = 'user';
  const ext = readObject(raw.ext, 'ext', notes) ?? NOTHING;
  return {
    id: readText(raw.id, 'id', notes),
    buyerId: readText(raw.buyeruid, 'buyeruid', notes),
    extendedIds: readExtendedIds(raw, ext, notes),
    keywords: readKeywords(raw, notes),
    segments: readSegments(raw.data, notes),
    consent: readSignal(newerFirst(raw.consent, ext.consent), 'consent', notes),
  };
}

export function readRegulations(raw: Json = NOTHING, notes: Notes): Regulations {
  notes.within = 'regs';
  const ext = readObject(raw.ext, 'ext', notes) ?? NOTHING;
  return {
    coppa: readProtectiveFlag(newerFirst(raw.coppa, ext.coppa), 'coppa', notes),
    gdpr: readGdpr(newerFirst(raw.gdpr, ext.gdpr), notes),
    usPrivacy: readSignal(newerFirst(raw.us_privacy, ext.us_privacy), 'us_privacy', notes),
    gpp: readSignal(newerFirst(raw.gpp, ext.gpp), 'gpp', notes),
    gppSections: readGppSections(newerFirst(raw.gpp_sid, ext.gpp_sid), notes),
    globalPrivacyControl: readProtectiveFlag(ext.gpc, 'ext.gpc', notes),
  };
}

/** Only a plain 0 says that the regulation does not apply. */
function readGdpr(value: unknown, notes: Notes): number | undefined {
  return isFilled(value) ? Number(readProtectiveFlag(value, 'gdpr', notes)) : undefined;
}

function readSignal(value: unknown, path: string, notes: Notes): string {
  if (!isFilled(value)) return '';
  if (typeof value === 'string') return value;
  notes.warn(path, 'unreadable, so it permits nothing');
  return UNREADABLE;
}

/** A list of numbers; some write it as text, with commas or, as in cookies, with underscores. */
function readGppSections(value: unknown, notes: Notes): readonly number[] {
  if (!isFilled(value)) return NONE;
  const list: readonly unknown[] =
    typeof value === 'string' ? value.split(/[,_]/) : Array.isArray(value) ? value : [value];
  return list.slice(0, GPP_SECTIONS_MAX).map((entry) => {
    const section = typeof entry === 'string' && /^\s*-?\d{1,4}\s*$/.test(entry) ? Number(entry) : entry;
    if (Number.isInteger(section)) return section as number;
    notes.warn('gpp_sid', 'unreadable, so it permits nothing');
    return UNREADABLE_SECTION;
  });
}

/** `eids` from the place of 2.6, else of 2.5; there a wrong shape is nobody's standard and is left out. */
function readExtendedIds(raw: Json, ext: Json, notes: Notes): readonly ExtendedId[] {
  const isNew = isFilled(raw.eids);
  if (!isNew && !isFilled(ext.eids)) return NONE;
  if (!isNew && !Array.isArray(ext.eids)) {
    notes.warn('ext.eids', 'not a list, left out');
    return NONE;
  }
  const sources = isNew ? readObjects(raw.eids, 'eids', notes) : (ext.eids as unknown[]).filter(isObject);
  const ids: ExtendedId[] = [];
  for (const entry of sources) {
    if (typeof entry.source !== 'string' || !Array.isArray(entry.uids)) continue;
    const source = entry.source.toLowerCase();
    for (const uid of entry.uids) {
      const id: unknown = isObject(uid) ? uid.id : undefined;
      if (typeof id === 'string' && id !== '') ids.push({ source, id });
    }
  }
  return ids;
}

function readSegments(value: unknown, notes: Notes): readonly string[] {
  if (!isFilled(value)) return NONE;
  const segments: string[] = [];
  for (const data of readObjects(value, 'data', notes)) {
    const provider = readText(newerFirst(data.id, data.name), 'data.id', notes);
    for (const segment of readObjects(data.segment, 'data.segment', notes)) {
      const id = readText(newerFirst(segment.id, segment.value), 'data.segment.id', notes);
      if (id !== '') segments.push(`${provider}:${id}`);
    }
  }
  return segments;
}
