import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import { ClickLearner } from '../../src/learning/clicks.ts';
import type { FrozenClickModel } from '../../src/policy/predict/predictor.ts';
import { bidFacts, NOW_MS } from './bid-facts.ts';

const SEED = 17;
const MINUTE_MS = 60_000;
const BASE = 0.05;
const baseOf = () => BASE;
const GOOD = [101, 202];
const POOR = [101, 303];

function shown(features: readonly number[], bidAtMs = NOW_MS) {
  return bidFacts({ bidAtMs, forecast: { features, pClick: BASE, conversionsPerClick: 0 } });
}

/** `count` showings in turn at a good and at a poor place, a second apart; the clicks come ten seconds later. */
function teach(
  learner: ClickLearner,
  count: number,
  chanceOf: (features: readonly number[]) => number,
  fromMs = NOW_MS,
) {
  const random = seededRandom(SEED);
  for (let number = 0; number < count; number++) {
    const atMs = fromMs + number * 1000;
    const features = number % 2 === 0 ? GOOD : POOR;
    const facts = shown(features, atMs);
    learner.impression(facts, atMs);
    if (random.next() < chanceOf(features)) learner.click(facts, atMs + 10_000, baseOf);
    learner.step(atMs, baseOf);
  }
  return fromMs + count * 1000;
}

const places = (features: readonly number[]): number => (features === GOOD ? 0.08 : 0.02);
const memory = () => {
  const tables = new Map<string, Uint8Array>();
  return {
    tables,
    save: async (name: string, bytes: Uint8Array) => void tables.set(name, bytes),
    load: async (name: string) => tables.get(name),
  };
};

describe('clicks that are learned', () => {
  it('tell a good place from a poor one, each near its truth', () => {
    const learner = new ClickLearner();
    teach(learner, 40_000, places);
    const model = learner.publish();
    const [good, poor] = [GOOD, POOR].map((features) => model.pClick('autumn-all', features, BASE));
    expect(good! / 0.08, `seed ${SEED}`).toBeGreaterThan(0.8);
    expect(good! / 0.08).toBeLessThan(1.15);
    expect(poor! / 0.02).toBeGreaterThan(0.85);
    expect(poor! / 0.02).toBeLessThan(1.4);
  });

  it('wait for their time, so that a young showing does not count as one without a click', () => {
    const learner = new ClickLearner();
    for (let number = 0; number < 500; number++) learner.impression(shown(GOOD), NOW_MS);
    learner.step(NOW_MS + 9 * MINUTE_MS, baseOf);
    expect(learner.publish().pClick('autumn-all', GOOD, BASE)).toBeCloseTo(BASE, 12);
    expect(learner.calibrationOf('autumn-all')).toBe(1);
    learner.step(NOW_MS + 11 * MINUTE_MS, baseOf);
    expect(learner.publish().pClick('autumn-all', GOOD, BASE)).toBeLessThan(0.8 * BASE);
  });

  it('count a click that comes after its showing was learned, and none whose showing was forgotten', () => {
    const learner = new ClickLearner();
    const late = shown(GOOD);
    learner.click(late, NOW_MS + 5 * MINUTE_MS, baseOf);
    expect(learner.calibrationOf('autumn-all')).toBe(1);
    learner.click(late, NOW_MS + 20 * MINUTE_MS, baseOf);
    expect(learner.calibrationOf('autumn-all')).toBeCloseTo(21 / 20, 12);
  });

  it('follow a rate that falls to half, within a twentieth once three hundred more have come', () => {
    const learner = new ClickLearner();
    const turnMs = teach(learner, 20_000, places);
    const half = (features: readonly number[]): number => places(features) / 2;
    teach(learner, 24_000, half, turnMs);
    const model = learner.publish();
    const expected = [GOOD, POOR].reduce(
      (sum, features) => sum + model.pClick('autumn-all', features, BASE) / 2,
      0,
    );
    // By what came of late in this very world: one twentieth beside its chance of another.
    expect(expected / 0.025, `seed ${SEED}`).toBeGreaterThan(0.9);
    expect(expected / 0.025).toBeLessThan(1.1);
  });

  it('are the same after a restart, and begin anew from what cannot be believed', async () => {
    const learner = new ClickLearner();
    teach(learner, 5000, places);
    const store = memory();
    await learner.save(store);
    const again = new ClickLearner();
    expect(await again.restore(store)).toBe(true);
    for (const features of [GOOD, POOR])
      expect(again.publish().pClick('autumn-all', features, BASE)).toBe(
        learner.publish().pClick('autumn-all', features, BASE),
      );
    for (const [name, bytes] of [...store.tables]) {
      store.tables.set(name, bytes.subarray(0, bytes.length - 3));
      const damaged = new ClickLearner();
      expect(await damaged.restore(store), name).toBe(false);
      store.tables.set(name, bytes);
    }
  });

  it('are those of a model that was brought from outside, where there is one', async () => {
    const taught: boolean[] = [];
    const frozen: FrozenClickModel = { predict: () => 0.25 as never };
    const learner = new ClickLearner({
      ...frozen,
      learn: (_, __, came) => void taught.push(came),
      save: () => new Uint8Array(),
      freeze: () => frozen,
      merge: () => false,
    });
    learner.impression(shown(GOOD), NOW_MS);
    learner.step(NOW_MS + 11 * MINUTE_MS, baseOf);
    expect(taught).toEqual([false]);
    expect(learner.publish().pClick('another', GOOD, BASE)).toBe(0.25);
    const store = memory();
    await learner.save(store);
    expect([...store.tables.keys()]).toEqual(['click-calibration']);
  });
});
