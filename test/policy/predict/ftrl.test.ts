import { describe, expect, it } from 'vitest';
import { FtrlModel, restoreFtrl } from '../../../src/policy/predict/ftrl.ts';
import { clickModelContract } from '../../contract/click-model.ts';

clickModelContract('ftrl', () => new FtrlModel(14), restoreFtrl);

describe('FTRL-Proximal', () => {
  it('moves as worked out by hand', () => {
    const model = new FtrlModel(10);
    // α 0.05, β 1, λ₁ 1, λ₂ 1. From even odds g is −0.5 each time, as long as the weight is 0 and so |z| up to 1: n = 0.25 a time.
    model.learn([7], 0.5, true);
    model.learn([7], 0.5, true);
    expect(model.predict([7], 0.5)).toBe(0.5);
    model.learn([7], 0.5, true);
    // z = −1.5, n = 0.75: w = 0.5 / ((1 + √0.75) / 0.05 + 1) = 0.5 / 38.3205 = 0.0130478.
    const weight = 0.5 / ((1 + Math.sqrt(0.75)) / 0.05 + 1);
    expect(model.predict([7], 0.5)).toBeCloseTo(1 / (1 + Math.exp(-weight)), 8);
    model.learn([7], 0.5, false);
    const gradient = 1 / (1 + Math.exp(-weight));
    const n = 0.75 + gradient ** 2;
    const z = -1.5 + gradient - ((Math.sqrt(n) - Math.sqrt(0.75)) / 0.05) * weight;
    expect(z).toBeGreaterThan(-1.2);
    const after = Math.abs(z) <= 1 ? 0 : -(z + 1) / ((1 + Math.sqrt(n)) / 0.05 + 1);
    expect(model.predict([7], 0.5)).toBeCloseTo(1 / (1 + Math.exp(-after)), 8);
  });

  it('takes as many bits of a feature as its table has', () => {
    const model = new FtrlModel(10);
    for (let time = 0; time < 10; time++) model.learn([5], 0.5, true);
    expect(model.predict([5 + 1024], 0.5)).toBe(model.predict([5], 0.5));
    expect(model.predict([6], 0.5)).toBe(0.5);
    for (const bits of [9, 23, 12.5, Number.NaN]) expect(() => new FtrlModel(bits)).toThrow(RangeError);
  });
});
