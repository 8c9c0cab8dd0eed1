/**
 * The simplex search of Nelder & Mead 1965, "A Simplex Method for Function Minimization": no derivatives, a handful of
 * parameters. Yields before each evaluation, which is where a fit costs its time.
 */

export interface Minimum {
  readonly at: readonly number[];
  readonly value: number;
  readonly evaluations: number;
}

export interface SearchLimits {
  readonly evaluationsMax: number;
  /** Ends when the best and the worst corner differ by less, relatively. */
  readonly tolerance: number;
}

interface Corner {
  readonly at: readonly number[];
  readonly value: number;
}

/** A value that is no number counts as infinitely bad. `step` is the length of the first simplex's edges. */
export function* minimise(
  of: (at: readonly number[]) => number,
  start: readonly number[],
  step: number,
  { evaluationsMax, tolerance }: SearchLimits,
): Generator<undefined, Minimum> {
  let evaluations = 0;
  function* corner(at: readonly number[]): Generator<undefined, Corner> {
    yield;
    evaluations++;
    const value = of(at);
    return { at, value: Number.isNaN(value) ? Number.POSITIVE_INFINITY : value };
  }
  const corners = [yield* corner(start)];
  for (let axis = 0; axis < start.length; axis++)
    corners.push(yield* corner(start.map((value, index) => (index === axis ? value + step : value))));
  const byValue = (one: Corner, other: Corner): number => one.value - other.value;
  corners.sort(byValue);

  while (evaluations < evaluationsMax) {
    const best = corners[0]!;
    const worst = corners.at(-1)!;
    if (worst.value - best.value <= tolerance * (Math.abs(best.value) + tolerance)) break;
    const centre = start.map(
      (_, axis) => corners.slice(0, -1).reduce((sum, { at }) => sum + at[axis]!, 0) / start.length,
    );
    const along = (factor: number): readonly number[] =>
      centre.map((value, axis) => value + factor * (worst.at[axis]! - value));
    const reflected = yield* corner(along(-1));
    let next: Corner | undefined = reflected;
    if (reflected.value < best.value) {
      const expanded = yield* corner(along(-2));
      if (expanded.value < reflected.value) next = expanded;
    } else if (reflected.value >= corners.at(-2)!.value) {
      const inside = reflected.value >= worst.value;
      const contracted = yield* corner(along(inside ? 0.5 : -0.5));
      next = contracted.value < Math.min(reflected.value, worst.value) ? contracted : undefined;
    }
    if (next) corners[corners.length - 1] = next;
    else
      for (let index = 1; index < corners.length; index++) {
        const { at } = corners[index]!;
        corners[index] = yield* corner(at.map((value, axis) => (value + best.at[axis]!) / 2));
      }
    corners.sort(byValue);
  }
  return { ...corners[0]!, evaluations };
}
