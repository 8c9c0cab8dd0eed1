const FIRST_MS = 500;
const MAX_MS = 15_000;

/** How long to wait before the next attempt, longer after each failure: 0.5, 1, 2, 4, 8, 15, 15 … seconds. */
export function backoffMs(failures: number): number {
  return Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(failures, 10));
}
