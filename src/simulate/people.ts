/** The people behind the requests: 50,000 with names, homes, devices and tastes that no request tells. */

import type { Random } from '../core/random.ts';
import { hash32, seededRandom } from '../core/random.ts';
import { drawLogNormal } from '../core/sampling.ts';
import { pickByShare } from './pick-by-share.ts';
import type { City, Scenario } from './story.ts';

export interface Person {
  /** `person-00042`: the exchange's user id, and the id that the bidder's own match table gave back. */
  readonly id: string;
  readonly city: City;
  readonly interests: readonly string[];
  readonly phone: 'ios' | 'android';
  readonly computer: 'windows' | 'macos';
  /** Share of browsing that is done on the phone. */
  readonly phoneShare: number;
  /** What they answered to the question of consent. */
  readonly consents: boolean;
  /** Hidden: how much more than others they click and buy. */
  readonly clickTaste: number;
  readonly buyTaste: number;
  /** For what is drawn of them and told nowhere else: addresses, device ids. */
  readonly mark: number;
}

export interface Population {
  readonly count: number;
  /** The same person for the same number, whenever asked. */
  person(number: number): Person;
  /** How well an ad of this creative and campaign suits a person: 1 on average. */
  affinity(person: Person, campaignId: string, creativeId: string): number;
}

export function makePopulation(seed: number, scenario: Scenario): Population {
  const root = seededRandom(seed).stream('people');
  const { interests, outcomes } = scenario;
  return {
    count: scenario.peopleCount,
    person: (number) => personOf(number, root.stream(String(number)), scenario),
    affinity: (person, campaignId, creativeId) => {
      const theme = interests[hash32(campaignId, seed) % interests.length]!;
      const suits = person.interests.includes(theme) ? 1.8 : 0.8;
      const quality = drawLogNormal(1, outcomes.creativeSigma, root.stream(`creative/${creativeId}`));
      return suits * quality;
    },
  };
}

function personOf(number: number, random: Random, scenario: Scenario): Person {
  const city = pickByShare(scenario.cities, random.next());
  const interests = scenario.interests.filter(() => random.next() < 0.22);
  const { personSigma } = scenario.outcomes;
  return {
    id: `person-${String(number).padStart(5, '0')}`,
    city,
    interests,
    phone: random.next() < 0.45 ? 'ios' : 'android',
    computer: random.next() < 0.7 ? 'windows' : 'macos',
    phoneShare: 0.3 + 0.6 * random.next(),
    consents: random.next() < 0.82,
    clickTaste: drawLogNormal(Math.exp((-personSigma * personSigma) / 2), personSigma, random),
    buyTaste: drawLogNormal(Math.exp((-personSigma * personSigma) / 2), personSigma, random),
    mark: random.uint32(),
  };
}
