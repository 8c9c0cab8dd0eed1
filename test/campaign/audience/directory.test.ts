import { createHash } from 'node:crypto';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { BuiltPacks } from '../../../src/campaign/audience/directory.ts';
import { buildPackDirectory } from '../../../src/campaign/audience/directory.ts';
import type { Audience } from '../../../src/campaign/campaign.ts';
import { zoneNamed } from '../../../src/core/zone.ts';
import type { Permits } from '../../../src/openrtb/consent.ts';
import { NO_PERMITS } from '../../../src/openrtb/consent.ts';
import type { BidRequest } from '../../../src/openrtb/request.ts';

const ALLOWED: Permits = { identity: true, audiences: true, preciseGeo: false, refusal: '' };
const NOW_MS = Date.UTC(2026, 3, 1, 12);

type Upload = Extract<Audience, { source: 'upload' }>;

function upload(id: string, idSpace: string, rest: Partial<Upload> = {}): Upload {
  return { id, source: 'upload', file: `${id}.txt`, idSpace, hashed: 'none', ...rest };
}

function build(
  audiences: readonly Audience[],
  files: Readonly<Record<string, string>>,
  nowMs = NOW_MS,
): BuiltPacks {
  return buildPackDirectory(
    audiences,
    (file) => (file in files ? Buffer.from(files[file] ?? '') : undefined),
    nowMs,
  );
}

interface Person {
  readonly id?: string;
  readonly buyerId?: string;
  readonly ifa?: string;
  readonly eids?: readonly { source: string; id: string }[];
  readonly segments?: readonly string[];
}

