import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import { drawExponential } from '../../src/core/sampling.ts';
import { believe } from '../../src/policy/bandit/believe.ts';
import { lastChange } from '../../src/policy/bandit/change.ts';
import { choose, sharesOf } from '../../src/policy/bandit/choose.ts';
import { EffectSums } from '../../src/policy/bandit/effects.ts';
import { Evidence } from '../../src/policy/bandit/evidence.ts';
import { CREATIVE_POLICIES, creativePolicyNamed } from '../../src/policy/bandit/index.ts';
import { NO_SCENE } from '../../src/policy/bandit/policy.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SEED = 41;

const anyEvent = fc.record({
  id: fc.constantFrom('rye', 'oat', 'spelt'),
  atMs: fc.integer({ min: 0, max: 90 * DAY_MS }),
  trials: fc.integer({ min: 0, max: 3 }),
  rewards: fc.integer({ min: -1, max: 2 }),
  value: fc.integer({ min: 0, max: 50 }),
});

function evidenceOf(
  events: readonly { id: string; atMs: number; trials: number; rewards: number; value: number }[],
) {
  const evidence = new Evidence();
  for (const { id, atMs, ...reward } of events) evidence.add(id, atMs, reward);
  return evidence;
}

describe('evidence', () => {
  it('is the same in whatever order events come, and whoever saw which of them', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40 }), fc.nat(40), fc.integer(), (events, cut, seed) => {
        const whole = evidenceOf(events).save();
        const random = seededRandom(seed);
        const mixed = [...events].sort(() => random.next() - 0.5);
        expect(evidenceOf(mixed).save()).toEqual(whole);
        const [left, right] = [evidenceOf(mixed.slice(0, cut)), evidenceOf(mixed.slice(cut))];
        const other = evidenceOf(mixed.slice(cut));
        other.merge(left);
        left.merge(right);
        expect(sorted(left)).toEqual(sorted(evidenceOf(events)));
        expect(sorted(other)).toEqual(sorted(left));
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  it('sums up old hours without losing a count, early or late', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), fc.nat(30), (events, when) => {
        const nowMs = 90 * DAY_MS;
        const late = evidenceOf(events);
        late.fold(nowMs);
        const early = evidenceOf(events.slice(0, when));
        early.fold(nowMs);
        for (const { id, atMs, ...reward } of events.slice(when)) early.add(id, atMs, reward);
        expect(sorted(early)).toEqual(sorted(late));
        for (const id of ['rye', 'oat', 'spelt'])
          expect(late.read(id, { nowMs }).trials).toBe(evidenceOf(events).read(id, { nowMs }).trials);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  it('comes back as it was saved', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
        const evidence = evidenceOf(events);
        evidence.fold(60 * DAY_MS);
        const back = Evidence.restore(JSON.parse(JSON.stringify(evidence.save())));
        expect(back?.save()).toEqual(evidence.save());
      }),
      { seed: SEED, numRuns: 40 },
    );
  });

  it('is not restored from what cannot be: then the prior stands', () => {
    const good = { horizon: 0, arms: [['rye', [[5, 10, 1, 0, 0]]]] };
    expect(Evidence.restore(good)).toBeDefined();
    for (const bad of [
      null,
      7,
      {},
      { horizon: 0 },
      { ...good, horizon: Number.NaN },
      { ...good, arms: [['rye', [[5, -1, 0, 0, 0]]]] },
      { ...good, arms: [['rye', [[5, Number.POSITIVE_INFINITY, 0, 0, 0]]]] },
      { ...good, arms: [['rye', [[5, 1e300, 0, 0, 0]]]] },
      { ...good, arms: [['rye', [[0.5, 1, 0, 0, 0]]]] },
      { ...good, arms: [['rye', [[5, 1, '1', 0, 0]]]] },
      { ...good, arms: [[7, []]] },
      { ...good, arms: 'rye' },
    ])
      expect([bad, Evidence.restore(bad)]).toEqual([bad, undefined]);
  });

  it('takes nothing in that is no number', () => {
    const evidence = new Evidence();
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 1e200]) {
      expect(evidence.add('rye', 0, { trials: bad })).toBe(false);
      expect(evidence.add('rye', bad, { trials: 1 })).toBe(false);
    }
    expect(evidence.save().arms).toEqual([]);
  });

  it('lets rewards be taken back, and never reads less than none', () => {
    const evidence = new Evidence();
    evidence.add('rye', 0, { trials: 10, rewards: 1, value: 30 });
    evidence.add('rye', 0, { rewards: -1, value: -30 });
    expect(evidence.read('rye', { nowMs: DAY_MS })).toEqual({
      shown: 10,
      trials: 10,
      rewards: 0,
      value: 0,
      valueSquares: 0,
    });
    evidence.add('rye', 0, { rewards: -1 });
    expect(evidence.read('rye', { nowMs: DAY_MS }).rewards).toBe(0);
  });
});

