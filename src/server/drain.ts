/** The orderly end: once it has begun, the process reports not ready and asks its callers to connect elsewhere. */
import { systemClock } from '../core/clock.ts';

/** So long without a request, and whoever sends them has gone elsewhere. */
const QUIET_MS = 500;
const LOOK_MS = 25;

export class Drain {
  #begun = false;
  #open = 0;
  #lastEnteredMs = Number.NEGATIVE_INFINITY;
  #isWatched = false;
  #isTold = false;
  readonly #waiting: (() => void)[] = [];

  get begun(): boolean {
    return this.#begun;
  }

  /** Requests being answered now. */
  get open(): number {
    return this.#open;
  }

  begin(): void {
    this.#begun = true;
  }

  enter(): void {
    this.#open++;
    this.#lastEnteredMs = systemClock.monotonic();
  }

  leave(): void {
    this.#open--;
    if (this.#open === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** A balancer asks whether to send requests here. */
  ready(): boolean {
    this.#isWatched = true;
    this.#isTold ||= this.#begun;
    return !this.#begun;
  }

  /** Resolves when nothing is being answered. */
  idle(): Promise<void> {
    if (this.#open === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /**
   * Resolves when callers have gone: whoever asks for the readiness was told, and nothing came for half a second; or `mostMs` are over.
   * A door that closes at once refuses whatever a balancer sends before its next look. Silence alone proves nothing, for the caller may
   * be held up.
   */
  async deserted(mostMs: number): Promise<void> {
    const untilMs = systemClock.monotonic() + mostMs;
    for (;;) {
      const nowMs = systemClock.monotonic();
      const isQuiet = this.#open === 0 && nowMs - this.#lastEnteredMs >= QUIET_MS;
      if (nowMs >= untilMs || (isQuiet && this.#isTold === this.#isWatched)) return;
      await new Promise((resolve) => setTimeout(resolve, Math.min(LOOK_MS, untilMs - nowMs)));
    }
  }
}