/** As much of a request as tells of a person. */
function from({ id = '', buyerId = '', ifa = '', eids = [], segments = [] }: Person): BidRequest {
  return {
    user: { id, buyerId, extendedIds: eids, segments, keywords: [], consent: '' },
    device: { advertisingId: ifa },
  } as unknown as BidRequest;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('a person', () => {
  const packs: Audience[] = [
    upload('by-user', 'user.id'),
    upload('by-buyer', 'buyeruid'),
    upload('by-ifa', 'ifa'),
    upload('by-eid', 'eid:uid.example'),
    { id: 'by-segment', source: 'exchange_segments', segments: ['dmp:42', 'dmp:43'] },
  ];
  const files = { 'by-user.txt': 'x\ny', 'by-buyer.txt': 'x', 'by-ifa.txt': 'ABCD-1', 'by-eid.txt': 'e1' };
  const { directory, faults } = build(packs, files);
  const packsOf = (person: Person, permits = ALLOWED): readonly string[] =>
    directory.packsOf(from(person), permits);

  it.each<[Person, string[]]>([
    [{}, []],
    [{ id: 'x' }, ['by-user']],
    [{ id: 'y', buyerId: 'x' }, ['by-buyer', 'by-user']],
    [{ buyerId: 'y' }, []],
    [{ ifa: 'abcd-1' }, ['by-ifa']],
    [{ ifa: 'ABCD-1' }, ['by-ifa']],
    [{ eids: [{ source: 'UID.example', id: 'e1' }] }, ['by-eid']],
    [{ eids: [{ source: 'other.example', id: 'e1' }] }, []],
    [
      {
        eids: [
          { source: 'uid.example', id: 'e0' },
          { source: 'uid.example', id: 'e1' },
        ],
      },
      ['by-eid'],
    ],
    [{ segments: ['dmp:42', 'dmp:43', 'dmp:44'] }, ['by-segment']],
    [{ segments: ['dmp:4'] }, []],
  ])('%o is in %o', (person, expected) => {
    expect(faults).toEqual([]);
    expect(packsOf(person)).toEqual(expected);
  });

  it('is in none without permission, whatever is sent', () => {
    const person = { id: 'x', buyerId: 'x', ifa: 'abcd-1', segments: ['dmp:42'] };
    expect(packsOf(person)).toHaveLength(4);
    expect(packsOf(person, NO_PERMITS)).toEqual([]);
    expect(packsOf(person, { ...ALLOWED, audiences: false })).toEqual([]);
    expect(packsOf(person, { ...ALLOWED, identity: false })).toEqual([]);
  });

  it('is nobody with an id of zeros', () => {
    const zeros = '00000000-0000-0000-0000-000000000000';
    const { directory } = build([upload('p', 'ifa', { hashed: 'sha256' })], { 'p.txt': sha256(zeros) });
    expect(directory.packsOf(from({ ifa: zeros }), ALLOWED)).toEqual([]);
  });

  it('is met by a hashed list, of advertising ids in either case', () => {
    const list = [sha256('ABCD-1'), sha256('ef-2')].join('\n');
    const { directory } = build(
      [upload('p', 'ifa', { hashed: 'sha256' }), upload('u', 'user.id', { hashed: 'sha256' })],
      { 'p.txt': list, 'u.txt': sha256('Joe') },
    );
    expect(directory.packsOf(from({ ifa: 'abcd-1' }), ALLOWED)).toEqual(['p']);
    expect(directory.packsOf(from({ ifa: 'EF-2' }), ALLOWED)).toEqual(['p']);
    expect(directory.packsOf(from({ id: 'Joe' }), ALLOWED)).toEqual(['u']);
    expect(directory.packsOf(from({ id: 'joe' }), ALLOWED)).toEqual([]);
  });
});

describe('a pack', () => {
  it('has a version made of its content', () => {
    const { directory } = build([upload('a', 'ifa'), upload('b', 'ifa')], {
      'a.txt': 'x\ny',
      'b.txt': 'x\nz',
    });
    expect(directory.packs.map(({ version, size }) => [version, size])).toEqual([
      [sha256('x\ny').slice(0, 12), 2],
      [sha256('x\nz').slice(0, 12), 2],
    ]);
    expect(directory.versionOf('a')).toBe(`a@${sha256('x\ny').slice(0, 12)}`);
    expect(directory.versionOf('nobody')).toBe('nobody@unknown');
  });

  it('serves through its last day and not after', () => {
    const pack = [upload('p', 'user.id', { expires: '2026-04-01' })];
    const isIn = (built: BuiltPacks): boolean =>
      built.directory.packsOf(from({ id: 'x' }), ALLOWED).length === 1;
    const endMs = Date.UTC(2026, 3, 2);
    const lastDay = build(pack, { 'p.txt': 'x' }, endMs - 1);
    expect([isIn(lastDay), lastDay.nextExpiryMs]).toEqual([true, endMs]);
    const dayAfter = build(pack, { 'p.txt': 'x' }, endMs);
    expect([isIn(dayAfter), dayAfter.nextExpiryMs]).toEqual([false, undefined]);
    const west = buildPackDirectory(pack, () => Buffer.from('x'), endMs, zoneNamed('America/New_York'));
    expect([isIn(west), west.nextExpiryMs]).toEqual([true, endMs + 4 * 3_600_000]);
  });

  it('that cannot be read is an error, for its members are unknown', () => {
    expect(build([upload('p', 'ifa')], {}).faults).toEqual([
      expect.objectContaining({ packId: 'p', code: 'unreadable_pack', severity: 'error', row: 0 }),
    ]);
  });

  it('tells of bad rows, repeats and emptiness', () => {
    expect(
      build([upload('p', 'ifa')], { 'p.txt': '0\n' }).faults.map(({ code, row }) => [code, row]),
    ).toEqual([
      ['bad_row', 1],
      ['empty_pack', 0],
    ]);
    expect(build([upload('p', 'ifa')], { 'p.txt': 'a\na\n' }).faults).toEqual([
      expect.objectContaining({ code: 'repeated_ids', message: expect.stringContaining('1 ids') }),
    ]);
  });

  it('keeps no id', () => {
    const { directory, faults } = build([upload('p', 'user.id')], { 'p.txt': 'very-private-person\n' });
    expect(JSON.stringify([directory, faults, directory.packs])).not.toContain('very-private');
  });
});

const ids = fc.array(
  fc.integer({ min: 0, max: 60 }).map((number) => `person-${number}`),
  { maxLength: 40 },
);

test.prop([fc.array(ids, { minLength: 1, maxLength: 6 }), fc.integer({ min: 0, max: 60 })])(
  'membership agrees with plain sets',
  (lists, number) => {
    const packs = lists.map((_, index) => upload(`p${index}`, 'user.id'));
    const files = Object.fromEntries(lists.map((list, index) => [`p${index}.txt`, list.join('\n')]));
    const id = `person-${number}`;
    const expected = packs.filter((_, index) => lists[index]?.includes(id)).map((pack) => pack.id);
    expect(build(packs, files).directory.packsOf(from({ id }), ALLOWED)).toEqual(expected);
  },
);
