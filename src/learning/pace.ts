/**
 * Pacing: makes budgets last their day. Line items that bid a price take part in a share of their opportunities; those that go by
 * results bid a factor of their worth, which keeps the best of what a budget can buy. State is kept for each budget, not
 * for each line item, since line items of a campaign spend from one purse; a line item goes by the tightest of its budgets.
 * This file is one thing: a purse from the ledger's figures to its share, kept and read back.
 */
import { goesByResults } from '../campaign/bid-strategy.ts';
import type { CatalogLine } from '../campaign/catalog.ts';
import type { BucketId, BudgetRef, BudgetScope } from '../core/budget.ts';
import { dayBucket, lifetimeBucket } from '../core/budget.ts';
import type { Probability } from '../core/units.ts';
import { LOG_BUDGET_MAX, stepBudget } from '../policy/control/budget.ts';
import type { Period, SpendShape } from '../policy/pacing/curve.ts';
import { plannedShare, TrafficCurve } from '../policy/pacing/curve.ts';
import { pacingControllerNamed } from '../policy/pacing/index.ts';
import type { LedgerPort, TablesPort } from '../state/port.ts';
import type { Work } from './turns.ts';
import { atOnce, eachOf, inTurns, jsonOf, nextTurn } from './turns.ts';

interface PaceState {
  participation: Probability;
  logFactor: number;
  day: string;
  spent: number;
  atMs: number;
}

/** A purse, whichever line items and books name it. */
interface Purse {
  /** By unit; undefined where it has no limit of that unit. */
  readonly states: (PaceState | undefined)[];
  day: string;
  dayBucket: BucketId;
  readonly lifetimeBucket: BucketId;
}

const TABLE = 'pacing';
const TRAFFIC_TABLE = 'traffic';
const UNITS = ['micros', 'impressions'] as const;
/** Places of the units. */
const MICROS = 0;
const IMPRESSIONS = 1;
type Unit = typeof MICROS | typeof IMPRESSIONS;
/** Amounts that the ledger tells of a budget: two of its day, two of its life. */
const AMOUNTS = 4;
const DAY_MS = 86_400_000;

