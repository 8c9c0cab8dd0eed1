/**
 * Why conversions of a line item fell: by the part of the missing ones that each exchange and each creative accounts for. One that
 * accounts for most of them, and for far more than its part of what was expected, is the cause; where all lost alike it is not what we buy
 * but what we changed, or where people land.
 */
import type { CatalogLine } from '../../campaign/catalog.ts';
import type { ReportRow } from '../../state/port.ts';
import type { Alert, AlertSources } from './alert.ts';
import { HOUR_MS, hourOf } from './alert.ts';

type Cause = Required<Pick<Alert, 'cause' | 'causeKind' | 'explains' | 'remedy'>>;

const EXPLAINS_MIN = 0.7;
/** Beyond its part of what was expected. */
const EXCESS_MIN = 0.3;
const BASE_MS = 7 * 24 * HOUR_MS;
/** An edit may have come as long before, or be dated later than the hour in which it begins to show. */
const EDIT_BEFORE_MS = 12 * HOUR_MS;
const EDIT_AFTER_MS = 3 * HOUR_MS;

interface Part {
  readonly name: string;
  readonly expected: number;
  readonly missing: number;
}

export function causeOf(
  line: CatalogLine,
  rows: readonly ReportRow[],
  sinceMs: number,
  { nowMs, edits = [] }: Pick<AlertSources, 'nowMs' | 'edits'>,
  arrivedBy: (ageMs: number) => number,
): Cause {
  const partsBy = (dimension: 'exchange' | 'creative' | 'host'): readonly Part[] =>
    partsOf(rows, sinceMs, nowMs, arrivedBy, ({ key }) =>
      dimension === 'host' ? hostOf(line, key.creative) : (key[dimension] ?? ''),
    );
  const [exchange, creative] = [outstanding(partsBy('exchange')), outstanding(partsBy('creative'))];
  const one = [exchange, creative]
    .filter((part) => part !== undefined)
    .sort((a, b) => b.explains - a.explains)[0];
  const host = outstanding(partsBy('host'));
  if (one && one === creative && !(host && host.explains >= one.explains))
    return {
      causeKind: 'creative',
      explains: one.explains,
      cause: `The creative ${one.name} accounts for ${percent(one.explains)} of what is missing.`,
      remedy: 'Pause it, or look at what it leads to.',
    };
  if (one && one === exchange)
    return {
      causeKind: 'exchange',
      explains: one.explains,
      cause: `${one.name} accounts for ${percent(one.explains)} of what is missing.`,
      remedy: 'Look at where its showings are of late; leave that out, or bid less for it.',
    };
  const edit = edits.findLast(
    ({ atMs, lineItemIds }) =>
      atMs >= sinceMs - EDIT_BEFORE_MS &&
      atMs <= sinceMs + EDIT_AFTER_MS &&
      lineItemIds.includes(line.lineItem.id),
  );
  if (edit)
    return {
      causeKind: 'our_edit',
      explains: 1,
      cause: `All exchanges and creatives lost alike, and the configuration was changed at that time: ${edit.what}.`,
      remedy: 'Undo the change, or wait until it has been learned from.',
    };
  const where =
    host?.name ?? [...new Set(line.creatives.map(({ creative: own }) => hostOf(line, own.id)))].join(', ');
  return {
    causeKind: 'site',
    explains: host?.explains ?? 1,
    cause: `All exchanges and creatives lost alike, and nothing was changed here: the landing page at ${where}, or the reports of its conversions.`,
    remedy: 'Open the landing page on a phone and buy something; look whether the shop reports it.',
  };
}

function partsOf(
  rows: readonly ReportRow[],
  sinceMs: number,
  nowMs: number,
  arrivedBy: (ageMs: number) => number,
  nameOf: (row: ReportRow) => string,
): readonly Part[] {
  const sums = { before: { came: 0, weight: 0 }, since: { came: 0, weight: 0 } };
  const byName = new Map<string, typeof sums>();
  for (const row of rows) {
    const hourMs = hourOf(row.key.hour);
    if (hourMs < sinceMs - BASE_MS) continue;
    const name = nameOf(row);
    let own = byName.get(name);
    if (!own) byName.set(name, (own = structuredClone(sums)));
    const part = hourMs >= sinceMs ? own.since : own.before;
    part.came += row.conversionsByTouchTime;
    part.weight += row.clicks * arrivedBy(nowMs - hourMs - HOUR_MS / 2);
  }
  const all = [...byName.values()];
  const total = all.reduce((sum, { before }) => sum + before.came, 0);
  const weight = all.reduce((sum, { before }) => sum + before.weight, 0);
  const usual = weight > 0 ? total / weight : 0;
  return [...byName].map(([name, { before, since }]) => {
    // Shrunk to what is usual, since some have few clicks: as if ten conversions had come at the usual rate.
    const lent = usual > 0 ? 10 / usual : 0;
    const rate = (before.came + 10) / Math.max(1e-9, before.weight + lent);
    return { name, expected: rate * since.weight, missing: rate * since.weight - since.came };
  });
}

function outstanding(
  parts: readonly Part[],
): { readonly name: string; readonly explains: number } | undefined {
  if (parts.length < 2) return undefined;
  const missing = parts.reduce((sum, part) => sum + part.missing, 0);
  const expected = parts.reduce((sum, part) => sum + part.expected, 0);
  if (missing <= 0 || expected <= 0) return undefined;
  const found = parts
    .map((part) => ({
      name: part.name,
      explains: Math.min(1, part.missing / missing),
      share: part.expected / expected,
    }))
    .filter(({ explains, share }) => explains >= EXPLAINS_MIN && explains - share >= EXCESS_MIN);
  return found.sort((a, b) => b.explains - a.explains)[0];
}

function hostOf({ creatives }: CatalogLine, creativeId: string | undefined): string {
  const page = creatives.find(({ creative }) => creative.id === creativeId)?.creative.landingPage ?? '';
  return URL.canParse(page) ? new URL(page).hostname : '';
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