describe('delay', () => {
  // Two creatives that are equally good, conversions a day late in the mean; one has run for two weeks, one for half a day.
  const random = seededRandom(SEED);
  const nowMs = 14 * DAY_MS;
  const evidence = new Evidence();
  for (const [id, fromMs] of [
    ['old', 0],
    ['young', nowMs - DAY_MS / 2],
  ] as const)
    for (let shown = 0; shown < 20_000; shown++) {
      const atMs = fromMs + ((nowMs - fromMs) * shown) / 20_000;
      evidence.add(id, atMs, { trials: 1 });
      if (random.next() < 0.02 && atMs + DAY_MS * drawExponential(random) < nowMs)
        evidence.add(id, atMs, { rewards: 1 });
    }
  const beginning = {
    arms: ['old', 'young'].map((creativeId) => ({ creativeId, weight: 1 })),
    memory: 'all' as const,
    nowMs,
    usualRate: 0.02,
  };
  const rates = (belief: ReturnType<typeof believe>) =>
    belief.arms.map(({ trials, rewards }) => rewards / trials);

  it('punishes a young creative where it is not known', () => {
    const belief = believe(evidence, beginning);
    const [old, young] = rates(belief);
    expect(young! / old!, `seed ${SEED}`).toBeLessThan(0.4);
    expect(sharesOf(creativePolicyNamed('thompson'), belief, [0, 1], NO_SCENE)[1]).toBeLessThan(0.01);
  });

  it('is made up for by counting trials by the share of conversions that has come by their age', () => {
    const belief = believe(evidence, { ...beginning, arrivedBy: (ageMs) => 1 - Math.exp(-ageMs / DAY_MS) });
    const [old, young] = rates(belief);
    expect(young! / old!, `seed ${SEED}`).toBeGreaterThan(0.8);
    expect(young! / old!, `seed ${SEED}`).toBeLessThan(1.25);
    expect(sharesOf(creativePolicyNamed('thompson'), belief, [0, 1], NO_SCENE)[1]).toBeGreaterThan(0.05);
  });
});

describe('change', () => {
  const run = (seed: number, after: number): Evidence => {
    const random = seededRandom(seed);
    const evidence = new Evidence();
    for (let hour = 0; hour < 200; hour++) {
      let rewards = 0;
      for (let shown = 0; shown < 100; shown++) if (random.next() < (hour < 100 ? 0.02 : after)) rewards++;
      evidence.add('rye', hour * HOUR_MS, { trials: 100, rewards });
    }
    return evidence;
  };

  it('is found within a day of where it was', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const at = lastChange(run(seed, 0.006), ['rye']);
      expect(Math.abs((at ?? 0) / HOUR_MS - 100), `seed ${seed}`).toBeLessThan(24);
    }
  });

  it('is seldom found where nothing changed: in fewer than one of 20 flights', () => {
    let found = 0;
    for (let seed = 1; seed <= 100; seed++) if (lastChange(run(seed, 0.02), ['rye']) !== undefined) found++;
    expect(found).toBeLessThan(5);
  });
});

