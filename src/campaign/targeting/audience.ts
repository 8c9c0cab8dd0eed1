/**
 * Packs the person must or must not be in. Unknown is not permission: where nobody is identified only membership that
 * the request itself proves counts, absence is never concluded, and the line item does not bid on a rule left open.
 */

import type { TSchema } from 'typebox';
import { Type } from 'typebox';
import { addBit, andInto, bitset, fullBitset, removeBit } from '../../core/bitset.ts';
import type { Dimension, DimensionIndex, LineContext, Probe } from './dimension.ts';
import { narrowEach } from './residual.ts';
import { valueColumns } from './value-columns.ts';

/** A pack, or a tree of packs; every key that is given must hold. */
export type AudienceExpression =
  | string
  | {
      readonly all?: readonly AudienceExpression[];
      readonly any?: readonly AudienceExpression[];
      readonly not?: AudienceExpression;
    };

export interface AudienceRule {
  readonly include?: string[];
  readonly require?: string[];
  readonly exclude?: string[];
  readonly expression?: AudienceExpression;
  readonly acceptUnknownPerson?: boolean;
}

/** Groups within groups; deeper trees can be flattened. */
const DEPTH_MAX = 4;

const pack = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$', description: 'Pack id.' });
const packs = (what: string) =>
  Type.Optional(Type.Array(pack, { minItems: 1, maxItems: 100, description: what }));

const schema = Type.Object(
  {
    include: packs('In at least one of these.'),
    require: packs('In every one of these.'),
    exclude: packs('In none of these; needs a known person, unless acceptUnknownPerson.'),
    expression: Type.Optional(Type.Unsafe<AudienceExpression>(expressionSchema(DEPTH_MAX))),
    acceptUnknownPerson: Type.Optional(
      Type.Boolean({
        description:
          'Also bid where the person is not known and the rule can therefore not be decided. Without it such requests are refused.',
      }),
    ),
  },
  { additionalProperties: false, description: 'Audience packs.' },
);

export const audience = {
  name: 'audience',
  schema,
  level: 'request',
  cost: 16,
  accepts,
  index,
} as const satisfies Dimension<AudienceRule>;

/** Ids of the packs that a rule names, each once. */
export function audiencesOf(targeting: { readonly audience?: AudienceRule }): string[] {
  const rule = targeting.audience;
  if (!rule) return [];
  const named = [rule.include, rule.require, rule.exclude].flatMap((list) => list ?? []);
  return [...new Set([...named, ...(rule.expression === undefined ? [] : leaves(rule.expression))])];
}

/** True where the rule accepts nobody who is not identified. */
export function needsPerson(targeting: { readonly audience?: AudienceRule }): boolean {
  const rule = targeting.audience;
  if (!rule || rule.acceptUnknownPerson) return false;
  return !provable(rule);
}

function expressionSchema(depth: number): TSchema {
  if (depth === 0) return pack;
  const inner = expressionSchema(depth - 1);
  const group = Type.Object(
    {
      all: Type.Optional(
        Type.Array(inner, { minItems: 1, maxItems: 50, description: 'Every one of these holds.' }),
      ),
      any: Type.Optional(
        Type.Array(inner, { minItems: 1, maxItems: 50, description: 'At least one of these holds.' }),
      ),
      not: Type.Optional(inner),
    },
    { additionalProperties: false, description: 'A group; every key that is given must hold.' },
  );
  return Type.Union([pack, group], {
    description: 'A pack id, or a group of them: {all: […]}, {any: […]}, {not: …}.',
  });
}

function leaves(expression: AudienceExpression): string[] {
  if (typeof expression === 'string') return [expression];
  const { all = [], any = [], not } = expression;
  return [...all, ...any, ...(not === undefined ? [] : [not])].flatMap(leaves);
}

