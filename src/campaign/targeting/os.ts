/** Operating system, with a range of versions. */

import type { Static } from 'typebox';
import { Type } from 'typebox';
import { addBit, bitset } from '../../core/bitset.ts';
import type { Dimension, DimensionIndex, LineContext, Probe } from './dimension.ts';
import { narrowEach } from './residual.ts';
import type { ColumnRule } from './value-columns.ts';
import { valueColumns } from './value-columns.ts';

const version = (what: string) =>
  Type.Optional(Type.String({ pattern: '^\\d{1,6}(\\.\\d{1,6}){0,3}$', description: what }));
const system = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z][a-z0-9 _.-]{0,39}$',
      description: 'Lower case: ios, android, windows, macos, linux, …',
    }),
    min: version('First version, inclusive.'),
    max: version('Last version, inclusive with all below it: 17.4 is also 17.4.1.'),
  },
  { additionalProperties: false, description: 'A system, in these versions.' },
);
const systems = (what: string) =>
  Type.Optional(Type.Array(system, { minItems: 1, maxItems: 200, description: what }));

const schema = Type.Object(
  {
    include: systems(
      'At least one of these; an unknown system, or an unknown version of a range, is refused.',
    ),
    exclude: systems('None of these; an unknown system, or an unknown version of a range, is accepted.'),
  },
  { additionalProperties: false, description: 'Operating system of the device.' },
);
type System = Static<typeof system>;
type OsRule = Static<typeof schema>;

export const os = {
  name: 'os',
  schema,
  level: 'request',
  cost: 31,
  accepts,
  index,
} as const satisfies Dimension<OsRule>;

function accepts(rule: OsRule, { request }: Probe): boolean {
  const { os: name, osVersion } = request.device;
  const holds = (wanted: System): boolean => wanted.name === name && inRange(wanted, osVersion);
  return (
    (rule.include === undefined || rule.include.length === 0 || rule.include.some(holds)) &&
    !rule.exclude?.some(holds)
  );
}

/** Columns by name; rules with a range, only brought near by them, are checked one by one. */
function index(rules: readonly (OsRule | undefined)[], lines: readonly LineContext[]): DimensionIndex {
  const ranged = bitset(rules.length);
  const columns = valueColumns(
    rules.map((rule, number): ColumnRule | undefined => {
      if (!rule) return undefined;
      const { include = [], exclude = [] } = rule;
      if ([...include, ...exclude].some(hasRange)) addBit(ranged, number);
      return {
        include: include.length === 0 ? undefined : include.map(({ name }) => name),
        exclude: exclude.filter((wanted) => !hasRange(wanted)).map(({ name }) => name),
      };
    }),
  );
  return {
    narrow: (probe, candidates) =>
      columns.narrowOne(probe.request.device.os, candidates) &&
      narrowEach(accepts, rules, lines, ranged, probe, candidates),
  };
}

function hasRange(wanted: System): boolean {
  return wanted.min !== undefined || wanted.max !== undefined;
}

function inRange(wanted: System, osVersion: string): boolean {
  if (!hasRange(wanted)) return true;
  const told = /\d+(?:\.\d+)*/.exec(osVersion.slice(0, 40))?.[0];
  if (told === undefined) return false;
  return (
    (wanted.min === undefined || compare(told, wanted.min) >= 0) &&
    (wanted.max === undefined || compare(told, wanted.max) <= 0)
  );
}

/** As far as the bound is written: 17.4.1 against 17.4 is equal. What is not told counts as zero. */
function compare(told: string, bound: string): number {
  const parts = told.split('.');
  for (const [at, limit] of bound.split('.').entries()) {
    const difference = Number(parts[at] ?? 0) - Number(limit);
    if (difference !== 0) return difference;
  }
  return 0;
}
