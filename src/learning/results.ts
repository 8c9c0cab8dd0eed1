/**
 * What line items that go by results have brought so far: showings, clicks, conversions and their delays, and what they cost.
 * Kept by the hour, so that what is still to come can be told from what will never come. Saved as one table; a crash loses at
 * most what was learned since the last save, never money.
 */
import type { CatalogLine } from '../campaign/catalog.ts';
import type { BidFacts, ConversionEvent, Touch } from '../core/event.ts';
import { SPANS, spanOf } from '../policy/predict/delay.ts';
import type { TablesPort } from '../state/port.ts';
import { inTurns, jsonOf } from './turns.ts';

const HOUR_MS = 3_600_000;
/** As long as the longest delay that counts. */
export const HOURS_KEPT = 30 * 24;

/** Sums of one line item. All arrays of hours are rings by hour since 1970. */
export interface LineResults {
  showings: number;
  /** Clicks that were expected of these showings when their bids were made. */
  expectedClicks: number;
  clicks: number;
  spendMicros: number;
  /** That the strategy counts, after a click, and after a showing alone. */
  conversions: number;
  viewConversions: number;
  valueMicros: number;
  readonly delays: Float64Array;
  readonly clicksByHour: Float64Array;
  /** After a click, by the hour of that click. */
  readonly conversionsByHour: Float64Array;
  readonly spendByHour: Float64Array;
  /** The hour up to which the rings are clear. */
  hour: number;
}

const TABLE = 'results';
const FORMAT = 2;
/** Without conversions by hour. */
const FIRST_FORMAT = 1;

export class Results {
  readonly #lines = new Map<string, LineResults>();
  #changes = 0;

  get changes(): number {
    return this.#changes;
  }

  of(lineItemId: string): LineResults | undefined {
    return this.#lines.get(lineItemId);
  }

  entries(): Iterable<readonly [string, LineResults]> {
    return this.#lines;
  }

  impression({ lineItemId, forecast, bidAtMs }: BidFacts): void {
    if (!forecast) return;
    const line = this.#at(lineItemId, bidAtMs);
    line.showings++;
    line.expectedClicks += forecast.pClick;
  }

  click({ lineItemId, forecast }: BidFacts, atMs: number): void {
    if (!forecast) return;
    const line = this.#at(lineItemId, atMs);
    line.clicks++;
    addTo(line.clicksByHour, line, atMs, 1);
  }

  clickVoided({ lineItemId, forecast }: BidFacts, atMs: number): void {
    if (!forecast) return;
    const line = this.#at(lineItemId, atMs);
    line.clicks = Math.max(0, line.clicks - 1);
    addTo(line.clicksByHour, line, atMs, -1);
  }

  charged({ lineItemId, forecast }: BidFacts, micros: number, atMs: number): void {
    if (!forecast) return;
    const line = this.#at(lineItemId, atMs);
    line.spendMicros += micros;
    addTo(line.spendByHour, line, atMs, micros);
  }

  /**
   * The journal does not keep forecasts, so whether the line item counts such conversions is for the caller. With a minus sign one
   * ceases to count; what a crash lost of them cannot be taken away again, so nothing falls below nought.
   */
  conversion(touch: Touch, event: Pick<ConversionEvent, 'atMs' | 'valueMicros'>, sign: 1 | -1 = 1): void {
    const { facts, kind, atMs } = touch;
    const line = this.#at(facts.lineItemId, event.atMs);
    if (kind === 'click') {
      const span = spanOf(event.atMs - atMs);
      line.conversions = Math.max(0, line.conversions + sign);
      line.delays[span] = Math.max(0, line.delays[span]! + sign);
      addTo(line.conversionsByHour, line, atMs, sign);
    } else line.viewConversions = Math.max(0, line.viewConversions + sign);
    line.valueMicros = Math.max(0, line.valueMicros + sign * event.valueMicros);
  }

