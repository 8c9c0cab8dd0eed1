/** What the views show. `overview-model.ts` makes it from the bidder's answers; nothing below knows their shape. */

export interface Overview {
  /** The bidder's clock. */
  readonly nowMs: number;
  readonly currency: string;
  readonly timeZone: string;
  readonly totals: Totals;
  readonly campaigns: readonly CampaignView[];
}

export interface Totals {
  readonly requests: number;
  readonly bids: number;
  readonly wins: number;
  readonly impressions: number;
  readonly clicks: number;
  readonly conversions: number;
  readonly spendMicros: number;
}

export interface Figures {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly spendMicros: number;
  readonly spentTodayMicros: number;
  readonly dailyMicros: number | undefined;
  readonly wins: number;
  readonly impressions: number;
  readonly clicks: number;
  readonly conversions: number;
  readonly cpaMicros: number | undefined;
}

export interface CampaignView extends Figures {
  readonly lines: readonly Figures[];
}

/** The way of a line item's chances, stage by stage. */
export interface FunnelView {
  readonly lineItemId: string;
  /** What came in at the top. */
  readonly offered: number;
  readonly stages: readonly StageView[];
  /** The reasons to speak of, the one that costs most first; none where nothing is lost. */
  readonly losses: readonly LossView[];
}

export interface StageView {
  readonly stage: string;
  readonly entered: number;
  readonly lost: number;
  readonly reasons: readonly ReasonView[];
}

export interface ReasonView {
  readonly reason: string;
  readonly count: number;
  readonly remedy: string;
}

export interface LossView extends ReasonView {
  readonly stage: string;
  /** Of what entered its stage. */
  readonly entered: number;
}

export interface BudgetsView {
  readonly formula: string;
  readonly boundMicros: number;
  readonly owners: readonly BudgetOwnerView[];
}

export interface BudgetOwnerView {
  /** `campaign/<id>` or `line_item/<id>`. */
  readonly key: string;
  readonly scope: string;
  readonly id: string;
  readonly budgets: readonly BudgetView[];
}

export interface BudgetView {
  readonly period: string;
  readonly limitMicros: number;
  readonly spentMicros: number;
  /** Held by bids that are still open. */
  readonly heldMicros: number;
}

export interface ExplanationView {
  readonly requestId: string;
  readonly bid: boolean;
  readonly reason: string | undefined;
  readonly remedy: string | undefined;
  readonly identity: string;
  readonly packs: readonly string[];
  readonly impressions: readonly {
    readonly impressionId: string;
    readonly lines: readonly ExplainedLineView[];
  }[];
}

export interface ExplainedLineView {
  readonly lineItemId: string;
  readonly name: string;
  readonly bids: boolean;
  readonly verdict: string;
  readonly stage: string;
  readonly remedy: string;
  readonly refusedBy: readonly string[];
  readonly bidCpmMicros: number | undefined;
  readonly valueCpmMicros: number | undefined;
  readonly weighedBy: { readonly audience: string; readonly multiplier: number } | undefined;
  readonly creativeId: string | undefined;
}

/** What steers one line item that goes by results. */
export interface SteeringView {
  readonly lineItemId: string;
  readonly status: string;
  readonly why: string;
  readonly targetMicros?: number;
  readonly costMicros?: number;
  readonly spendMicros: number;
  readonly results: number;
  readonly expectedResults: number;
  readonly maturedShare: number;
  readonly targetFactor: number;
  readonly budgetFactor: number;
  readonly factor: number;
  readonly guardChance: number;
  readonly drifting: boolean;
}
