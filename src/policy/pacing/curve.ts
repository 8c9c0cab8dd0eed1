/**
 * When a budget is to be spent: a share for every moment of its period, by a forecast of the traffic and a shape over it. Controllers
 * then hold spend to that share instead of to the clock (ρ_t = what is left · f(now) / Σ rest f), so that a bid buys as much at
 * night as by day, and no more at night than there is.
 *
 * The forecast is the average traffic of each hour of the week, over about the last four weeks. An hour seen for little time is shrunk
 * to that hour of all days, and that to the parent's forecast or to the average of all hours: who has seen nothing forecasts the
 * same for each.
 * (One sample of past traffic is enough for a plan whose regret is near the least there can be: Balseiro et al. 2023, "Robust Budget
 * Pacing with a Single Sample".)
 *
 * A server that saw 1,000 requests an hour by day and 200 at night for a week plans five times as much spend for an hour by day.
 */

const HOUR_MS = 3_600_000;
const HOURS = 168;
/** 1 January 1970 was a Thursday; hours of the week begin with Monday, in UTC, so that every zone reads the same curve. */
const THURSDAY_HOURS = 72;
/** Time seen of an hour of the week that counts as much as the forecast it is shrunk to. */
const SHRINK_HOURS = 0.5;
/** Older weeks fade: of one four weeks ago a third is left. */
const MEMORY_HOURS = 4;
/** After a longer silence of the counter, nobody knows what traffic there was. */
const GAP_MS_MAX = 600_000;

interface Saved {
  readonly version: 1;
  readonly counts: readonly number[];
  readonly hours: readonly number[];
}

export class TrafficCurve {
  readonly #counts = new Float64Array(HOURS);
  /** Time that was seen of each hour. */
  readonly #hours = new Float64Array(HOURS);

  /** `count` requests between two moments, at most some minutes apart. */
  saw(fromMs: number, toMs: number, count: number): void {
    const length = toMs - fromMs;
    if (!(length > 0 && length <= GAP_MS_MAX && count >= 0 && count <= Number.MAX_SAFE_INTEGER)) return;
    const hour = hourOfWeek(fromMs + length / 2);
    const keep = Math.exp(-length / HOUR_MS / MEMORY_HOURS);
    this.#counts[hour] = this.#counts[hour]! * keep + count;
    this.#hours[hour] = this.#hours[hour]! * keep + length / HOUR_MS;
  }

  /** Traffic to be expected at a moment, for the average of all hours; above 0 and finite. */
  weightAt(atMs: number, parent?: TrafficCurve): number {
    const usual = this.#average();
    if (!(usual > 0)) return parent ? parent.weightAt(atMs) : 1;
    const hour = hourOfWeek(atMs);
    const lent = SHRINK_HOURS * this.#weightOfDay(hour % 24, usual, parent?.weightAt(atMs) ?? 1);
    const weight = (this.#counts[hour]! / usual + lent) / (this.#hours[hour]! + SHRINK_HOURS);
    // An hour without any traffic is still part of the period.
    return Math.max(weight, 1e-3);
  }

  save(): Saved {
    return { version: 1, counts: [...this.#counts], hours: [...this.#hours] };
  }

  /** False, and nothing taken, for what cannot be believed. */
  restore(saved: unknown): boolean {
    const { version, counts, hours } = (saved ?? {}) as Partial<Saved>;
    const areSums = (sums: readonly number[] | undefined): sums is readonly number[] =>
      Array.isArray(sums) && sums.length === HOURS && sums.every((sum) => sum >= 0 && sum < 1e15);
    if (version !== 1 || !areSums(counts) || !areSums(hours)) return false;
    this.#counts.set(counts);
    this.#hours.set(hours);
    return true;
  }

  /** The same hour of all days: what is known of a Tuesday when only Monday was seen. */
  #weightOfDay(hourOfDay: number, usual: number, parentWeight: number): number {
    let count = SHRINK_HOURS * parentWeight * usual;
    let hours = SHRINK_HOURS;
    for (let hour = hourOfDay; hour < HOURS; hour += 24) {
      count += this.#counts[hour]!;
      hours += this.#hours[hour]!;
    }
    return count / hours / usual;
  }

  /** Requests in an hour, in the mean of the hours seen. */
  #average(): number {
    let rates = 0;
    let seen = 0;
    for (let hour = 0; hour < HOURS; hour++) {
      if (!(this.#hours[hour]! > 0)) continue;
      // Each hour of the week counts alike, however long it was seen.
      const sure = this.#hours[hour]! / (this.#hours[hour]! + SHRINK_HOURS);
      rates += (sure * this.#counts[hour]!) / this.#hours[hour]!;
      seen += sure;
    }
    return seen > 0 ? rates / seen : 0;
  }
}

/** `even`: as traffic comes. `ahead`: more of it early. A list: a weight for each hour of the period, the last for all that follow. */
export type SpendShape = 'even' | 'ahead' | readonly number[];

/** Ahead spends a quarter more than even at the beginning and as much less at the end: 56 % in the first half. */
const AHEAD = 0.25;

export interface Period {
  readonly startMs: number;
  readonly endMs: number;
}

/** Share of the period's budget to be spent from its start to a moment: rising from 0 to 1, by real hours (a day may have 23 or 25). */
export function plannedShare(
  { startMs, endMs }: Period,
  atMs: number,
  shape: SpendShape,
  weightAt: (atMs: number) => number,
): number {
  if (!(atMs > startMs)) return 0;
  if (!(atMs < endMs)) return 1;
  let before = 0;
  let all = 0;
  for (let hour = 0; startMs + hour * HOUR_MS < endMs; hour++) {
    const from = startMs + hour * HOUR_MS;
    const to = Math.min(from + HOUR_MS, endMs);
    const middle = (from + to) / 2;
    const weight =
      shapeWeight(shape, hour, (middle - startMs) / (endMs - startMs)) * positive(weightAt(middle));
    all += weight * (to - from);
    before += weight * Math.max(0, Math.min(to, atMs) - from);
  }
  return all > 0 ? Math.min(1, before / all) : (atMs - startMs) / (endMs - startMs);
}

function shapeWeight(shape: SpendShape, hour: number, elapsed: number): number {
  if (shape === 'even') return 1;
  if (shape === 'ahead') return 1 + AHEAD * (1 - 2 * elapsed);
  return positive(shape[Math.min(hour, shape.length - 1)] ?? 1);
}

function hourOfWeek(atMs: number): number {
  const hour = (Math.floor(atMs / HOUR_MS) + THURSDAY_HOURS) % HOURS;
  return Number.isInteger(hour) ? (hour + HOURS) % HOURS : 0;
}

/** Far beyond any ratio of two hours, and far from where products of two of them end. */
const WEIGHT_MAX = 1e9;

function positive(value: number): number {
  return value > 0 ? Math.min(value, WEIGHT_MAX) : 0;
}
