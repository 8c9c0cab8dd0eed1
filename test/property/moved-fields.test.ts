import { fc, test as property } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Random } from '../../src/core/random.ts';
import { seededRandom } from '../../src/core/random.ts';
import { openrtbJson } from '../../src/exchange/openrtb-json.ts';
import type { Twins } from './wire-twins.ts';
import { BOOKS, corpusRows, inJson, isObject, twins } from './wire-twins.ts';

const SEED = 20_261_123;
const CONSENT = 'CPokAsAPokAsABEACBENC7CgAP_AAH_AAAwIAAAAAAAA';

type Draft = Record<string, unknown>;

/** One field that moved: where 2.6 has it, where it was before, and two values that mean different things. */
interface Moved {
  readonly newer: readonly string[];
  readonly older: readonly (readonly string[])[];
  readonly values: readonly [unknown, unknown];
}

const chain = (sid: string, complete: number) => ({
  complete,
  ver: '1.0',
  nodes: [{ asi: 'exchange.example', sid, hp: 1 }],
});

const ids = (id: string) => [{ source: 'id.example', uids: [{ id, atype: 1 }] }];

const MOVED: readonly Moved[] = [
  { newer: ['regs', 'gdpr'], older: [['regs', 'ext', 'gdpr']], values: [0, 1] },
  { newer: ['regs', 'us_privacy'], older: [['regs', 'ext', 'us_privacy']], values: ['1YNN', '1YYN'] },
  {
    newer: ['regs', 'gpp'],
    older: [['regs', 'ext', 'gpp']],
    values: ['DBABLA~BVQqAAAAAgA.QA', 'DBABLA~BVVVAAAAAgA.QA'],
  },
  { newer: ['regs', 'gpp_sid'], older: [['regs', 'ext', 'gpp_sid']], values: [[7], [2]] },
  { newer: ['user', 'consent'], older: [['user', 'ext', 'consent']], values: [CONSENT, 'unreadable'] },
  { newer: ['user', 'eids'], older: [['user', 'ext', 'eids']], values: [ids('one'), ids('other')] },
  {
    newer: ['source', 'schain'],
    older: [
      ['source', 'ext', 'schain'],
      ['ext', 'schain'],
    ],
    values: [chain('1', 1), chain('2', 0)],
  },
  {
    newer: ['imp', 'rwdd'],
    older: [
      ['imp', 'ext', 'rwdd'],
      ['imp', 'ext', 'rewarded'],
      ['imp', 'ext', 'is_rewarded_inventory'],
    ],
    values: [1, 0],
  },
  {
    newer: ['site', 'inventorypartnerdomain'],
    older: [['site', 'ext', 'inventorypartnerdomain']],
    values: ['a.example', 'b.example'],
  },
  {
    newer: ['app', 'inventorypartnerdomain'],
    older: [['app', 'ext', 'inventorypartnerdomain']],
    values: ['a.example', 'b.example'],
  },
];

/** Where else the same is said, of a video alone. */
const ELSEWHERE = [
  ['imp', 'video', 'ext', 'rwdd'],
  ['imp', 'video', 'ext', 'rewarded'],
];

/** Which fields are set, to which of their values, and at which of the older places. */
interface Setting {
  readonly moved: Moved;
  readonly value: 0 | 1;
  readonly place: number;
}

/** The same request three times: as 2.6 writes it, as 2.5 did, and with both, of which the older contradicts. */
function threeTimes(request: Draft, settings: readonly Setting[]): readonly [Draft, Draft, Draft] {
  const bare = structuredClone(request);
  for (const { newer, older } of MOVED) for (const path of [newer, ...older]) take(bare, path);
  for (const path of ELSEWHERE) take(bare, path);
  // Both places are made first, so that the three differ in nothing but the field; what stood there may have been no object.
  for (const { moved } of settings)
    for (const path of [moved.newer, ...moved.older]) {
      put(bare, path, 1);
      take(bare, path);
    }
  const [newer, older, both] = [bare, structuredClone(bare), structuredClone(bare)];
  for (const { moved, value, place } of settings) {
    const oldPath = moved.older[place % moved.older.length]!;
    put(newer, moved.newer, moved.values[value]);
    put(older, oldPath, moved.values[value]);
    put(both, moved.newer, moved.values[value]);
    put(both, oldPath, moved.values[1 - value]);
  }
  return [newer, older, both];
}

