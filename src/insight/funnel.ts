/** Counts what becomes of every chance, per line item and reason, and tells a buyer where most of them are lost. */
import { BitTally } from '../core/bit-tally.ts';
import type { Bitset } from '../core/bitset.ts';
import type { FunnelStage, Reason } from '../core/reason.ts';
import { FUNNEL_STAGES, REASON_LIST, REASONS, reasonCode } from '../core/reason.ts';
import type { CountRow } from '../state/port.ts';

/** Counts beside the reasons. `considered`: impressions that came as far as the lookup of line items. */
export const COUNT_NAMES = ['requests', 'impressions', 'considered', 'candidates', 'bids'] as const;
type CountName = (typeof COUNT_NAMES)[number];

/** Counters: every reason, then the names above. */
const COLUMNS = REASON_LIST.length + COUNT_NAMES.length;
const NAMES: readonly string[] = [...REASON_LIST, ...COUNT_NAMES];
const column = (name: CountName): number => REASON_LIST.length + COUNT_NAMES.indexOf(name);
const REQUESTS = column('requests');
const IMPRESSIONS = column('impressions');
const CONSIDERED = column('considered');
const CANDIDATES = column('candidates');
const BIDS = column('bids');
const HOUR_MS = 3_600_000;

/**
 * One addition for an event, into typed arrays: it runs for every candidate of every bid. Rows of line items carry no exchange,
 * and rows of exchanges no line item. A bid that began before the line items changed may be counted under a new one's number.
 */
export class FunnelCounter {
  #lineIds: readonly string[] = [];
  /** A column for each name, one number for each line item: what a bid counts of many of them lies together. */
  #lines = new Float64Array(0);
  /** Columns that hold anything: of a hundred names a few are counted, and the others need not be gone through. */
  readonly #touched = new Uint8Array(COLUMNS);
  /** Over the columns in which whole sets were counted. */
  #tallies: BitTally[] = [];
  readonly #exchanges = new Map<string, Float64Array>();
  #pending: CountRow[] = [];
  #drainedMs = Number.NEGATIVE_INFINITY;
  #drainedRows = 0;

  /** Ids of the line items by their dense number. What was counted under the old numbers is kept for the next drain. */
  useLines(lineIds: readonly string[], nowMs: number): void {
    this.#pending = this.drain(nowMs);
    this.#lineIds = lineIds;
    this.#lines = new Float64Array(lineIds.length * COLUMNS);
    this.#tallies = [];
  }

  countRequest(exchangeId: string, impressions: number): void {
    const counts = this.#exchange(exchangeId);
    counts[REQUESTS]!++;
    counts[IMPRESSIONS]! += impressions;
  }

  countNoBid(exchangeId: string, reason: Reason): void {
    this.#exchange(exchangeId)[reasonCode(reason)]!++;
  }

  countConsidered(exchangeId: string, impressions = 1): void {
    this.#exchange(exchangeId)[CONSIDERED]! += impressions;
  }

  countCandidates(lineNumbers: Bitset): void {
    this.countLines(lineNumbers, CANDIDATES);
  }