describe('effects', () => {
  const showings = fc.record({
    elements: fc.array(fc.constantFrom(11, 12, 13), { minLength: 1, maxLength: 2 }),
    circumstances: fc.array(fc.constantFrom(1, 2, 3), { maxLength: 2 }),
    rewards: fc.integer({ min: -1, max: 1 }),
  });

  it('are the same in whatever order showings come, merged or saved', () => {
    fc.assert(
      fc.property(fc.array(showings, { maxLength: 30 }), fc.nat(30), (list, cut) => {
        const sumsOf = (some: typeof list) => {
          const sums = new EffectSums();
          for (const { rewards, ...showing } of some) sums.add(showing, 1, rewards);
          return sums;
        };
        const whole = sumsOf(list);
        const merged = sumsOf(list.slice(cut));
        merged.merge(sumsOf(list.slice(0, cut)));
        expect(merged.save()).toEqual(whole.save());
        const back = EffectSums.restore(JSON.parse(JSON.stringify(sumsOf([...list].reverse()).save())));
        expect(back?.save()).toEqual(whole.save());
        expect(back?.effects().under(11, 2)).toEqual(whole.effects().under(11, 2));
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  it('are not restored from what cannot be', () => {
    for (const bad of [
      null,
      {},
      { features: [], together: [[1, 1, 1]] },
      { features: [[0, 'base', 'x']], together: [] },
    ])
      expect(EffectSums.restore(bad)).toBeUndefined();
  });

  it('tell what each element adds, and where: a combination never shown borrows from its elements', () => {
    const random = seededRandom(SEED);
    const sums = new EffectSums();
    const rateOf = (headline: number, picture: number, device: number): number =>
      0.03 * [1, 1.4][headline]! * [1, 0.7][picture]! * (headline === 1 && device === 1 ? 0.4 : 1);
    for (let shown = 0; shown < 60_000; shown++) {
      const [headline, picture, device] = [0, 0, 0].map(() => Math.floor(2 * random.next())) as [
        number,
        number,
        number,
      ];
      if (headline === 1 && picture === 0) continue;
      const rewards = random.next() < rateOf(headline, picture, device) ? 1 : 0;
      sums.add({ elements: [100 + headline, 200 + picture], circumstances: [300 + device] }, 1, rewards);
    }
    const effects = sums.effects();
    const score = (element: number, device: number) =>
      effects.of(element).mean + effects.under(element, device).mean;
    expect(score(101, 300), `seed ${SEED}`).toBeGreaterThan(score(100, 300));
    expect(score(101, 301), `seed ${SEED}`).toBeLessThan(score(100, 301));
    expect(effects.of(200).mean).toBeGreaterThan(effects.of(201).mean);
    expect(effects.of(999)).toEqual({ mean: 0, variance: effects.of(998).variance });
    expect(effects.of(999).variance).toBeGreaterThan(effects.of(100).variance);
  });
});

describe('in a seeded world', () => {
  const learning = CREATIVE_POLICIES.filter(({ name }) => !['even', 'weighted', 'sequential'].includes(name));
  for (const policy of learning)
    it(`${policy.name} earns more than showing all alike`, () => {
      const random = seededRandom(SEED);
      const rates = [0.02, 0.05, 0.03];
      const evidence = new Evidence();
      const sums = new EffectSums();
      const ids = ['rye', 'oat', 'spelt'];
      let earned = 0;
      const rounds = 240;
      for (let hour = 0; hour < rounds; hour++) {
        const belief = believe(evidence, {
          arms: ids.map((creativeId, place) => ({ creativeId, weight: 1, feature: place })),
          memory: policy.memory,
          nowMs: hour * HOUR_MS,
          usualRate: 0.03,
          effects: sums.effects(),
        });
        for (let shown = 0; shown < 50; shown++) {
          const { index } = choose(policy, belief, [0, 1, 2], NO_SCENE, random);
          const reward = random.next() < rates[index]! ? 1 : 0;
          earned += rates[index]!;
          evidence.add(ids[index]!, hour * HOUR_MS, { trials: 1, rewards: reward, value: 2 * reward });
          sums.add({ elements: [index], circumstances: [] }, 1, reward);
        }
      }
      expect(earned / (rounds * 50), `seed ${SEED}`).toBeGreaterThan(
        policy.name === 'top_two' ? 0.036 : 0.04,
      );
    });
});

function sorted(evidence: Evidence) {
  return evidence.save().arms;
}
