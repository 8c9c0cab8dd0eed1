/**
 * Pacing: makes budgets last their day. Line items that bid a price take part in a share of their opportunities; those that go by
 * results bid a factor of their worth, which keeps the best of what a budget can buy. State is kept for each budget, not
 * for each line item, since line items of a campaign spend from one purse; a line item goes by the tightest of its budgets.
 */
import { goesByResults } from '../campaign/bid-strategy.ts';
import type { CatalogLine } from '../campaign/catalog.ts';
import type { BucketId, BudgetRef, BudgetUnit } from '../core/budget.ts';
import { dayBucket, lifetimeBucket } from '../core/budget.ts';
import type { Probability } from '../core/units.ts';
import { LOG_BUDGET_MAX, stepBudget } from '../policy/control/budget.ts';
import type { Period, SpendShape } from '../policy/pacing/curve.ts';
import { plannedShare, TrafficCurve } from '../policy/pacing/curve.ts';
import { pacingControllerNamed } from '../policy/pacing/index.ts';
import type { LedgerPort, TablesPort } from '../state/port.ts';

interface PaceState {
  participation: Probability;
  logFactor: number;
  day: string;
  spent: number;
  atMs: number;
}

const TABLE = 'pacing';
const TRAFFIC_TABLE = 'traffic';
const UNITS: readonly BudgetUnit[] = ['micros', 'impressions'];
const DAY_MS = 86_400_000;

export class Pacer {
  /** By shape, then by day and moment; of one step. */
  readonly #planned = new Map<SpendShape, Map<string, number>>();
  readonly #states = new Map<string, PaceState>();
  readonly #traffic = new TrafficCurve();
  #countedAtMs = Number.NaN;

  /** Requests since it was last told: what budgets are spread along. */
  countTraffic(requests: number, nowMs: number): void {
    this.#traffic.saw(this.#countedAtMs, nowMs, requests);
    this.#countedAtMs = nowMs;
  }

  /** One step for every budget that an evenly paced line item spends from. Gives the share of line n. */
  async step(
    lines: readonly CatalogLine[],
    ledger: Pick<LedgerPort, 'bucketStates'>,
    nowMs: number,
    /** What else is in force on the bids of a line item that goes by results, as a logarithm. */
    logLimitOf: (line: CatalogLine) => number = () => 0,
  ): Promise<Float64Array> {
    const budgets = budgetsOf(
      lines.filter(({ lineItem }) => lineItem.pacing !== 'asap'),
      logLimitOf,
    );
    const buckets = budgets.flatMap(({ budget }) => bucketsOf(budget, nowMs));
    const spent = new Map<string, number>();
    if (buckets.length > 0)
      for (const state of await ledger.bucketStates(buckets))
        spent.set(`${state.bucket} ${state.unit}`, state.spent);
    const spentOf = (bucket: BucketId, unit: BudgetUnit): number => spent.get(`${bucket} ${unit}`) ?? 0;
    this.#planned.clear();
    for (let place = 0; place < budgets.length; place++) {
      for (const unit of UNITS) this.#stepOne(budgets[place]!, unit, spentOf, nowMs);
      // Bids come between: 10,000 line items have 11,000 budgets, which took 290 ms at one go.
      if (place % SLICE === SLICE - 1) await nextTurn();
    }
    return this.shares(lines);
  }

