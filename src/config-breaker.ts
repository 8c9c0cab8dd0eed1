/**
 * A configuration that passed every check may still make bids fault. For a minute after a change, faults are watched; where they come in numbers that were
 * not there before, the configuration before is to be taken again. Fewer bids are no sign: somebody may have paused what was bidding.
 */
import type { Clock } from './core/clock.ts';

const WATCHED_MS = 60_000;
/** Fewer may be chance; each was answered 204 all the same. */
const FAULTS_MIN = 20;
/** So many times as often as in the minute before. */
const TIMES_MORE = 10;

export class ConfigurationBreaker<Configuration> {
  readonly #faults: () => number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #before: { readonly atMs: number; readonly faults: number }[] = [];
  #trial:
    | {
        readonly former: Configuration;
        readonly sinceMs: number;
        readonly faults: number;
        readonly usual: number;
      }
    | undefined;

  /** `faults` so far, as a counter that only grows. */
  constructor(faults: () => number, clock: Pick<Clock, 'monotonic'>) {
    this.#faults = faults;
    this.#clock = clock;
  }

  /** Another took the place of `former`. A change within the minute of another is judged alone: what it goes back to is what was there before it. */
  changed(former: Configuration): void {
    const [atMs, faults] = [this.#clock.monotonic(), this.#faults()];
    const oldest = this.#before[0];
    this.#trial = { former, sinceMs: atMs, faults, usual: oldest ? faults - oldest.faults : 0 };
  }

  /** What to go back to, once; undefined while all is well. To be called every few seconds. */
  poll(): Configuration | undefined {
    const [atMs, faults] = [this.#clock.monotonic(), this.#faults()];
    const trial = this.#trial;
    if (!trial) {
      this.#before.push({ atMs, faults });
      while (atMs - this.#before[0]!.atMs > WATCHED_MS) this.#before.shift();
      return undefined;
    }
    const since = faults - trial.faults;
    const isBad = since >= FAULTS_MIN && since > TIMES_MORE * trial.usual;
    if (!isBad && atMs - trial.sinceMs <= WATCHED_MS) return undefined;
    this.#trial = undefined;
    this.#before.length = 0;
    return isBad ? trial.former : undefined;
  }
}