export class Pacer {
  /** By shape, then by day and moment; of one step. */
  readonly #planned = new Map<SpendShape, Map<string, number>>();
  /** By scope and id. */
  readonly #purses = new Map<string, Purse>();
  /** The same, without a key to be built. */
  readonly #known = new WeakMap<BudgetRef, Purse>();
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
    ledger: Pick<LedgerPort, 'spent'>,
    nowMs: number,
    /** What else is in force on the bids of a line item that goes by results, as a logarithm. */
    logLimitOf: (line: CatalogLine) => number = () => 0,
  ): Promise<Float64Array> {
    const budgets = await inTurns(this.#budgetsOf(lines, logLimitOf));
    this.#planned.clear();
    for (let from = 0; from < budgets.length; from += SLICE) {
      const slice = budgets.slice(from, from + SLICE);
      const spent = await ledger.spent(slice.flatMap((paced) => bucketsOf(paced, nowMs)));
      slice.forEach((paced, place) => {
        for (const unit of [MICROS, IMPRESSIONS] as const) {
          const ofDay = spent[AMOUNTS * place + unit]!;
          this.#stepOne(paced, unit, ofDay, spent[AMOUNTS * place + 2 + unit]! - ofDay, nowMs);
        }
      });
      // Bids come between: 10,000 line items have 11,000 budgets, which took 290 ms at one go.
      await nextTurn();
    }
    return inTurns(this.#sharesOf(lines));
  }

  /** Logarithm of the factor that a line item's budgets leave on its worth; without a limit, as much as there may be. */
  logBudgetOf({ lineItem, budgets }: CatalogLine): number {
    let least = LOG_BUDGET_MAX;
    if (lineItem.pacing === 'asap') return least;
    for (const budget of budgets)
      for (const state of this.#purseOf(budget).states) if (state) least = Math.min(least, state.logFactor);
    return least;
  }

  /** As they stand: for a catalog that was swapped between two steps. */
  shares(lines: readonly CatalogLine[]): Float64Array {
    return atOnce(this.#sharesOf(lines));
  }

  *#sharesOf(lines: readonly CatalogLine[]): Work<Float64Array> {
    const shares = new Float64Array(lines.length).fill(1);
    yield* eachOf(lines, ({ lineItem, budgets }, number) => {
      if (lineItem.pacing === 'asap' || goesByResults(lineItem.bid)) return;
      for (const budget of budgets)
        for (const state of this.#purseOf(budget).states)
          if (state) shares[number] = Math.min(shares[number]!, state.participation);
    });
    return shares;
  }

  #purseOf(budget: BudgetRef): Purse {
    let purse = this.#known.get(budget);
    if (!purse) this.#known.set(budget, (purse = this.#purse(`${budget.scope}/${budget.id}`)));
    return purse;
  }

  #purse(key: string): Purse {
    let purse = this.#purses.get(key);
    if (!purse) {
      const [scope, id] = [key.slice(0, key.indexOf('/')), key.slice(key.indexOf('/') + 1)];
      purse = {
        states: [],
        day: '',
        dayBucket: '',
        lifetimeBucket: lifetimeBucket(scope as BudgetScope, id),
      };
      this.#purses.set(key, purse);
    }
    return purse;
  }

  *#budgetsOf(
    lines: readonly CatalogLine[],
    logLimitOf: (line: CatalogLine) => number,
  ): Work<readonly PacedBudget[]> {
    const found = new Map<Purse, PacedBudget>();
    yield* eachOf(lines, (line) => {
      if (line.lineItem.pacing === 'asap') return;
      const [shape, logLimit] = [shapeOf(line), logLimitOf(line)];
      for (const budget of line.budgets) {
        const purse = this.#purseOf(budget);
        const known = found.get(purse);
        if (known) {
          known.shape = shapeOfBoth(known.shape, shape);
          known.flightEndMs = Math.max(known.flightEndMs, line.flightEndMs);
          known.logLimit = Math.max(known.logLimit, logLimit);
        } else found.set(purse, { budget, purse, shape, flightEndMs: line.flightEndMs, logLimit });
      }
    });
    return [...found.values()];
  }

  async save(store: Pick<TablesPort, 'save'>): Promise<void> {
    await store.save(TABLE, Buffer.from(await inTurns(jsonOf(this.#toSave()))));
    await store.save(TRAFFIC_TABLE, Buffer.from(JSON.stringify(this.#traffic.save())));
  }

  *#toSave(): Generator<readonly [string, readonly [number, number]]> {
    for (const [key, { states }] of this.#purses)
      for (let unit = 0; unit < states.length; unit++) {
        const state = states[unit];
        if (state) yield [`${key}/${UNITS[unit]}`, [state.participation, state.logFactor]];
      }
  }

  /** Shares and factors only: what was spent is the ledger's to say. Gives false for a table that cannot be believed. */
  async restore(store: Pick<TablesPort, 'load'>): Promise<boolean> {
    const [bytes, traffic] = [await store.load(TABLE), await store.load(TRAFFIC_TABLE)];
    const sound = !traffic || this.#traffic.restore(parsed(traffic));
    if (!bytes) return sound;
    const states = readStates(bytes);
    for (const [key, [participation, logFactor]] of Object.entries(states ?? {})) {
      const end = key.lastIndexOf('/');
      const unit = UNITS.findIndex((name) => name === key.slice(end + 1));
      if (unit < 0) continue;
      const state = { participation: participation as Probability, logFactor, day: '', spent: 0, atMs: 0 };
      this.#purse(key.slice(0, end)).states[unit] = state;
    }
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

  /** `spent` of its day, `before` that day in its life. */
  #stepOne(
    { budget, purse, shape, flightEndMs, logLimit }: PacedBudget,
    unit: Unit,
    spent: number,
    before: number,
    nowMs: number,
  ): void {
    const { day, dayStartMs, dayEndMs } = budget.zone.at(nowMs);
    const allowed = allowanceOfDay(budget, unit, before, (flightEndMs - dayStartMs) / DAY_MS);
    if (allowed === undefined) {
      purse.states[unit] = undefined;
      return;
    }
    const known = purse.states[unit];
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
    purse.states[unit] = { participation, logFactor, day, spent, atMs: nowMs };
  }
}

/** What the day may spend: its own limit, and an even part of what is left for the rest of the flight. */
function allowanceOfDay(
  budget: BudgetRef,
  unit: Unit,
  spentBefore: number,
  daysLeft: number,
): number | undefined {
  const daily = unit === MICROS ? budget.dailyMicros : budget.dailyImpressions;
  const lifetime = unit === MICROS ? budget.lifetimeMicros : budget.lifetimeImpressions;
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

interface PacedBudget {
  readonly budget: BudgetRef;
  readonly purse: Purse;
  /** Of the line items that are paced by it; even where they differ. */
  shape: SpendShape;
  /** End of the last flight that spends from it. */
  flightEndMs: number;
  /** The loosest of what else is in force on bids that spend from it. */
  logLimit: number;
}

function bucketsOf({ budget, purse }: PacedBudget, nowMs: number): BucketId[] {
  const { day } = budget.zone.at(nowMs);
  if (purse.day !== day) {
    purse.day = day;
    purse.dayBucket = dayBucket(budget.scope, budget.id, day);
  }
  return [purse.dayBucket, purse.lifetimeBucket];
}

function shapeOf({ lineItem: { pacing } }: CatalogLine): SpendShape {
  if (typeof pacing === 'object') return pacing.hours;
  return pacing === 'ahead' ? 'ahead' : 'even';
}

function shapeOfBoth(a: SpendShape, b: SpendShape): SpendShape {
  return a === b || String(a) === String(b) ? a : 'even';
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
