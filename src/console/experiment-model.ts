/** Experiments as the bidder tells of them. */

export interface ExperimentObject {
  readonly id: string;
  readonly name?: string;
  readonly status?: string;
  readonly lineItemId?: string;
  readonly campaignId?: string;
  readonly arms: readonly { readonly id: string; readonly share?: number }[];
}

export interface ExperimentPlan {
  readonly peopleNeeded: number;
  readonly daysNeeded: number;
  readonly leastRise?: number;
}

interface Told {
  readonly isReal: boolean;
}

export interface Comparison {
  readonly armId: string;
  readonly againstId: string;
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  readonly lift?: number;
  readonly fixed: Told & { readonly z: number; readonly p: number };
  readonly sequential?: Told & { readonly bound: number };
  readonly alwaysValid: Told & { readonly p: number };
  readonly incremental?: { readonly results: number; readonly low: number; readonly high: number };
}

export interface ExperimentResultsView {
  readonly metric: string;
  readonly arms: readonly {
    readonly armId: string;
    readonly people: number;
    readonly impressions: number;
    readonly clicks: number;
    readonly conversions: number;
    readonly spendMicros: number;
    readonly rate: number;
  }[];
  readonly comparisons: readonly Comparison[];
  readonly sampleRatio: { readonly p: number; readonly isSound: boolean };
  readonly elapsed?: number;
  readonly advice: string;
  readonly adviceArm: string;
  readonly why: string;
}

/** Each can be declared the winner. */
export function armIds({ arms }: ExperimentObject): readonly string[] {
  return arms.map(({ id }) => id);
}

/** Whether any test that allows looking now says that the difference is real. */
export function verdictOf({ fixed, sequential, alwaysValid }: Comparison): 'real' | 'open' {
  return fixed.isReal || sequential?.isReal === true || alwaysValid.isReal ? 'real' : 'open';
}

interface PlanQuestion {
  readonly rate: number;
  readonly people_per_day: number;
  readonly change: number;
  readonly days: number;
}

/** Within what the question takes, so that the button does not lead to a refusal. */
export function isSoundPlan({ rate, people_per_day, change, days }: PlanQuestion): boolean {
  return (
    rate > 0 &&
    rate <= 0.5 &&
    people_per_day >= 1 &&
    change >= 0.001 &&
    change <= 10 &&
    days >= 1 &&
    days <= 365 &&
    Number.isInteger(days)
  );
}

export function patchIn(
  text: string,
): { readonly ok: true; readonly patch: object } | { readonly ok: false; readonly why: string } {
  try {
    const patch: unknown = JSON.parse(text);
    if (typeof patch === 'object' && patch !== null && !Array.isArray(patch)) return { ok: true, patch };
    return { ok: false, why: '{ … }' };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : '' };
  }
}
