import { createHash } from 'node:crypto';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { UploadForm } from '../../../src/campaign/audience/upload.ts';
import {
  holdsAnId,
  readUpload,
  UploadReader,
  UploadRefusedError,
} from '../../../src/campaign/audience/upload.ts';

const PLAIN: UploadForm = { idSpace: 'user.id', file: 'list.csv' };

function keyOf(_idSpace: string, sha256: string): number {
  return Number.parseInt(sha256.slice(0, 12), 16);
}

function read(text: string | Uint8Array, form: Partial<UploadForm> = {}) {
  return readUpload(Buffer.from(text), { ...PLAIN, ...form }, keyOf);
}

function members(text: string | Uint8Array, form: Partial<UploadForm> = {}): number[] {
  return [...read(text, form).keys].sort((a, b) => a - b);
}

function digests(...ids: string[]): number[] {
  return ids.map((id) => keyOf('', sha256(id))).sort((a, b) => a - b);
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What it is refused for, and where. */
function refusal(text: string | Uint8Array, form: Partial<UploadForm> = {}): [string, number] | undefined {
  try {
    read(text, form);
    return undefined;
  } catch (error) {
    if (error instanceof UploadRefusedError) return [error.code, error.row];
    throw error;
  }
}

describe('an uploaded list', () => {
  it.each([
    ['lines of LF', 'a\nb\n'],
    ['lines of CRLF', 'a\r\nb\r\n'],
    ['lines of CR', 'a\rb'],
    ['a byte order mark', '\ufeffa\nb'],
    ['empty lines', '\n\n a \n\t\nb\n\n'],
    ['a header', 'User ID\na\nb'],
    ['a header after a mark and empty lines', '\ufeff\n\n"user_id"\na\nb'],
    ['a header that names the id space', 'user.id;name\na;Ann\nb;Bob'],
    ['more columns', 'a,1\nb,2'],
    ['quotes', '"a"\n"b",x'],
    ['repeats', 'a\nb\na\na'],
  ])('may have %s', (_, text) => {
    expect(members(text)).toEqual(digests('a', 'b'));
  });

  it('may come as UTF-16 from a spreadsheet', () => {
    expect(members(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('a\r\nb\r\n', 'utf16le')]))).toEqual(
      digests('a', 'b'),
    );
  });

  it('takes a header for one only on the first row', () => {
    expect(members('id\nid\na')).toEqual(digests('id', 'a'));
  });

  it('keeps commas of a text file and quotes within quotes', () => {
    expect(members('a,b', { file: 'list.txt' })).toEqual(digests('a,b'));
    expect(members('"a ""b"""')).toEqual(digests('a "b"'));
  });

  it('counts repeats, and tells where the first is', () => {
    expect(read('a\nb\na\na')).toMatchObject({
      rows: 4,
      repeats: 2,
      badRows: 0,
      passedOver: [{ row: 3, code: 'repeated_id' }],
    });
  });

  it('passes over rows that name nobody, by number, and goes on', () => {
    const upload = read('id\n,x\na\n00000000-0000-0000-0000-000000000000\n\n');
    expect(upload.passedOver.map(({ row, code }) => [row, code])).toEqual([
      [2, 'empty_id'],
      [4, 'nobody'],
    ]);
    expect([...upload.keys]).toEqual(digests('a'));
  });

  it('tells the first bad rows and counts the others', () => {
    const upload = read('0\n'.repeat(1000));
    expect(upload.passedOver).toHaveLength(20);
    expect(upload.badRows).toBe(1000);
  });

  it('shows by itself whether it holds hashes, which meet the plain ids', () => {
    expect(members(`SHA256\n${sha256('a')}\n${sha256('a').toUpperCase()}`)).toEqual(digests('a'));
    expect(read(sha256('a')).hashed).toBe('sha256');
    expect(read('a').hashed).toBe('none');
  });

  it('of advertising ids knows no capitals; of other ids it does', () => {
    expect(members('AB-1\nab-1', { idSpace: 'ifa' })).toEqual(digests('ab-1'));
    expect(members('AB-1\nab-1')).toHaveLength(2);
  });

  it.each([
    ['', false],
    ['\n\n', false],
    ['id\n', false],
    ['\ufeffuser_id,name\r\n', false],
    ['a', true],
    ['id\nx', true],
  ])('%j holds an id: %s', (text, expected) => {
    expect(holdsAnId(Buffer.from(text), 'a.csv')).toBe(expected);
  });
});

