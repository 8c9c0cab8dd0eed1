import { fc, test as property } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import { openrtbJson } from '../../src/exchange/openrtb-json.ts';
import { ownRequests } from '../openrtb/own-corpus.ts';
import { bareAndNulled, setKey, strewn, UNKNOWN_NAMES } from './unknown-words.ts';
import type { Twins } from './wire-twins.ts';
import { BOOKS, corpusRows, inJson, isObject, twins } from './wire-twins.ts';

const SEED = 20_261_123;

describe.each(BOOKS)('by the book %s', (folder, oneOf) => {
  let pair: Twins;
  beforeAll(async () => {
    pair = await twins(folder);
  });
  afterAll(() => pair.close());

  it('unknown fields, values and entries at every level change no byte of an answer', async () => {
    const random = seededRandom(SEED);
    const different: string[] = [];
    let bids = 0;
    for (const { id, request } of corpusRows(oneOf)) {
      const more = strewn(request, random);
      const [expected, heard] = await pair.ask(inJson(request), inJson(more));
      if (expected.status === 200) bids++;
      if (expected.status !== heard.status || !expected.body.equals(heard.body))
        different.push(
          `seed ${SEED}, ${id}: ${expected.status} and ${heard.status} for ${JSON.stringify(more)}`,
        );
    }
    expect(different.slice(0, 2)).toEqual([]);
    expect(bids).toBeGreaterThan(5);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  }, 120_000);
});

it('null says no more than a field that is missing', async () => {
  const pair = await twins('wide-open');
  const random = seededRandom(SEED);
  const different: string[] = [];
  for (const { id, request } of corpusRows()) {
    const [bare, nulled] = bareAndNulled(request, random);
    const [expected, heard] = await pair.ask(inJson(bare), inJson(nulled));
    if (expected.status !== heard.status || !expected.body.equals(heard.body))
      different.push(
        `seed ${SEED}, ${id}: ${expected.status} and ${heard.status} for ${JSON.stringify(nulled)}`,
      );
  }
  await pair.close();
  expect(different.slice(0, 2)).toEqual([]);
}, 120_000);

/** Every object of a request, from the top. */
function objectsIn(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn);
  return isObject(value) ? [value, ...Object.values(value).flatMap(objectsIn)] : [];
}

const requests = ownRequests().map(({ request }) => request);
const KNOWN = new Set(requests.flatMap(objectsIn).flatMap((object) => Object.keys(object)));
const additions = fc.array(
  fc.record({
    place: fc.nat(1_000),
    key: fc.oneof(fc.constantFrom(...UNKNOWN_NAMES), fc.string()).filter((key) => !KNOWN.has(key)),
    value: fc.jsonValue({ maxDepth: 4 }),
  }),
  { maxLength: 20 },
);

property.prop([fc.constantFrom(...requests), additions])(
  'whatever is added under a name nobody knows, the same is read',
  (request, added) => {
    const more = structuredClone(request);
    const objects = objectsIn(more);
    for (const { place, key, value } of added) setKey(objects[place % objects.length]!, key, value);
    expect(modelOf(more)).toEqual(modelOf(request));
  },
);

function modelOf(request: unknown): unknown {
  const decoded = openrtbJson.decode(Buffer.from(JSON.stringify(request)));
  if (!decoded.ok) return decoded.message;
  const { raw: _raw, impressions, ...rest } = decoded.request;
  const read = { ...rest, impressions: impressions.map(({ raw: _body, ...impression }) => impression) };
  return { ...read, digitalServicesAct: read.digitalServicesAct?.dsarequired };
}
