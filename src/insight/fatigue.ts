/**
 * Whether a creative has worn out: its clicks fall with its impressions faster than those of the line item's others do on the same days, since
 * weekends, seasons and other markets wear nobody out. A score test of a trend (after Cochran 1954 and Armitage 1955), conditional on each day's clicks:
 * of a day's clicks so many were its own as its impressions and its usual attraction make expect, and it asks whether what is missing grows. Where
 * days differ by more than chance the test is made stricter by as much.
 *
 * One look at a creative that does not change calls it worn out with a probability of one in a thousand, daily looks over a month with one in a hundred;
 * simulated, 0 to 1.8 in a thousand and 0.1 to 1.1 in a hundred over markets that stand, swing and fall. One that has lost half of its rate over its
 * life is found in six of ten cases by 400 clicks, one that has lost a third hardly before a thousand.
 */

export interface FatigueDay {
  /** yyyy-mm-dd. */
  readonly day: string;
  readonly impressions: number;
  readonly clicks: number;
}

export interface Fatigue {
  readonly fatigued: boolean;
  /** One-sided: of so steep a fall where nothing changes. */
  readonly chance: number;
  /** Part of its rate that went from its first impression to its last, and the interval of 95 %; below 0 where it gained. */
  readonly lost: number;
  readonly lostLow: number;
  readonly lostHigh: number;
  /** `itself`: there are no others to tell it from the times by. */
  readonly against: 'others' | 'itself';
}

/** In standard deviations: one in a thousand, one-sided. */
const FROM = 3.09;
/** With fewer the normal limit is not to be relied on. */
const CLICKS_MIN = 20;
const DAYS_MIN = 3;
/** Others with fewer clicks than this part of its own would hide more than they explain. */
const OTHERS_MIN = 0.5;
const Z95 = 1.959964;

/** Undefined where too little is known. `others` are all of the line item's but this one, by day. */
export function fatigueOf(
  own: readonly FatigueDay[],
  others: ReadonlyMap<string, Pick<FatigueDay, 'impressions' | 'clicks'>>,
): Fatigue | undefined {
  const days = [...own].filter(({ impressions }) => impressions > 0).sort((a, b) => (a.day < b.day ? -1 : 1));
  const clicks = total(days, ({ clicks: came }) => came);
  if (clicks < CLICKS_MIN || days.length < DAYS_MIN) return undefined;
  const otherClicks = total(days, ({ day }) => others.get(day)?.clicks ?? 0);
  const isMatched = otherClicks >= OTHERS_MIN * clicks;
  const times = exposures(days);
  const expected = isMatched
    ? shareOfDays(days, others)
    : days.map(({ impressions }) => {
        const mean = (clicks / total(days, (day) => day.impressions)) * impressions;
        return { mean, variance: mean };
      });
  let score = 0;
  let weight = 0;
  let weighted = 0;
  let squares = 0;
  let misfit = 0;
  let counted = 0;
  expected.forEach(({ mean, variance }, place) => {
    if (!(variance > 1e-9)) return;
    const rest = days[place]!.clicks - mean;
    const time = times[place]!;
    score += time * rest;
    weight += variance;
    weighted += variance * time;
    squares += variance * time * time;
    misfit += (rest * rest) / variance;
    counted++;
  });
  const information = weight > 0 ? squares - (weighted * weighted) / weight : 0;
  if (counted < DAYS_MIN || !(information > 1e-9)) return undefined;
  // What the trend itself explains is no misfit.
  const dispersion = Math.max(1, (misfit - score ** 2 / information) / (counted - 2));
  const slope = score / information;
  const deviation = Math.sqrt(dispersion / information);
  const z = slope / deviation;
  const lost = (logarithm: number): number => 1 - Math.exp(logarithm);
  return {
    fatigued: z < -FROM,
    chance: normalAtMost(z),
    lost: lost(slope),
    lostLow: lost(slope + Z95 * deviation),
    lostHigh: lost(slope - Z95 * deviation),
    against: isMatched ? 'others' : 'itself',
  };
}

/** The middle of each day on the scale of its impressions, 0 to 1: it wears by being seen, not by the calendar. */
function exposures(days: readonly FatigueDay[]): number[] {
  const all = total(days, ({ impressions }) => impressions);
  let before = 0;
  return days.map(({ impressions }) => {
    const middle = (before + impressions / 2) / all;
    before += impressions;
    return middle;
  });
}

/** Its part of each day's clicks, were its attraction beside the others the same on all days: the factor at which all add up. */
function shareOfDays(
  days: readonly FatigueDay[],
  others: ReadonlyMap<string, Pick<FatigueDay, 'impressions' | 'clicks'>>,
): { readonly mean: number; readonly variance: number }[] {
  const clicks = total(days, ({ clicks: came }) => came);
  const at = (factor: number) =>
    days.map(({ day, impressions, clicks: own }) => {
      const other = others.get(day);
      const all = own + (other?.clicks ?? 0);
      const share = (factor * impressions) / (factor * impressions + (other?.impressions ?? 0));
      return { mean: all * share, variance: all * share * (1 - share) };
    });
  let low = -20;
  let high = 20;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (total(at(Math.exp(middle)), ({ mean }) => mean) < clicks) low = middle;
    else high = middle;
  }
  return at(Math.exp((low + high) / 2));
}

/** Abramowitz & Stegun 26.2.17, to 1e-7. */
function normalAtMost(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    Math.exp((-z * z) / 2) *
    0.3989422804 *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z > 0 ? 1 - tail : tail;
}

function total<Row>(rows: readonly Row[], of: (row: Row) => number): number {
  return rows.reduce((sum, row) => sum + of(row), 0);
}
