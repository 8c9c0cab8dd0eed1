/**
 * Watches an hourly figure, a price or a rate, for hours that are unlike any it has seen. What an hour should be is the median of the same
 * time of day over the last days. A rise is measured in steps of the usual deviation; a fall in steps of the usual deviation of the
 * logarithm, since a price cannot fall by more than all of itself. Usual is the median deviation of two weeks (Rousseeuw & Croux 1993), which
 * single hours do not move. An hour alarms when it is far out and further than anything of the last two months: a figure that leaps every
 * week is not news. Strictly causal; it knows nothing of the series but what came before.
 */

export interface HourVerdict {
  /** Undefined while too little was seen. */
  readonly expected: number | undefined;
  /** Steps of usual deviation, up positive and down negative. */
  readonly score: number;
  readonly isAlarm: boolean;
}

const HOURS_A_DAY = 24;
const EXPECTED_DAYS = 10;
const EXPECTED_VALUES_MIN = 9;
const USUAL_HOURS = 14 * HOURS_A_DAY;
const USUAL_HOURS_MIN = 48;
/** Scored and remembered from then on, and not told before ten days. */
const QUIET_HOURS = 10 * HOURS_A_DAY;
const SCORE_MIN = 9;
/** So many times as far out as the furthest that is remembered is news. */
const NEWS_FACTOR = 1.2;
const MEMORY_HOURS = 60 * HOURS_A_DAY;
/** Of what was expected; a figure of nothing is no further down than this. */
const FLOOR_SHARE = 1e-3;
/** Makes a median deviation the standard one of a normal curve. */
const NORMAL = 1.4826;

export class SeriesWatch {
  readonly #values: number[] = [];
  readonly #rises = new Deviations();
  readonly #falls = new Deviations();
  #hours = 0;

  /** The next hour. A gap is passed over by `skip`. */
  next(value: number): HourVerdict {
    const expected = this.#expected();
    this.#hours++;
    this.#keep(value);
    if (expected === undefined) return { expected, score: 0, isAlarm: false };
    const floor = FLOOR_SHARE * Math.abs(expected);
    const rise = this.#rises.score(value - expected);
    const fall = this.#falls.score(Math.log(Math.max(value, floor) / Math.max(expected, floor)));
    const isLoud = this.#hours > QUIET_HOURS;
    const up = this.#rises.isNews(Math.max(0, rise)) && isLoud;
    const down = this.#falls.isNews(Math.max(0, -fall)) && isLoud;
    const score = rise > -fall ? rise : fall;
    return { expected, score, isAlarm: up || down };
  }

  /** An hour of which nothing is known. */
  skip(): void {
    this.#hours++;
    this.#keep(Number.NaN);
    this.#rises.skip();
    this.#falls.skip();
  }

  #keep(value: number): void {
    this.#values.push(value);
    if (this.#values.length > HOURS_A_DAY * (EXPECTED_DAYS + 1)) this.#values.shift();
  }

  /** Of the same hour on the days before, and of its neighbours. */
  #expected(): number | undefined {
    const { length } = this.#values;
    const alike: number[] = [];
    for (let day = 1; day <= EXPECTED_DAYS; day++) {
      for (const beside of [-1, 0, 1]) {
        const value = this.#values[length - HOURS_A_DAY * day + beside];
        if (value !== undefined && !Number.isNaN(value)) alike.push(value);
      }
    }
    return alike.length < EXPECTED_VALUES_MIN ? undefined : median(alike);
  }
}

/** Deviations of one kind: how usual one is, and the furthest of the last months. */
class Deviations {
  readonly #recent: number[] = [];
  /** Furthest ones, falling, each later than the one before it: the first is the furthest of all that are remembered. */
  #furthest: { readonly hour: number; readonly score: number }[] = [];
  #hour = 0;

  score(deviation: number): number {
    this.#hour++;
    let score = 0;
    if (this.#recent.length >= USUAL_HOURS_MIN) {
      const middle = median(this.#recent);
      const usual = NORMAL * median(this.#recent.map((each) => Math.abs(each - middle)));
      score = usual > 0 ? (deviation - middle) / usual : 0;
    }
    this.#recent.push(deviation);
    if (this.#recent.length > USUAL_HOURS) this.#recent.shift();
    return score;
  }

  skip(): void {
    this.#hour++;
  }

  /** Of this hour's score in the direction that counts; it is remembered. */
  isNews(score: number): boolean {
    this.#furthest = this.#furthest.filter(({ hour }) => hour > this.#hour - MEMORY_HOURS);
    const isNews = score >= SCORE_MIN && score > NEWS_FACTOR * (this.#furthest[0]?.score ?? 0);
    while ((this.#furthest.at(-1)?.score ?? Number.POSITIVE_INFINITY) <= score) this.#furthest.pop();
    this.#furthest.push({ hour: this.#hour, score });
    return isNews;
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
