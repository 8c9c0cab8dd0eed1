import { describe, expect, it } from 'vitest';
import { MULTIPLIERS, multiplierNamed } from '../../../src/policy/control/index.ts';
import { buy, multiplierContract } from '../../contract/multiplier.ts';

for (const kind of MULTIPLIERS) multiplierContract(kind);

describe('the planned multiplier', () => {
  it('buys nearly all that the best constant multiplier buys, having begun with nothing', () => {
    for (const share of [0.1, 0.3, 0.8]) {
      const budget = (40_000 * share ** 2) / 6;
      const { value } = buy(multiplierNamed('planned'), {
        opportunities: 40_000,
        budget,
        first: 0.001,
        seed: 9,
      });
      expect(value / ((40_000 * share) / 3), `α ${share}`).toBeGreaterThan(0.975);
    }
  });
});
