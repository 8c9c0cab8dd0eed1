/** From evidence to what policies are shown: each creative's sums as the policy's memory reads them, and what it is taken to be before. */
import { lastChange } from './change.ts';
import type { Evidence, Reading } from './evidence.ts';
import type { Arm, Belief, Effects, Memory, Prior } from './policy.ts';

export interface Beginning {
  readonly arms: readonly Pick<Arm, 'creativeId' | 'weight' | 'feature' | 'shareMin' | 'shareMax'>[];
  readonly memory: Memory;
  readonly nowMs: number;
  /** Rewards in a trial over all that the advertiser has run: where a line item begins. */
  readonly usualRate: number;
  /** How long the flight is; four weeks where that is not known. Old results fade within a quarter of it. */
  readonly flightMs?: number;
  /** Share of the rewards that has come by an age; absent where they come at once. */
  readonly arrivedBy?: (ageMs: number) => number;
  readonly ahead?: number;
  readonly left?: number;
  readonly effects?: Effects;
}

/**
 * A creative is taken to be as the line item's others, with the weight of so many rewards; and the line item as all of the advertiser's.
 * In rewards rather than in trials, since these tell how much is known at any rate. The arms of real tests differ by a quarter of their mean
 * (Upworthy archive), which is 16 rewards; fewer, since what matters most are the tests that differ by more.
 */
const ARM_REWARDS = 3;
const LINE_REWARDS = 20;
const FLIGHT_MS = 28 * 86_400_000;
const HOUR_MS = 3_600_000;

export function believe(evidence: Evidence, beginning: Beginning): Belief {
  const { arms, ahead, left, effects } = beginning;
  const reading = readingOf(evidence, beginning);
  const read = arms.map((arm) => ({ ...arm, ...evidence.read(arm.creativeId, reading) }));
  return {
    arms: read,
    prior: priorOf(read, beginning.usualRate),
    ...(ahead === undefined ? {} : { ahead }),
    ...(left === undefined ? {} : { left }),
    ...(effects ? { effects } : {}),
  };
}

function readingOf(evidence: Evidence, beginning: Beginning): Reading {
  const { memory, nowMs, arrivedBy, flightMs = FLIGHT_MS } = beginning;
  const common = { nowMs, ...(arrivedBy ? { arrivedBy } : {}) };
  // Raj & Kalyani discount by step and Trovò et al. cut by step; here both go by time, so that every creative's results age alike.
  if (memory === 'fading') return { ...common, weightAt: (ageMs) => 0.5 ** (ageMs / (flightMs / 4)) };
  if (memory === 'window') return { ...common, sinceMs: nowMs - Math.max(flightMs / 2, HOUR_MS) };
  if (memory !== 'since_change') return common;
  const sinceMs = lastChange(
    evidence,
    beginning.arms.map(({ creativeId }) => creativeId),
  );
  return sinceMs === undefined ? common : { ...common, sinceMs };
}

function priorOf(arms: readonly Pick<Arm, 'trials' | 'rewards'>[], usualRate: number): Prior {
  const usual = Math.min(0.9, Math.max(usualRate, 1e-7));
  let trials = LINE_REWARDS / usual;
  let rewards = LINE_REWARDS;
  for (const arm of arms) {
    trials += Math.max(arm.trials, arm.rewards);
    rewards += arm.rewards;
  }
  const rate = Math.min(0.9, rewards / trials);
  return { rate, trials: ARM_REWARDS / rate };
}