/** Every object on the way, made where it is missing, except a site or an app, which would exclude each other. */
function put(draft: Draft, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  if (key === 'imp' && Array.isArray(draft.imp)) {
    for (const impression of draft.imp) if (isObject(impression)) put(impression, rest, value);
    return;
  }
  if (rest.length === 0) {
    draft[key] = value;
    return;
  }
  if (draft[key] === undefined && (key === 'site' || key === 'app')) return;
  if (!isObject(draft[key])) draft[key] = {};
  put(draft[key] as Draft, rest, value);
}

function take(draft: unknown, path: readonly string[]): void {
  if (Array.isArray(draft)) for (const entry of draft) take(entry, path);
  if (!isObject(draft)) return;
  const [key = '', ...rest] = path;
  if (rest.length === 0) delete draft[key];
  else take(draft[key], rest);
}

/** What was read, without the bodies and the notes on how. */
function modelOf(request: Draft): unknown {
  const decoded = openrtbJson.decode(Buffer.from(JSON.stringify(request)));
  if (!decoded.ok) return 'refused';
  const { raw: _raw, impressions, ...rest } = decoded.request;
  return { ...rest, impressions: impressions.map(({ raw: _body, ...impression }) => impression) };
}

function drawn(random: Random): Setting[] {
  return MOVED.filter(() => random.next() < 0.5).map((moved) => ({
    moved,
    value: random.next() < 0.5 ? 0 : 1,
    place: Math.floor(random.next() * 3),
  }));
}

describe.each(BOOKS)('fields that moved in 2.6, by the book %s', (folder, oneOf) => {
  let pair: Twins;
  beforeAll(async () => {
    pair = await twins(folder);
  });
  afterAll(() => pair.close());

  it('say the same at either place, and at both the newer one is heard', async () => {
    const random = seededRandom(SEED);
    const different: string[] = [];
    for (const { id, request } of corpusRows(oneOf)) {
      const [newer, older, both] = threeTimes(request, drawn(random));
      for (const [what, other] of [
        ['older', older],
        ['both', both],
      ] as const) {
        const [expected, heard] = await pair.ask(inJson(newer), inJson(other));
        if (expected.status !== heard.status || !expected.body.equals(heard.body))
          different.push(`seed ${SEED}, ${id}, ${what}: ${JSON.stringify(other)}`);
      }
    }
    expect(different.slice(0, 2)).toEqual([]);
  }, 120_000);
});

const setting = fc.record({
  moved: fc.constantFrom(...MOVED),
  value: fc.constantFrom<0 | 1>(0, 1),
  place: fc.nat(2),
});
const settings = fc.uniqueArray(setting, { selector: ({ moved }) => moved });

property.prop([fc.constantFrom(...corpusRows().slice(0, 200)), settings])(
  'fields that moved in 2.6 are read alike from either place, and 2.6 wins',
  ({ request }, chosen) => {
    const [newer, older, both] = threeTimes(request, chosen);
    expect(modelOf(older)).toEqual(modelOf(newer));
    expect(modelOf(both)).toEqual(modelOf(newer));
  },
);

it('each of the two values of a field is told from the other, so that a lost one would show', () => {
  const request = {
    id: '1',
    imp: [{ id: '1', banner: {} }],
    regs: {},
    user: {},
    source: {},
  };
  for (const moved of MOVED.filter(({ newer }) => newer[1] !== 'inventorypartnerdomain'))
    for (const place of moved.older.keys())
      for (const [one, other] of [
        [0, 1],
        [1, 0],
      ] as const) {
        const models = [one, other].map((value) =>
          threeTimes(request, [{ moved, value: value as 0 | 1, place }]).map(modelOf),
        );
        expect(models[0]![1], moved.newer.join('.')).not.toEqual(models[1]![1]);
        expect(models[0]![2], moved.newer.join('.')).not.toEqual(models[1]![2]);
      }
});
