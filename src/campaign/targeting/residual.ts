/** Rules that no column can answer, checked one by one with the plain twin on what is still alive. */
import type { Bitset } from '../../core/bitset.ts';
import { addBit, bitset } from '../../core/bitset.ts';
import type { Dimension, DimensionIndex, LineContext, Probe } from './dimension.ts';

type Accepts<Rule> = Dimension<Rule>['accepts'];

/** Checks every line item that has a rule; for dimensions without columns. */
export function residualIndex<Rule>(
  accepts: Accepts<Rule>,
  rules: readonly (Rule | undefined)[],
  lines: readonly LineContext[],
): DimensionIndex {
  const ruled = ruledLines(rules);
  return { narrow: (probe, candidates) => narrowEach(accepts, rules, lines, ruled, probe, candidates) };
}

export function ruledLines(rules: readonly unknown[]): Bitset {
  const ruled = bitset(rules.length);
  rules.forEach((rule, number) => {
    if (rule !== undefined) addBit(ruled, number);
  });
  return ruled;
}

/** Clears the candidates among `checked` whose rule refuses; gives false when no candidate at all is left. */
export function narrowEach<Rule>(
  accepts: Accepts<Rule>,
  rules: readonly (Rule | undefined)[],
  lines: readonly LineContext[],
  checked: Bitset,
  probe: Probe,
  candidates: Bitset,
): boolean {
  let left = 0;
  for (let word = 0; word < candidates.length; word++) {
    let kept = candidates[word]!;
    let bits = kept & checked[word]!;
    while (bits !== 0) {
      const lowest = bits & -bits;
      const number = (word << 5) + (31 - Math.clz32(lowest));
      if (!accepts(rules[number]!, probe, lines[number]!)) kept &= ~lowest;
      bits ^= lowest;
    }
    candidates[word] = kept;
    left |= kept;
  }
  return left !== 0;
}
