/** The normal distribution. */

/** Φ(z), to 1e-15 in the middle and with relative precision in the tails (West 2005, "Better approximations to cumulative normal functions"). */
export function normalBelow(z: number): number {
  const distance = Math.abs(z);
  if (distance > 37) return z > 0 ? 1 : 0;
  const density = Math.exp((-distance * distance) / 2);
  let tail: number;
  if (distance < 7.071_067_811_865_47) {
    const above = [
      3.526_249_659_989_11e-2, 0.700_383_064_443_688, 6.373_962_203_531_65, 33.912_866_078_383,
      112.079_291_497_871, 221.213_596_169_931, 220.206_867_912_376,
    ].reduce((sum, factor) => sum * distance + factor, 0);
    const below = [
      8.838_834_764_831_84e-2, 1.755_667_163_182_64, 16.064_177_579_207, 86.780_732_202_946_1,
      296.564_248_779_674, 637.333_633_378_831, 793.826_512_519_948, 440.413_735_824_752,
    ].reduce((sum, factor) => sum * distance + factor, 0);
    tail = (density * above) / below;
  } else {
    const fraction = [4, 3, 2, 1].reduce((sum, step) => distance + step / sum, distance + 0.65);
    tail = density / fraction / 2.506_628_274_631;
  }
  return z > 0 ? 1 - tail : tail;
}

/** z with Φ(z) = share, by halving: shares within 0 and 1, to 1e-12. */
export function normalAt(share: number): number {
  if (!(share > 0 && share < 1)) throw new RangeError(`no share of a distribution: ${share}`);
  let low = -38;
  let high = 38;
  while (high - low > 1e-12) {
    const middle = (low + high) / 2;
    if (normalBelow(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
