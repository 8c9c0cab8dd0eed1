/**
 * Chance to win from bare wins and losses: a logistic curve in the logarithm of the bid, which is smooth where little was bid, under an
 * isotonic one, which follows the prices that many rivals quote. With wins and losses alone the price is current-status
 * data: nothing is known of it but on which side of our own bid it lay.
 */
import { BID_KNOTS } from './bins.ts';
import { isotonic } from './isotonic.ts';

const LOG_KNOTS = BID_KNOTS.map((knot) => Math.log(knot / 1_000_000));

/** Before anything is seen: half is won at 1.00 CPM, give or take a factor of three, rising as prices of a log deviation of 0.9 would. */
const SLOPE_EXPECTED = 2;
const SLOPE_PRECISION = 4;
const OFFSET_PRECISION = 0.25;
const SLOPE_MIN = 0.3;
const SLOPE_MAX = 20;
/** Of a context against its parent: a factor of e in the odds either way is nothing special. */
const SHIFT_PRECISION = 1;
/** What the smooth curve counts for in each bin: five bids there outweigh it. */
const CURVE_WEIGHT = 5;
/** Newton's steps; from any start the sums met are stable after six or so. */
const STEPS = 12;
/** No standard error is taken from a chance nearer to certain than this: the estimate itself is uncertain. */
const VARIANCE_MIN = 0.01;

export interface WinRates {
  readonly shares: Float64Array;
  readonly errors: Float64Array;
}

/** From wins and losses by BID_KNOTS; `parent` holds the shares of the wider context, undefined at the root. */
export function winRates(
  wins: Float64Array,
  losses: Float64Array,
  parent: Float64Array | undefined,
): WinRates {
  const trials = wins.map((won, bin) => won + losses[bin]!);
  const curve = parent ? shifted(parent, wins, trials) : logistic(wins, trials);
  const weights = trials.map((tried) => tried + CURVE_WEIGHT);
  const shares = curve.map((chance, bin) => (wins[bin]! + CURVE_WEIGHT * chance) / weights[bin]!);
  isotonic(shares, weights, shares);
  const errors = shares.map((chance, bin) =>
    Math.sqrt(Math.max(VARIANCE_MIN, chance * (1 - chance)) / weights[bin]!),
  );
  return { shares, errors };
}

/** The parent's curve with its odds multiplied by one factor, the likeliest for what was seen here. */
function shifted(parent: Float64Array, wins: Float64Array, trials: Float64Array): Float64Array {
  const odds = parent.map(logOdds);
  let shift = 0;
  for (let step = 0; step < STEPS; step++) {
    let slope = -SHIFT_PRECISION * shift;
    let bend = SHIFT_PRECISION;
    for (let bin = 0; bin < trials.length; bin++) {
      const tried = trials[bin]!;
      if (tried === 0) continue;
      const chance = sigmoid(odds[bin]! + shift);
      slope += wins[bin]! - tried * chance;
      bend += tried * chance * (1 - chance);
    }
    shift += within(slope / bend, -1, 1);
  }
  return odds.map((logarithm) => sigmoid(logarithm + shift));
}

/** Penalised maximum likelihood of σ(slope · ln bid − offset). */
function logistic(wins: Float64Array, trials: Float64Array): Float64Array {
  let slope = SLOPE_EXPECTED;
  let offset = 0;
  for (let step = 0; step < STEPS; step++) {
    let gradientOffset = -OFFSET_PRECISION * offset;
    let gradientSlope = -SLOPE_PRECISION * (slope - SLOPE_EXPECTED);
    let offsets = OFFSET_PRECISION;
    let mixed = 0;
    let slopes = SLOPE_PRECISION;
    for (let bin = 0; bin < trials.length; bin++) {
      const tried = trials[bin]!;
      if (tried === 0) continue;
      const place = LOG_KNOTS[bin]!;
      const chance = sigmoid(slope * place - offset);
      const excess = wins[bin]! - tried * chance;
      const bend = tried * chance * (1 - chance);
      gradientOffset -= excess;
      gradientSlope += excess * place;
      offsets += bend;
      mixed -= bend * place;
      slopes += bend * place * place;
    }
    const determinant = offsets * slopes - mixed * mixed;
    const offsetStep = (slopes * gradientOffset - mixed * gradientSlope) / determinant;
    const slopeStep = (offsets * gradientSlope - mixed * gradientOffset) / determinant;
    const scale = 1 / Math.max(1, Math.abs(offsetStep) / 3, Math.abs(slopeStep));
    offset += scale * offsetStep;
    slope = within(slope + scale * slopeStep, SLOPE_MIN, SLOPE_MAX);
  }
  return LOG_KNOTS.map((place) => sigmoid(slope * place - offset));
}

function sigmoid(logarithm: number): number {
  return 1 / (1 + Math.exp(-logarithm));
}

function logOdds(chance: number): number {
  const bounded = within(chance, 1e-6, 1 - 1e-6);
  return Math.log(bounded / (1 - bounded));
}

/** Not a number counts as the least. */
function within(value: number, least: number, most: number): number {
  return value > least ? Math.min(value, most) : least;
}
