import { describe, expect, it } from 'vitest';
import { PREDICTORS, predictorNamed } from '../../src/policy/predict/index.ts';
import { predictorContract } from '../contract/predict.ts';

for (const predictor of PREDICTORS) predictorContract(predictor);

describe('the pooled rate', () => {
  const predict = (lineTrials: number, lineClicks: number, accountTrials: number, accountClicks: number) =>
    predictorNamed('pooled').pClick({
      lineItemId: 'line',
      creativeId: 'creative',
      lineTrials,
      lineClicks,
      accountTrials,
      accountClicks,
    });

  it('is the account’s for a line item that has shown nothing', () => {
    expect(predict(0, 0, 1e9, 3e6)).toBeCloseTo(0.003, 6);
  });

  it('lies between the line item’s own and the account’s', () => {
    expect(predict(10_000, 30, 1e9, 2e6)).toBeCloseTo(0.00225, 6);
  });

  it('does not take one lucky click for a rate', () => {
    expect(predict(10, 1, 1e9, 2e6)).toBeLessThan(0.0021);
  });
});