  countLines(lineNumbers: Bitset, code: number): void {
    this.#touched[code] = 1;
    (this.#tallies[code] ??= new BitTally(this.#column(code))).add(lineNumbers);
  }

  countLine(lineNumber: number, code: number): void {
    const size = this.#lineIds.length;
    this.#touched[code] = 1;
    if (lineNumber < size) this.#lines[code * size + lineNumber]!++;
  }

  countBid(lineNumber: number, exchangeId: string): void {
    this.countLine(lineNumber, BIDS);
    this.#exchange(exchangeId)[BIDS]!++;
  }

  /**
   * Everything counted since the last drain, under the hour of `nowMs`; nothing while it is too soon after a drain of many rows for
   * `rowsASecond` of them to have been moved: 100,000 line items have half a million, which cost more to keep than their bids.
   */
  drain(nowMs: number, rowsASecond = Number.POSITIVE_INFINITY): CountRow[] {
    if (nowMs >= this.#drainedMs && nowMs - this.#drainedMs < (1000 * this.#drainedRows) / rowsASecond)
      return [];
    const hourMs = nowMs - (nowMs % HOUR_MS);
    const rows = this.#pending;
    this.#pending = [];
    for (const [exchangeId, counts] of this.#exchanges)
      collect(counts, NAMES, (name) => ({ hourMs, exchangeId, lineItemId: '', name }), rows);
    NAMES.forEach((name, column) => {
      if (this.#touched[column] === 0) return;
      this.#tallies[column]?.settle();
      const keyOf = (lineItemId: string) => ({ hourMs, exchangeId: '', lineItemId, name });
      collect(this.#column(column), this.#lineIds, keyOf, rows);
    });
    this.#touched.fill(0);
    this.#drainedMs = nowMs;
    this.#drainedRows = rows.length;
    return rows;
  }

  #column(code: number): Float64Array {
    const size = this.#lineIds.length;
    return this.#lines.subarray(code * size, (code + 1) * size);
  }

  #exchange(exchangeId: string): Float64Array {
    let counts = this.#exchanges.get(exchangeId);
    if (!counts) this.#exchanges.set(exchangeId, (counts = new Float64Array(COLUMNS)));
    return counts;
  }
}

/** Moves counters out and leaves zeros. */
function collect(
  counts: Float64Array,
  whose: readonly string[],
  keyOf: (whose: string) => Omit<CountRow, 'count'>,
  rows: CountRow[],
): void {
  for (let index = 0; index < counts.length; index++) {
    const count = counts[index]!;
    if (count === 0) continue;
    rows.push({ ...keyOf(whose[index]!), count });
    counts[index] = 0;
  }
}

export interface FunnelReason {
  readonly reason: string;
  readonly stage: FunnelStage;
  readonly remedy: string;
  readonly count: number;
}

export interface FunnelStep {
  readonly stage: FunnelStage;
  readonly entered: number;
  readonly lost: number;
}

export interface Funnel {
  readonly lineItemId: string;
  /** Impressions offered to the whole account: what the funnel begins with. */
  readonly requests: number;
  readonly bids: number;
  readonly wins: number;
  readonly impressions: number;
  /** Every named loss, greatest first: our own reasons, and what exchanges say of lost bids. Losses of whole requests are told once each. */
  readonly reasons: readonly FunnelReason[];
  /** In the order a buyer reads them; what leaves one stage enters the next. */
  readonly steps: readonly FunnelStep[];
  readonly largest: FunnelReason | undefined;
}

/** What became of the bids, from the journal. */
export interface Delivered {
  readonly wins: number;
  readonly impressions: number;
}

/**
 * One line item's funnel. Losses in targeting are what was looked up less what became a candidate: columns of bits refuse
 * without naming line items. What exchanges say of lost bids names part of what the auction took. Chances that were dropped under way (deadline, fault) are counted with the requests.
 */
export function funnelOf(
  lineItemId: string,
  active: boolean,
  rows: readonly CountRow[],
  delivered: Delivered,
  lost: readonly FunnelReason[] = [],
): Funnel {
  const whole = new Map<string, number>();
  const own = new Map<string, number>();
  for (const row of rows) {
    if (row.lineItemId === '') add(whole, row.name, row.count);
    else if (row.lineItemId === lineItemId) add(own, row.name, row.count);
  }
  const bids = own.get('bids') ?? 0;
  const candidates = own.get('candidates') ?? 0;
  const considered = whole.get('considered') ?? 0;
  const offered = Math.max(whole.get('impressions') ?? 0, considered);
  const losses = new Map<Reason, number>();
  for (const reason of REASON_LIST) {
    if (REASONS[reason].stage === 'requests' && reason !== 'malformed_request')
      add(losses, reason, whole.get(reason) ?? 0);
    add(losses, reason, own.get(reason) ?? 0);
  }
  const refused = REASON_LIST.reduce((sum, reason) => sum + (own.get(reason) ?? 0), 0);
  add(losses, active ? 'not_targeted' : 'not_in_flight', Math.max(0, considered - candidates));

  const lostAt = new Map<FunnelStage, number>();
  for (const [reason, count] of losses)
    if (REASONS[reason].stage !== 'requests') add(lostAt, REASONS[reason].stage, count);
  add(lostAt, 'requests', offered - considered + Math.max(0, candidates - refused - bids));
  add(lostAt, 'auction', Math.max(0, bids - delivered.wins));
  add(lostAt, 'delivery', Math.max(0, delivered.wins - delivered.impressions));

  const reasons = [...losses]
    .filter(([, count]) => count > 0)
    .map(
      ([reason, count]): FunnelReason => ({
        reason,
        stage: REASONS[reason].stage,
        remedy: REASONS[reason].remedy,
        count,
      }),
    )
    .concat(lost)
    .sort((a, b) => b.count - a.count);
  let entered = offered;
  const steps = FUNNEL_STAGES.map((stage): FunnelStep => {
    const step = { stage, entered, lost: Math.min(entered, lostAt.get(stage) ?? 0) };
    entered -= step.lost;
    return step;
  });
  return {
    lineItemId,
    requests: offered,
    bids,
    wins: delivered.wins,
    impressions: delivered.impressions,
    reasons,
    steps,
    largest: reasons[0],
  };
}

function add<Key>(sums: Map<Key, number>, key: Key, count: number): void {
  if (count !== 0) sums.set(key, (sums.get(key) ?? 0) + count);
}
