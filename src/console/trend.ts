/** The last minutes as a row of samples, kept in memory only: rates for the tiles and lines for their sparklines. */

/** Running totals at one moment of the page's own clock. */
export interface Sample {
  readonly atMs: number;
  readonly requests: number;
  readonly bids: number;
  readonly wins: number;
  readonly spendMicros: number;
  readonly conversions: number;
}

/** What is worked out between two moments, and how many samples lie between them: rare events need a longer look. */
export interface Measure {
  readonly lookBack: number;
  between(from: Sample, to: Sample): number | undefined;
}

const SAMPLES_MAX = 120;
/** A line begins with this many places, so that the first seconds do not hide in a corner. */
const PLACES_MIN = 12;
const LOOK_BACK = 6;
/** Two answers closer than this are one moment: a rate between them would be noise. */
const APART_MS = 500;
/** A steady figure draws its line at four fifths of the height. */
const HEADROOM = 1.25;

/** A new row with the sample at its end. Totals that shrank mean another process: what came before is let go. */
export function extend(samples: readonly Sample[], next: Sample): readonly Sample[] {
  const last = samples.at(-1);
  if (last && (next.requests < last.requests || next.atMs < last.atMs)) return [next];
  const kept = last && next.atMs - last.atMs < APART_MS ? samples.slice(0, -1) : samples;
  return [...kept, next].slice(-SAMPLES_MAX);
}

/** The measure over the last seconds; undefined until there is something to compare. */
export function latest(samples: readonly Sample[], measure: Measure): number | undefined {
  return at(samples, samples.length - 1, measure);
}

/** The measure at each moment, oldest first; a moment without one repeats the value before it. */
export function series(samples: readonly Sample[], measure: Measure): number[] {
  const values: number[] = [];
  for (let index = 1; index < samples.length; index++) {
    const value = at(samples, index, measure) ?? values.at(-1);
    if (value !== undefined) values.push(value);
  }
  return values;
}

export function perSecond(total: (sample: Sample) => number, lookBack = LOOK_BACK): Measure {
  return {
    lookBack,
    between: (from, to) =>
      to.atMs > from.atMs ? ((total(to) - total(from)) * 1000) / (to.atMs - from.atMs) : undefined,
  };
}

export function shareOf(part: (sample: Sample) => number, whole: (sample: Sample) => number): Measure {
  return {
    lookBack: LOOK_BACK,
    between: (from, to) => {
      const all = whole(to) - whole(from);
      return all > 0 ? (part(to) - part(from)) / all : undefined;
    },
  };
}

/** Cost of a conversion over everything so far, as it stood at that moment. */
export const COST_PER_CONVERSION: Measure = {
  lookBack: 1,
  between: (_from, to) => (to.conversions > 0 ? to.spendMicros / to.conversions : undefined),
};

/**
 * Points of a line in a box, as the `points` of an SVG polyline. The scale always contains zero, so that a quiet figure
 * looks quiet and not like a mountain range.
 */
export function linePoints(values: readonly number[], width: number, height: number): string {
  if (values.length < 2) return '';
  const top = Math.max(...values, Number.MIN_VALUE) * HEADROOM;
  const step = width / (Math.max(PLACES_MIN, values.length) - 1);
  const start = width - step * (values.length - 1);
  return values
    .map(
      (value, index) =>
        `${(start + index * step).toFixed(1)},${(height - (Math.max(0, value) / top) * height).toFixed(1)}`,
    )
    .join(' ');
}

/** A long look back needs some time before it says anything: a rate of the first second would be an accident. */
function at(samples: readonly Sample[], index: number, measure: Measure): number | undefined {
  const start = Math.max(0, index - measure.lookBack);
  const [from, to] = [samples[start], samples[index]];
  if (!from || !to || index - start < measure.lookBack / PATIENCE) return undefined;
  return measure.between(from, to);
}

const PATIENCE = 6;
