/**
 * What line items' creatives earned, and what the next snapshot believes of them. Both what a showing brings in clicks and what it brings in
 * conversions is kept, since a buyer may change the goal. A start goes on from the last checkpoint with the rewards that the journal logged since, or counts all
 * of them anew, so nothing is older than the last acknowledged event and a crash loses nothing. This file is one thing: what an event adds, and what is read from it.
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
import type { JournalPort, RewardRecord, TablesPort } from '../state/port.ts';
import type { CreativeIndex } from './creative-checkpoint.ts';
import { INDEX, indexBytes, loadIndex, loadLine, saveLine } from './creative-checkpoint.ts';

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
  /** Changes that its table on disk has. */
  savedChanges: number;
  /** Rewards of the journal's log up to this number are in it. */
  readonly seq: number;
  /** What counted for it when it was begun. */
  readonly rule: string;
}

/** What counts for a line item: a change of it makes what was counted before another thing. */
export interface CountingRules {
  counts(lineItemId: string, actionId: string): boolean;
  /** A name for all that `counts` and effects depend on; undefined for a line item that is not there. */
  ruleOf(lineItemId: string): string | undefined;
}

/** `corrupt`: what was saved could not be believed, so all was counted anew. */
export type CreativesStart = 'restored' | 'counted' | 'corrupt';