describe('a list that leaves a doubt is refused whole, with its row', () => {
  it.each<[string, string | Uint8Array, Partial<UploadForm>, string, number]>([
    ['a plain id among hashes', `id\n${sha256('a')}\njoe`, {}, 'mixed_hashes', 3],
    ['a hash among plain ids', `joe\n${sha256('a')}`, {}, 'mixed_hashes', 2],
    ['plain ids where hashes were said to be', 'joe@example.com', { hashed: 'sha256' }, 'mixed_hashes', 1],
    ['hashes where plain ids were said to be', sha256('a'), { hashed: 'none' }, 'mixed_hashes', 1],
    ['a formula', 'a\n=HYPERLINK("http://x.example")', {}, 'formula', 2],
    ['a formula in quotes', 'a\n"=1+1"', {}, 'formula', 2],
    ['a call behind a sign', "a\n-cmd|'/C calc'!A0", {}, 'formula', 2],
    ['a formula of another make', 'a\n@SUM(A1:A9)', {}, 'formula', 2],
    ['Latin-1', Buffer.from([0x61, 10, 0xe9, 0x62, 10]), {}, 'encoding', 2],
    ['UTF-16 from the other end', Buffer.from([0xfe, 0xff, 0, 0x61]), {}, 'encoding', 1],
    [
      'half a character of UTF-16',
      Buffer.from([0xff, 0xfe, 0x61, 0, 0x0a, 0, 0x00, 0xd8]),
      {},
      'encoding',
      2,
    ],
    ['a zero byte', 'a\nb\u0000c', {}, 'not_text', 2],
    ['a very long id', `a\n${'x'.repeat(600)}`, {}, 'id_too_long', 2],
    [
      'a line of megabytes',
      Buffer.concat([Buffer.from('a\n'), Buffer.alloc(20_000_000, 'x')]),
      {},
      'line_too_long',
      2,
    ],
  ])('%s', (_, text, form, code, row) => {
    expect(refusal(text, form)).toEqual([code, row]);
  });

  it('at the beginning of a line without end, before it is all there', () => {
    const reader = new UploadReader(PLAIN, keyOf);
    reader.push(Buffer.from('a\n'));
    const megabyte = Buffer.alloc(1_000_000, 'x');
    expect(() => reader.push(megabyte)).toThrow(UploadRefusedError);
  });

  it.each(['+491701234567', '-base64+like=', 'a=b', 'x@y'])('but not for %s', (id) => {
    expect(refusal(id)).toBeUndefined();
  });
});

describe('any bytes', () => {
  test.prop([
    fc.uint8Array({ maxLength: 2000 }),
    fc.constantFrom(undefined, 'none' as const, 'sha256' as const),
  ])('are read, or refused with a row', (bytes, hashed) => {
    try {
      const { keys, rows, repeats, badRows } = read(bytes, { hashed });
      expect(keys.length + repeats + badRows).toBe(rows);
    } catch (error) {
      expect(error).toBeInstanceOf(UploadRefusedError);
      expect((error as UploadRefusedError).row).toBeGreaterThan(0);
    }
  });

  const ids = fc.uniqueArray(
    fc.stringMatching(/^[a-z0-9-]{3,20}$/).filter((id) => !/^[0-]*$/.test(id)),
    { minLength: 1 },
  );

  test.prop([ids])('that are a list give each id back, once', (list) => {
    const rows = ['person_id', ...list, ...list].join('\r\n');
    expect(members(rows)).toEqual(digests(...list));
  });

  test.prop([ids, fc.constantFrom('utf8' as const, 'utf16le' as const), fc.integer({ min: 1, max: 50 })])(
    'are the same list, however they are cut into pieces',
    (list, encoding, piece) => {
      const mark = encoding === 'utf16le' ? '\ufeff' : '';
      const bytes = Buffer.from(mark + list.join('\r\n'), encoding);
      const reader = new UploadReader(PLAIN, keyOf);
      for (let from = 0; from < bytes.length; from += piece) reader.push(bytes.subarray(from, from + piece));
      expect([...reader.end().keys].sort((a, b) => a - b)).toEqual(digests(...list));
    },
  );
});
