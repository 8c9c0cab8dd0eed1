/** Packs from their source to the bid, kind by kind. This file is one thing: the contract that every kind of pack keeps. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { afterAll, describe, expect, it } from 'vitest';
import type { Audience, UploadPack } from '../../src/campaign/audience/kinds.ts';
import { keyNumber } from '../../src/campaign/audience/pack.ts';
import type { PackTree } from '../../src/campaign/audience/tree.ts';
import { personKeys } from '../../src/core/person-id.ts';
import { dayNumber } from '../../src/core/profile.ts';
import { seededRandom } from '../../src/core/random.ts';
import { zoneNamed } from '../../src/core/zone.ts';
import type { PackFault } from '../../src/learning/packs.ts';
import { PackKeeper } from '../../src/learning/packs.ts';
import { tagsOf } from '../../src/learning/profile-tags.ts';
import type { Permits } from '../../src/openrtb/consent.ts';
import { NO_PERMITS } from '../../src/openrtb/consent.ts';
import type { BidRequest } from '../../src/openrtb/request.ts';
import type { ArtefactStore } from '../../src/state/artefacts.ts';
import { artefactFiles, artefactsInMemory } from '../../src/state/artefacts.ts';
import { Profiles } from '../../src/state/memory/profiles.ts';

const ALLOWED: Permits = { identity: true, audiences: true, preciseGeo: false, refusal: '' };
const NOW_MS = Date.UTC(2026, 3, 1, 12);
const DAY_MS = 86_400_000;
const UTC = zoneNamed('UTC');
const keys = personKeys([Buffer.from('a secret of this test')]);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function upload(id: string, idSpace: string, rest: Partial<UploadPack> = {}): UploadPack {
  return { id, source: 'upload', file: `${id}.txt`, idSpace, ...rest };
}

interface World {
  readonly files: Record<string, string>;
  readonly faults: PackFault[];
  readonly profiles: Profiles;
  readonly keeper: PackKeeper;
}

function world(files: Record<string, string> = {}, store: ArtefactStore = artefactsInMemory()): World {
  const faults: PackFault[] = [];
  const profiles = new Profiles();
  const keeper = new PackKeeper({
    keyOf: (idSpace, id) => keyNumber(keys.keyOf({ space: idSpace, id }).key),
    store,
    chunksOf: (file) => (file in files ? [Buffer.from(files[file] ?? '')] : undefined),
    stampOf: (file) => sha256(files[file] ?? ''),
    profiles,
    tagsOf: (profile, derived, nowMs) => tagsOf({ profile, derived, purchase: 'purchase', nowMs }),
    fault: (fault) => faults.push(fault),
    pause: () => Promise.resolve(),
  });
  return { files, faults, profiles, keeper };
}

interface Person {
  readonly id?: string;
  readonly buyerId?: string;
  readonly ifa?: string;
  readonly eids?: readonly { source: string; id: string }[];
  readonly segments?: readonly string[];
  /** Pseudonyms of more ids that are known to be theirs. */
  readonly joined?: readonly string[];
}

/** As much of a request as tells of a person, and the pseudonyms that the permit step makes of it. */
function packsOf({ keeper }: World, person: Person, permits = ALLOWED): readonly string[] {
  const { id = '', buyerId = '', ifa = '', eids = [], segments = [], joined = [] } = person;
  const request = {
    user: { id, buyerId, extendedIds: eids, segments, keywords: [], consent: '' },
    device: { advertisingId: ifa },
  } as unknown as BidRequest;
  const raw = [
    ...(buyerId === '' ? [] : [{ space: 'buyeruid', id: buyerId }]),
    ...(id === '' ? [] : [{ space: 'user.id@example', id }]),
    ...(ifa === '' ? [] : [{ space: 'ifa', id: ifa.toLowerCase() }]),
    ...eids.map(({ source, id: value }) => ({ space: `eid:${source}`, id: value })),
  ];
  const others = joined.map((key) => ({ key, space: 'ifa' as const }));
  return keeper.directory.packsOf(request, permits, [...raw.map((one) => keys.keyOf(one)), ...others]);
}

