/**
 * What line items' creatives earned, and what the next snapshot believes of them. Both what a showing brings in clicks and what it brings in
 * conversions is kept, since a buyer may change the goal; both are counted from the journal at every start, so they are never older than the
 * last acknowledged event, and a crash loses nothing. This file is one thing: what an event adds, and what is read from it.
 */
import type { CatalogLine } from '../campaign/catalog.ts';
import type { BidFacts } from '../core/event.ts';
import { believe } from '../policy/bandit/believe.ts';
import { EffectSums } from '../policy/bandit/effects.ts';
import type { Reward } from '../policy/bandit/evidence.ts';
import { Evidence } from '../policy/bandit/evidence.ts';
import { pauseHopeless } from '../policy/bandit/hopeless.ts';
import { creativePolicyNamed } from '../policy/bandit/index.ts';
import type { Belief } from '../policy/bandit/policy.ts';
import { featureOf } from '../policy/bandit/policy.ts';
import type { DelayCurve } from '../policy/predict/delay.ts';
import { PUBLISHED_DELAYS, shareBy } from '../policy/predict/delay.ts';
import type { JournalPort, RewardRecord } from '../state/port.ts';

import type { PairCell, WithWhomCell } from './with-whom.ts';
import { WithWhom } from './with-whom.ts';

const GOALS = ['click', 'conversion'] as const;
type Goal = (typeof GOALS)[number];

interface Earned {
  readonly evidence: Evidence;
  readonly effects: EffectSums;
}

interface LineRecord extends Readonly<Record<Goal, Earned>> {
  changes: number;
}

export interface Together {
  readonly cells: readonly WithWhomCell[];
  readonly pairs: readonly PairCell[];
  /** Counts that found no room. */
  readonly leftOut: number;
}

interface Believed {
  readonly line: CatalogLine;
  readonly changes: number;
  readonly atMs: number;
  readonly belief: Belief;
}

export interface CreativeSources {
  readonly nowMs: number;
  /** How long a line item's conversions take; the usual times where nothing was learned. */
  readonly delaysOf?: (lineItemId: string) => DelayCurve | undefined;
}

/** Beliefs change with age alone, as conversions mature and results fade; so often they are looked at anew. */
const RENEW_MS = 60_000;
/** The model of effects is solved as a whole, which takes milliseconds for hundreds of features. */
const SOLVE_MS = 5_000;
const LINES_MAX = 10_000;
/** Display's usual rates, with the weight of a few results. */
const FIRST: Readonly<Record<Goal, { readonly rate: number; readonly rewards: number }>> = {
  click: { rate: 0.002, rewards: 5 },
  conversion: { rate: 0.00004, rewards: 5 },
};

export class CreativeRecords {
  readonly #lines = new Map<string, LineRecord>();
  readonly #believed = new Map<string, Believed>();
  readonly #account = { trials: 0, click: 0, conversion: 0 };
  readonly #withWhom = new WithWhom();
  readonly #isContextual: (lineItemId: string) => boolean;

  /** Effects cost some 20 µs a showing of a template, so they are learned where the rotation goes by them. */
  constructor(isContextual: (lineItemId: string) => boolean = () => true) {
    this.#isContextual = isContextual;
  }

  impression(facts: BidFacts): void {
    this.#account.trials++;
    this.#withWhom.add(facts, 'impressions', 1);
    this.#add(facts, 'click', { trials: 1 });
    this.#add(facts, 'conversion', { trials: 1 });
  }

  click(facts: BidFacts): void {
    this.#account.click++;
    this.#withWhom.add(facts, 'clicks', 1);
    this.#add(facts, 'click', { rewards: 1 });
  }

  clickVoided(facts: BidFacts): void {
    this.#account.click--;
    this.#withWhom.add(facts, 'clicks', -1);
    this.#add(facts, 'click', { rewards: -1 });
  }

  /** With a minus sign one that ceased to count, for the same touch and with the same value as it began to. */
  conversion(facts: BidFacts, valueMicros: number, sign: 1 | -1 = 1): void {
    this.#account.conversion += sign;
    this.#withWhom.add(facts, 'conversions', sign);
    this.#add(facts, 'conversion', { rewards: sign, value: (sign * valueMicros) / 1e6 });
  }

