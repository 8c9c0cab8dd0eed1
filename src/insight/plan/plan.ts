/** Where the money should go: what line items could bring with other budgets, the best division, what it gains and how sure that is. */
import { goesByResults } from '../../campaign/bid-strategy.ts';
import type { Catalog, CatalogLine } from '../../campaign/catalog.ts';
import { linesAsWritten } from '../../campaign/catalog.ts';
import { hasBit } from '../../core/bitset.ts';
import { seededRandom } from '../../core/random.ts';
import { drawNormal } from '../../core/sampling.ts';
import type { ReportRow } from '../../state/port.ts';
import type { PlanLine } from './programme.ts';
import { programmeOf, spendsOf } from './programme.ts';
import type { Response } from './response.ts';
import { responseOf, resultsAt } from './response.ts';
import type { Solved } from './solver.ts';

export interface PlanQuestion {
  readonly campaignId?: string | undefined;
  /** A day, over all line items in the plan; what they spend now where absent. */
  readonly budgetMicros?: number | undefined;
  readonly metric: 'conversions' | 'clicks' | 'value';
  /** Limits of every line item, as multiples of what it spends now. */
  readonly minTimes: number;
  readonly maxTimes: number;
  /** In place of these, for single ones. */
  readonly limits: ReadonlyMap<string, { readonly minMicros?: number; readonly maxMicros?: number }>;
}

export interface PlannedLine {
  readonly lineItemId: string;
  readonly spendMicros: number;
  readonly plannedMicros: number;
  readonly results: number;
  readonly expectedResults: number;
  readonly low: number;
  readonly high: number;
  readonly elasticity: number;
  /** What one more result costs at the plan. */
  readonly marginalCostMicros: number | undefined;
  readonly why: string;
}

export interface Plan {
  readonly metric: PlanQuestion['metric'];
  readonly budgetMicros: number;
  readonly lines: readonly PlannedLine[];
  /** Results a day more than now; the interval holds nine in ten. */
  readonly gain: { readonly results: number; readonly low: number; readonly high: number };
  /** Line items of which too little is known to move their money. */
  readonly leftOut: readonly string[];
}

export const PLAN_DAYS = 28;
const DRAWS = 400;
const STILL = 0.02;

export async function planOf(
  catalog: Catalog,
  /** By day and line item, of whole days. */
  rows: readonly ReportRow[],
  question: PlanQuestion,
  solve: (programme: string) => Promise<Solved>,
): Promise<Plan | string> {
  const known = linesAsWritten(catalog).filter(
    (line) =>
      hasBit(catalog.active, line.number) &&
      (question.campaignId === undefined || line.campaign.id === question.campaignId),
  );
  const byLine = Map.groupBy(rows, ({ key }) => key.line_item ?? '');
  const leftOut: string[] = [];
  const lines = known.flatMap((line): PlanLine[] => {
    const { id } = line.lineItem;
    const response = responseOf(
      (byLine.get(id) ?? []).map((row) => ({
        spendMicros: row.spendMicros,
        results: resultOf(row, question.metric),
      })),
    );
    if (!response) leftOut.push(id);
    return response ? [{ id, response, ...limitsOf(id, response, question) }] : [];
  });
  if (lines.length === 0) return 'too little is known of every line item';
  const spendMicros = lines.reduce((sum, { response }) => sum + response.spendMicros, 0);
  const budgetMicros = question.budgetMicros ?? Math.round(spendMicros);
  const least = lines.reduce((sum, { minMicros }) => sum + minMicros, 0);
  if (least > budgetMicros)
    return `the least shares come to ${Math.round(least)} micros, more than the budget`;
  const solved = await solve(programmeOf(lines, budgetMicros));
  if (!solved.ok) return `no plan was found: ${solved.message}`;
  const spends = spendsOf(lines, budgetMicros, (column) => solved.values[column] ?? 0);
  const ranges = drawRanges(lines, spends);
  return {
    metric: question.metric,
    budgetMicros,
    lines: lines.map((line, place) =>
      plannedLine(line, spends[place]!, ranges.lines[place]!, catalog.lineById.get(line.id)!),
    ),
    gain: { results: gainOf(lines, spends), ...ranges.gain },
    leftOut,
  };
}

