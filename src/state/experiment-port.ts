/** Who takes part in experiments, and what came of people: what their results are worked out from. */

export interface Enrolment {
  readonly experimentId: string;
  readonly armId: string;
  readonly personKey: string;
  readonly atMs: number;
}

export interface ExperimentQuestion {
  readonly experimentId: string;
  readonly lineItemIds: readonly string[];
  /** Conversions that count. */
  readonly actionIds: readonly string[];
}

/** Somebody who takes part, since when. */
export type EnrolledRow = readonly [personKey: string, armId: string, sinceMs: number];
/** A showing or a click of one of the line items, and what it cost, in thousandths of a micro. */
export type ShownRow = readonly [personKey: string, kind: 'impression' | 'click', costCpm: number];
/** A conversion that was not taken back. `byPerson`: the report itself named the person, and not a click alone. */
export type ConvertedRow = readonly [personKey: string, atMs: number, valueMicros: number, byPerson: boolean];

export interface ExperimentFacts {
  readonly enrolled: readonly EnrolledRow[];
  readonly shown: readonly ShownRow[];
  readonly converted: readonly ConvertedRow[];
  /** There was more than was read. */
  readonly isCutOff: boolean;
}

export interface ExperimentPort {
  /** Whoever is known keeps the arm and the time of the first meeting. */
  enrol(rows: readonly Enrolment[]): Promise<void>;
  facts(question: ExperimentQuestion): Promise<ExperimentFacts>;
}