  /** Line items that are no more are forgotten with the book. */
  keepOnly(lines: readonly CatalogLine[]): void {
    const known = new Set(lines.map(({ lineItem }) => lineItem.id));
    for (const id of this.#lines.keys()) if (!known.has(id)) this.#lines.delete(id);
  }

  async save(store: Pick<TablesPort, 'save'>): Promise<void> {
    const lines = await inTurns(jsonOf(this.#toSave()));
    await store.save(TABLE, Buffer.from(`{"format":${FORMAT},"lines":${lines}}`));
  }

  *#toSave(): Generator<readonly [string, Written]> {
    for (const [id, line] of this.#lines) yield [id, written(line)];
  }

  /** Gives false for a table that cannot be believed. */
  async restore(store: Pick<TablesPort, 'load'>): Promise<boolean> {
    const bytes = await store.load(TABLE);
    if (!bytes) return true;
    try {
      const table = JSON.parse(Buffer.from(bytes).toString('utf8')) as {
        format: number;
        lines: Record<string, Written>;
      };
      if (table.format !== FORMAT && table.format !== FIRST_FORMAT) return false;
      for (const [id, line] of Object.entries(table.lines)) this.#lines.set(id, read(line));
      return true;
    } catch {
      return false;
    }
  }

  #at(lineItemId: string, atMs: number): LineResults {
    this.#changes++;
    let line = this.#lines.get(lineItemId);
    if (!line) this.#lines.set(lineItemId, (line = emptyResults(Math.floor(atMs / HOUR_MS))));
    return line;
  }
}

function emptyResults(hour: number): LineResults {
  return {
    showings: 0,
    expectedClicks: 0,
    clicks: 0,
    spendMicros: 0,
    conversions: 0,
    viewConversions: 0,
    valueMicros: 0,
    delays: new Float64Array(SPANS),
    clicksByHour: new Float64Array(HOURS_KEPT),
    conversionsByHour: new Float64Array(HOURS_KEPT),
    spendByHour: new Float64Array(HOURS_KEPT),
    hour,
  };
}

/** Clears the hours that passed since, so that none of a month ago is taken for one of today. */
function advance(line: LineResults, hour: number): void {
  const first = Math.max(line.hour + 1, hour - HOURS_KEPT + 1);
  for (let passed = first; passed <= hour; passed++) {
    line.clicksByHour[passed % HOURS_KEPT] = 0;
    line.conversionsByHour[passed % HOURS_KEPT] = 0;
    line.spendByHour[passed % HOURS_KEPT] = 0;
  }
  line.hour = Math.max(line.hour, hour);
}

function addTo(ring: Float64Array, line: LineResults, atMs: number, amount: number): void {
  const hour = Math.floor(atMs / HOUR_MS);
  advance(line, hour);
  const place = hour % HOURS_KEPT;
  if (hour > line.hour - HOURS_KEPT) ring[place] = Math.max(0, ring[place]! + amount);
}

/**
 * Visits every hour that is kept, the latest first, with its middle's age. The sums of hours before those kept are old enough to
 * count in full.
 */
export function eachHour(line: LineResults, nowMs: number, visit: (hour: HourOfResults) => void): void {
  for (let back = 0; back < HOURS_KEPT; back++) {
    const hour = line.hour - back;
    const place = ((hour % HOURS_KEPT) + HOURS_KEPT) % HOURS_KEPT;
    const clicks = line.clicksByHour[place]!;
    const spendMicros = line.spendByHour[place]!;
    if (clicks === 0 && spendMicros === 0) continue;
    const endMs = Math.min(nowMs, (hour + 1) * HOUR_MS);
    const ageMs = Math.max(0, nowMs - (hour * HOUR_MS + endMs) / 2);
    visit({ clicks, conversions: line.conversionsByHour[place]!, spendMicros, ageMs });
  }
}

/** Since its first spend that is kept, in days. */
export function daysOf(line: LineResults, nowMs: number): number {
  let oldestMs = 0;
  eachHour(line, nowMs, ({ ageMs }) => {
    oldestMs = Math.max(oldestMs, ageMs);
  });
  return oldestMs / (24 * HOUR_MS);
}

export interface HourOfResults {
  readonly clicks: number;
  /** That came of these clicks so far. */
  readonly conversions: number;
  readonly spendMicros: number;
  readonly ageMs: number;
}

/** Rings as pairs of place and amount, for most hours of most line items are empty. */
type Pairs = readonly (readonly [number, number])[];
interface Written extends Omit<LineResults, 'delays' | 'clicksByHour' | 'conversionsByHour' | 'spendByHour'> {
  readonly delays: number[];
  readonly clicksByHour: Pairs;
  readonly conversionsByHour?: Pairs;
  readonly spendByHour: Pairs;
}

function written(line: LineResults): Written {
  const sparse = (ring: Float64Array): [number, number][] =>
    [...ring].flatMap((amount, place): [number, number][] => (amount === 0 ? [] : [[place, amount]]));
  return {
    ...line,
    delays: [...line.delays],
    clicksByHour: sparse(line.clicksByHour),
    conversionsByHour: sparse(line.conversionsByHour),
    spendByHour: sparse(line.spendByHour),
  };
}

/** @throws Error for what is no such line. */
function read(line: Written): LineResults {
  const ring = (pairs: Pairs): Float64Array => {
    const amounts = new Float64Array(HOURS_KEPT);
    for (const [place, amount] of pairs) amounts[place] = amount;
    return amounts;
  };
  const sums = { ...emptyResults(line.hour), ...line };
  if (Object.values(sums).some((value) => typeof value === 'number' && !Number.isFinite(value)))
    throw new Error('a sum that is no number');
  // Before they were kept by hour: as if each click had brought as much as any other.
  const perClick = sums.clicks > 0 ? sums.conversions / sums.clicks : 0;
  const conversions =
    line.conversionsByHour ?? line.clicksByHour.map(([place, clicks]) => [place, clicks * perClick] as const);
  return {
    ...sums,
    conversionsByHour: ring(conversions),
    delays: Float64Array.from({ length: SPANS }, (_, span) => line.delays[span] ?? 0),
    clicksByHour: ring(line.clicksByHour),
    spendByHour: ring(line.spendByHour),
  };
}
