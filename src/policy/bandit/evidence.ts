/**
 * What creatives of one line item were rewarded with, by the hour in which they were bid. Counts only ever add up, so the order of
 * events does not matter and the evidence of several processes merges exactly; what is late, still to come or long ago is weighed
 * when it is read, never in place. A reward belongs to the hour of its bid whenever it comes, and one that is taken back is added with
 * a minus sign.
 */

export interface Reward {
  readonly trials?: number;
  readonly rewards?: number;
  /** Worth of the rewards, in units of the account's currency. */
  readonly value?: number;
}

export interface Sums {
  readonly trials: number;
  readonly rewards: number;
  readonly value: number;
  readonly valueSquares: number;
}

/** What a reading gives: with the trials in full too, as if all of their rewards had come. */
export interface Read extends Sums {
  readonly shown: number;
}

/** How evidence is weighed by its age. All but `nowMs` may be left out: then everything counts in full. */
export interface Reading {
  readonly nowMs: number;
  /** Share of the rewards that has come by an age: a trial counts as so much of a trial. */
  readonly arrivedBy?: (ageMs: number) => number;
  /** Weight of trial and reward, 0..1. */
  readonly weightAt?: (ageMs: number) => number;
  /** Hours that began before it do not count. */
  readonly sinceMs?: number;
}

export const NOTHING: Read = { shown: 0, trials: 0, rewards: 0, value: 0, valueSquares: 0 };

const HOUR_MS = 3_600_000;
/** As long as the longest delay that counts. Older hours are one sum, which every reading counts as of that age. */
const HOURS_KEPT = 30 * 24;
/** In place of an hour, for all that are older than those kept. */
const BEFORE = -1;
/** No line item shows so many; more are another's, or a fault. */
const ARMS_MAX = 5000;
const COUNT_MAX = 1e15;

type Cell = { trials: number; rewards: number; value: number; valueSquares: number };

export class Evidence {
  readonly #arms = new Map<string, Map<number, Cell>>();
  /** The hour before which all is one sum. */
  #horizon = 0;

