/** Simulated flights of the whole engine, as `npx bidwright simulate` flies them, several worlds of each. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { FlownCampaign } from '../../src/rehearse.ts';
import { rehearse } from '../../src/rehearse.ts';
import { readFlightFile } from '../../src/simulate/flight-file.ts';
import type { Evaluation, Findings } from './evaluation.ts';

/** A cost is known no better than one part in the root of its conversions; below so many it is not held to the goal. */
const CONVERSIONS_MIN = 300;

interface Flown extends FlownCampaign {
  readonly flight: string;
  readonly seed: number;
}

export const simulate: Evaluation = {
  name: 'simulate',
  title: 'Simulated flights: cost held to its target, budgets spent, against an informed oracle',
  settings: { worlds: { default: '1', means: 'worlds of each flight, seeds from --seed on' } },
  variant: () => '',
  run: async ({ files, seed, settings }) => {
    const flown: Flown[] = [];
    let errors = 0;
    for (const path of files) {
      const read = readFlightFile(JSON.parse(readFileSync(path, 'utf8')));
      if (!read.ok) throw new Error(read.faults.map((fault) => `${path}: ${fault}`).join('\n'));
      for (let world = 0; world < Number(settings.worlds); world++) {
        const result = await rehearse(path, read.file, read.scenario, seed + world);
        errors += result.errors + result.invalidBids;
        flown.push(
          ...result.campaigns.map((campaign) => ({
            ...campaign,
            flight: basename(path, '.json'),
            seed: seed + world,
          })),
        );
      }
    }
    return findingsOf(flown, errors);
  },
};

function findingsOf(flown: readonly Flown[], errors: number): Findings {
  const withTarget = flown.filter(
    (each) => each.targetMicros !== undefined && each.expectedConversions >= CONVERSIONS_MIN,
  );
  // A line that may spend more than it can find within its target is not asked to spend it all.
  const toSpend = flown.filter((each) => each.targetMicros === undefined && each.budgetMicros !== undefined);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const over = flown.map((each) => Math.max(0, each.spendMicros / (each.budgetMicros ?? Infinity) - 1));
  const figures = {
    flights: new Set(flown.map(({ flight }) => flight)).size,
    cpaError: mean(withTarget.map((each) => Math.abs(costOf(each) / each.targetMicros! - 1))),
    cpaOverTarget: mean(withTarget.map((each) => Math.max(0, costOf(each) / each.targetMicros! - 1))),
    budgetUsed: mean(toSpend.map((each) => each.spendMicros / each.budgetMicros!)),
    overspend: Math.max(...over),
    conversionsOfInformed: mean(flown.map(ofInformed)),
    errors,
  };
  const goals = {
    cpaError: '<= 0.05',
    budgetUsed: '>= 0.98',
    overspend: '<= 0',
    conversionsOfInformed: '>= 0.9',
    errors: '<= 0',
  };
  // What no flight was long enough to tell is not told, and not held to a goal.
  const isTold = ([name]: readonly [string, unknown]): boolean =>
    Number.isFinite(figures[name as keyof typeof figures]);
  return {
    figures: Object.fromEntries(Object.entries(figures).filter(isTold)),
    goals: Object.fromEntries(Object.entries(goals).filter(isTold)),
    tables: [
      {
        title: 'Campaigns',
        columns: [
          'flight',
          'seed',
          'campaign',
          'conversions',
          'expected',
          'cost / target',
          'expected cost / target',
          'budget used',
          'of informed oracle',
        ],
        rows: flown.map((each) => [
          each.flight,
          each.seed,
          each.campaignId,
          each.conversions,
          each.expectedConversions.toFixed(0),
          share(each.conversions > 0 ? each.spendMicros / each.conversions : undefined, each.targetMicros),
          share(costOf(each), each.targetMicros),
          share(each.spendMicros, each.budgetMicros),
          ofInformed(each).toFixed(3),
        ]),
      },
    ],
    notes: [
      'Cost is by the conversions that the truth expects of the impressions bought, so that chance does not blur it.',
      `Held to the target are campaigns with ${CONVERSIONS_MIN} expected conversions or more.`,
      'The informed oracle knows how prices are spread and what a showing brings at each place, but no single auction or person.',
    ],
  };
}

function costOf({ spendMicros, expectedConversions }: Flown): number {
  return spendMicros / expectedConversions;
}

function ofInformed({ expectedConversions, best }: Flown): number {
  return best.informed.conversions > 0 ? expectedConversions / best.informed.conversions : 1;
}

function share(part: number | undefined, whole: number | undefined): string {
  return part === undefined || whole === undefined ? '–' : (part / whole).toFixed(3);
}