const day = dayNumber(NOW_MS);
const personKey = (name: string): string => keys.keyOf({ space: 'buyeruid', id: name }).key;

describe('uploaded lists', () => {
  const packs: Audience[] = [
    upload('by-user', 'user.id'),
    upload('by-buyer', 'buyeruid'),
    upload('by-ifa', 'ifa'),
    upload('by-eid', 'eid:uid.example'),
    { id: 'by-segment', source: 'exchange_segments', segments: ['dmp:42', 'dmp:43', 'eid:seg.example:9'] },
  ];
  const files = { 'by-user.txt': 'x\ny', 'by-buyer.txt': 'x', 'by-ifa.txt': 'ABCD-1', 'by-eid.txt': 'e1' };
  const built = world(files);
  const ready = built.keeper.use(packs, UTC, NOW_MS);

  it.each<[Person, string[]]>([
    [{}, []],
    [{ id: 'x' }, ['by-user']],
    [{ id: 'y', buyerId: 'x' }, ['by-buyer', 'by-user']],
    [{ buyerId: 'y' }, []],
    [{ ifa: 'abcd-1' }, ['by-ifa']],
    [{ ifa: 'ABCD-1' }, ['by-ifa']],
    [{ eids: [{ source: 'uid.example', id: 'e1' }] }, ['by-eid']],
    [{ eids: [{ source: 'other.example', id: 'e1' }] }, []],
    [{ segments: ['dmp:42', 'dmp:43', 'dmp:44'] }, ['by-segment']],
    [{ segments: ['dmp:4'] }, []],
    [{ eids: [{ source: 'seg.example', id: '9' }] }, ['by-segment']],
    [{ buyerId: 'y', joined: [keys.keyOf({ space: 'ifa', id: 'abcd-1' }).key] }, ['by-ifa']],
  ])('hold %o as %o', async (person, expected) => {
    await ready;
    expect(built.faults).toEqual([]);
    expect(packsOf(built, person)).toEqual(expected);
  });

  it('hold nobody who has no pseudonym, since they withdrew, though the request names them', async () => {
    await ready;
    const request = {
      user: { id: 'x', buyerId: 'x', extendedIds: [], segments: [] },
      device: { advertisingId: 'ABCD-1' },
    } as unknown as BidRequest;
    expect(built.keeper.directory.packsOf(request, ALLOWED, [])).toEqual([]);
  });

  it('hold nobody without permission, whatever is sent', async () => {
    await ready;
    const person = { id: 'x', buyerId: 'x', ifa: 'abcd-1', segments: ['dmp:42'] };
    expect(packsOf(built, person)).toHaveLength(4);
    expect(packsOf(built, person, NO_PERMITS)).toEqual([]);
    expect(packsOf(built, person, { ...ALLOWED, audiences: false })).toEqual([]);
    expect(packsOf(built, person, { ...ALLOWED, identity: false })).toEqual([]);
  });

  it('of hashes are met by plain ids, of advertising ids in either case', async () => {
    const hashed = world({
      'p.txt': [sha256('ABCD-1'), sha256('ef-2')].join('\n'),
      'u.txt': sha256('Joe'),
    });
    await hashed.keeper.use([upload('p', 'ifa'), upload('u', 'user.id')], UTC, NOW_MS);
    expect(packsOf(hashed, { ifa: 'abcd-1' })).toEqual(['p']);
    expect(packsOf(hashed, { ifa: 'EF-2' })).toEqual(['p']);
    expect(packsOf(hashed, { id: 'Joe' })).toEqual(['u']);
    expect(packsOf(hashed, { id: 'joe' })).toEqual([]);
  });

  it('have a version made of their bytes, and keep it while they do not change', async () => {
    const one = world({ 'a.txt': 'x\ny' });
    await one.keeper.use([upload('a', 'buyeruid')], UTC, NOW_MS);
    expect(one.keeper.directory.versionOf('a')).toBe(`a@${sha256('x\ny').slice(0, 12)}`);
    one.files['a.txt'] = 'x\nz';
    await one.keeper.use([upload('a', 'buyeruid')], UTC, NOW_MS);
    expect(one.keeper.directory.versionOf('a')).toBe(`a@${sha256('x\nz').slice(0, 12)}`);
    expect(packsOf(one, { buyerId: 'y' })).toEqual([]);
    expect(one.keeper.directory.versionOf('nobody')).toBe('nobody@unknown');
  });

  it('serve through their last day and not after', async () => {
    const ending = world({ 'p.txt': 'x' });
    await ending.keeper.use([upload('p', 'buyeruid', { expires: '2026-04-01' })], UTC, NOW_MS);
    expect(packsOf(ending, { buyerId: 'x' })).toEqual(['p']);
    ending.keeper.step(Date.UTC(2026, 3, 2));
    await ending.keeper.settled();
    expect(packsOf(ending, { buyerId: 'x' })).toEqual([]);
  });

  it('that are refused leave the version before them in force, and say which row', async () => {
    const one = world({ 'a.txt': 'x\ny' });
    await one.keeper.use([upload('a', 'buyeruid')], UTC, NOW_MS);
    one.files['a.txt'] = `new\n${sha256('b')}`;
    await one.keeper.use([upload('a', 'buyeruid')], UTC, NOW_MS);
    expect(one.faults).toMatchObject([{ packId: 'a', row: 2, code: 'mixed_hashes' }]);
    expect(packsOf(one, { buyerId: 'x' })).toEqual(['a']);
    expect(packsOf(one, { buyerId: 'new' })).toEqual([]);
  });

  it('that cannot be read, and never could, keep the book from going live', async () => {
    const none = world();
    await expect(none.keeper.use([upload('p', 'ifa')], UTC, NOW_MS)).rejects.toThrow(/p: its members/);
    expect(none.faults).toMatchObject([{ packId: 'p', code: 'unreadable_pack', row: 0 }]);
  });
});

