import { performance } from 'node:perf_hooks';

/** The only reader of the system's clock. Everything else is handed a Clock. */
export interface Clock {
  /** Milliseconds since 1970, UTC. May step; never use it to measure how long something took. */
  now(): number;
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonic(): number;
  /** The same as whoever waits for an answer lives it: where the day runs fast, `monotonic` goes with the day and this does not. */
  waiting(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  waiting: () => performance.now(),
};

/** Milliseconds that this thread's event loop has waited for something to do, since it began. */
export function idleMs(): number {
  return performance.eventLoopUtilization().idle;
}

/** A clock that runs `factor` times as fast as the system's, starting at `startMs`: the demo's day of 24 minutes. */
export function scaledClock(startMs: number, factor: number): Clock {
  const origin = performance.now();
  return {
    now: () => Math.floor(startMs + (performance.now() - origin) * factor),
    monotonic: () => (performance.now() - origin) * factor,
    waiting: () => performance.now() - origin,
  };
}

/** A clock moved by hand, for tests and simulation. */
export interface ManualClock extends Clock {
  set(nowMs: number): void;
  advance(milliseconds: number): void;
}

export function manualClock(startMs: number): ManualClock {
  let nowMs = startMs;
  let elapsedMs = 0;
  return {
    now: () => nowMs,
    monotonic: () => elapsedMs,
    waiting: () => elapsedMs,
    set: (next) => {
      elapsedMs += Math.max(0, next - nowMs);
      nowMs = next;
    },
    advance: (milliseconds) => {
      nowMs += milliseconds;
      elapsedMs += Math.max(0, milliseconds);
    },
  };
}