  /** All of it from the journal, whatever was known before. `counts` says whether an action counts for a line item. */
  async rebuild(
    journal: Pick<JournalPort, 'rewards'>,
    counts: (lineItemId: string, actionId: string) => boolean,
  ): Promise<void> {
    this.#lines.clear();
    this.#believed.clear();
    this.#withWhom.clear();
    Object.assign(this.#account, { trials: 0, click: 0, conversion: 0 });
    await journal.rewards((record) => this.#study(record, counts));
  }

  /** Makes one sum of old hours. Nothing is forgotten with the book: a line item that comes back finds what it learned. */
  tidy(nowMs: number): void {
    for (const record of this.#lines.values()) for (const goal of GOALS) record[goal].evidence.fold(nowMs);
  }

  /** What is kept of a line item, for who wants to compare. */
  saved(lineItemId: string): unknown {
    const record = this.#lines.get(lineItemId);
    const goal = ({ evidence, effects }: Earned) => ({ evidence: evidence.save(), effects: effects.save() });
    return (
      record && {
        click: goal(record.click),
        conversion: goal(record.conversion),
        withWhom: this.#withWhom.save(lineItemId),
      }
    );
  }

  /** Counts of creatives and elements by circumstance, and of elements side by side. */
  togetherOf(lineItemId: string): Together {
    return {
      cells: this.#withWhom.of(lineItemId),
      pairs: this.#withWhom.pairsOf(lineItemId),
      leftOut: this.#withWhom.leftOut(lineItemId),
    };
  }

  /** The same object as long as nothing changed, so that shares are worked out once. */
  beliefOf(line: CatalogLine, sources: CreativeSources): Belief {
    const { id, rotation } = line.lineItem;
    const record = this.#lines.get(id);
    const changes = record?.changes ?? 0;
    const known = this.#believed.get(id);
    const ageMs = known ? sources.nowMs - known.atMs : Number.POSITIVE_INFINITY;
    const waits = rotation === 'contextual' && ageMs >= 0 && ageMs < SOLVE_MS;
    if (
      known &&
      known.line === line &&
      ageMs >= 0 &&
      ageMs < RENEW_MS &&
      (waits || known.changes === changes)
    )
      return known.belief;
    const belief = this.#believe(line, record, sources);
    this.#believed.set(id, { line, changes, atMs: sources.nowMs, belief });
    return belief;
  }

  #believe(line: CatalogLine, record: LineRecord | undefined, { nowMs, delaysOf }: CreativeSources): Belief {
    const goal = goalOf(line);
    const { evidence, effects } = record?.[goal] ?? { evidence: new Evidence(), effects: new EffectSums() };
    const policy = creativePolicyNamed(line.lineItem.rotation);
    const curve = delaysOf?.(line.lineItem.id) ?? PUBLISHED_DELAYS;
    const delay = goal === 'conversion' ? (ageMs: number) => shareBy(curve, ageMs) : undefined;
    const flightMs = line.flightEndMs - line.flightStartMs;
    const shown = line.creatives.reduce(
      (sum, { creative }) => sum + evidence.read(creative.id, { nowMs }).trials,
      0,
    );
    const ahead = aheadOf(line, shown, nowMs);
    const beginning = {
      memory: policy.memory,
      nowMs,
      usualRate: this.#usualRate(goal),
      ...(Number.isFinite(flightMs) && flightMs > 0 ? { flightMs } : {}),
      ...(delay ? { arrivedBy: delay } : {}),
      ...(ahead === undefined ? {} : { ahead }),
      ...(policy.name === 'contextual' && record
        ? { effects: effects.effects(arrivedShares(line, evidence, nowMs, delay)) }
        : {}),
    };
    const arms = line.creatives.map(({ creative, weight, shareMin, shareMax }) => ({
      creativeId: creative.id,
      weight,
      ...(shareMin === undefined ? {} : { shareMin }),
      ...(shareMax === undefined ? {} : { shareMax }),
    }));
    const rule = line.lineItem.pauseCreatives;
    const looks = new Map(
      line.creatives.flatMap(({ creative, template }): [string, readonly Belief[]][] =>
        template
          ? [
              [
                creative.id,
                template.slots.map(({ elements }) => {
                  const own = elements.map(({ number, weight }) => ({
                    creativeId: elementKey(number),
                    weight,
                    feature: number,
                  }));
                  return pauseHopeless(believe(evidence, { ...beginning, arms: own }), rule);
                }),
              ],
            ]
          : [],
      ),
    );
    return {
      ...pauseHopeless(believe(evidence, { ...beginning, arms }), rule),
      ...(looks.size > 0 ? { looks } : {}),
    };
  }

  #usualRate(goal: Goal): number {
    const { rate, rewards } = FIRST[goal];
    return (this.#account[goal] + rewards) / (this.#account.trials + rewards / rate);
  }

  #add(facts: BidFacts, goal: Goal, reward: Reward): void {
    let record = this.#lines.get(facts.lineItemId);
    if (!record) {
      if (this.#lines.size >= LINES_MAX) return;
      this.#lines.set(facts.lineItemId, (record = { click: nothing(), conversion: nothing(), changes: 0 }));
    }
    const { evidence, effects } = record[goal];
    evidence.add(facts.creativeId, facts.bidAtMs, reward);
    for (const element of facts.elements ?? []) evidence.add(elementKey(element), facts.bidAtMs, reward);
    if (facts.circumstances && this.#isContextual(facts.lineItemId))
      effects.add(
        { elements: [featureOf(facts), ...(facts.elements ?? [])], circumstances: facts.circumstances },
        reward.trials ?? 0,
        reward.rewards ?? 0,
      );
    record.changes++;
  }

  #study(
    { kind, facts, actionId, valueMicros }: RewardRecord,
    counts: (line: string, action: string) => boolean,
  ): void {
    if (kind === 'impression') this.impression(facts);
    else if (kind === 'click') this.click(facts);
    else if (counts(facts.lineItemId, actionId)) this.conversion(facts, valueMicros);
  }
}

/** Whether a conversion of this action is a reward of the line item's creatives. */
export function rewards(line: CatalogLine | undefined, actionId: string): boolean {
  if (!line) return false;
  return (
    line.countedActions.has(actionId) ||
    (line.lineItem.rotation === 'value' && line.countedActions.size === 0)
  );
}

function goalOf(line: CatalogLine): Goal {
  return line.countedActions.size > 0 || line.lineItem.rotation === 'value' ? 'conversion' : 'click';
}

/** Part of the plan that is still to come: of the impressions bought, or else of the days. */
function aheadOf(line: CatalogLine, shown: number, nowMs: number): number | undefined {
  const planned = line.lineItem.budget?.lifetimeImpressions;
  if (planned !== undefined && planned > 0) return clamp(1 - shown / planned);
  const { flightStartMs, flightEndMs } = line;
  if (!Number.isFinite(flightStartMs) || !Number.isFinite(flightEndMs)) return undefined;
  return clamp((flightEndMs - nowMs) / (flightEndMs - flightStartMs));
}

/** An element's evidence beside that of creatives, whose ids hold no such sign. */
function elementKey(number: number): string {
  return `#${number}`;
}

/** For each creative and element the share of their rewards that should have come; empty where rewards come at once. */
function arrivedShares(
  line: CatalogLine,
  evidence: Evidence,
  nowMs: number,
  arrivedBy: ((ageMs: number) => number) | undefined,
): ReadonlyMap<number, number> {
  const shares = new Map<number, number>();
  if (!arrivedBy) return shares;
  const note = (feature: number, id: string): void => {
    const { trials } = evidence.read(id, { nowMs });
    if (trials > 0) shares.set(feature, evidence.read(id, { nowMs, arrivedBy }).trials / trials);
  };
  for (const { creative, template } of line.creatives) {
    note(featureOf({ creativeId: creative.id }), creative.id);
    for (const { elements } of template?.slots ?? [])
      for (const { number } of elements) note(number, elementKey(number));
  }
  return shares;
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}

function nothing(): Earned {
  return { evidence: new Evidence(), effects: new EffectSums() };
}
