/** What might be: sampled requests against the configuration as it is, and as it would be after changes. Part of the composition root. */
import type { Snapshot } from './bidding/snapshot.ts';
import { addEdits, findObject, objectsOf } from './campaign/edits.ts';
import { issue } from './campaign/issue.ts';
import type { Configuration } from './config.ts';
import { readObject, withEdits } from './config-edits.ts';
import { mergePatch } from './core/merge-patch.ts';
import type { Sampled } from './insight/forecast/forecast.ts';
import { forecastOf, sampledOf } from './insight/forecast/forecast.ts';
import { replay } from './insight/forecast/replay.ts';
import { seenOf } from './insight/forecast/seen.ts';
import type { WhatIf, WhatIfChange } from './server/forecast-routes.ts';
import type { JournalPort } from './state/port.ts';
import type { RequestSample } from './state/sample-port.ts';

export interface ForecastNeeds {
  configuration(): Configuration;
  /** A snapshot of what was learned, with another book. */
  snapshotOf(configuration: Configuration): Snapshot;
  samples(): Promise<readonly RequestSample[]>;
  readonly addresses: Parameters<typeof replay>[2];
  readonly report: JournalPort['report'];
  /** Of the account, impressions for each bid so far. */
  winRate(): Promise<number>;
}

export async function whatIf(changes: readonly WhatIfChange[], needs: ForecastNeeds): Promise<WhatIf> {
  const configuration = needs.configuration();
  const edited = withChanges(configuration, changes);
  if (!('book' in edited)) return { ok: false, issues: edited.issues };
  const [samples, winRate] = [await needs.samples(), await needs.winRate()];
  const sampled = sampledOf(samples);
  const replayed = (snapshot: Snapshot) => replay(samples, snapshot, needs.addresses);
  const snapshot = needs.snapshotOf(configuration);
  const asItIs = await replayed(snapshot);
  const seen = seenOf(asItIs, await broughtIn(sampled, needs));
  const before = forecastOf(snapshot.catalog, samples, asItIs, winRate, seen);
  if (edited === configuration) return { ok: true, sampled, before, after: before };
  const other = needs.snapshotOf(edited);
  const after = forecastOf(other.catalog, samples, await replayed(other), winRate, seen);
  return { ok: true, sampled, before, after };
}

/** Of each line item, what it brought in the time of the samples. */
async function broughtIn({ fromMs, toMs }: Sampled, { report }: ForecastNeeds) {
  const rows = await report({ fromMs, toMs: toMs + 1, dimensions: ['line_item'] });
  return new Map(
    rows.map(({ key, impressions, clicks, conversionsByTouchTime: conversions, spendMicros }) => [
      key.line_item ?? '',
      { impressions, clicks, conversions, spendMicros },
    ]),
  );
}

function withChanges(
  configuration: Configuration,
  changes: readonly WhatIfChange[],
): Configuration | Extract<WhatIf, { ok: false }> {
  let edits = configuration.edits ?? [];
  const objects = objectsOf(configuration.book, configuration.exchanges);
  for (const { list, id, patch } of changes) {
    const before = findObject(objects, list, id);
    if (!before)
      return { ok: false, issues: [issue([list, id], 'unknown_reference', 'is not there', { value: id })] };
    const read = readObject(list, mergePatch(before, patch));
    if (!read.ok)
      return { ok: false, issues: read.issues.map((one) => ({ ...one, path: [list, id, ...one.path] })) };
    edits = addEdits(edits, [{ list, id, before, after: { ...read.object, id } }]);
  }
  if (changes.length === 0) return configuration;
  const next = withEdits(configuration, edits);
  return next.ok ? next.configuration : { ok: false, issues: next.issues };
}
