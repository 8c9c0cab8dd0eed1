/** Bodies as they travel: media types, and gzip in both directions within bounds. */
import { gunzipSync, gzipSync } from 'node:zlib';

/** Media type in lower case without its parameters; undefined where the header is missing or empty. */
export function mediaTypeOf(header: string | undefined): string | undefined {
  const end = header?.indexOf(';') ?? -1;
  const type = (end < 0 ? header : header?.slice(0, end))?.trim().toLowerCase();
  return type === '' ? undefined : type;
}

export type Unpacked =
  | { readonly ok: true; readonly body: Buffer }
  | { readonly ok: false; readonly status: 400 | 413 | 415 };

const GZIP_MAGIC = 0x1f8b;

/**
 * Undoes `Content-Encoding`, never past `limitBytes`. Some exchanges leave the header out; gzip shows itself by its first two
 * bytes, which begin neither JSON nor a protobuf message.
 */
export function unpack(body: Buffer, encoding: string | undefined, limitBytes: number): Unpacked {
  const named = encoding?.trim().toLowerCase() ?? '';
  if (!ENCODINGS.has(named)) return { ok: false, status: 415 };
  const looksZipped = body.length > 1 && body.readUInt16BE(0) === GZIP_MAGIC;
  if (named === '' || named === 'identity') if (!looksZipped) return { ok: true, body };
  try {
    return { ok: true, body: gunzipSync(body, { maxOutputLength: limitBytes }) };
  } catch (error) {
    const bomb = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return { ok: false, status: bomb ? 413 : 400 };
  }
}

const ENCODINGS = new Set(['', 'identity', 'gzip', 'x-gzip']);

/** Below this gzip saves less than a packet. */
const GZIP_FROM_BYTES = 1024;
/** Of bids of 2.7 KB level 3 leaves 43 %, level 6 42 % and takes a fifth to a half longer. */
const GZIP_LEVEL = 3;

export function packs(body: Buffer, acceptEncoding: string | undefined): boolean {
  return body.length > GZIP_FROM_BYTES && acceptEncoding !== undefined && acceptsGzip(acceptEncoding);
}

export function pack(body: Buffer): Buffer {
  return gzipSync(body, { level: GZIP_LEVEL });
}

/** `gzip;q=0` is a refusal; `*` takes gzip too unless gzip is refused by name. */
function acceptsGzip(header: string): boolean {
  if (header === 'gzip') return true;
  const weights = new Map(
    header
      .toLowerCase()
      .split(',')
      .map((part) => {
        const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim());
        const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
        return [name, weight === undefined ? 1 : Number(weight)] as const;
      }),
  );
  return (weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0) > 0;
}
