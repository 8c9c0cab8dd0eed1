/** Builds the dimensions that compare values: include any of them, require all of them, exclude every one of them. */

import type { TSchema } from 'typebox';
import { Type } from 'typebox';
import type { Bitset } from '../../core/bitset.ts';
import { addBit, andInto, bitset } from '../../core/bitset.ts';
import type { Dimension, DimensionIndex, LineContext, Probe } from './dimension.ts';
import { narrowEach } from './residual.ts';
import type { ColumnRule } from './value-columns.ts';
import { valueColumns } from './value-columns.ts';

export interface ValueRule {
  readonly include?: readonly string[];
  readonly require?: readonly string[];
  readonly exclude?: readonly string[];
}

export interface ValueFacts<Name extends string, Item extends TSchema> {
  readonly name: Name;
  readonly description: string;
  readonly level: Dimension['level'];
  readonly cost: number;
  /** Schema of one value of a rule. */
  readonly item: Item;
  readonly maxItems?: number;
  /** What the request says: one value (empty: unknown) or several (none: unknown). */
  readonly values: (probe: Probe) => string | readonly string[];
  /** The request's values that a value of a rule stands for; itself unless given. */
  readonly expand?: (value: string) => readonly string[];
}

export function valueDimension<const Name extends string, Item extends TSchema>(
  facts: ValueFacts<Name, Item>,
) {
  const expand = facts.expand ?? alone;
  const accepts = (rule: ValueRule, probe: Probe): boolean =>
    acceptsValues(rule, teller(facts.values(probe)), expand);
  const index = (
    rules: readonly (ValueRule | undefined)[],
    lines: readonly LineContext[],
  ): DimensionIndex => {
    const columns = valueColumns(rules.map((rule) => columnRule(rule, expand)));
    const checked = requiring(rules);
    return {
      narrow: (probe, candidates) => {
        const values = facts.values(probe);
        const left =
          typeof values === 'string'
            ? columns.narrowOne(values, candidates)
            : columns.narrowMany(values, candidates);
        if (!left || !checked) return left;
        const told = teller(values);
        return narrowEach(
          (rule) => acceptsValues(rule, told, expand),
          rules,
          lines,
          checked,
          probe,
          candidates,
        );
      },
    };
  };
  const { name, level, cost } = facts;
  return { name, level, cost, schema: verbs(facts.item, facts.description, facts.maxItems), accepts, index };
}

/** The three verbs over one kind of value. */
export function verbs<Item extends TSchema>(item: Item, description: string, maxItems = 10_000) {
  const list = (what: string) =>
    Type.Optional(Type.Array(item, { minItems: 1, maxItems, description: what }));
  return Type.Object(
    {
      include: list('At least one of these; an unknown value is refused.'),
      require: list('Every one of these; an unknown value is refused.'),
      exclude: list('None of these; an unknown value is accepted.'),
    },
    { additionalProperties: false, description },
  );
}

/** A yes-or-no condition of the impression: true asks for it, false refuses it. */
export function flagDimension<const Name extends string>(facts: {
  readonly name: Name;
  readonly description: string;
  readonly cost: number;
  readonly value: (probe: Probe) => boolean;
}) {
  const accepts = (rule: boolean, probe: Probe): boolean => rule === facts.value(probe);
  const index = (rules: readonly (boolean | undefined)[]): DimensionIndex => {
    const accepting = [false, true].map((value): Bitset => {
      const column = bitset(rules.length);
      rules.forEach((rule, number) => {
        if (rule === undefined || rule === value) addBit(column, number);
      });
      return column;
    });
    return { narrow: (probe, candidates) => andInto(candidates, accepting[facts.value(probe) ? 1 : 0]!) };
  };
  const { name, cost, description } = facts;
  return { name, level: 'impression' as const, cost, schema: Type.Boolean({ description }), accepts, index };
}

type Told = (value: string) => boolean;

/** What the request tells, to be asked of any number of rules. */
function teller(values: string | readonly string[]): Told {
  if (typeof values === 'string') return (value) => value !== '' && value === values;
  if (values.length <= 8) return (value) => values.includes(value);
  const set = new Set(values);
  return (value) => set.has(value);
}

function acceptsValues(rule: ValueRule, told: Told, expand: (value: string) => readonly string[]): boolean {
  const holds = (value: string): boolean => expand(value).some(told);
  return (
    (limits(rule.include) ? rule.include.some(holds) : true) &&
    (rule.require ?? []).every(holds) &&
    !(rule.exclude ?? []).some(holds)
  );
}

/** An empty list says nothing, so it limits nothing. */
function limits(list: readonly string[] | undefined): list is readonly string[] {
  return list !== undefined && list.length > 0;
}

function columnRule(
  rule: ValueRule | undefined,
  expand: (value: string) => readonly string[],
): ColumnRule | undefined {
  if (!rule) return undefined;
  // Any one of the required values is needed at least, so the first narrows as an include where the rule has none.
  const include = limits(rule.include)
    ? rule.include
    : limits(rule.require)
      ? rule.require.slice(0, 1)
      : undefined;
  return { include: include?.flatMap(expand), exclude: (rule.exclude ?? []).flatMap(expand) };
}

/** Lines whose rule asks for all of several values: columns only bring them near. */
function requiring(rules: readonly (ValueRule | undefined)[]): Bitset | undefined {
  const checked = bitset(rules.length);
  let any = false;
  rules.forEach((rule, number) => {
    if (!limits(rule?.require) || (rule.require.length === 1 && !limits(rule.include))) return;
    addBit(checked, number);
    any = true;
  });
  return any ? checked : undefined;
}

function alone(value: string): readonly string[] {
  return [value];
}