  /** `bidAtMs` is when the bid was made that is rewarded now. What is no number is left out; gives whether it was taken. */
  add(id: string, bidAtMs: number, { trials = 0, rewards = 0, value = 0 }: Reward): boolean {
    if (![bidAtMs, trials, rewards, value].every(isBounded) || bidAtMs < 0) return false;
    const hours = this.#hoursOf(id);
    if (!hours) return false;
    const hour = Math.floor(bidAtMs / HOUR_MS);
    const sign = rewards < 0 || value < 0 ? -1 : 1;
    addTo(hours, hour < this.#horizon ? BEFORE : hour, {
      trials,
      rewards,
      value,
      valueSquares: sign * value * value,
    });
    return true;
  }

  /** Adds all that the other has seen. Two halves of a story, merged either way, give the whole. */
  merge(other: Evidence): void {
    this.#raise(other.#horizon);
    for (const [id, hours] of other.#arms) {
      const own = this.#hoursOf(id);
      if (!own) continue;
      for (const [hour, cell] of hours) addTo(own, hour < this.#horizon ? BEFORE : hour, cell);
    }
  }

  /** Makes one sum of the hours that are older than any reading tells apart. Early or late, every sum stays the same. */
  fold(nowMs: number): void {
    this.#raise(Math.floor(nowMs / HOUR_MS) - HOURS_KEPT);
  }

  ids(): Iterable<string> {
    return this.#arms.keys();
  }

  /** Sums are never below nought, whatever was taken back. */
  read(id: string, reading: Reading): Read {
    const hours = this.#arms.get(id);
    if (!hours) return NOTHING;
    const sums: Cell = { trials: 0, rewards: 0, value: 0, valueSquares: 0 };
    let shown = 0;
    // In the order of time, so that the same counts give the same sums to the last digit.
    for (const hour of [...hours.keys()].sort((a, b) => a - b)) {
      if (hour * HOUR_MS < (reading.sinceMs ?? Number.NEGATIVE_INFINITY)) continue;
      const cell = hours.get(hour)!;
      const ageMs = this.#ageOf(hour, reading.nowMs);
      const weight = reading.weightAt?.(ageMs) ?? 1;
      shown += weight * cell.trials;
      sums.trials += weight * cell.trials * (reading.arrivedBy?.(ageMs) ?? 1);
      sums.rewards += weight * cell.rewards;
      sums.value += weight * cell.value;
      sums.valueSquares += weight * cell.valueSquares;
    }
    return {
      shown: Math.max(0, shown),
      trials: Math.max(0, sums.trials),
      rewards: Math.max(0, sums.rewards),
      value: Math.max(0, sums.value),
      valueSquares: Math.max(0, sums.valueSquares),
    };
  }

  /** Trials and rewards of each hour, oldest first, for the search for a change. */
  hoursOf(
    id: string,
  ): readonly { readonly startMs: number; readonly trials: number; readonly rewards: number }[] {
    const hours = this.#arms.get(id) ?? new Map<number, Cell>();
    return [...hours]
      .sort(([a], [b]) => a - b)
      .map(([hour, { trials, rewards }]) => ({
        startMs: (hour === BEFORE ? this.#horizon - 1 : hour) * HOUR_MS,
        trials,
        rewards,
      }));
  }

  /** In a canonical order: the same evidence is the same text. */
  save(): SavedEvidence {
    const arms = [...this.#arms].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      horizon: this.#horizon,
      arms: arms.map(([id, hours]) => [
        id,
        [...hours]
          .sort(([a], [b]) => a - b)
          .map(([hour, cell]) => [hour, cell.trials, cell.rewards, cell.value, cell.valueSquares]),
      ]),
    };
  }

  /** Undefined for what cannot be believed: then begin with the prior, and say so. */
  static restore(saved: unknown): Evidence | undefined {
    const { horizon, arms } = (
      typeof saved === 'object' && saved !== null ? saved : {}
    ) as Partial<SavedEvidence>;
    if (!isBounded(horizon) || !Array.isArray(arms) || arms.length > ARMS_MAX) return undefined;
    const evidence = new Evidence();
    evidence.#horizon = horizon;
    for (const arm of arms) {
      if (!Array.isArray(arm)) return undefined;
      const [id, cells] = arm as [unknown, unknown];
      if (typeof id !== 'string' || !Array.isArray(cells)) return undefined;
      const hours = evidence.#hoursOf(id)!;
      for (const cell of cells) {
        if (!Array.isArray(cell) || cell.length !== 5 || !cell.every(isBounded)) return undefined;
        const [hour, trials, rewards, value, valueSquares] = cell as [number, number, number, number, number];
        if (!Number.isInteger(hour) || hour < BEFORE || trials < 0) return undefined;
        addTo(hours, hour, { trials, rewards, value, valueSquares });
      }
    }
    return evidence;
  }

  #hoursOf(id: string): Map<number, Cell> | undefined {
    let hours = this.#arms.get(id);
    if (!hours && this.#arms.size < ARMS_MAX) this.#arms.set(id, (hours = new Map()));
    return hours;
  }

  /** Of the middle of an hour; of one that is not over, of what has passed of it. */
  #ageOf(hour: number, nowMs: number): number {
    const startMs = (hour === BEFORE ? this.#horizon - 1 : hour) * HOUR_MS;
    return Math.max(0, nowMs - (startMs + Math.min(nowMs, startMs + HOUR_MS)) / 2);
  }

  #raise(horizon: number): void {
    if (horizon <= this.#horizon) return;
    this.#horizon = horizon;
    for (const hours of this.#arms.values())
      for (const [hour, cell] of hours)
        if (hour !== BEFORE && hour < horizon) {
          hours.delete(hour);
          addTo(hours, BEFORE, cell);
        }
  }
}

/** Hours as `[hour, trials, rewards, value, valueSquares]`. */
export interface SavedEvidence {
  readonly horizon: number;
  readonly arms: readonly (readonly [string, readonly (readonly number[])[]])[];
}

function addTo(hours: Map<number, Cell>, hour: number, more: Cell): void {
  const cell = hours.get(hour);
  if (!cell) hours.set(hour, { ...more });
  else {
    cell.trials += more.trials;
    cell.rewards += more.rewards;
    cell.value += more.value;
    cell.valueSquares += more.valueSquares;
  }
}

function isBounded(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) < COUNT_MAX;
}