async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < text.length; from += 7) yield Buffer.from(text.slice(from, from + 7));
}

describe('lists that are sent', () => {
  const pack: UploadPack = { id: 'sent', source: 'upload', idSpace: 'buyeruid' };
  const inIt = (one: World): string[] =>
    ['a', 'b', 'c', 'd'].filter((id) => packsOf(one, { buyerId: id }).length > 0);

  it('replace, add to and take from what is there', async () => {
    const one = world();
    await one.keeper.use([pack], UTC, NOW_MS);
    expect(inIt(one)).toEqual([]);
    await one.keeper.takeMembers(pack, 'replace', pieces('a\nb'), NOW_MS);
    expect(inIt(one)).toEqual(['a', 'b']);
    await one.keeper.takeMembers(pack, 'add', pieces('id\nc\na'), NOW_MS + 1);
    expect(inIt(one)).toEqual(['a', 'b', 'c']);
    const { facts } = await one.keeper.takeMembers(pack, 'remove', pieces('b\nd'), NOW_MS + 2);
    expect(inIt(one)).toEqual(['a', 'c']);
    expect(facts.size).toBe(2);
  });

  it('change nothing where they are refused', async () => {
    const one = world();
    await one.keeper.use([pack], UTC, NOW_MS);
    await one.keeper.takeMembers(pack, 'replace', pieces('a\nb'), NOW_MS);
    const version = one.keeper.directory.versionOf('sent');
    const bad = one.keeper.takeMembers(pack, 'replace', pieces('c\nd\n=1+1'), NOW_MS + 1);
    await expect(bad).rejects.toMatchObject({ code: 'formula', row: 3 });
    expect(inIt(one)).toEqual(['a', 'b']);
    expect(one.keeper.directory.versionOf('sent')).toBe(version);
  });

  it('serve through the last day of their pack and not after', async () => {
    const one = world();
    const ending = { ...pack, expires: '2026-04-01' };
    await one.keeper.use([ending], UTC, NOW_MS);
    const { facts } = await one.keeper.takeMembers(ending, 'replace', pieces('a'), NOW_MS);
    expect(facts.expiresMs).toBe(Date.UTC(2026, 3, 2));
    expect(inIt(one)).toEqual(['a']);
    one.keeper.step(Date.UTC(2026, 3, 2));
    await one.keeper.settled();
    expect(inIt(one)).toEqual([]);
  });

  it('keep nothing else waiting while they come, and are not taken by a pack that left meanwhile', async () => {
    const one = world();
    await one.keeper.use([pack], UTC, NOW_MS);
    const last = Promise.withResolvers<void>();
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a\n');
      await last.promise;
      yield Buffer.from('b\n');
    }
    const taking = one.keeper.takeMembers(pack, 'replace', slow(), NOW_MS);
    await one.keeper.takeMembers(pack, 'replace', pieces('c'), NOW_MS + 1);
    expect(inIt(one)).toEqual(['c']);
    await one.keeper.use([{ ...pack, id: 'other' }], UTC, NOW_MS + 2);
    last.resolve();
    await expect(taking).rejects.toMatchObject({ code: 'pack_changed' });
    expect(one.keeper.directory.versionOf('sent')).toBe('sent@unknown');
  });

  it('stay whole on disk and in force where a deletion cannot be written, which is asked again then', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'packs-'));
    try {
      const one = world({}, artefactFiles(folder));
      await one.keeper.use([pack], UTC, NOW_MS);
      await one.keeper.takeMembers(pack, 'replace', pieces('a\nb'), NOW_MS);
      await one.keeper.takeMembers(pack, 'add', pieces('c'), NOW_MS + 1);
      const [older, newer] = readdirSync(folder).sort();
      // Nothing can be written where a folder stands in the way.
      mkdirSync(join(folder, `${newer}.new`));
      await expect(one.keeper.forget([personKey('a')])).rejects.toThrow(/EISDIR/);
      // The version before, which held them too, is gone; the one in force is found by a repeat of the call.
      expect(readdirSync(folder)).not.toContain(older);
      const between = world({}, artefactFiles(folder));
      await between.keeper.use([pack], UTC, NOW_MS);
      expect(inIt(between)).toEqual(['a', 'b', 'c']);
      rmSync(join(folder, `${newer}.new`), { recursive: true });
      await one.keeper.forget([personKey('a')]);
      expect(inIt(one)).toEqual(['b', 'c']);
      expect(readdirSync(folder)).toEqual([newer]);
      const again = world({}, artefactFiles(folder));
      await again.keeper.use([pack], UTC, NOW_MS);
      expect(inIt(again)).toEqual(['b', 'c']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('lose whom a deletion names, also on disk', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'packs-'));
    try {
      const one = world({}, artefactFiles(folder));
      await one.keeper.use([pack], UTC, NOW_MS);
      await one.keeper.takeMembers(pack, 'replace', pieces('a\nb'), NOW_MS);
      await one.keeper.forget([personKey('a')]);
      expect(inIt(one)).toEqual(['b']);
      const again = world({}, artefactFiles(folder));
      await again.keeper.use([pack], UTC, NOW_MS);
      expect(inIt(again)).toEqual(['b']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('artefacts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'packs-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const pack: UploadPack = { id: 'kept', source: 'upload', idSpace: 'buyeruid' };
  const store = () => artefactFiles(folder);

  it('bring the packs back after a restart, and where the newest is damaged the one before it', async () => {
    const one = world({}, store());
    await one.keeper.use([pack], UTC, NOW_MS);
    await one.keeper.takeMembers(pack, 'replace', pieces('a\nb'), NOW_MS);
    await one.keeper.takeMembers(pack, 'replace', pieces('c'), NOW_MS + 1);
    const again = world({}, store());
    await again.keeper.use([pack], UTC, NOW_MS + 2);
    expect(packsOf(again, { buyerId: 'c' })).toEqual(['kept']);
    expect(again.keeper.directory.versionOf('kept')).toBe(one.keeper.directory.versionOf('kept'));

    const newest = join(folder, readdirSync(folder).sort().at(-1)!);
    const bytes = readFileSync(newest);
    bytes[bytes.length - 35]! ^= 1;
    writeFileSync(newest, bytes);
    const damaged = world({}, store());
    await damaged.keeper.use([pack], UTC, NOW_MS + 2);
    expect(damaged.faults).toMatchObject([{ packId: 'kept', code: 'checksum' }]);
    expect(packsOf(damaged, { buyerId: 'a' })).toEqual(['kept']);
    expect(packsOf(damaged, { buyerId: 'c' })).toEqual([]);
  });

  it('hold no id', () => {
    for (const file of readdirSync(folder))
      expect(readFileSync(join(folder, file)).toString('latin1')).not.toMatch(
        new RegExp(sha256('a').slice(0, 12)),
      );
  });
});

describe('rules', () => {
  const cart: Audience = {
    id: 'left-cart',
    source: 'rule',
    rule: {
      event: 'add_to_cart',
      atLeast: 2,
      withinDays: 7,
      not: { event: 'purchase', withinDays: 30 },
    },
  };
  const bought: Audience = { id: 'bought', source: 'rule', rule: { event: 'purchase', withinDays: 30 } };

  it('find those who did and did not, and the classes are there by themselves', async () => {
    const one = world();
    const { profiles } = one;
    const did = (name: string, fact: string, ago: number, times: number): void =>
      profiles.add(personKey(name), fact, day - ago, times, 0);
    did('twice', 'add_to_cart', 1, 2);
    did('once', 'add_to_cart', 1, 1);
    did('long-ago', 'add_to_cart', 8, 5);
    did('bought', 'add_to_cart', 1, 5);
    did('bought', 'purchase', 2, 1);
    profiles.derive(personKey('bought'), {
      refreshedMs: NOW_MS,
      recency: 5,
      frequency: 5,
      monetary: 5,
      rfmClass: 'champion',
      stage: 'active_customer',
      expectedValueMicros: undefined,
      purchaseChance: undefined,
      churnRisk: undefined,
    });
    await one.keeper.use([cart, bought], UTC, NOW_MS);
    expect(packsOf(one, { buyerId: 'twice' })).toEqual(['left-cart']);
    expect(packsOf(one, { buyerId: 'once' })).toEqual([]);
    expect(packsOf(one, { buyerId: 'long-ago' })).toEqual([]);
    expect(packsOf(one, { buyerId: 'bought' })).toEqual(['bought', 'rfm.champion', 'stage.active_customer']);
  });

  it('are worked out anew, and have another version only where other people are in them', async () => {
    const one = world();
    one.profiles.add(personKey('p'), 'purchase', day, 1, 0);
    await one.keeper.use([bought], UTC, NOW_MS);
    const first = one.keeper.directory.versionOf('bought');
    one.keeper.step(NOW_MS + 3_600_000);
    await one.keeper.settled();
    expect(one.keeper.directory.versionOf('bought')).toBe(first);
    await one.keeper.use([bought, cart], UTC, NOW_MS + 2 * 3_600_000);
    expect(one.keeper.directory.packs.find(({ id }) => id === 'bought')?.createdMs).toBe(NOW_MS);
    one.keeper.step(NOW_MS + 31 * DAY_MS);
    await one.keeper.settled();
    expect(packsOf(one, { buyerId: 'p' })).toEqual([]);
    expect(one.keeper.directory.versionOf('bought')).not.toBe(first);
  });
});

describe('a look-alike', () => {
  it('takes in people like those of its seed, as many as it is told, and not the seed itself', async () => {
    const one = world();
    const random = seededRandom(7);
    const fans: string[] = [];
    const seedIds: string[] = [];
    for (let number = 0; number < 4000; number++) {
      const name = `p${number}`;
      const isFan = random.next() < 0.1;
      if (isFan) fans.push(name);
      one.profiles.add(personKey(name), 'page_view', day, 1 + Math.floor(3 * random.next()), 0);
      for (const topic of ['hiking', 'music', 'cars'])
        if (random.next() < (isFan && topic === 'hiking' ? 0.8 : 0.15))
          one.profiles.add(personKey(name), `topic=${topic}`, day - 1, 1, 0);
      if (isFan && random.next() < 0.4) seedIds.push(name);
    }
    one.files['seed.txt'] = seedIds.join('\n');
    await one.keeper.use(
      [
        upload('seed', 'buyeruid'),
        { id: 'alike', source: 'lookalike', seed: 'seed', share: 0.1, includeSeed: false },
      ],
      UTC,
      NOW_MS,
    );
    const alike = Array.from({ length: 4000 }, (_, number) => `p${number}`).filter((name) =>
      packsOf(one, { buyerId: name }).includes('alike'),
    );
    expect(alike).toHaveLength(400);
    expect(alike.some((name) => seedIds.includes(name))).toBe(false);
    const others = fans.filter((name) => !seedIds.includes(name));
    const found = alike.filter((name) => others.includes(name)).length;
    // By chance a tenth of them would be.
    expect(found / others.length).toBeGreaterThan(0.3);
    expect(one.keeper.report('alike')).toMatchObject({ seedPeople: seedIds.length, everybody: 4000 });
  });

  it('of too few people is empty and says so', async () => {
    const one = world({ 'seed.txt': 'a' });
    one.profiles.add(personKey('a'), 'page_view', day, 1, 0);
    await one.keeper.use(
      [
        upload('seed', 'buyeruid'),
        { id: 'alike', source: 'lookalike', seed: 'seed', share: 0.5, includeSeed: true },
      ],
      UTC,
      NOW_MS,
    );
    expect(packsOf(one, { buyerId: 'a' })).toEqual(['seed']);
    expect(one.keeper.report('alike')).toMatchObject({ seedPeople: 1, seedMin: 50 });
  });
});

const LEAVES = ['p0', 'p1', 'p2', 'p3'] as const;
const { tree } = fc.letrec<{ tree: PackTree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(...LEAVES),
    fc.record({ all: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie('tree') }),
    fc.record({ any: fc.array(tie('tree'), { minLength: 1, maxLength: 2 }), not: tie('tree') }),
  ),
}));

