/**
 * What would have been best, each contestant alone before every impression it could have had. Two oracles:
 *
 * `clairvoyant` knows what each single impression costs and will bring. The impressions of most worth for money fill the budget, as
 * long as all of them together keep to the target: the fractional knapsack (Dantzig 1957), far above what anybody can reach.
 *
 * `informed` knows the market and the people as well as can be learned: how prices are spread at each place, and what a showing
 * there brings in the mean, but neither who comes next nor what the rivals will bid. It bids in first price, one price a place,
 * the best for a multiplier of worth that meets budget and target: the fluid optimum, which a bidder that learns approaches.
 */
import type { Media } from '../core/event.ts';
import type { OfferedImpression } from './placement.ts';
import type { SimulatedRequest } from './traffic.ts';
import type { TruthParts } from './truth.ts';
import { buyChance, clickChance } from './truth.ts';

export interface ContestantCreative {
  /** As its `crid`. */
  readonly id: string;
  readonly medium: Media;
  /** Of a banner; empty for one that takes any size. */
  readonly sizes: readonly { readonly width: number; readonly height: number }[];
}

export interface Contestant {
  readonly campaignId: string;
  readonly host: string;
  readonly creatives: readonly ContestantCreative[];
}

export interface OfferedChance {
  readonly request: SimulatedRequest;
  readonly impression: OfferedImpression;
  readonly toWinCpmMicros: number;
  readonly flightHour: number;
}

export interface Optimum {
  readonly conversions: number;
  readonly spendMicros: number;
  /** Chances there were, and how many of them the optimum takes. */
  readonly chances: number;
  readonly taken: number;
}

export interface Best {
  readonly clairvoyant: Optimum;
  readonly informed: Optimum;
}

export class Hindsight {
  readonly #contestants: readonly Contestant[];
  readonly #chances: readonly Chances[];

  constructor(contestants: readonly Contestant[]) {
    this.#contestants = contestants;
    this.#chances = contestants.map(() => ({ costMicros: [], conversions: [], places: [] }));
  }

  offered(chance: OfferedChance, truth: TruthParts): void {
    this.#contestants.forEach((contestant, index) => {
      const conversions = worthTo(contestant, chance, truth);
      if (conversions === undefined) return;
      const chances = this.#chances[index]!;
      // What is not shown is not charged.
      chances.costMicros.push((chance.toWinCpmMicros / 1000) * truth.scenario.outcomes.rendered);
      chances.conversions.push(conversions * truth.scenario.outcomes.rendered);
      chances.places.push(`${chance.request.place.id} ${chance.impression.slot.tag}`);
    });
  }

  /** `targetMicros` is the most that a conversion may cost on average; undefined for no such limit. */
  best(campaignId: string, budgetMicros: number, targetMicros: number | undefined): Best {
    const index = this.#contestants.findIndex((contestant) => contestant.campaignId === campaignId);
    const chances = this.#chances[index] ?? { costMicros: [], conversions: [], places: [] };
    return {
      clairvoyant: fill(chances, budgetMicros, targetMicros),
      informed: bidByPlace(chances, budgetMicros, targetMicros),
    };
  }
}

/** By number of the chance. */
interface Chances {
  readonly costMicros: number[];
  readonly conversions: number[];
  readonly places: string[];
}

/** In the mean over the creatives that fit, as an even rotation would show them; undefined where none does. */
function worthTo(
  { campaignId, host, creatives }: Contestant,
  { request, impression, flightHour }: OfferedChance,
  truth: TruthParts,
): number | undefined {
  if (impression.privateAuction) return undefined;
  const { slot } = impression;
  let sum = 0;
  let fitting = 0;
  for (const { id, medium, sizes } of creatives) {
    if (!impression.media.includes(medium) || (medium === 'banner' && !sizeFits(sizes, slot.sizes))) continue;
    const showing = {
      request,
      medium: medium === 'banner' ? medium : slot.medium,
      flightHour,
      campaignId,
      creativeId: id,
      host,
    };
    sum += clickChance(showing, truth) * buyChance(showing, truth);
    fitting++;
  }
  return fitting === 0 ? undefined : sum / fitting;
}

