/** What delivery was like before a change and after it, in windows of the same length. */
import type { Change, EditedList } from '../core/change.ts';
import type { ReportQuery, ReportRow } from '../state/port.ts';

export interface DeliverySums {
  readonly impressions: number;
  readonly clicks: number;
  readonly conversions: number;
  readonly spendMicros: number;
  /** Null without a conversion. */
  readonly cpaMicros: number | null;
}

export interface DeliveryEffect {
  readonly list: EditedList;
  readonly id: string;
  readonly windowMs: number;
  readonly before: DeliverySums;
  readonly after: DeliverySums;
}

const HOUR_MS = 3_600_000;
const WINDOW_MAX_MS = 7 * 24 * HOUR_MS;
const OBJECTS_MAX = 20;

const DIMENSIONS = {
  exchanges: 'exchange',
  advertisers: 'advertiser',
  campaigns: 'campaign',
  lineItems: 'line_item',
  creatives: 'creative',
} as const satisfies Partial<Record<EditedList, ReportQuery['dimensions'][number]>>;

/** Sums are kept by the hour: the hour of the change counts to neither side, and what is not an hour old has no effect to tell. */
export async function changeEffect(
  { atMs, objects }: Change,
  nowMs: number,
  report: (query: ReportQuery) => Promise<readonly ReportRow[]>,
): Promise<readonly DeliveryEffect[]> {
  const fromMs = Math.floor(atMs / HOUR_MS) * HOUR_MS;
  const afterMs = fromMs + HOUR_MS;
  const windowMs = Math.min(WINDOW_MAX_MS, Math.floor((nowMs - afterMs) / HOUR_MS) * HOUR_MS);
  if (windowMs <= 0) return [];
  const effects: DeliveryEffect[] = [];
  for (const { list, id } of objects.slice(0, OBJECTS_MAX)) {
    if (!(list in DIMENSIONS)) continue;
    const dimension = DIMENSIONS[list as keyof typeof DIMENSIONS];
    const sums = async (from: number) => {
      const rows = await report({ fromMs: from, toMs: from + windowMs, dimensions: [dimension] });
      return sumsOf(rows.find(({ key }) => key[dimension] === id));
    };
    effects.push({ list, id, windowMs, before: await sums(fromMs - windowMs), after: await sums(afterMs) });
  }
  return effects;
}

function sumsOf(row: ReportRow | undefined): DeliverySums {
  if (!row) return { impressions: 0, clicks: 0, conversions: 0, spendMicros: 0, cpaMicros: null };
  const { impressions, clicks, conversions, spendMicros } = row;
  return {
    impressions,
    clicks,
    conversions,
    spendMicros,
    cpaMicros: conversions > 0 ? Math.round(spendMicros / conversions) : null,
  };
}
