import { fc, test } from '@fast-check/vitest';
import type { TSchema } from 'typebox';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { audienceSchema } from '../../src/campaign/audience/kinds.ts';
import { campaignSchema, lineItemSchema } from '../../src/campaign/campaign.ts';
import { creativeSchema } from '../../src/campaign/creative.ts';
import { pathText } from '../../src/campaign/issue.ts';
import { nearest, suggestion } from '../../src/campaign/nearest.ts';
import { checkShape } from '../../src/campaign/shape.ts';

function told(schema: TSchema, value: unknown): string[] {
  return checkShape(schema, value).issues.map(({ path, code, message, hint }) =>
    `${pathText(path)} ${code}: ${message}. ${hint}`.trim(),
  );
}

const LINE = {
  id: 'l',
  campaignId: 'c',
  bid: { strategy: 'fixed_cpm', priceCpmMicros: 1e6 },
  creatives: [{ id: 'x' }],
};

describe('a shape', () => {
  it('fills in defaults at every depth', () => {
    expect(checkShape(lineItemSchema, LINE)).toMatchObject({
      issues: [],
      value: { status: 'active', targeting: {}, creatives: [{ weight: 1 }], pacing: 'even' },
    });
  });

  it('tells faults of the chosen branch of a union alone', () => {
    const video = {
      id: 'v',
      advertiserId: 'a',
      format: 'video',
      landingPage: 'https://a.example',
      mediaFiles: [{ url: 'https://a.example/a.mp4', mime: 'video/mp4', width: 0 }],
    };
    expect(told(creativeSchema, video)).toEqual([
      'mediaFiles[0].width out_of_range: must be at least 1. Pixels.',
      'durationSeconds missing: is missing. Length.',
    ]);
  });

  it('tells of the common part where no branch is chosen', () => {
    expect(told(audienceSchema, { id: 'not an id', source: 'uplaod', file: 7 })).toEqual([
      'source not_one_of: must be one of upload, exchange_segments, tree, rule, lookalike. Did you mean upload?',
      'id wrong_form: does not have the right form. Pack id. 1 to 64 letters, digits, dots, dashes or underscores.',
    ]);
  });

  it('finds its way in a tree of packs', () => {
    const withTree = (expression: unknown): unknown => ({ ...LINE, targeting: { audience: { expression } } });
    expect(told(lineItemSchema, withTree({ all: ['a', { not: 'b' }, { any: ['c'] }] }))).toEqual([]);
    expect(told(lineItemSchema, withTree({ all: ['a', { nott: 'b' }] }))).toEqual([
      'targeting.audience.expression.all[1].nott unknown_key: is not a known key. Did you mean not?',
    ]);
    expect(told(lineItemSchema, withTree(7))).toEqual([
      expect.stringContaining('targeting.audience.expression wrong_type: must be text or a mapping'),
    ]);
  });

  it('takes numbers of YAML that are whole, however they are written', () => {
    const schema = Type.Object({ priceMicros: Type.Integer() });
    expect(told(schema, { priceMicros: 2.5e6 })).toEqual([]);
    expect(told(schema, { priceMicros: 2.5 })).toEqual([expect.stringContaining('2.50 is written 2.5e6')]);
    expect(told(schema, { priceMicros: Number.POSITIVE_INFINITY })).toHaveLength(1);
    expect(told(schema, { priceMicros: 2 ** 60 })).toHaveLength(1);
  });

  it('hides what is secret', () => {
    const schema = Type.Object(
      { pin: Type.String({ minLength: 8, writeOnly: true }) },
      { additionalProperties: false },
    );
    const { issues } = checkShape(schema, { pin: '1234', pim: '1234', apiToken: '5678' });
    expect(issues.map(({ value }) => value)).toEqual(['(hidden)', '(hidden)', '(hidden)']);
  });

  it('leaves the last word to the schema library', () => {
    const odd = Type.Object({
      a: Type.Intersect([Type.Object({ b: Type.Number() }), Type.Object({ c: Type.Number() })]),
    });
    expect(checkShape(odd, { a: { b: 1 } }).issues).toEqual([expect.objectContaining({ code: 'invalid' })]);
  });

  it('keeps a key named __proto__ a key', () => {
    const value = JSON.parse('{"__proto__": {"polluted": true}}');
    const shaped = checkShape(Type.Record(Type.String(), Type.Unknown()), value).value as Record<
      string,
      unknown
    >;
    expect(Object.hasOwn(shaped, '__proto__')).toBe(true);
    expect(shaped['polluted']).toBeUndefined();
  });
});

/** Values near the book's own, so that both verdicts come up. */
const key = fc.constantFrom(
  'id',
  'campaignId',
  'advertiserId',
  'bid',
  'creatives',
  'strategy',
  'format',
  'source',
  'status',
  'targeting',
  'budget',
  'x',
);
const leaf = fc.oneof(
  fc.constantFrom('a', 'fixed_cpm', 'active', 'banner', 'upload', '', 'https://a.example'),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const { value: anything } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5 }),
  ),
}));

describe.each([
  ['line item', lineItemSchema, LINE],
  ['campaign', campaignSchema, { id: 'c', advertiserId: 'a' }],
  [
    'creative',
    creativeSchema,
    { id: 'c', advertiserId: 'a', format: 'native', title: 't', landingPage: 'https://a.example' },
  ],
] as const)('any %s', (_, schema, base) => {
  test.prop([fc.dictionary(key, anything, { maxKeys: 2 })])(
    'is let in only if the schema lets it in',
    (change) => {
      const given = { ...base, ...change };
      const { value, issues } = checkShape(schema, given);
      if (issues.length === 0) expect(Value.Check(schema, value)).toBe(true);
      else expect(Value.Check(schema, Value.Default(schema, structuredClone(given)))).toBe(false);
    },
  );
});

describe('the nearest word', () => {
  it.each([
    ['line_items', 'lineItems'],
    ['vidoe', 'video'],
    ['BANNER', 'banner'],
    ['xyz', undefined],
    ['a'.repeat(100), undefined],
    ['', undefined],
  ])('to %s is %s', (word, expected) => {
    expect(nearest(word, ['lineItems', 'video', 'banner', 'audio'])).toBe(expected);
  });

  it('is the list, where none is near and the list is short', () => {
    expect(suggestion('zebra', ['a', 'b'])).toBe('Known: a, b.');
    expect(suggestion('zebra', 'abcdefghij'.split(''))).toBe('');
  });
});
