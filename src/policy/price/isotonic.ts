/**
 * Isotonic regression by pooling adjacent violators (Ayer, Brunk, Ewing, Reid & Silverman 1955, "An Empirical Distribution
 * Function for Sampling with Incomplete Information"): of all rising sequences the one of the least weighted square distance. Of bare wins and
 * losses by bid it is the most likely distribution of the price: [0.2, 0.5, 0.3] with equal weights becomes [0.2, 0.4, 0.4].
 */

/** Into `fitted`, which may be `values`. Every weight is above 0. */
export function isotonic(values: ArrayLike<number>, weights: ArrayLike<number>, fitted: Float64Array): void {
  const sums = new Float64Array(values.length);
  const masses = new Float64Array(values.length);
  const ends = new Int32Array(values.length);
  let blocks = 0;
  for (let index = 0; index < values.length; index++) {
    let mass = weights[index]!;
    let sum = values[index]! * mass;
    while (blocks > 0 && sums[blocks - 1]! / masses[blocks - 1]! >= sum / mass) {
      blocks--;
      sum += sums[blocks]!;
      mass += masses[blocks]!;
    }
    sums[blocks] = sum;
    masses[blocks] = mass;
    ends[blocks++] = index;
  }
  let index = 0;
  for (let block = 0; block < blocks; block++)
    while (index <= ends[block]!) fitted[index++] = sums[block]! / masses[block]!;
}
