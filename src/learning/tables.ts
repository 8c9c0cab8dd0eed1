/**
 * What was learned: how often each creative of a line item was shown and clicked, and what it takes to win on each
 * exchange. Arms are counted from the journal at every start, so they are never older than the last acknowledged event;
 * price landscapes fade anyway and are kept as one saved table.
 */
import type { BidFacts } from '../core/event.ts';
import type { CpmMicros } from '../core/units.ts';
import { ContextLandscape } from '../policy/price/context.ts';
import { marketContext } from '../policy/price/market.ts';
import type { MarketLandscape } from '../policy/price/pricer.ts';
import type { ReportRow, TablesPort } from '../state/port.ts';
import type { StudyPort } from './learn.ts';

export interface ArmCounts {
  readonly trials: number;
  readonly rewards: number;
}

export interface RestoreOutcome {
  /** Saved tables that could not be believed and were begun anew. */
  readonly corrupt: number;
}

const LANDSCAPES_TABLE = 'landscapes';
const FORMAT = 2;
/** Landscapes without contexts. */
const FIRST_FORMAT = 1;
/** Prices of half a week ago count half: markets drift within days. */
const HALF_LIFE_MS = 84 * 3_600_000;
/** Far more than exchanges times currencies; old ones of a changed configuration must not grow without end. */
const LANDSCAPES_MAX = 1000;
/** Floor bands times media that a market really has; a market that is cut finer keeps what came first. */
const CONTEXTS_MAX = 200;
const NEVER_SHOWN: ArmCounts = { trials: 0, rewards: 0 };

export class LearnedTables implements Pick<StudyPort, 'impression' | 'price' | 'result'> {
  /** By line item, then by creative. */
  readonly #arms = new Map<string, Map<string, { trials: number; rewards: number }>>();
  readonly #landscapes = new Map<string, ContextLandscape>();
  #trials = 0;
  #clicks = 0;
  #changes = 0;

  get accountTrials(): number {
    return this.#trials;
  }

  get accountClicks(): number {
    return this.#clicks;
  }

  /** Rises with everything learned: a snapshot made at the same count is still good. */
  get changes(): number {
    return this.#changes;
  }

  impression(facts: BidFacts): void {
    this.#count(facts.lineItemId, facts.creativeId, 1, 0);
  }

  click(facts: BidFacts): void {
    this.#count(facts.lineItemId, facts.creativeId, 0, 1);
  }

  clickVoided(facts: BidFacts): void {
    this.#count(facts.lineItemId, facts.creativeId, 0, -1);
  }

  price(facts: BidFacts, cpmMicros: CpmMicros): void {
    this.#learn(facts, cpmMicros <= facts.bidCpmMicros, cpmMicros);
  }

  result(facts: BidFacts, won: boolean): void {
    this.#learn(facts, won, undefined);
  }

  armOf(lineItemId: string, creativeId: string): ArmCounts {
    return this.#arms.get(lineItemId)?.get(creativeId) ?? NEVER_SHOWN;
  }