function resultOf(row: ReportRow, metric: PlanQuestion['metric']): number {
  if (metric === 'clicks') return row.clicks;
  return metric === 'conversions' ? row.conversionsByTouchTime : row.conversionValueMicros / 1e6;
}

function limitsOf(
  id: string,
  { spendMicros }: Response,
  { minTimes, maxTimes, limits }: PlanQuestion,
): Pick<PlanLine, 'minMicros' | 'maxMicros'> {
  const own = limits.get(id);
  const minMicros = own?.minMicros ?? minTimes * spendMicros;
  return { minMicros, maxMicros: Math.max(minMicros, own?.maxMicros ?? maxTimes * spendMicros) };
}

function gainOf(lines: readonly PlanLine[], spends: readonly number[]): number {
  return lines.reduce(
    (sum, { response }, place) => sum + resultsAt(response, spends[place]!) - response.results,
    0,
  );
}

/** By draws of what is believed of each curve, with a seed so that the same plan says the same. */
function drawRanges(lines: readonly PlanLine[], spends: readonly number[]) {
  const random = seededRandom('plan');
  const draws = lines.map(({ response }, place) =>
    Float64Array.from({ length: DRAWS }, () => {
      const scale = Math.exp(response.scaleDeviation * drawNormal(random));
      const elasticity = Math.min(
        1,
        Math.max(0, response.elasticity + response.elasticityDeviation * drawNormal(random)),
      );
      return scale * resultsAt({ ...response, elasticity }, spends[place]!) - scale * response.results;
    }),
  );
  const gains = Float64Array.from({ length: DRAWS }, (_, draw) =>
    draws.reduce((sum, own) => sum + own[draw]!, 0),
  );
  return {
    gain: rangeOf(gains),
    lines: lines.map(({ response }, place) => {
      const { low, high } = rangeOf(draws[place]!);
      const noise = 1.645 * response.scaleDeviation * response.results;
      return { low: Math.max(0, response.results + low - noise), high: response.results + high + noise };
    }),
  };
}

function rangeOf(draws: Float64Array): { readonly low: number; readonly high: number } {
  const sorted = draws.toSorted();
  return { low: sorted[Math.floor(0.05 * DRAWS)]!, high: sorted[Math.floor(0.95 * DRAWS)]! };
}

function plannedLine(
  { id, response, minMicros, maxMicros }: PlanLine,
  plannedMicros: number,
  range: { readonly low: number; readonly high: number },
  line: CatalogLine,
): PlannedLine {
  const expectedResults = resultsAt(response, plannedMicros);
  const slope = plannedMicros > 0 ? (response.elasticity * expectedResults) / plannedMicros : 0;
  return {
    lineItemId: id,
    spendMicros: Math.round(response.spendMicros),
    plannedMicros,
    results: response.results,
    expectedResults,
    ...range,
    elasticity: response.elasticity,
    marginalCostMicros: slope > 0 ? Math.round(1 / slope) : undefined,
    why: whyOf(response, plannedMicros, { minMicros, maxMicros }, line),
  };
}

function whyOf(
  response: Response,
  plannedMicros: number,
  { minMicros, maxMicros }: Pick<PlanLine, 'minMicros' | 'maxMicros'>,
  { lineItem }: CatalogLine,
): string {
  const change = plannedMicros / response.spendMicros - 1;
  const cost = response.spendMicros / Math.max(1e-9, response.results) / 1e6;
  const next = cost / response.elasticity;
  const money = `a result costs ${cost.toFixed(2)}, one more ${next.toFixed(2)}`;
  const limited =
    goesByResults(lineItem.bid) && change > STILL ? ' Its target may keep it from spending that much.' : '';
  if (Math.abs(change) < STILL) return `As it is: ${money}.`;
  if (change > 0)
    return `${plannedMicros >= 0.999 * maxMicros ? 'As much as allowed' : 'More'}: ${money}, less than elsewhere.${limited}`;
  return `${plannedMicros <= 1.001 * minMicros ? 'As little as allowed' : 'Less'}: ${money}, more than elsewhere.`;
}
