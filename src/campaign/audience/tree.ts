/**
 * Packs joined by and, or, not. What is not known stays so (Kleene 1952, three values): a pack that nobody could look up is
 * neither held nor lacked, and a tree is held only where it is so whatever the unknown ones are.
 */
import type { TSchema } from 'typebox';
import { Type } from 'typebox';

/** A pack, or a tree of packs; every key that is given must hold. */
export type PackTree =
  | string
  | {
      readonly all?: readonly PackTree[];
      readonly any?: readonly PackTree[];
      readonly not?: PackTree;
    };

/** True, false, or undefined for what cannot be known. */
export type Verdict = boolean | undefined;

export const packId = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$',
  description: 'Pack id.',
});

/** Groups within groups; deeper trees can be flattened. */
const DEPTH_MAX = 4;

export function treeSchema(depth = DEPTH_MAX): TSchema {
  if (depth === 0) return packId;
  const inner = treeSchema(depth - 1);
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
  return Type.Union([packId, group], {
    description: 'A pack id, or a group of them: {all: […]}, {any: […]}, {not: …}.',
  });
}

export function evaluate(tree: PackTree, isIn: (id: string) => Verdict): Verdict {
  if (typeof tree === 'string') return isIn(tree);
  const { all = [], any, not } = tree;
  const inner = (part: PackTree): Verdict => evaluate(part, isIn);
  return every([
    every(all.map(inner)),
    any === undefined ? true : some(any.map(inner)),
    not === undefined ? true : opposite(inner(not)),
  ]);
}

/** Ids of the packs that a tree names, in its order, repeats included. */
export function leavesOf(tree: PackTree): string[] {
  if (typeof tree === 'string') return [tree];
  const { all = [], any = [], not } = tree;
  return [...all, ...any, ...(not === undefined ? [] : [not])].flatMap(leavesOf);
}

export function every(parts: readonly Verdict[]): Verdict {
  return parts.includes(false) ? false : parts.includes(undefined) ? undefined : true;
}

export function some(parts: readonly Verdict[]): Verdict {
  return parts.includes(true) ? true : parts.includes(undefined) ? undefined : false;
}

export function opposite(part: Verdict): Verdict {
  return part === undefined ? undefined : !part;
}
