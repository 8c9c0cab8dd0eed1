/** When requests come: an uneven stream, after the hours at which the cities are awake. */
import type { Random } from '../core/random.ts';
import { drawExponential } from '../core/sampling.ts';
import type { Scenario } from './story.ts';
import { activityOf } from './traffic.ts';

export interface Arrivals {
  /** Time of the next request; asking again gives the one after it. */
  next(): number;
}

/**
 * A Poisson process, thinned by the hour (Lewis & Shedler 1979): a day brings `requestsPerSecond` on average, its busiest
 * hour about a third more, its quietest a third of it.
 */
export function makeArrivals(
  startMs: number,
  requestsPerSecond: number,
  scenario: Scenario,
  random: Random,
): Arrivals {
  const mean = scenario.activity.reduce((sum, value) => sum + value, 0) / 24;
  const busiest = Math.max(...scenario.activity);
  const people = scenario.cities.reduce((sum, city) => sum + city.share, 0);
  const awake = (atMs: number): number =>
    scenario.cities.reduce((sum, city) => sum + city.share * activityOf(city.zone, atMs, scenario), 0) /
    people;
  const meanGapMs = (1000 / requestsPerSecond) * (mean / busiest);
  let atMs = startMs;
  return {
    next: () => {
      do atMs += drawExponential(random) * meanGapMs;
      while (random.next() * busiest >= awake(atMs));
      return atMs;
    },
  };
}
