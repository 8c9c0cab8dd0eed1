/** Any field of the request by its OpenRTB path, for what no dimension knows. What tells of a person needs its permit here too. */

import type { Static } from 'typebox';
import { Type } from 'typebox';
import type { Permits } from '../../openrtb/consent.ts';
import type { Dimension, Probe } from './dimension.ts';
import { residualIndex } from './residual.ts';

const path = Type.String({
  pattern: '^[A-Za-z0-9_-]{1,64}(\\.[A-Za-z0-9_-]{1,64}){0,9}$',
  description:
    'Keys from the top of the request, joined by dots: site.publisher.id. imp is the impression at hand; in a list any element counts.',
});
const scalar = Type.Union([Type.String({ maxLength: 500 }), Type.Number(), Type.Boolean()], {
  description: 'Text, number, or true or false.',
});
const closed = { additionalProperties: false, description: 'A condition on one field.' };
const condition = Type.Union(
  [
    Type.Object(
      { path, op: Type.Literal('equals', { description: 'Is this value.' }), value: scalar },
      closed,
    ),
    Type.Object(
      {
        path,
        op: Type.Literal('in', { description: 'Is one of these values.' }),
        value: Type.Array(scalar, { minItems: 1, maxItems: 1000, description: 'Values.' }),
      },
      closed,
    ),
    Type.Object({ path, op: Type.Literal('exists', { description: 'Is there, and not null.' }) }, closed),
    Type.Object(
      {
        path,
        op: Type.Literal('at_least', { description: 'Is a number, and not less.' }),
        value: Type.Number({ description: 'Least.' }),
      },
      closed,
    ),
    Type.Object(
      {
        path,
        op: Type.Literal('at_most', { description: 'Is a number, and not more.' }),
        value: Type.Number({ description: 'Most.' }),
      },
      closed,
    ),
  ],
  { description: 'A condition on one field.' },
);
const conditions = (what: string) =>
  Type.Optional(Type.Array(condition, { minItems: 1, maxItems: 50, description: what }));

const schema = Type.Object(
  {
    include: conditions('At least one of these holds; a field that is not there holds nothing.'),
    require: conditions('Every one of these holds.'),
    exclude: conditions('None of these holds.'),
  },
  { additionalProperties: false, description: 'Conditions on fields by their OpenRTB paths.' },
);
type Condition = Static<typeof condition>;
type RawRule = Static<typeof schema>;

export const raw = {
  name: 'raw',
  schema,
  level: 'impression',
  cost: 90,
  accepts,
  index: (rules, lines) => residualIndex(accepts, rules, lines),
} as const satisfies Dimension<RawRule>;

function accepts({ include = [], require = [], exclude = [] }: RawRule, probe: Probe): boolean {
  const met = (wanted: Condition): boolean => holds(wanted, probe);
  return (include.length === 0 || include.some(met)) && require.every(met) && !exclude.some(met);
}

function holds(wanted: Condition, { request, impression, permits }: Probe): boolean {
  const keys = wanted.path.split('.');
  if (!permitted(keys, permits)) return false;
  const test = (value: unknown): boolean => meets(wanted, value);
  return keys[0] === 'imp' ? anyAt(impression.raw, keys, 1, test) : anyAt(request.raw, keys, 0, test);
}

/** Fields of the device that name no person. Every other one may (ifa, ip, idfv in ext, …), and is closed in doubt. */
const PLAIN_DEVICE = new Set(
  'ua sua devicetype make model os osv hwv h w ppi pxratio js geofetch flashver language langb carrier mccmnc connectiontype lmt dnt'.split(
    ' ',
  ),
);
const COORDINATES = new Set(['lat', 'lon', 'accuracy', 'lastfix']);

function permitted([root, key, ...rest]: readonly string[], permits: Permits): boolean {
  if (root === 'user') return permits.audiences;
  if (root !== 'device' || key === undefined || PLAIN_DEVICE.has(key)) return true;
  if (key === 'geo')
    return rest[0] === undefined || permits.preciseGeo || !(COORDINATES.has(rest[0]) || rest[0] === 'ext');
  return permits.identity;
}

/** Own properties only. Every node is met at most once, so the work is bounded by the body; depth by the path and LISTS_MAX. */
function anyAt(
  value: unknown,
  keys: readonly string[],
  at: number,
  test: (value: unknown) => boolean,
  lists = 0,
): boolean {
  if (Array.isArray(value))
    return lists < LISTS_MAX && value.some((element) => anyAt(element, keys, at, test, lists + 1));
  const key = keys[at];
  if (key === undefined) return test(value);
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false;
  return anyAt((value as Record<string, unknown>)[key], keys, at + 1, test, lists);
}

/** OpenRTB nests lists in lists nowhere; along a whole path there are a few. */
const LISTS_MAX = 8;

function meets(wanted: Condition, value: unknown): boolean {
  switch (wanted.op) {
    case 'equals':
      return same(wanted.value, value);
    case 'in':
      return wanted.value.some((one) => same(one, value));
    case 'exists':
      return value !== undefined && value !== null;
    case 'at_least':
      return numberOf(value) >= wanted.value;
    case 'at_most':
      return numberOf(value) <= wanted.value;
  }
}

/** Senders write numbers as text and the other way round, so 1 is "1". */
function same(wanted: string | number | boolean, value: unknown): boolean {
  // Past 2^53 JSON has rounded what was sent: nothing can be said to be equal to it.
  if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER) return false;
  if (value === wanted) return true;
  if (typeof wanted === 'boolean' || (typeof value !== 'string' && typeof value !== 'number')) return false;
  return String(wanted) === String(value);
}

/** Not a number compares false with everything. */
function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}
