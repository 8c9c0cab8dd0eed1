/** Rows of CSV hold any object that JSON holds, and no cell of them is a formula. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromSheet, toSheet } from '../../src/campaign/sheet.ts';

const SEED = 2311;
const key = fc.oneof(fc.stringMatching(/^[A-Za-z]\w{0,6}$/), fc.string({ maxLength: 4 }), fc.constant('a.b'));
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    '',
    '=1+1',
    "'=x",
    '-5',
    '007',
    '1e3',
    'true',
    'null',
    '"',
    '{',
    '[1',
    ' a ',
    'a\r\nb',
    '＝x',
    '\t',
    '@SUM(A1)',
    '+49',
  ),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (number === 0 ? 0 : number)),
    fc.boolean(),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(key, tie('any'), { maxKeys: 3 }),
  ),
})).any;
const object = fc
  .tuple(
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.dictionary(fc.stringMatching(/^[a-z]\w{0,4}$/), value, { maxKeys: 5 }),
  )
  .map(([id, rest]) => ({ id, ...rest }));
const SCHEMA = { properties: { id: { type: 'string' }, name: { type: 'string' } } };

describe(`a sheet, seed ${SEED}`, () => {
  it('gives back every object as it was', () => {
    fc.assert(
      fc.property(fc.array(object, { minLength: 1, maxLength: 4 }), (objects) => {
        const read = fromSheet(toSheet(objects, SCHEMA), SCHEMA);
        expect(read.faults).toEqual([]);
        expect(JSON.stringify(sorted(read.objects.map((each) => each.object)))).toBe(
          JSON.stringify(sorted(objects)),
        );
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('begins no cell as a formula does, other than numbers', () => {
    fc.assert(
      fc.property(text, (name) => {
        const [, cell = ''] = toSheet([{ name }], SCHEMA).split(/\r\n(.*)/s);
        const inner = cell.startsWith('"') ? cell.slice(1) : cell;
        expect(/^[=+\-@\t\r\n＝＋－＠]/.test(inner) && !/^-?\d/.test(inner)).toBe(false);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('reads whatever comes without a throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (wild) => {
        fromSheet(wild, SCHEMA);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});

/** Columns are in the order in which they are first met. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, part]) => [name, sorted(part)]),
  );
}