/** Can membership alone, without any absence, satisfy the rule? Then segments in a request without an id may. */
function provable({ exclude = [], expression }: AudienceRule): boolean {
  return exclude.length === 0 && (expression === undefined || reachable(expression, true));
}

/** Can the expression come to be `aim` when each pack is either proven or open? */
function reachable(expression: AudienceExpression, aim: boolean): boolean {
  if (typeof expression === 'string') return aim;
  const { all = [], any, not } = expression;
  const inner = (part: AudienceExpression): boolean => reachable(part, aim);
  const denied = not === undefined ? undefined : reachable(not, !aim);
  if (aim) return all.every(inner) && (any?.some(inner) ?? true) && denied !== false;
  return all.some(inner) || any?.every(inner) === true || denied === true;
}

/** True, false, or undefined for what cannot be known (Kleene's three values). */
type Verdict = boolean | undefined;

function accepts(rule: AudienceRule, probe: Probe): boolean {
  const absent = identified(probe) ? false : undefined;
  return (
    verdict(rule, (id) => (probe.packs.includes(id) ? true : absent)) ?? rule.acceptUnknownPerson === true
  );
}

function verdict(
  { include = [], require = [], exclude = [], expression }: AudienceRule,
  isIn: (id: string) => Verdict,
): Verdict {
  return every([
    include.length === 0 ? true : some(include.map(isIn)),
    every(require.map(isIn)),
    opposite(some(exclude.map(isIn))),
    expression === undefined ? true : evaluate(expression, isIn),
  ]);
}

function evaluate(expression: AudienceExpression, isIn: (id: string) => Verdict): Verdict {
  if (typeof expression === 'string') return isIn(expression);
  const { all = [], any, not } = expression;
  const inner = (part: AudienceExpression): Verdict => evaluate(part, isIn);
  return every([
    every(all.map(inner)),
    any === undefined ? true : some(any.map(inner)),
    not === undefined ? true : opposite(inner(not)),
  ]);
}

function every(parts: readonly Verdict[]): Verdict {
  return parts.includes(false) ? false : parts.includes(undefined) ? undefined : true;
}

function some(parts: readonly Verdict[]): Verdict {
  return parts.includes(true) ? true : parts.includes(undefined) ? undefined : false;
}

function opposite(part: Verdict): Verdict {
  return part === undefined ? undefined : !part;
}

/** An id that may be used, so that absence from a pack means something. An advertising id of zeros is none. */
function identified({ request: { user, device }, permits }: Probe): boolean {
  if (!permits.identity || !permits.audiences) return false;
  return (
    user.buyerId !== '' || user.id !== '' || user.extendedIds.length > 0 || /[^0-]/.test(device.advertisingId)
  );
}

/** Columns answer include and exclude for identified people; the rest is checked one by one. */
function index(rules: readonly (AudienceRule | undefined)[], lines: readonly LineContext[]): DimensionIndex {
  const columns = valueColumns(
    rules.map(
      (rule) =>
        rule && {
          include: rule.include && rule.include.length > 0 ? rule.include : undefined,
          exclude: rule.exclude ?? [],
        },
    ),
  );
  const ruled = bitset(rules.length);
  const composed = bitset(rules.length);
  const unknownAccepted = fullBitset(rules.length);
  rules.forEach((rule, number) => {
    if (!rule) return;
    addBit(ruled, number);
    if (rule.expression !== undefined || (rule.require ?? []).length > 0) addBit(composed, number);
    if (!(verdict(rule, () => undefined) ?? rule.acceptUnknownPerson === true))
      removeBit(unknownAccepted, number);
  });
  return {
    narrow: (probe, candidates) => {
      if (identified(probe)) {
        return (
          columns.narrowMany(probe.packs, candidates) &&
          narrowEach(accepts, rules, lines, composed, probe, candidates)
        );
      }
      if (probe.packs.length === 0) return andInto(candidates, unknownAccepted);
      return narrowEach(accepts, rules, lines, ruled, probe, candidates);
    },
  };
}
