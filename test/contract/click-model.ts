/** What every click model must do. Run by test/policy/predict/ftrl.test.ts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import type { ClickModel } from '../../src/policy/predict/predictor.ts';

const SEED = 78;
const anyNumber = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, 1, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e300),
);
const anyShowing = fc.record({
  features: fc.array(anyNumber, { maxLength: 6 }),
  base: anyNumber,
  came: fc.boolean(),
  weight: anyNumber,
});

export interface Showing {
  readonly features: readonly number[];
  readonly chance: number;
  readonly came: boolean;
}

/** Three facts of ten values each, one of which triples the odds of 2 % and one of which takes them to a third. */
export function showings(count: number, seed: number): Showing[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const facts = [0, 1, 2].map((kind) => 1000 * kind + Math.floor(10 * random.next()));
    const odds = (0.02 / 0.98) * (facts[0] === 3 ? 3 : 1) * (facts[1] === 1005 ? 1 / 3 : 1);
    const chance = odds / (1 + odds);
    // Spread over the table as a hash would.
    const features = facts.map((fact) => Math.imul(fact + 1, 0x9e3779b1) >>> 8);
    return { features, chance, came: random.next() < chance };
  });
}

export function clickModelContract(
  name: string,
  make: () => ClickModel,
  restore: (saved: Uint8Array) => ClickModel | undefined,
): void {
  const learned = (from: readonly Showing[]): ClickModel => {
    const model = make();
    for (const { features, came } of from) model.learn(features, 0.02, came);
    return model;
  };
  const meanError = (model: ClickModel, on: readonly Showing[]): number =>
    on.reduce((sum, { features, chance }) => {
      return sum + Math.abs(Math.log(model.predict(features, 0.02) / chance)) / on.length;
    }, 0);

  describe(`click model ${name}`, () => {
    it('gives a chance above 0 and below 1 whatever it was told, also after a restore', () => {
      fc.assert(
        fc.property(fc.array(anyShowing, { maxLength: 30 }), anyShowing, (told, asked) => {
          const model = make();
          for (const { features, base, came, weight } of told) model.learn(features, base, came, weight);
          for (const each of [model, restore(model.save())]) {
            const chance = each!.predict(asked.features, asked.base);
            expect(chance > 0 && chance < 1, `gave ${chance}`).toBe(true);
          }
        }),
        { seed: SEED, numRuns: 200 },
      );
    });

    it('gives back the base while it knows nothing', () => {
      expect(make().predict([1, 2, 3], 0.003)).toBeCloseTo(0.003, 12);
    });

    it('learns what a feature does to the odds', () => {
      const model = learned(showings(60_000, 1));
      const fresh = showings(2000, 2);
      expect(meanError(model, fresh)).toBeLessThan(0.75 * meanError(make(), fresh));
    });

    it('counts a showing of weight w as w showings', () => {
      const [sampled, whole] = [make(), make()];
      let index = 0;
      for (const { features, came } of showings(60_000, 3)) {
        whole.learn(features, 0.02, came);
        // One in four without a click is kept.
        if (came || index++ % 4 === 0) sampled.learn(features, 0.02, came, came ? 1 : 4);
      }
      const fresh = showings(500, 4);
      const mean = (model: ClickModel): number =>
        fresh.reduce((sum, { features }) => sum + model.predict(features, 0.02) / fresh.length, 0);
      expect(mean(sampled) / mean(whole)).toBeGreaterThan(0.9);
      expect(mean(sampled) / mean(whole)).toBeLessThan(1.1);
    });

    it('is the same after being written down, and the same for the same showings', () => {
      const told = showings(3000, 5);
      const model = learned(told);
      const restored = restore(model.save())!;
      for (const { features } of showings(50, 6)) {
        expect(restored.predict(features, 0.02)).toBe(model.predict(features, 0.02));
        expect(learned(told).save()).toEqual(model.save());
        break;
      }
      restored.learn([1, 2], 0.02, true);
      model.learn([1, 2], 0.02, true);
      expect(restored.save()).toEqual(model.save());
    });

    it('knows of two nodes what both have seen', () => {
      const told = showings(60_000, 7);
      const [one, other] = [0, 1].map((node) => learned(told.filter((_, index) => index % 2 === node)));
      expect(one!.merge(other!.save())).toBe(true);
      const fresh = showings(2000, 8);
      expect(meanError(one!, fresh)).toBeLessThan(0.15);
    });

    it('believes no damaged state', () => {
      const saved = learned(showings(200, 9)).save();
      const version = saved.slice();
      version[7] = 9;
      const endless = saved.slice();
      endless.fill(0xff, saved.length - 8);
      for (const bytes of [new Uint8Array(), saved.slice(0, -1), saved.slice(1), version, endless]) {
        expect(restore(bytes)).toBeUndefined();
        expect(make().merge(bytes)).toBe(false);
      }
    });
  });
}
