/**
 * Packs the person must or must not be in. Unknown is not permission: where nobody is identified only membership that
 * the request itself proves counts, absence is never concluded, and the line item does not bid on a rule left open.
 */

import { Type } from 'typebox';
import { addBit, andInto, bitset, fullBitset, removeBit } from '../../core/bitset.ts';
import type { PackTree, Verdict } from '../audience/tree.ts';
import { evaluate, every, leavesOf, opposite, packId, some, treeSchema } from '../audience/tree.ts';
import type { Dimension, DimensionIndex, LineContext, Probe } from './dimension.ts';
import { narrowEach } from './residual.ts';
import { valueColumns } from './value-columns.ts';

export interface AudienceRule {
  readonly include?: string[];
  readonly require?: string[];
  readonly exclude?: string[];
  readonly expression?: PackTree;
  readonly acceptUnknownPerson?: boolean;
}

const packs = (what: string) =>
  Type.Optional(Type.Array(packId, { minItems: 1, maxItems: 100, description: what }));

const schema = Type.Object(
  {
    include: packs('In at least one of these.'),
    require: packs('In every one of these.'),
    exclude: packs('In none of these; needs a known person, unless acceptUnknownPerson.'),
    expression: Type.Optional(Type.Unsafe<PackTree>(treeSchema())),
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
  return [...new Set([...named, ...(rule.expression === undefined ? [] : leavesOf(rule.expression))])];
}

/** True where the rule accepts nobody who is not identified. */
export function needsPerson(targeting: { readonly audience?: AudienceRule }): boolean {
  const rule = targeting.audience;
  if (!rule || rule.acceptUnknownPerson) return false;
  return !provable(rule);
}

/** Can membership alone, without any absence, satisfy the rule? Then segments in a request without an id may. */
function provable({ exclude = [], expression }: AudienceRule): boolean {
  return exclude.length === 0 && (expression === undefined || reachable(expression, true));
}

/** Can the expression come to be `aim` when each pack is either proven or open? */
function reachable(expression: PackTree, aim: boolean): boolean {
  if (typeof expression === 'string') return aim;
  const { all = [], any, not } = expression;
  const inner = (part: PackTree): boolean => reachable(part, aim);
  const denied = not === undefined ? undefined : reachable(not, !aim);
  if (aim) return all.every(inner) && (any?.some(inner) ?? true) && denied !== false;
  return all.some(inner) || any?.every(inner) === true || denied === true;
}

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
