/**
 * A pack as it lies on disk: what it is, then the keyed hashes of its members, then a SHA-256 over everything before. Nothing
 * of it is believed until the checksum, the length and the dates agree; whoever reads one that is refused keeps the old one.
 *
 *   BWPACK01 · length of the head (uint32) · head (JSON) · members (6 bytes each) · SHA-256 (32 bytes)
 */
import { createHash, hash } from 'node:crypto';

export interface ArtefactHead {
  readonly packId: string;
  readonly version: string;
  /** The whole of what `version` is the beginning of. */
  readonly checksum?: string;
  readonly source: string;
  /** Tells whether the pack still means what it meant when this was made. */
  readonly definition: string;
  readonly createdMs: number;
  /** After this nobody is in it; undefined for no end. */
  readonly expiresMs?: number;
  readonly size: number;
  /** Form of the ids of an uploaded list. */
  readonly hashed?: 'none' | 'sha256';
}

export interface Artefact {
  readonly head: ArtefactHead;
  /** Integers below 2^48. */
  readonly keys: Float64Array;
}

export const ARTEFACT_FAULTS = {
  not_an_artefact: 'is not an artefact of a pack',
  newer_format: 'was written by a newer version',
  truncated: 'ends before its end',
  checksum: 'does not match its checksum',
  malformed: 'has a head that cannot be read',
  other_pack: 'belongs to another pack',
  expired: 'has expired',
} as const;
export type ArtefactFault = keyof typeof ARTEFACT_FAULTS;

export type ReadArtefact =
  | { readonly ok: true; readonly artefact: Artefact }
  | { readonly ok: false; readonly fault: ArtefactFault };

const NAME = 'BWPACK';
const FORMAT = '01';
const PREFIX_BYTES = 12;
const CHECKSUM_BYTES = 32;
const KEY_BYTES = 6;
const HEAD_BYTES_MAX = 65_536;

/** Keys of one piece: a few tenths of a millisecond. */
const KEYS_A_PIECE = 20_000;

/** In pieces, so that whoever writes them can let bids come between. */
export function* writeArtefact({ head, keys }: Artefact): Generator<Buffer> {
  const digest = createHash('sha256');
  const text = Buffer.from(JSON.stringify(head));
  const first = Buffer.alloc(PREFIX_BYTES + text.length);
  first.write(NAME + FORMAT, 'latin1');
  first.writeUInt32BE(text.length, 8);
  text.copy(first, PREFIX_BYTES);
  digest.update(first);
  yield first;
  for (let from = 0; from < keys.length; from += KEYS_A_PIECE) {
    const slice = keys.subarray(from, from + KEYS_A_PIECE);
    const piece = Buffer.allocUnsafe(slice.length * KEY_BYTES);
    let at = 0;
    for (const key of slice) at = piece.writeUIntBE(key, at, KEY_BYTES);
    digest.update(piece);
    yield piece;
  }
  yield digest.digest();
}

/** Never throws, whatever the bytes. */
export function readArtefact(given: Uint8Array, packId: string, nowMs: number): ReadArtefact {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  const refuse = (fault: ArtefactFault): ReadArtefact => ({ ok: false, fault });
  if (bytes.toString('latin1', 0, NAME.length) !== NAME) return refuse('not_an_artefact');
  if (bytes.toString('latin1', NAME.length, 8) !== FORMAT) return refuse('newer_format');
  if (bytes.length < PREFIX_BYTES + CHECKSUM_BYTES) return refuse('truncated');
  const headBytes = bytes.readUInt32BE(8);
  const end = bytes.length - CHECKSUM_BYTES;
  if (headBytes > HEAD_BYTES_MAX) return refuse('malformed');
  if (PREFIX_BYTES + headBytes > end) return refuse('truncated');
  const head = headOf(bytes.toString('utf8', PREFIX_BYTES, PREFIX_BYTES + headBytes));
  if (!head) return refuse('malformed');
  const from = PREFIX_BYTES + headBytes;
  if (end - from < head.size * KEY_BYTES) return refuse('truncated');
  if (hash('sha256', bytes.subarray(0, end), 'hex') !== bytes.toString('hex', end)) return refuse('checksum');
  if (end - from !== head.size * KEY_BYTES) return refuse('malformed');
  if (head.packId !== packId) return refuse('other_pack');
  if (head.expiresMs !== undefined && head.expiresMs <= nowMs) return refuse('expired');
  const keys = new Float64Array(head.size);
  for (let index = 0; index < head.size; index++)
    keys[index] = bytes.readUIntBE(from + index * KEY_BYTES, KEY_BYTES);
  return { ok: true, artefact: { head, keys } };
}

function headOf(text: string): ArtefactHead | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const head = value as Record<string, unknown>;
  const texts = ['packId', 'version', 'source', 'definition'].every((key) => typeof head[key] === 'string');
  const isSound =
    texts &&
    Number.isSafeInteger(head.size) &&
    Number(head.size) >= 0 &&
    Number.isFinite(head.createdMs) &&
    (head.expiresMs === undefined || Number.isFinite(head.expiresMs));
  return isSound ? (value as ArtefactHead) : undefined;
}