/** The plain twin. */
function holds(expression: PackTree, packs: ReadonlySet<string>): boolean {
  if (typeof expression === 'string') return packs.has(expression);
  const { all, any, not } = expression;
  return (
    (all ?? []).every((part) => holds(part, packs)) &&
    (any === undefined || any.some((part) => holds(part, packs))) &&
    (not === undefined || !holds(not, packs))
  );
}

describe('trees', () => {
  const lists = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 30 }), {
    minLength: LEAVES.length,
    maxLength: LEAVES.length,
  });

  test.prop([lists, tree], { numRuns: 60 })(
    'agree with plain sets, person by person and in size',
    async (numbers, expression) => {
      const files = Object.fromEntries(
        LEAVES.map((id, index) => [`${id}.txt`, numbers[index]!.map((n) => `u${n}`).join('\n')]),
      );
      const one = world(files);
      await one.keeper.use(
        [...LEAVES.map((id) => upload(id, 'buyeruid')), { id: 't', source: 'tree', expression }],
        UTC,
        NOW_MS,
      );
      const somewhere = new Set(numbers.flat());
      let size = 0;
      for (let number = 0; number <= 41; number++) {
        const of = new Set(LEAVES.filter((_, index) => numbers[index]!.includes(number)));
        const expected = holds(expression, of);
        expect(packsOf(one, { buyerId: `u${number}` }).includes('t')).toBe(expected);
        if (expected && somewhere.has(number)) size++;
      }
      expect(one.keeper.directory.packs.find(({ id }) => id === 't')?.size).toBe(size);
    },
  );

  it('leave open what cannot be known: who is not identified is not found absent', async () => {
    const one = world({ 'p.txt': 'x' });
    await one.keeper.use(
      [
        upload('p', 'buyeruid'),
        { id: 's', source: 'exchange_segments', segments: ['dmp:1'] },
        { id: 'not-p', source: 'tree', expression: { not: 'p' } },
        { id: 'either', source: 'tree', expression: { any: ['p', 's'] } },
        { id: 'of-trees', source: 'tree', expression: { all: ['either', 'not-p'] } },
      ],
      UTC,
      NOW_MS,
    );
    expect(packsOf(one, { segments: ['dmp:1'] })).toEqual(['either', 's']);
    expect(packsOf(one, { buyerId: 'y' })).toEqual(['not-p']);
    expect(packsOf(one, { buyerId: 'y', segments: ['dmp:1'] })).toEqual(['either', 'not-p', 'of-trees', 's']);
    expect(packsOf(one, { buyerId: 'x' })).toEqual(['either', 'p']);
  });
});
