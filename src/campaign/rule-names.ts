/** Ids of other objects that a targeting rule names. */
import type { Path } from './issue.ts';

export interface NamedObject {
  readonly list: 'audiences' | 'exchanges';
  readonly id: string;
  /** Below `targeting`. */
  readonly path: Path;
}

/** Dimensions whose values are ids of the book, whatever the form of the rule: include, exclude, or a tree. */
const DIMENSIONS: Readonly<Record<string, NamedObject['list']>> = {
  audience: 'audiences',
  exchange: 'exchanges',
};

export function namesIn(targeting: unknown): NamedObject[] {
  if (typeof targeting !== 'object' || targeting === null) return [];
  return Object.entries(targeting).flatMap(([dimension, rule]) => {
    const list = Object.hasOwn(DIMENSIONS, dimension) ? DIMENSIONS[dimension] : undefined;
    return list === undefined
      ? []
      : [...textsIn(rule, [dimension])].map(([id, path]) => ({ list, id, path }));
  });
}

function* textsIn(value: unknown, path: Path): Generator<[string, Path]> {
  if (typeof value === 'string') yield [value, path];
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value))
      yield* textsIn(inner, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}
