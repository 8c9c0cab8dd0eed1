/**
 * Keeps calls from a store that does not answer: after `failuresMax` failures in a row everybody is refused, and once in
 * `pauseMs` a single caller is let through to see whether it is back.
 */
import type { Clock } from '../../core/clock.ts';

export interface CircuitLimits {
  readonly failuresMax: number;
  readonly pauseMs: number;
}

export class Circuit {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #limits: CircuitLimits;
  #failures = 0;
  /** When the next caller may try, while open. */
  #tryAtMs = 0;

  constructor(clock: Pick<Clock, 'monotonic'>, limits: CircuitLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get isOpen(): boolean {
    return this.#failures >= this.#limits.failuresMax;
  }

  /** True for everybody while closed, and for one caller in each pause while open. */
  admits(): boolean {
    if (!this.isOpen) return true;
    const nowMs = this.#clock.monotonic();
    if (nowMs < this.#tryAtMs) return false;
    this.#tryAtMs = nowMs + this.#limits.pauseMs;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(): void {
    this.#failures++;
    if (this.isOpen) this.#tryAtMs = this.#clock.monotonic() + this.#limits.pauseMs;
  }
}
