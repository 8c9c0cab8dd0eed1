/**
 * When the record of a line item's creatives last changed its nature: a rate that fits one number badly and two numbers well, the first
 * before and the second after some hour. The generalised likelihood ratio over all splits (Lorden 1971; for bandits Besson, Kaufmann,
 * Maillard & Seznec 2022, "Efficient Change-Point Detection for Tackling Piecewise-Stationary Bandits") is looked at for each creative; after
 * a change the search goes on in what came after it.
 */
import type { Evidence } from './evidence.ts';

/** Chance of a false alarm in one look over all hours of all creatives, by the union of all splits; less, since neighbouring splits agree. */
const FALSE_ALARMS = 0.05;
/** Two rates of a handful of rewards differ by chance in ways that the ratio does not know of. */
const REWARDS_MIN = 8;

/** Start of the hour since which everything looks alike; undefined where all of it does. */
export function lastChange(evidence: Evidence, ids: readonly string[]): number | undefined {
  let sinceMs: number | undefined;
  const records = ids.map((id) => evidence.hoursOf(id));
  const splits = records.reduce((sum, record) => sum + record.length, 0);
  const least = Math.log(Math.max(1, splits) / FALSE_ALARMS);
  for (let changes = 0; changes < CHANGES_MAX; changes++) {
    let greatest = least;
    let found: number | undefined;
    for (const record of records) {
      const split = bestSplit(
        record.filter(({ startMs }) => startMs >= (sinceMs ?? Number.NEGATIVE_INFINITY)),
      );
      if (split && split.gain > greatest) {
        greatest = split.gain;
        found = split.startMs;
      }
    }
    if (found === undefined || found === sinceMs) break;
    sinceMs = found;
  }
  return sinceMs;
}

/** A market that changes more often is better served by fading. */
const CHANGES_MAX = 8;

type Hours = ReturnType<Evidence['hoursOf']>;

function bestSplit(hours: Hours): { readonly startMs: number; readonly gain: number } | undefined {
  let trials = 0;
  let rewards = 0;
  for (const hour of hours) {
    trials += hour.trials;
    rewards += hour.rewards;
  }
  if (rewards < REWARDS_MIN) return undefined;
  const whole = likelihood(trials, rewards);
  let before = 0;
  let beforeRewards = 0;
  let best: { startMs: number; gain: number } | undefined;
  for (let split = 1; split < hours.length; split++) {
    before += hours[split - 1]!.trials;
    beforeRewards += hours[split - 1]!.rewards;
    const gain =
      likelihood(before, beforeRewards) + likelihood(trials - before, rewards - beforeRewards) - whole;
    if (gain > (best?.gain ?? 0)) best = { startMs: hours[split]!.startMs, gain };
  }
  return best;
}

/** Log-likelihood of so many rewards at their own rate. */
function likelihood(trials: number, rewards: number): number {
  const failures = trials - rewards;
  if (!(rewards > 0 && failures > 0)) return 0;
  return rewards * Math.log(rewards / trials) + failures * Math.log(failures / trials);
}
