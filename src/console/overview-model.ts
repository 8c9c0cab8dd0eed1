/** From the bidder's answers to what the views show: the only file of the console that knows the shape of the API. */
import type { BudgetsAnswer, FunnelAnswer, OverviewAnswer } from '../server/api.ts';
import type {
  BudgetsView,
  ExplanationView,
  Figures,
  FunnelView,
  LossView,
  Overview,
  ReasonView,
  StageView,
} from './model.ts';

/** The parts of the trace that are shown; the API hands the trace of `insight/explain.ts` on as it is. */
export interface ExplainAnswer {
  readonly requestId: string;
  readonly bid: boolean;
  readonly reason?: string;
  readonly remedy?: string;
  readonly identity: {
    readonly permitted: boolean;
    readonly refusal: string;
    readonly known: boolean;
    readonly packs: readonly string[];
  };
  readonly impressions: readonly {
    readonly impressionId: string;
    readonly lines: readonly ExplainedLine[];
  }[];
}

interface ExplainedLine {
  readonly lineItemId: string;
  readonly name: string;
  readonly verdict: string;
  readonly stage: string;
  readonly remedy: string;
  readonly refusedBy: readonly string[];
  readonly bidCpmMicros?: number;
  readonly valueCpmMicros?: number;
  readonly weighedBy?: { readonly audience: string; readonly multiplier: number };
  readonly creativeId?: string;
}

export function overviewOf(answer: OverviewAnswer): Overview {
  return {
    nowMs: answer.now,
    currency: answer.currency,
    timeZone: answer.timeZone,
    totals: answer.totals,
    campaigns: answer.campaigns.map((campaign) => ({
      ...figuresOf(campaign),
      lines: campaign.lineItems.map(figuresOf),
    })),
  };
}

function figuresOf(answer: OverviewAnswer['campaigns'][number]['lineItems'][number]): Figures {
  return { ...answer, dailyMicros: answer.dailyMicros, cpaMicros: answer.cpaMicros };
}

/**
 * Losses without a name of their own: what others won, and what was won and not shown. The bidder gives them as numbers of
 * their stages; here they get the words.
 */
const UNNAMED: Readonly<Record<string, Omit<ReasonView, 'count'>>> = {
  auction: {
    reason: 'not_won',
    remedy:
      'Others offered more, or the answer is still to come; raise the bid where the inventory is worth it.',
  },
  delivery: {
    reason: 'not_shown',
    remedy: 'Won, with no sign yet of being shown; if it stays so, look at the tag and its macros.',
  },
};

export function funnelOf(answer: FunnelAnswer): FunnelView {
  const stages = answer.steps.map(({ stage, entered, lost }): StageView => {
    const named = answer.reasons.filter((reason) => reason.stage === stage && reason.count > 0);
    let unnamed = lost;
    const reasons: ReasonView[] = [];
    for (const { reason, remedy, count } of named) {
      // Whole requests are refused for all line items at once; this one's part is no more than what it lost.
      const own = Math.min(count, unnamed);
      if (own > 0) reasons.push({ reason, remedy, count: own });
      unnamed -= own;
    }
    const words = UNNAMED[stage];
    if (words && unnamed > 0) reasons.push({ ...words, count: unnamed });
    return { stage, entered, lost, reasons: reasons.sort((a, b) => b.count - a.count) };
  });
  return { lineItemId: answer.lineItemId, offered: answer.requests, stages, losses: lossesOf(stages) };
}

/** Stages that say what the buyer asked for; most is lost there by intent. */
const CHOSEN = new Set(['requests', 'targeting']);

/** The largest loss; where that one is by intent, the largest after it too. */
function lossesOf(stages: readonly StageView[]): readonly LossView[] {
  const all = stages
    .flatMap(({ stage, entered, reasons }) =>
      reasons.map((reason): LossView => ({ ...reason, stage, entered })),
    )
    .sort((a, b) => b.count - a.count);
  const [largest] = all;
  if (!largest) return [];
  const next = CHOSEN.has(largest.stage) ? all.find(({ stage }) => !CHOSEN.has(stage)) : undefined;
  return next ? [largest, next] : [largest];
}

/** One entry for each object that has a budget, whatever their number. */
export function budgetsOf(answer: BudgetsAnswer): BudgetsView {
  return {
    formula: answer.overspendBound.formula,
    boundMicros: answer.overspendBound.micros,
    owners: [...Map.groupBy(answer.budgets, ({ scope, id }) => `${scope}/${id}`)].map(([key, budgets]) => ({
      key,
      scope: budgets[0]!.scope,
      id: budgets[0]!.id,
      budgets,
    })),
  };
}

export function explanationOf(answer: ExplainAnswer): ExplanationView {
  const { permitted, refusal, known, packs } = answer.identity;
  return {
    requestId: answer.requestId,
    bid: answer.bid,
    reason: answer.reason,
    remedy: answer.remedy,
    identity: permitted ? (known ? 'known' : 'permitted, no id sent') : `not used (${refusal})`,
    packs,
    impressions: answer.impressions.map(({ impressionId, lines }) => ({
      impressionId,
      lines: lines
        .toSorted((a, b) => howFar(b) - howFar(a))
        .map((line) => ({
          lineItemId: line.lineItemId,
          name: line.name,
          bids: line.verdict === 'bid',
          verdict: line.verdict,
          stage: line.stage,
          remedy: line.remedy,
          refusedBy: line.refusedBy,
          bidCpmMicros: line.bidCpmMicros,
          valueCpmMicros: line.valueCpmMicros,
          weighedBy: line.weighedBy,
          creativeId: line.creativeId,
        })),
    })),
  };
}

const STAGES = [
  'requests',
  'targeting',
  'creative_fit',
  'frequency_caps',
  'pacing',
  'budget',
  'value',
  'price',
  'auction',
  'delivery',
  'bid',
];

/** Who bids stands first, then who came nearest to it. */
function howFar({ stage }: ExplainedLine): number {
  return STAGES.indexOf(stage);
}
