/** What an evaluation is: a name, the files it reads, the figures it gives, and the goals those are held to. */

export interface EvaluationInput {
  readonly files: readonly string[];
  readonly seed: number;
  /** Of `Evaluation.settings`, by name; the default where the command line gave none. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

export interface Findings {
  readonly figures: Readonly<Record<string, number>>;
  /** By figure, as `>= 0.95` or `<= 0`. A figure without a goal is only stated. */
  readonly goals: Readonly<Record<string, string>>;
  readonly tables: readonly Table[];
  /** One sentence each: what the bidder was told, what the figure is a share of. */
  readonly notes: readonly string[];
}

/**
 * Reads any files of the columns it names. A policy under evaluation gets what a bidder would have known at that moment and
 * nothing else: `replay.ts` is the one way to show it an auction. The same files, settings and seed give the same findings.
 */
export interface Evaluation {
  readonly name: string;
  readonly title: string;
  /** Command line settings of its own: default and what it means. One whose default is `false` is a flag. */
  readonly settings: Readonly<Record<string, { readonly default: string; readonly means: string }>>;
  /** Tells results of one evaluation with different settings apart; part of the result's file name. Empty for none. */
  variant(settings: Readonly<Record<string, string>>, files: readonly string[]): string;
  run(input: EvaluationInput): Findings | Promise<Findings>;
}

/** @throws RangeError for a goal that is not a comparison and a number. */
export function meets(figure: number | undefined, goal: string): boolean {
  const parts = /^(>=|<=|>|<) (-?\d+(?:\.\d+)?)$/.exec(goal);
  if (!parts) throw new RangeError(`not a goal: ${goal}`);
  if (figure === undefined || !Number.isFinite(figure)) return false;
  const limit = Number(parts[2]);
  if (parts[1] === '>=') return figure >= limit;
  if (parts[1] === '<=') return figure <= limit;
  return parts[1] === '>' ? figure > limit : figure < limit;
}

export function passes({ figures, goals }: Pick<Findings, 'figures' | 'goals'>): boolean {
  return Object.entries(goals).every(([key, goal]) => meets(figures[key], goal));
}