  /** Logarithm of the factor that a line item's budgets leave on its worth; without a limit, as much as there may be. */
  logBudgetOf({ lineItem, budgets }: CatalogLine): number {
    if (lineItem.pacing === 'asap') return LOG_BUDGET_MAX;
    return budgets.reduce((least, budget) => {
      const factors = UNITS.map((unit) => this.#states.get(keyOf(budget, unit))?.logFactor ?? LOG_BUDGET_MAX);
      return Math.min(least, ...factors);
    }, LOG_BUDGET_MAX);
  }

  /** As they stand: for a catalog that was swapped between two steps. */
  shares(lines: readonly CatalogLine[]): Float64Array {
    return Float64Array.from(lines, ({ lineItem, budgets }) => {
      if (lineItem.pacing === 'asap' || goesByResults(lineItem.bid)) return 1;
      return budgets.reduce((least, budget) => {
        const shares = UNITS.map((unit) => this.#states.get(keyOf(budget, unit))?.participation ?? 1);
        return Math.min(least, ...shares);
      }, 1);
    });
  }

  async save(store: Pick<TablesPort, 'save'>): Promise<void> {
    const states = Object.fromEntries(
      [...this.#states].map(([key, { participation, logFactor }]) => [key, [participation, logFactor]]),
    );
    await store.save(TABLE, Buffer.from(JSON.stringify(states)));
    await store.save(TRAFFIC_TABLE, Buffer.from(JSON.stringify(this.#traffic.save())));
  }

  /** Shares and factors only: what was spent is the ledger's to say. Gives false for a table that cannot be believed. */
  async restore(store: Pick<TablesPort, 'load'>): Promise<boolean> {
    const [bytes, traffic] = [await store.load(TABLE), await store.load(TRAFFIC_TABLE)];
    const sound = !traffic || this.#traffic.restore(parsed(traffic));
    if (!bytes) return sound;
    const states = readStates(bytes);
    for (const [key, [participation, logFactor]] of Object.entries(states ?? {}))
      this.#states.set(key, {
        participation: participation as Probability,
        logFactor,
        day: '',
        spent: 0,
        atMs: 0,
      });
    return sound && states !== undefined;
  }

  /** Budgets of one zone and shape are alike in this, so within a step it is worked out once for all of them. */
  #shareBy(day: Period, atMs: number, shape: SpendShape): number {
    let byMoment = this.#planned.get(shape);
    if (!byMoment) this.#planned.set(shape, (byMoment = new Map()));
    const key = `${day.startMs} ${day.endMs} ${atMs}`;
    let share = byMoment.get(key);
    if (share === undefined) {
      share = plannedShare(day, atMs, shape, (hourMs) => this.#traffic.weightAt(hourMs));
      byMoment.set(key, share);
    }
    return share;
  }

  #stepOne(
    { budget, shape, flightEndMs, logLimit }: PacedBudget,
    unit: BudgetUnit,
    spentOf: (bucket: BucketId, unit: BudgetUnit) => number,
    nowMs: number,
  ): void {
    const key = keyOf(budget, unit);
    const { day, dayStartMs, dayEndMs } = budget.zone.at(nowMs);
    const spent = spentOf(dayBucket(budget.scope, budget.id, day), unit);
    const before = spentOf(lifetimeBucket(budget.scope, budget.id), unit) - spent;
    const allowed = allowanceOfDay(budget, unit, before, (flightEndMs - dayStartMs) / DAY_MS);
    if (allowed === undefined) {
      this.#states.delete(key);
      return;
    }
    const known = this.#states.get(key);
    const sameDay = known?.day === day && known.atMs <= nowMs;
    const fromMs = sameDay ? known.atMs : nowMs;
    // Shares of the plan, not of the clock: an hour of much traffic is a longer part of the day than one of little.
    const shareBy = (atMs: number): number =>
      this.#shareBy({ startMs: dayStartMs, endMs: dayEndMs }, atMs, shape);
    const elapsed = shareBy(nowMs);
    const stepElapsed = elapsed - shareBy(fromMs);
    const spentSinceMicros = sameDay ? Math.max(0, spent - known.spent) : 0;
    const participation = pacingControllerNamed('even').step({
      participation: known?.participation ?? (1 as Probability),
      budgetMicros: allowed,
      spentMicros: spent,
      elapsed,
      spentSinceMicros,
      stepElapsed,
    });
    const left = Math.max(0, allowed - spent);
    const logFactor = stepBudget(known?.logFactor ?? 0, {
      length: stepElapsed,
      spentMicros: spentSinceMicros,
      allowedMicros: (left * stepElapsed) / Math.max(1 - elapsed, stepElapsed),
      logLimit,
    });
    this.#states.set(key, { participation, logFactor, day, spent, atMs: nowMs });
  }
}

/** What the day may spend: its own limit, and an even part of what is left for the rest of the flight. */
function allowanceOfDay(
  budget: BudgetRef,
  unit: BudgetUnit,
  spentBefore: number,
  daysLeft: number,
): number | undefined {
  const daily = unit === 'micros' ? budget.dailyMicros : budget.dailyImpressions;
  const lifetime = unit === 'micros' ? budget.lifetimeMicros : budget.lifetimeImpressions;
  // Without an end there is nothing to spread a lifetime budget over.
  const part =
    lifetime !== undefined && Number.isFinite(daysLeft)
      ? Math.max(0, lifetime - spentBefore) / Math.max(1, daysLeft)
      : undefined;
  if (daily === undefined) return part;
  return part === undefined ? daily : Math.min(daily, part);
}

/** Budgets between two turns of the event loop: a few milliseconds. */
const SLICE = 200;

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

interface PacedBudget {
  readonly budget: BudgetRef;
  /** Of the line items that are paced by it; even where they differ. */
  readonly shape: SpendShape;
  /** End of the last flight that spends from it. */
  readonly flightEndMs: number;
  /** The loosest of what else is in force on bids that spend from it. */
  readonly logLimit: number;
}

function budgetsOf(
  lines: readonly CatalogLine[],
  logLimitOf: (line: CatalogLine) => number,
): readonly PacedBudget[] {
  const found = new Map<string, PacedBudget>();
  for (const line of lines)
    for (const budget of line.budgets) {
      const key = `${budget.scope}/${budget.id}`;
      const known = found.get(key);
      found.set(key, {
        budget,
        shape: known ? shapeOfBoth(known.shape, shapeOf(line)) : shapeOf(line),
        flightEndMs: Math.max(line.flightEndMs, known?.flightEndMs ?? Number.NEGATIVE_INFINITY),
        logLimit: Math.max(logLimitOf(line), known?.logLimit ?? Number.NEGATIVE_INFINITY),
      });
    }
  return [...found.values()];
}

function bucketsOf(budget: BudgetRef, nowMs: number): BucketId[] {
  const { day } = budget.zone.at(nowMs);
  return [dayBucket(budget.scope, budget.id, day), lifetimeBucket(budget.scope, budget.id)];
}

function shapeOf({ lineItem: { pacing } }: CatalogLine): SpendShape {
  if (typeof pacing === 'object') return pacing.hours;
  return pacing === 'ahead' ? 'ahead' : 'even';
}

function shapeOfBoth(a: SpendShape, b: SpendShape): SpendShape {
  return String(a) === String(b) ? a : 'even';
}

function keyOf(budget: BudgetRef, unit: BudgetUnit): string {
  return `${budget.scope}/${budget.id}/${unit}`;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

function readStates(bytes: Uint8Array): Readonly<Record<string, readonly [number, number]>> | undefined {
  const table = parsed(bytes);
  if (typeof table !== 'object' || table === null || Array.isArray(table)) return undefined;
  const sound = Object.values(table).every(
    (state) =>
      Array.isArray(state) &&
      state.length === 2 &&
      state[0] >= 0 &&
      state[0] <= 1 &&
      Number.isFinite(state[1]),
  );
  return sound ? (table as Record<string, [number, number]>) : undefined;
}
