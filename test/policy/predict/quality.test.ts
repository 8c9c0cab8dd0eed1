import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  areaUnderCurve,
  calibrationRatio,
  logLoss,
  normalisedEntropy,
} from '../../../src/policy/predict/quality.ts';

const SEED = 79;

describe('the quality of predictions', () => {
  const judged = { chance: [0.1, 0.4, 0.35, 0.8], came: [0, 0, 1, 1] };

  it('is as worked out by hand', () => {
    // Of the four pairs (0.35, 0.8) × (0.1, 0.4) three are in order. The same example and answer stand in scikit-learn's manual.
    expect(areaUnderCurve(judged)).toBe(0.75);
    expect(calibrationRatio(judged)).toBeCloseTo(2 / 1.65, 12);
    const loss = -(Math.log(0.9) + Math.log(0.6) + Math.log(0.35) + Math.log(0.8)) / 4;
    expect(logLoss(judged)).toBeCloseTo(loss, 12);
    // Half of them came: the entropy of the rate is ln 2.
    expect(normalisedEntropy(judged)).toBeCloseTo(loss / Math.LN2, 12);
  });

  it('of one who gives every one the rate is that of no skill', () => {
    const flat = { chance: [0.25, 0.25, 0.25, 0.25], came: [0, 1, 0, 0] };
    expect(normalisedEntropy(flat)).toBeCloseTo(1, 12);
    expect(areaUnderCurve(flat)).toBe(0.5);
    expect(calibrationRatio(flat)).toBe(1);
  });

  it('stays finite for a certainty that was wrong', () => {
    expect(logLoss({ chance: [0], came: [1] })).toBeCloseTo(-Math.log(1e-15), 9);
  });

  it('ranks as a look at every pair does', () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.boolean()), {
      minLength: 2,
      maxLength: 30,
    });
    fc.assert(
      fc.property(rows, (pairs) => {
        fc.pre(pairs.some(([, came]) => came) && pairs.some(([, came]) => !came));
        let ordered = 0;
        let all = 0;
        for (const [chance, came] of pairs)
          for (const [other, otherCame] of pairs)
            if (came && !otherCame) {
              all++;
              ordered += chance > other ? 1 : chance === other ? 0.5 : 0;
            }
        const area = areaUnderCurve({
          chance: pairs.map(([chance]) => chance),
          came: pairs.map(([, came]) => Number(came)),
        });
        expect(area).toBeCloseTo(ordered / all, 12);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});
