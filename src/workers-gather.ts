/** One answer from what several workers know: rows of the same key are summed, metrics keep whose they are. */
import type { PathQuestion } from './insight/attribution/own-paths.ts';
import type { GatheredPaths } from './insight/attribution/report.ts';
import type { Together } from './learning/creatives.ts';
import type { Learner } from './learning/learn.ts';
import type { SeenHere } from './learning/pack-estimates.ts';
import type { ExperimentFacts, ExperimentQuestion } from './state/experiment-port.ts';
import type {
  ChoiceRecord,
  CountRow,
  JournalPort,
  LedgerPort,
  LossRow,
  RejectionRow,
  ReportRow,
} from './state/port.ts';

/** What workers ask each other. */
export interface Asked {
  readonly report: JournalPort['report'];
  readonly counts: JournalPort['counts'];
  readonly losses: JournalPort['losses'];
  readonly rejections: JournalPort['rejections'];
  readonly bucketStates: LedgerPort['bucketStates'];
  readonly voidClicks: Learner['voidClicks'];
  together(lineItemId: string): Promise<Together>;
  choicesOf(lineItemId: string): Promise<readonly ChoiceRecord[]>;
  paths(question: PathQuestion): Promise<GatheredPaths>;
  experiment(question: ExperimentQuestion): Promise<ExperimentFacts>;
  /** What each has seen is put together by whoever tells of packs. */
  seen(): Promise<SeenHere>;
  metrics(): Promise<string>;
}

/** Answers of the others to the same question; those that are away or too late are left out. */
export type AskOthers = <Name extends keyof Asked>(
  name: Name,
  ...given: Parameters<Asked[Name]>
) => Promise<readonly Awaited<ReturnType<Asked[Name]>>[]>;

export function ofAllWorkers(own: Asked, others: AskOthers, number: number): Asked {
  const lists = async <
    Name extends Exclude<
      keyof Asked,
      'metrics' | 'voidClicks' | 'together' | 'paths' | 'experiment' | 'seen'
    >,
  >(
    name: Name,
    ...given: Parameters<Asked[Name]>
  ) => {
    const mine = (own[name] as (...args: unknown[]) => Promise<readonly unknown[]>)(...given);
    return [await mine, ...(await others(name, ...given))].flat();
  };
  return {
    report: async (query) =>
      summed((await lists('report', query)) as ReportRow[], ({ key }) => JSON.stringify(key)),
    counts: async (fromMs, toMs) =>
      summed(
        (await lists('counts', fromMs, toMs)) as CountRow[],
        ({ count: _, ...key }) => JSON.stringify(key),
        ['hourMs'],
      ),
    losses: async (query) =>
      summed((await lists('losses', query)) as LossRow[], ({ key, code }) => JSON.stringify([key, code]), [
        'code',
      ]),
    rejections: async () => latest((await lists('rejections')) as RejectionRow[]),
    // Who was shown something by two workers has a way with each of them.
    paths: async (question) => {
      const all = [await own.paths(question), ...(await others('paths', question))];
      return { paths: all.flatMap(({ paths }) => paths), isCutOff: all.some(({ isCutOff }) => isCutOff) };
    },
    experiment: async (question) => {
      const all = [await own.experiment(question), ...(await others('experiment', question))];
      return {
        enrolled: all.flatMap(({ enrolled }) => enrolled),
        shown: all.flatMap(({ shown }) => shown),
        converted: all.flatMap(({ converted }) => converted),
        isCutOff: all.some(({ isCutOff }) => isCutOff),
      };
    },
    seen: () => own.seen(),
    // Workers share a ledger, so that each of them knows what all spent.
    bucketStates: (buckets) => own.bucketStates(buckets),
    // Told to all, for any may have the click; the others remember it as one that is not told yet.
    voidClicks: async (clickIds) => {
      const mine = await own.voidClicks(clickIds);
      const theirs = await others('voidClicks', clickIds);
      const elsewhere = theirs.reduce((sum, { voided }) => sum + voided, 0);
      return { ...mine, voided: mine.voided + elsewhere, unknown: Math.max(0, mine.unknown - elsewhere) };
    },
    together: async (lineItemId) => {
      const all = [await own.together(lineItemId), ...(await others('together', lineItemId))];
      return {
        cells: summed(
          all.flatMap(({ cells }) => cells),
          ({ creativeId, element, circumstance }) => JSON.stringify([creativeId, element, circumstance]),
          ['element', 'circumstance'],
        ),
        pairs: summed(
          all.flatMap(({ pairs }) => pairs),
          ({ first, second }) => `${first} ${second}`,
          ['first', 'second'],
        ),
        leftOut: all.reduce((sum, { leftOut }) => sum + leftOut, 0),
      };
    },
    choicesOf: async (lineItemId) =>
      ((await lists('choicesOf', lineItemId)) as ChoiceRecord[]).sort(
        (a, b) => a.record.facts.bidAtMs - b.record.facts.bidAtMs,
      ),
    metrics: async () =>
      labelled([[number, await own.metrics()], ...numbered(await others('metrics'), number)]),
  };
}

