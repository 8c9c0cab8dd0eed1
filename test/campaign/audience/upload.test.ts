import { createHash } from 'node:crypto';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { UploadForm } from '../../../src/campaign/audience/upload.ts';
import { holdsAnId, memberDigest, readUpload } from '../../../src/campaign/audience/upload.ts';

const PLAIN: UploadForm = { idSpace: 'user.id', hashed: 'none', file: 'list.csv' };

function members(text: string | Uint8Array, form: Partial<UploadForm> = {}): number[] {
  return [...readUpload(Buffer.from(text), { ...PLAIN, ...form }).members];
}

function digests(...ids: string[]): number[] {
  return ids.map(memberDigest).sort((a, b) => a - b);
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

  it('counts repeats', () => {
    expect(readUpload(Buffer.from('a\nb\na\na'), PLAIN)).toMatchObject({ rows: 4, repeats: 2, badRows: 0 });
  });

  it('tells bad rows by number and goes on', () => {
    const upload = readUpload(
      Buffer.from('id\n,x\na\n0\u0000b\n00000000-0000-0000-0000-000000000000\n\n\xff\n'.replace('\xff', '')),
      PLAIN,
    );
    expect(upload.bad.map(({ row }) => row)).toEqual([2, 4, 5]);
    expect([...upload.members]).toEqual(digests('a'));
  });

  it('refuses bytes that are no text', () => {
    const bytes = Buffer.concat([
      Buffer.from('a\n'),
      Buffer.from([0xff, 0xfe, 0xfd, 10]),
      Buffer.from('b\n'),
    ]);
    const upload = readUpload(bytes, PLAIN);
    expect(upload.bad).toEqual([{ row: 2, message: 'holds bytes that are not text' }]);
    expect([...upload.members]).toEqual(digests('a', 'b'));
  });

  it('steps over a line of megabytes without decoding it', () => {
    const upload = readUpload(
      Buffer.concat([Buffer.from('a\n'), Buffer.alloc(20_000_000, 'x'), Buffer.from('\nb')]),
      PLAIN,
    );
    expect(upload.bad).toEqual([{ row: 2, message: 'is longer than 4096 bytes' }]);
    expect([...upload.members]).toEqual(digests('a', 'b'));
  });

  it('tells the first bad rows and counts the others', () => {
    const upload = readUpload(Buffer.from('0\n'.repeat(1000)), PLAIN);
    expect(upload.bad).toHaveLength(20);
    expect(upload.badRows).toBe(1000);
  });

  it('of hashes meets the plain ids', () => {
    const hex = createHash('sha256').update('a').digest('hex');
    expect(members(`SHA256\n${hex}\n${hex.toUpperCase()}`, { hashed: 'sha256' })).toEqual(digests('a'));
    expect(readUpload(Buffer.from('joe@example.com'), { ...PLAIN, hashed: 'sha256' })).toMatchObject({
      badRows: 1,
      rows: 1,
    });
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

describe('any bytes', () => {
  test.prop([fc.uint8Array({ maxLength: 2000 }), fc.constantFrom('none' as const, 'sha256' as const)])(
    'are read without a throw',
    (bytes, hashed) => {
      const { members, rows, repeats, badRows } = readUpload(bytes, { ...PLAIN, hashed });
      expect(members.length + repeats + badRows).toBe(rows);
    },
  );

  test.prop([
    fc.uniqueArray(
      fc.stringMatching(/^[a-z0-9-]{3,20}$/).filter((id) => !/^[0-]*$/.test(id)),
      { minLength: 1 },
    ),
  ])('that are a list give each id back, once', (ids) => {
    const rows = ['person_id', ...ids, ...ids].join('\r\n');
    expect(members(rows)).toEqual(digests(...ids));
  });
});
