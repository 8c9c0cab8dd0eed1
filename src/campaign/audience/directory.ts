/**
 * Membership from memory. A pack of ids is a sorted column of digests; raw ids are not kept. A request is asked once
 * for each id space that some pack uses, whatever the number of packs.
 */
import { createHash } from 'node:crypto';
import type { Zone } from '../../core/zone.ts';
import { zoneNamed } from '../../core/zone.ts';
import type { BidRequest } from '../../openrtb/request.ts';
import type { Audience } from '../campaign.ts';
import type { PackDirectory, PackFacts } from './pack.ts';
import type { Upload } from './upload.ts';
import { isNobody, memberDigest, normalId, readUpload } from './upload.ts';

/** Something about a pack's file that its owner should know. */
export interface PackFault {
  readonly packId: string;
  readonly file: string;
  /** From 1; 0 for the pack as a whole. */
  readonly row: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** An error means that the pack's members are unknown: a book that uses it must not go live. */
  readonly severity: 'error' | 'warning';
}

export interface BuiltPacks {
  readonly directory: PackDirectory;
  readonly faults: readonly PackFault[];
  /** When the next pack expires, so that the directory must be built anew; undefined where none will. */
  readonly nextExpiryMs: number | undefined;
}

type UploadedPack = Extract<Audience, { source: 'upload' }>;

interface ListedPack {
  readonly id: string;
  readonly members: Float64Array;
  readonly hashed: boolean;
}

/** Pure but for `readFileBytes`, which is handed in. An expired pack has no members. Days are those of `zone`. */
export function buildPackDirectory(
  audiences: readonly Audience[],
  readFileBytes: (file: string) => Uint8Array | undefined,
  nowMs: number,
  zone: Zone = zoneNamed('UTC'),
): BuiltPacks {
  const faults: PackFault[] = [];
  const facts: PackFacts[] = [];
  const bySpace = new Map<string, ListedPack[]>();
  const bySegment = new Map<string, string[]>();
  let nextExpiryMs: number | undefined;
  for (const audience of audiences) {
    if (audience.source === 'exchange_segments') {
      facts.push({
        id: audience.id,
        version: versionOf([...audience.segments].sort().join('\n')),
        size: 0,
        source: audience.source,
      });
      for (const segment of new Set(audience.segments)) listUnder(bySegment, segment, audience.id);
      continue;
    }
    const expiryMs = audience.expires === undefined ? undefined : zone.bounds(audience.expires).endMs;
    const expired = expiryMs !== undefined && expiryMs <= nowMs;
    if (expiryMs !== undefined && !expired) nextExpiryMs = Math.min(nextExpiryMs ?? expiryMs, expiryMs);
    const bytes = readFileBytes(audience.file);
    const upload = bytes && readUpload(bytes, audience);
    faults.push(...faultsOf(audience, upload));
    facts.push({
      id: audience.id,
      version: versionOf(bytes ?? ''),
      size: expired ? 0 : (upload?.members.length ?? 0),
      source: audience.source,
    });
    if (!upload || expired) continue;
    listUnder(bySpace, audience.idSpace, {
      id: audience.id,
      members: upload.members,
      hashed: audience.hashed === 'sha256',
    });
  }
  return { directory: directoryOf(facts, bySpace, bySegment), faults, nextExpiryMs };
}

function directoryOf(
  facts: readonly PackFacts[],
  bySpace: ReadonlyMap<string, readonly ListedPack[]>,
  bySegment: ReadonlyMap<string, readonly string[]>,
): PackDirectory {
  const versions = new Map(facts.map(({ id, version }) => [id, `${id}@${version}`]));
  return {
    packs: facts,
    versionOf: (packId) => versions.get(packId) ?? `${packId}@unknown`,
    packsOf: (request, permits) => {
      if (!permits.identity || !permits.audiences) return [];
      const found = new Set<string>();
      for (const segment of request.user.segments) {
        for (const packId of bySegment.get(segment) ?? []) found.add(packId);
      }
      for (const [idSpace, packs] of bySpace) {
        for (const id of idsIn(request, idSpace)) addPacksOf(id, idSpace, packs, found);
      }
      return [...found].sort();
    },
  };
}

function addPacksOf(id: string, idSpace: string, packs: readonly ListedPack[], found: Set<string>): void {
  if (isNobody(id)) return;
  const digest = memberDigest(normalId(id, idSpace));
  // Whoever made a hashed list of advertising ids may have hashed them in capitals, as iOS shows them.
  const capitals =
    idSpace === 'ifa' && packs.some((pack) => pack.hashed) ? memberDigest(id.toUpperCase()) : digest;
  for (const pack of packs) {
    if (holds(pack.members, digest) || (pack.hashed && capitals !== digest && holds(pack.members, capitals)))
      found.add(pack.id);
  }
}

const EXTENDED_ID = 'eid:';

function idsIn(request: BidRequest, idSpace: string): readonly string[] {
  if (idSpace === 'ifa') return [request.device.advertisingId];
  if (idSpace === 'user.id') return [request.user.id];
  if (idSpace === 'buyeruid') return [request.user.buyerId];
  const source = idSpace.slice(EXTENDED_ID.length).toLowerCase();
  return request.user.extendedIds
    .filter((extended) => extended.source.toLowerCase() === source)
    .map(({ id }) => id);
}

function holds(sorted: Float64Array, wanted: number): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low < sorted.length && sorted[low] === wanted;
}

function faultsOf(pack: UploadedPack, upload: Upload | undefined): PackFault[] {
  const about = { packId: pack.id, file: pack.file };
  const tell = (code: string, message: string, hint = '', row = 0): PackFault => ({
    ...about,
    row,
    code,
    message,
    hint,
    severity: 'warning',
  });
  if (!upload) return [{ ...tell('unreadable_pack', 'cannot be read'), severity: 'error' }];
  const faults = upload.bad.map(({ row, message }) =>
    tell('bad_row', message, 'This row is not in the pack.', row),
  );
  const untold = upload.badRows - upload.bad.length;
  if (untold > 0) faults.push(tell('bad_rows', `has ${untold} more bad rows`));
  if (upload.repeats > 0)
    faults.push(tell('repeated_ids', `names ${upload.repeats} ids more than once`, 'Each counts once.'));
  if (upload.members.length === 0) faults.push(tell('empty_pack', 'holds no id', 'Nobody is in this pack.'));
  return faults;
}

function versionOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 12);
}

function listUnder<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
