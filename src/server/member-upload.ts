/**
 * Lists of ids as they come over HTTP: read piece by piece within bounds, and given up without cutting the caller off, who is
 * still sending and must hear why. Nothing of a list counts before its last byte was read.
 */
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UploadRefusedError } from '../campaign/audience/upload.ts';

/** 20 million hashes, one a line, are 1.3 GB. */
export const LIST_BYTES_MAX = 1_500_000_000;

/** The form that a media type names, as the ending of a file; undefined for one that is no list. */
export function listForm(mediaType: string | undefined): string | undefined {
  return FORMS[mediaType ?? ''];
}

const FORMS: Readonly<Record<string, string>> = {
  'text/csv': 'list.csv',
  'application/csv': 'list.csv',
  'text/tab-separated-values': 'list.tsv',
  'text/plain': 'list.txt',
  'application/x-ndjson': 'list.ndjson',
  'application/ndjson': 'list.ndjson',
  'application/jsonl': 'list.ndjson',
};

export const LIST_MEDIA_TYPES = [
  'text/csv',
  'text/tab-separated-values',
  'text/plain',
  'application/x-ndjson',
];

/** What a body of several forms cannot be: the sender left, or its packing is broken. */
export class BrokenListError extends Error {
  readonly code: 'cut_off' | 'not_gzip';

  constructor(code: 'cut_off' | 'not_gzip') {
    super(code);
    this.name = 'BrokenListError';
    this.code = code;
  }
}

/**
 * The bytes of a body, unpacked. Whoever stops before the end waits until the rest was thrown away.
 * @throws UploadRefusedError past `bytesMax`, BrokenListError where the body does not come whole.
 */
export async function* listBytes(
  body: Readable,
  isPacked: boolean,
  bytesMax = LIST_BYTES_MAX,
): AsyncGenerator<Uint8Array> {
  const unpacking = isPacked ? createGunzip() : undefined;
  // Not a pipeline: that would end the connection with the first fault of the packing.
  const leave = (): void => void unpacking?.destroy(new BrokenListError('cut_off'));
  if (unpacking) {
    body.once('error', leave);
    body.once('aborted', leave);
    body.pipe(unpacking);
  }
  let bytes = 0;
  try {
    for await (const chunk of (unpacking ?? body).iterator({ destroyOnReturn: false })) {
      bytes += (chunk as Buffer).length;
      if (bytes > bytesMax)
        throw new UploadRefusedError({
          row: 0,
          code: 'list_too_large',
          message: `has more than ${bytesMax} bytes`,
        });
      yield chunk as Buffer;
    }
  } catch (error) {
    if (error instanceof UploadRefusedError || error instanceof BrokenListError) throw error;
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new BrokenListError(code.startsWith('Z_') ? 'not_gzip' : 'cut_off');
  } finally {
    if (unpacking) {
      body.unpipe(unpacking);
      unpacking.destroy();
    }
    body.off('error', leave);
    body.off('aborted', leave);
    await discarded(body);
  }
}

/**
 * Resolves when the rest of a body has come and gone. An answer before that would not be heard by a caller who is still sending:
 * many stop at the first byte of it, or find the connection broken.
 */
export function discarded(body: Readable): Promise<void> {
  return new Promise((resolve) => {
    if (body.readableEnded || body.destroyed) return resolve();
    let bytes = 0;
    body.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > LIST_BYTES_MAX) body.destroy();
    });
    for (const end of ['end', 'error', 'close']) body.once(end, () => resolve());
    // Not at once: as long as a reading of before is known to the stream it does not flow.
    setImmediate(() => body.resume());
  });
}