  /** By exchange and currency, as bids look them up. */
  landscapes(): ReadonlyMap<string, MarketLandscape> {
    return new Map([...this.#landscapes].map(([key, landscape]) => [key, landscape.publish()]));
  }

  fade(elapsedMs: number): void {
    if (!(elapsedMs > 0)) return;
    const keep = 0.5 ** (elapsedMs / HALF_LIFE_MS);
    for (const landscape of this.#landscapes.values()) landscape.decay(keep);
    this.#changes++;
  }

  async save(store: Pick<TablesPort, 'save'>): Promise<void> {
    const landscapes = Object.fromEntries(
      [...this.#landscapes].map(([key, landscape]) => [key, landscape.save()]),
    );
    await store.save(LANDSCAPES_TABLE, Buffer.from(JSON.stringify({ format: FORMAT, landscapes })));
  }

  /** Arms of all nodes, where the journal knows but this one's. */
  saveArms(): readonly (readonly [key: string, trials: number, rewards: number])[] {
    return [...this.#arms].flatMap(([lineItemId, arms]) =>
      [...arms].map(
        ([creativeId, { trials, rewards }]) => [armKey(lineItemId, creativeId), trials, rewards] as const,
      ),
    );
  }

  /** In the place of what was counted. False, and nothing changed, for what cannot be believed. */
  restoreArms(saved: unknown): boolean {
    if (!Array.isArray(saved)) return false;
    const isArm = (arm: unknown): boolean =>
      Array.isArray(arm) &&
      typeof arm[0] === 'string' &&
      isCount(arm[1]) &&
      Math.abs(arm[2]) < Number.MAX_SAFE_INTEGER;
    if (!saved.every(isArm)) return false;
    this.#arms.clear();
    this.#trials = 0;
    this.#clicks = 0;
    for (const [key, trials, rewards] of saved) {
      const [lineItemId = '', creativeId = ''] = String(key).split('\0');
      this.#count(lineItemId, creativeId, trials, rewards);
    }
    return true;
  }

  /** `rows` are the journal's report of all time by line item and creative. What cannot be believed is left at nothing. */
  async restore(
    store: Pick<TablesPort, 'load'>,
    rows: readonly ReportRow[] | undefined,
  ): Promise<RestoreOutcome> {
    let corrupt = 0;
    for (const { key, impressions, clicks } of rows ?? []) {
      if (isCount(impressions) && isCount(clicks))
        this.#count(key.line_item ?? '', key.creative ?? '', impressions, clicks);
      else corrupt++;
    }
    const bytes = await store.load(LANDSCAPES_TABLE);
    const saved = bytes && readLandscapes(bytes);
    if (bytes && !saved) corrupt++;
    for (const [key, kept] of Object.entries(saved ?? {}).slice(0, LANDSCAPES_MAX)) {
      const landscape = ContextLandscape.restore(kept, CONTEXTS_MAX);
      if (landscape) this.#landscapes.set(key, landscape);
      else corrupt++;
    }
    this.#changes++;
    return { corrupt };
  }

  #learn(facts: BidFacts, won: boolean, minToWin: CpmMicros | undefined): void {
    const key = landscapeKey(facts.exchangeId, facts.currency);
    let landscape = this.#landscapes.get(key);
    if (!landscape) {
      if (this.#landscapes.size >= LANDSCAPES_MAX) return;
      this.#landscapes.set(key, (landscape = new ContextLandscape(CONTEXTS_MAX)));
    }
    landscape.learn(marketContext(facts), facts.bidCpmMicros, won, minToWin);
    this.#changes++;
  }

  #count(lineItemId: string, creativeId: string, trials: number, rewards: number): void {
    let arms = this.#arms.get(lineItemId);
    if (!arms) this.#arms.set(lineItemId, (arms = new Map()));
    let arm = arms.get(creativeId);
    if (!arm) arms.set(creativeId, (arm = { trials: 0, rewards: 0 }));
    arm.trials += trials;
    arm.rewards += rewards;
    this.#trials += trials;
    this.#clicks += rewards;
    this.#changes++;
  }
}

export function landscapeKey(exchangeId: string, currency: string): string {
  return `${exchangeId}/${currency}`;
}

function armKey(lineItemId: string, creativeId: string): string {
  return `${lineItemId}\0${creativeId}`;
}

function isCount(value: number): boolean {
  return value >= 0 && value < Number.MAX_SAFE_INTEGER;
}

function readLandscapes(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const table: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (typeof table !== 'object' || table === null || !('landscapes' in table) || !('format' in table))
      return undefined;
    const { format, landscapes } = table;
    return (format === FORMAT || format === FIRST_FORMAT) &&
      typeof landscapes === 'object' &&
      landscapes !== null
      ? (landscapes as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