type CreativeJournal = Pick<JournalPort, 'rewards' | 'rewardsSince'>;

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
  #rules: CountingRules = { counts: () => true, ruleOf: () => '' };
  /** Of the last reward that was learned. */
  #seq = 0;
  #missed = false;

  /** Effects cost some 20 µs a showing of a template, so they are learned where the rotation goes by them. */
  constructor(isContextual: (lineItemId: string) => boolean = () => true) {
    this.#isContextual = isContextual;
  }

  impression(facts: BidFacts): void {
    this.#take('impression', facts, 1, 0);
  }

  click(facts: BidFacts): void {
    this.#take('click', facts, 1, 0);
  }

  clickVoided(facts: BidFacts): void {
    this.#take('click', facts, -1, 0);
  }

  /** With a minus sign one that ceased to count, for the same touch and with the same value as it began to. */
  conversion(facts: BidFacts, valueMicros: number, sign: 1 | -1 = 1): void {
    this.#take('conversion', facts, sign, valueMicros);
  }

  /** All up to this number of the journal's log was learned. */
  journaled(seq: number): void {
    this.#seq = Math.max(this.#seq, seq);
  }

  /** Something that the journal has was not learned: no checkpoint may say that it was, so the next start finds it in the log. */
  missed(): void {
    this.#missed = true;
  }

  /** From the last checkpoint and what was logged since, where there is one that still holds; else from all of the journal. */
  async start(
    journal: CreativeJournal,
    tables: Pick<TablesPort, 'load'>,
    rules: CountingRules,
  ): Promise<CreativesStart> {
    const index = await loadIndex(tables);
    const restored =
      index === undefined || index === 'corrupt' ? index : await this.#restore(index, tables, rules);
    if (typeof restored !== 'object') {
      await this.rebuild(journal, rules);
      return restored === 'corrupt' ? 'corrupt' : 'counted';
    }
    this.#seq = await journal.rewardsSince(restored.seq, (reward) => {
      const covered = (this.#lines.get(reward.facts.lineItemId)?.seq ?? 0) >= reward.seq;
      this.#study(reward, reward.sign, covered);
    });
    return 'restored';
  }

  /** All of it from the journal, whatever was known before. */
  async rebuild(journal: CreativeJournal, rules: CountingRules): Promise<void> {
    this.#clear(rules);
    this.#seq = await journal.rewardsSince(Number.MAX_SAFE_INTEGER, () => undefined);
    await journal.rewards((record) => this.#study(record, 1, false));
  }

  /** Tables of the line items that changed, one by one, then the index: whatever comes meanwhile stays in the log. */
  async checkpoint(
    journal: Pick<JournalPort, 'checkpoint'>,
    tables: Pick<TablesPort, 'save'>,
  ): Promise<void> {
    if (this.#missed) return;
    const seq = this.#seq;
    const account = { ...this.#account };
    for (const [id, record] of this.#lines) {
      if (record.changes === record.savedChanges) continue;
      const { changes } = record;
      await saveLine(tables, id, { seq: this.#seq, learned: this.saved(id) });
      record.savedChanges = changes;
    }
    const rules = Object.fromEntries([...this.#lines].map(([id, { rule }]) => [id, rule]));
    await journal.checkpoint(INDEX, indexBytes({ seq, account, rules }), seq);
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

  /** All of it, for a node that begins with what others have. */
  saveAll(): unknown {
    return { account: this.#account, lines: [...this.#lines.keys()].map((id) => [id, this.saved(id)]) };
  }

  /** In the place of what was known. False, and nothing kept, for what cannot be believed. */
  restoreAll(saved: unknown): boolean {
    const { account, lines } = (saved ?? {}) as { readonly account?: unknown; readonly lines?: unknown };
    if (!Array.isArray(lines) || lines.length > LINES_MAX || !isAccount(account)) return false;
    this.#lines.clear();
    this.#believed.clear();
    this.#withWhom.clear();
    for (const [id, line] of lines) {
      const [click, conversion] = GOALS.map((goal) => restoredGoal(line?.[goal]));
      if (typeof id !== 'string' || !click || !conversion || !this.#withWhom.restore(id, line.withWhom)) {
        this.#lines.clear();
        return false;
      }
      const rule = this.#rules.ruleOf(id) ?? '';
      this.#lines.set(id, { click, conversion, changes: 1, savedChanges: 0, seq: this.#seq, rule });
    }
    Object.assign(this.#account, account);
    return true;
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
    const { ahead, left } = planOf(line, shown, nowMs);
    const beginning = {
      memory: policy.memory,
      nowMs,
      usualRate: this.#usualRate(goal),
      ...(Number.isFinite(flightMs) && flightMs > 0 ? { flightMs } : {}),
      ...(delay ? { arrivedBy: delay } : {}),
      ...(ahead === undefined ? {} : { ahead }),
      ...(left === undefined ? {} : { left }),
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

  #clear(rules: CountingRules): void {
    this.#rules = rules;
    this.#lines.clear();
    this.#believed.clear();
    this.#withWhom.clear();
    Object.assign(this.#account, { trials: 0, click: 0, conversion: 0 });
  }

  /** Undefined where other things count now than when it was saved. */
  async #restore(
    index: CreativeIndex,
    tables: Pick<TablesPort, 'load'>,
    rules: CountingRules,
  ): Promise<CreativeIndex | 'corrupt' | undefined> {
    this.#clear(rules);
    for (const [id, rule] of Object.entries(index.rules)) {
      if ((rules.ruleOf(id) ?? rule) !== rule) return undefined;
      const line = await loadLine(tables, id);
      const { click, conversion, withWhom } = (line?.learned ?? {}) as Record<string, unknown>;
      const [clicks, conversions] = [restoredGoal(click), restoredGoal(conversion)];
      if (!line || !clicks || !conversions || !this.#withWhom.restore(id, withWhom)) return 'corrupt';
      this.#lines.set(id, {
        click: clicks,
        conversion: conversions,
        changes: 0,
        savedChanges: 0,
        seq: line.seq,
        rule,
      });
    }
    Object.assign(this.#account, index.account);
    return index;
  }

  #take(kind: RewardRecord['kind'], facts: BidFacts, sign: 1 | -1, valueMicros: number): void {
    if (kind === 'impression') {
      this.#account.trials += sign;
      this.#withWhom.add(facts, 'impressions', sign);
      this.#add(facts, 'click', { trials: sign });
      this.#add(facts, 'conversion', { trials: sign });
    } else if (kind === 'click') {
      this.#account.click += sign;
      this.#withWhom.add(facts, 'clicks', sign);
      this.#add(facts, 'click', { rewards: sign });
    } else {
      this.#account.conversion += sign;
      this.#withWhom.add(facts, 'conversions', sign);
      this.#add(facts, 'conversion', { rewards: sign, value: (sign * valueMicros) / 1e6 });
    }
  }

  #add(facts: BidFacts, goal: Goal, reward: Reward): void {
    let record = this.#lines.get(facts.lineItemId);
    if (!record) {
      if (this.#lines.size >= LINES_MAX) return;
      const rule = this.#rules.ruleOf(facts.lineItemId) ?? '';
      record = { click: nothing(), conversion: nothing(), changes: 0, savedChanges: 0, seq: 0, rule };
      this.#lines.set(facts.lineItemId, record);
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

  /** `covered`: the line item's table has it already, the sums of the account not yet. */
  #study({ kind, facts, actionId, valueMicros }: RewardRecord, sign: 1 | -1, covered: boolean): void {
    if (kind === 'conversion' && !this.#rules.counts(facts.lineItemId, actionId)) return;
    if (covered) this.#account[kind === 'impression' ? 'trials' : kind] += sign;
    else this.#take(kind, facts, sign, valueMicros);
  }
}

/** What the book says, for `CountingRules`. */
export function countingRules(lineOf: (id: string) => CatalogLine | undefined): CountingRules {
  return {
    counts: (lineItemId, actionId) => rewards(lineOf(lineItemId), actionId),
    ruleOf: (lineItemId) => {
      const line = lineOf(lineItemId);
      if (!line) return undefined;
      const { rotation } = line.lineItem;
      const actions = [...line.countedActions].sort();
      return JSON.stringify([rotation === 'value', rotation === 'contextual', actions]);
    },
  };
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

/** What is still to come: part of the impressions bought, or else of the days, and impressions, after the pace so far where days count. */
function planOf(
  line: CatalogLine,
  shown: number,
  nowMs: number,
): { readonly ahead?: number; readonly left?: number } {
  const planned = line.lineItem.budget?.lifetimeImpressions;
  if (planned !== undefined && planned > 0)
    return { ahead: clamp(1 - shown / planned), left: Math.max(0, planned - shown) };
  const { flightStartMs, flightEndMs } = line;
  if (!Number.isFinite(flightStartMs) || !Number.isFinite(flightEndMs)) return {};
  const ahead = clamp((flightEndMs - nowMs) / (flightEndMs - flightStartMs));
  return shown > 0 && ahead < 1 ? { ahead, left: (shown * ahead) / (1 - ahead) } : { ahead };
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

/** Undefined for what is not finite, not bounded, or not of its shape. */
function restoredGoal(saved: unknown): Earned | undefined {
  const { evidence: kept, effects: sums } = (
    typeof saved === 'object' && saved !== null ? saved : {}
  ) as Partial<Record<keyof Earned, unknown>>;
  const evidence = Evidence.restore(kept);
  const effects = EffectSums.restore(sums);
  return evidence && effects && { evidence, effects };
}

function nothing(): Earned {
  return { evidence: new Evidence(), effects: new EffectSums() };
}

function isAccount(account: unknown): account is Record<'trials' | Goal, number> {
  const known = (account ?? {}) as Record<string, unknown>;
  return ['trials', ...GOALS].every((name) => Number.isFinite(known[name]));
}