function sizeFits(own: ContestantCreative['sizes'], offered: ContestantCreative['sizes']): boolean {
  return (
    own.length === 0 ||
    own.some(({ width, height }) => offered.some((size) => size.width === width && size.height === height))
  );
}

function fill(
  { costMicros, conversions }: Chances,
  budgetMicros: number,
  targetMicros: number | undefined,
): Optimum {
  const order = Array.from(costMicros.keys()).sort(
    (a, b) => conversions[b]! * costMicros[a]! - conversions[a]! * costMicros[b]!,
  );
  let spent = 0;
  let won = 0;
  let taken = 0;
  for (const index of order) {
    const cost = costMicros[index]!;
    const worth = conversions[index]!;
    // The share of this one that both limits leave room for; the rest is worse by both.
    const byBudget = cost > 0 ? (budgetMicros - spent) / cost : 1;
    const over = targetMicros === undefined ? 0 : cost - targetMicros * worth;
    const byTarget = over > 0 ? (targetMicros! * won - spent) / over : 1;
    const share = Math.min(1, byBudget, byTarget);
    if (share <= 0) break;
    spent += share * cost;
    won += share * worth;
    taken++;
    if (share < 1) break;
  }
  return { conversions: won, spendMicros: spent, chances: costMicros.length, taken };
}

/** Chances at one place, cheapest first. */
interface PlaceChances {
  readonly costMicros: readonly number[];
  /** In the mean of a showing. */
  readonly conversions: number;
}

const STEPS = 60;

/** The greatest multiplier of worth at which one bid a place meets both limits, found by halving. */
function bidByPlace(
  { costMicros, conversions, places }: Chances,
  budgetMicros: number,
  targetMicros: number | undefined,
): Optimum {
  const groups = new Map<string, { costs: number[]; conversions: number }>();
  places.forEach((place, index) => {
    let group = groups.get(place);
    if (!group) groups.set(place, (group = { costs: [], conversions: 0 }));
    group.costs.push(costMicros[index]!);
    group.conversions += conversions[index]!;
  });
  const all = [...groups.values()].map(
    (group): PlaceChances => ({
      costMicros: group.costs.sort((a, b) => a - b),
      conversions: group.conversions / group.costs.length,
    }),
  );
  const keeps = ({ spendMicros, conversions: won }: Optimum): boolean =>
    spendMicros <= budgetMicros && (targetMicros === undefined || spendMicros <= targetMicros * won);
  let low = 0;
  let high = 1e9;
  let best: Optimum = { conversions: 0, spendMicros: 0, chances: costMicros.length, taken: 0 };
  for (let step = 0; step < STEPS; step++) {
    // Multipliers are micros for a conversion, and span many orders.
    const middle = step < 30 ? Math.sqrt(Math.max(low, 1) * high) : (low + high) / 2;
    const reached = buyAt(all, middle, costMicros.length);
    if (keeps(reached)) {
      low = middle;
      if (reached.conversions > best.conversions) best = reached;
    } else high = middle;
  }
  return best;
}

/** At each place the price that leaves most of `worthMicros` a conversion. */
function buyAt(places: readonly PlaceChances[], worthMicros: number, chances: number): Optimum {
  let won = 0;
  let spent = 0;
  let taken = 0;
  for (const { costMicros, conversions } of places) {
    const worth = worthMicros * conversions;
    let most = 0;
    let count = 0;
    for (let index = 0; index < costMicros.length && costMicros[index]! < worth; index++) {
      const surplus = (worth - costMicros[index]!) * (index + 1);
      if (surplus > most) {
        most = surplus;
        count = index + 1;
      }
    }
    if (count === 0) continue;
    taken += count;
    won += count * conversions;
    spent += count * costMicros[count - 1]!;
  }
  return { conversions: won, spendMicros: spent, chances, taken };
}
