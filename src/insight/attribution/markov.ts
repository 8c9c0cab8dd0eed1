/**
 * Removal effects in a Markov chain of channels (Anderl, Becker, von Wangenheim & Schumann 2016, "Mapping the customer journey",
 * International Journal of Research in Marketing 33): a channel's credit is in proportion to the share of conversions that would be
 * lost if everybody who came to it went away. Order 1: a step depends on the one before it alone.
 */
import type { AttributionModel, TouchPath } from './path.ts';
import { Ledger } from './path.ts';

export const markov: AttributionModel = {
  name: 'markov',
  about: 'By the conversions that would be lost without the channel, in a chain of channels.',
  credits: (paths) => {
    const chain = chainOf(paths);
    const base = conversionChance(chain, -1);
    const effects = chain.channels.map((_, removed) =>
      base > 0 ? Math.max(0, 1 - conversionChance(chain, removed) / base) : 0,
    );
    const sum = effects.reduce((total, effect) => total + effect, 0);
    const touched = paths.filter(({ touches }) => touches.length > 0);
    const conversions = touched.reduce((total, path) => total + path.conversions, 0);
    const value = touched.reduce((total, path) => total + path.valueMicros, 0);
    const ledger = new Ledger();
    chain.channels.forEach((channel, place) => {
      const share = sum > 0 ? effects[place]! / sum : 0;
      ledger.add(channel, share * conversions, share * value);
    });
    return ledger.credits;
  },
};

interface Chain {
  readonly channels: readonly string[];
  /** Share of those at a channel who go on to another: row by row. The last row is the start. */
  readonly steps: readonly Float64Array[];
  /** Share of those at a channel who convert next. */
  readonly converts: Float64Array;
}

function chainOf(paths: readonly TouchPath[]): Chain {
  const channels = [...new Set(paths.flatMap(({ touches }) => touches.map(({ channel }) => channel)))];
  const placeOf = new Map(channels.map((channel, place) => [channel, place]));
  const start = channels.length;
  const steps = Array.from({ length: start + 1 }, () => new Float64Array(start));
  const converts = new Float64Array(start + 1);
  const all = new Float64Array(start + 1);
  for (const { touches, conversions, misses } of paths) {
    if (touches.length === 0) continue;
    const people = conversions + misses;
    let at = start;
    for (const { channel } of touches) {
      const next = placeOf.get(channel)!;
      steps[at]![next]! += people;
      all[at]! += people;
      at = next;
    }
    converts[at]! += conversions;
    all[at]! += people;
  }
  for (let at = 0; at <= start; at++) {
    if (all[at] === 0) continue;
    for (let next = 0; next < start; next++) steps[at]![next]! /= all[at]!;
    converts[at]! /= all[at]!;
  }
  return { channels, steps, converts };
}

/** Of a beginner; `removed` is a place from which nobody goes on, or -1. Exact: (I − Q)⁻¹ r by elimination. */
function conversionChance({ channels, steps, converts }: Chain, removed: number): number {
  const size = channels.length;
  const rows = Array.from({ length: size }, (_, at) => {
    const row = new Float64Array(size + 1);
    if (at !== removed) {
      for (let next = 0; next < size; next++) if (next !== removed) row[next] = -steps[at]![next]!;
      row[size] = converts[at]!;
    }
    row[at]! += 1;
    return row;
  });
  for (let pivot = 0; pivot < size; pivot++) {
    let best = pivot;
    for (let row = pivot + 1; row < size; row++)
      if (Math.abs(rows[row]![pivot]!) > Math.abs(rows[best]![pivot]!)) best = row;
    [rows[pivot], rows[best]] = [rows[best]!, rows[pivot]!];
    const lead = rows[pivot]![pivot]!;
    // Nobody ever leaves these channels, so nobody converts from them.
    if (Math.abs(lead) < 1e-12) continue;
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue;
      const factor = rows[row]![pivot]! / lead;
      if (factor === 0) continue;
      for (let column = pivot; column <= size; column++)
        rows[row]![column]! -= factor * rows[pivot]![column]!;
    }
  }
  const start = steps[size]!;
  let chance = converts[size]!;
  for (let at = 0; at < size; at++) {
    const lead = rows[at]![at]!;
    if (at !== removed && Math.abs(lead) >= 1e-12) chance += start[at]! * (rows[at]![size]! / lead);
  }
  return chance;
}

/** The chance that somebody who begins converts at all. */
export function chanceOfConversion(paths: readonly TouchPath[]): number {
  return conversionChance(chainOf(paths), -1);
}
