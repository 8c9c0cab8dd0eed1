/** People in experiments, and what came of them, a page at a time so that no question holds the writer up. */
import type { DatabaseSync } from 'node:sqlite';
import type {
  ConvertedRow,
  EnrolledRow,
  Enrolment,
  ExperimentFacts,
  ExperimentQuestion,
  ShownRow,
} from '../experiment-port.ts';

export const EXPERIMENT_SCHEMA = `
  CREATE TABLE enrolled (
    experiment TEXT NOT NULL, user_key TEXT NOT NULL, arm TEXT NOT NULL, since_ms INTEGER NOT NULL,
    PRIMARY KEY (experiment, user_key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX enrolled_user ON enrolled (user_key);
  CREATE INDEX enrolled_time ON enrolled (since_ms);
`;

/** Some 5 ms of the writer's time. */
const PAGE = 5_000;
/** Of each kind, for one question. */
const ROWS_MAX = 500_000;

type Last = string | number | undefined;
interface Page<Row> {
  readonly rows: readonly Row[];
  /** Where the next page begins; undefined after the last one. */
  readonly next: Last;
}

export function experiments(database: DatabaseSync) {
  const enrol = database.prepare(
    'INSERT OR IGNORE INTO enrolled (experiment, user_key, arm, since_ms) VALUES (?, ?, ?, ?)',
  );
  const begun = database.prepare('SELECT min(since_ms) AS since FROM enrolled WHERE experiment = ?');
  const people = database.prepare(
    'SELECT user_key, arm, since_ms FROM enrolled WHERE experiment = ? AND user_key > ? ORDER BY user_key LIMIT ?',
  );
  // A page is of touches looked at, not of those that are about the line items: else one that finds few would look at all of them.
  const touches = database.prepare(
    `SELECT t.seq, t.user_key, t.kind, coalesce(c.cpm, 0) AS cpm, json_extract(t.facts, '$.lineItemId') AS line
     FROM touch t LEFT JOIN charge c ON c.bid_id = t.bid_id AND t.kind = 'impression'
     WHERE t.seq > ? ORDER BY t.seq LIMIT ?`,
  );
  const first = database.prepare('SELECT min(seq) AS seq FROM touch WHERE at_ms >= ?');
  const conversions = database.prepare(
    `SELECT c.dedupe, c.at_ms, c.value, c.user_key AS own, coalesce(t.user_key, '') AS touched, c.action, c.retracted
     FROM conversion c LEFT JOIN touch t ON t.seq = c.touch WHERE c.dedupe > ? ORDER BY c.dedupe LIMIT ?`,
  );
  const moves = [
    // Whoever turns out to be somebody else keeps the group of the first meeting.
    `UPDATE enrolled SET arm = other.arm, since_ms = other.since_ms FROM (SELECT experiment, arm, since_ms FROM enrolled WHERE user_key = ?1) AS other
     WHERE enrolled.user_key = ?2 AND enrolled.experiment = other.experiment AND other.since_ms < enrolled.since_ms`,
    'UPDATE OR IGNORE enrolled SET user_key = ?2 WHERE user_key = ?1',
    'DELETE FROM enrolled WHERE user_key = ?1 AND ?2 IS NOT NULL',
  ].map((statement) => database.prepare(statement));

  return {
    enrol: (rows: readonly Enrolment[]): void => {
      for (const { experimentId, personKey, armId, atMs } of rows)
        enrol.run(experimentId, personKey, armId, atMs);
    },
    rekey: (fromKey: string, intoKey: string): void => {
      if (fromKey !== '' && fromKey !== intoKey) for (const move of moves) move.run(fromKey, intoKey);
    },
    begunMs: (experimentId: string): number | undefined =>
      (begun.get(experimentId)?.since as number | null) ?? undefined,
    enrolledPage: ({ experimentId }: ExperimentQuestion, after: Last): Page<EnrolledRow> => {
      const rows = people.all(experimentId, String(after ?? ''), PAGE);
      return {
        rows: rows.map((row) => [String(row.user_key), String(row.arm), Number(row.since_ms)]),
        next: rows.length === PAGE ? String(rows.at(-1)!.user_key) : undefined,
      };
    },
    shownPage: ({ lineItemIds }: ExperimentQuestion, after: Last, sinceMs: number): Page<ShownRow> => {
      const from = after ?? Number(first.get(sinceMs)?.seq ?? 0) - 1;
      const rows = touches.all(from, PAGE);
      return {
        rows: rows.flatMap((row): ShownRow[] =>
          row.user_key === '' || row.kind === 'conversion' || !lineItemIds.includes(String(row.line))
            ? []
            : [[String(row.user_key), row.kind as 'impression' | 'click', Number(row.cpm)]],
        ),
        next: rows.length === PAGE ? Number(rows.at(-1)!.seq) : undefined,
      };
    },
    convertedPage: ({ actionIds }: ExperimentQuestion, after: Last, sinceMs: number): Page<ConvertedRow> => {
      const rows = conversions.all(String(after ?? ''), PAGE);
      return {
        rows: rows.flatMap((row): ConvertedRow[] => {
          const whose = String(row.own === '' ? row.touched : row.own);
          return whose === '' ||
            row.retracted !== 0 ||
            Number(row.at_ms) < sinceMs ||
            !actionIds.includes(String(row.action))
            ? []
            : [[whose, Number(row.at_ms), Number(row.value), row.own !== '']];
        }),
        next: rows.length === PAGE ? String(rows.at(-1)!.dedupe) : undefined,
      };
    },
  };
}

type Pages = Pick<ReturnType<typeof experiments>, 'enrolledPage' | 'shownPage' | 'convertedPage' | 'begunMs'>;
type Asynchronous<Calls> = {
  [Name in keyof Calls]: Calls[Name] extends (...given: infer Given) => infer Answer
    ? (...given: Given) => Promise<Answer>
    : never;
};

/** All pages of a question, in the turns that other work leaves. */
export async function experimentFacts(
  question: ExperimentQuestion,
  ask: Asynchronous<Pages>,
): Promise<ExperimentFacts> {
  const sinceMs = await ask.begunMs(question.experimentId);
  if (sinceMs === undefined) return { enrolled: [], shown: [], converted: [], isCutOff: false };
  const enrolled = await allOf((after) => ask.enrolledPage(question, after));
  const shown = await allOf((after) => ask.shownPage(question, after, sinceMs));
  const converted = await allOf((after) => ask.convertedPage(question, after, sinceMs));
  return {
    enrolled: enrolled.rows,
    shown: shown.rows,
    converted: converted.rows,
    isCutOff: enrolled.isCutOff || shown.isCutOff || converted.isCutOff,
  };
}

async function allOf<Row>(
  page: (after: Last) => Promise<Page<Row>>,
): Promise<{ readonly rows: readonly Row[]; readonly isCutOff: boolean }> {
  const rows: Row[] = [];
  let after: Last;
  do {
    const found: Page<Row> = await page(after);
    for (const row of found.rows) rows.push(row);
    after = found.next;
  } while (after !== undefined && rows.length < ROWS_MAX);
  return { rows, isCutOff: after !== undefined };
}
