/** The members of packs as compressed bitmaps (Chambi, Lemire, Kaser & Godin 2016, "Better bitmap performance with Roaring bitmaps"). */
import { RoaringBitmap32 } from 'roaring-wasm';
import type { PackTree } from './tree.ts';

export type Members = RoaringBitmap32;

/** Written between two pauses: about two milliseconds. */
const SLICE = 20_000;

/** Of numbers in any order, each once or more often. Sorted slice by slice: a list of a million would hold bids up for 60 ms. */
export function* membersOf(numbers: Uint32Array): Generator<undefined, Members> {
  const members = new RoaringBitmap32();
  for (let from = 0; from < numbers.length; from += SLICE) {
    members.addMany(numbers.slice(from, from + SLICE).sort());
    yield;
  }
  members.runOptimize();
  return members;
}

/** A new bitmap, which is the caller's to dispose of. `everybody` is what `not` takes away from; undefined for a leaf that is not known. */
export function treeMembers(
  tree: PackTree,
  leaf: (id: string) => Members | undefined,
  everybody: Members,
): Members | undefined {
  if (typeof tree === 'string') return leaf(tree)?.clone();
  const { all = [], any, not } = tree;
  const found = everybody.clone();
  const narrow = (part: Members | undefined, keep: (part: Members) => void): boolean => {
    if (part) keep(part);
    part?.dispose();
    return part !== undefined;
  };
  const within = (part: Members): void => {
    found.andInPlace(part);
  };
  const known =
    all.every((part) => narrow(treeMembers(part, leaf, everybody), within)) &&
    (any === undefined || narrow(anyOf(any, leaf, everybody), within)) &&
    (not === undefined ||
      narrow(treeMembers(not, leaf, everybody), (part) => {
        found.andNotInPlace(part);
      }));
  if (known) return found;
  found.dispose();
  return undefined;
}

function anyOf(
  parts: readonly PackTree[],
  leaf: (id: string) => Members | undefined,
  everybody: Members,
): Members | undefined {
  const found = new RoaringBitmap32();
  for (const part of parts) {
    const members = treeMembers(part, leaf, everybody);
    if (!members) {
      found.dispose();
      return undefined;
    }
    found.orInPlace(members);
    members.dispose();
  }
  return found;
}
