/** What the simulator alone knows: how likely people are to click and to buy. Everything is drawn from these, and oracles go by them. */
import type { Population } from './people.ts';
import type { Scenario, Slot } from './story.ts';
import { changeFactor } from './story.ts';
import type { SimulatedRequest } from './traffic.ts';

/** One ad before one person at one moment. */
export interface Showing {
  readonly request: Pick<SimulatedRequest, 'person' | 'place'>;
  readonly medium: Slot['medium'];
  /** Hours since the flight began. */
  readonly flightHour: number;
  readonly campaignId: string;
  readonly creativeId: string;
  /** Host of the advertiser. */
  readonly host: string;
}

export interface TruthParts {
  readonly scenario: Scenario;
  readonly population: Population;
}

const CLICK_CHANCE_MAX = 0.5;
const BUY_CHANCE_MAX = 0.9;

export function clickChance(showing: Showing, { scenario, population }: TruthParts): number {
  const { request, medium, flightHour, campaignId, creativeId, host } = showing;
  const rate = scenario.outcomes.clickRate[medium] * request.place.clickFactor;
  const moment = changeFactor(scenario.changes, 'clickRate', flightHour, host);
  const suits = population.affinity(request.person, campaignId, creativeId);
  return Math.min(CLICK_CHANCE_MAX, rate * request.person.clickTaste * suits * moment);
}

/** After a click. */
export function buyChance(showing: Showing, { scenario, population }: TruthParts): number {
  const { request, flightHour, campaignId, creativeId, host } = showing;
  const moment = changeFactor(scenario.changes, 'conversionRate', flightHour, host);
  const suits = population.affinity(request.person, campaignId, creativeId);
  const rate = scenario.outcomes.conversionRate * request.person.buyTaste;
  return Math.min(BUY_CHANCE_MAX, rate * Math.sqrt(suits) * moment);
}