/** Rows of one key become one; numbers are added but for those of the key itself. */
function summed<Row extends object>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  kept: readonly (keyof Row)[] = [],
): Row[] {
  const sums = new Map<string, Row>();
  for (const row of rows) {
    const key = keyOf(row);
    const sum = sums.get(key);
    if (!sum) {
      sums.set(key, { ...row });
      continue;
    }
    for (const [name, value] of Object.entries(row) as [keyof Row, unknown][])
      if (typeof value === 'number' && !kept.includes(name))
        (sum as Record<keyof Row, unknown>)[name] = ((sum[name] as number | undefined) ?? 0) + value;
  }
  return [...sums.values()];
}

/** Of each creative on each exchange what was told last. */
function latest(rows: readonly RejectionRow[]): RejectionRow[] {
  const last = new Map<string, RejectionRow>();
  for (const row of rows) {
    const key = JSON.stringify([row.exchangeId, row.creativeId]);
    if ((last.get(key)?.lastMs ?? Number.NEGATIVE_INFINITY) < row.lastMs) last.set(key, row);
  }
  return [...last.values()];
}

/** Others' metrics come with their number in the first line. */
export function withNumber(text: string, number: number): string {
  return `# worker ${number}\n${text}`;
}

function numbered(texts: readonly string[], own: number): [number, string][] {
  return texts.flatMap((text): [number, string][] => {
    const number = Number(/^# worker (\d+)\n/.exec(text)?.[1] ?? Number.NaN);
    return Number.isInteger(number) && number !== own ? [[number, text]] : [];
  });
}

/**
 * Prometheus' text format of several workers as one, `worker` added to each sample: the samples of a metric stand together, under its
 * help and type, as the format asks.
 */
export function labelled(texts: readonly (readonly [worker: number, text: string])[]): string {
  const families = new Map<string, { readonly head: string[]; readonly samples: string[] }>();
  for (const [worker, text] of texts) {
    let family: { readonly head: string[]; readonly samples: string[] } | undefined;
    for (const line of text.split('\n')) {
      const comment = /^# (?:HELP|TYPE) (\S+)/.exec(line);
      if (comment) {
        const name = comment[1]!;
        family = families.get(name);
        if (!family) families.set(name, (family = { head: [], samples: [] }));
        if (!family.head.includes(line)) family.head.push(line);
      } else if (line !== '' && !line.startsWith('#')) family?.samples.push(withLabel(line, worker));
    }
  }
  return [...families.values()]
    .flatMap(({ head, samples }) => [...head, ...samples])
    .join('\n')
    .concat('\n');
}

function withLabel(sample: string, worker: number): string {
  const end = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(sample)?.[0].length ?? 0;
  const label = `worker="${worker}"`;
  return sample[end] === '{'
    ? `${sample.slice(0, end)}{${label}${sample[end + 1] === '}' ? '' : ','}${sample.slice(end + 1)}`
    : `${sample.slice(0, end)}{${label}}${sample.slice(end)}`;
}
