/**
 * Work that is longer than bids may wait, cut into pieces by `yield`: done at once where nobody waits, else a millisecond at a time,
 * with whatever came meanwhile in between.
 */
import { systemClock } from '../core/clock.ts';

export type Work<Result> = Generator<undefined, Result>;

/** So many items of a few hundred nanoseconds between two looks at the clock. */
export const ITEMS_A_PIECE = 32;
const TURN_MS = 1;

export function atOnce<Result>(work: Work<Result>): Result {
  for (;;) {
    const piece = work.next();
    if (piece.done) return piece.value;
  }
}

export async function inTurns<Result>(work: Work<Result>): Promise<Result> {
  for (;;) {
    const endMs = systemClock.monotonic() + TURN_MS;
    do {
      const piece = work.next();
      if (piece.done) return piece.value;
    } while (systemClock.monotonic() < endMs);
    await nextTurn();
  }
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** The values of a list, a piece at a time. */
export function* eachOf<Item>(items: Iterable<Item>, each: (item: Item, place: number) => void): Work<void> {
  let place = 0;
  for (const item of items) {
    each(item, place);
    if (++place % ITEMS_A_PIECE === 0) yield;
  }
}

/** An object as JSON, written entry by entry. */
export function* jsonOf(entries: Iterable<readonly [key: string, value: unknown]>): Work<string> {
  const parts: string[] = [];
  yield* eachOf(entries, ([key, value]) => {
    parts.push(`${JSON.stringify(key)}:${JSON.stringify(value)}`);
  });
  return `{${parts.join()}}`;
}
