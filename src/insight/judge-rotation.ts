/**
 * A rotation that was never tried, judged on what a line item's own rotation has shown: each choice was written down with the probability it was made
 * with, and the draft is asked what it would have done in its place (`off-policy.ts` for the arithmetic).
 *
 * A draft that learns is judged fairly only on what it has not learned from: it learns from the first half of the log as it would have, is held
 * still there, and judged on the second. One that does not learn is judged on all of it.
 */
import type { CatalogLine } from '../campaign/catalog.ts';
import type { BidFacts } from '../core/event.ts';
import { CreativeRecords } from '../learning/creatives.ts';
import { sharesOf } from '../policy/bandit/choose.ts';
import { combinationShare } from '../policy/bandit/combine.ts';
import { creativePolicyNamed } from '../policy/bandit/index.ts';
import type { Belief, CreativePolicyName, Scene } from '../policy/bandit/policy.ts';
import type { ChoiceRecord } from '../state/port.ts';
import type { LoggedChoice, OffPolicyVerdict } from './off-policy.ts';
import { judgeOffPolicy } from './off-policy.ts';

/** A rotation by its name, or one creative alone. */
export type Draft = { readonly rotation: CreativePolicyName } | { readonly only: string };

export interface RotationVerdict extends OffPolicyVerdict {
  /** Choices that the draft learned from before. */
  readonly learnedFrom: number;
  /** Whether the draft earns more than what was done, by the doubly robust difference. */
  readonly conclusion: 'better' | 'worse' | 'undecided' | 'too_thin';
}

/** A creative's rate is shrunk to that of all with the weight of so many showings: a click or two at display's rates. */
const SHOWINGS_LENT = 200;
const UNLEARNING: readonly CreativePolicyName[] = ['even', 'weighted', 'sequential'];

/**
 * `choices` in the order of time, of bids that were shown. `sequential` is asked as if everybody saw the line item for the first time, since
 * the log does not say what each had seen. Undefined where there is nothing to judge on.
 */
export function judgeRotation(
  line: CatalogLine,
  draft: Draft,
  choices: readonly ChoiceRecord[],
  reward: 'clicks' | 'conversions',
): RotationVerdict | undefined {
  const sound = choices.filter(({ record: { propensity } }) => propensity > 0 && propensity <= 1);
  const learns = 'rotation' in draft && !UNLEARNING.includes(draft.rotation);
  const learnedFrom = learns ? Math.floor(sound.length / 2) : 0;
  const judged = sound.slice(learnedFrom);
  if (judged.length === 0) return undefined;
  const rewardOf = ({ clicked, conversions }: ChoiceRecord): number =>
    reward === 'clicks'
      ? Number(clicked)
      : conversions.filter(({ actionId }) => line.countedActions.has(actionId)).length;
  const share =
    'only' in draft
      ? (choice: ChoiceRecord, creativeId: string) =>
          onlyShare(draft.only, offeredIn(line, choice), creativeId)
      : shareOfRotation(line, draft.rotation, sound.slice(0, learnedFrom));
  const rates = [0, 1].map((half) =>
    ratesOf(
      judged.filter((_, row) => row % 2 !== half),
      rewardOf,
    ),
  );
  const log = judged.map((choice, row): LoggedChoice => {
    const { facts, propensity } = choice.record;
    const rateOf = (creativeId: string): number =>
      rates[row % 2]!.get(creativeId) ?? rates[row % 2]!.get('')!;
    const expectedOfDraft = offeredIn(line, choice).reduce(
      (sum, creativeId) => sum + share(choice, creativeId) * rateOf(creativeId),
      0,
    );
    return {
      propensity,
      draft: share(choice, facts.creativeId, facts),
      reward: rewardOf(choice),
      expected: rateOf(facts.creativeId),
      expectedOfDraft,
    };
  });
  const verdict = judgeOffPolicy(log);
  return { ...verdict, learnedFrom, conclusion: concluded(verdict) };
}

function concluded({ refused, difference }: OffPolicyVerdict): RotationVerdict['conclusion'] {
  if (refused) return 'too_thin';
  if (difference.low > 0) return 'better';
  return difference.high < 0 ? 'worse' : 'undecided';
}

/** The creatives that fitted: as the bid said, else all of the line item's. */
function offeredIn({ creatives }: CatalogLine, { record }: ChoiceRecord): readonly string[] {
  return (
    record.offered ??
    (creatives.length === 1 ? [record.facts.creativeId] : creatives.map(({ creative }) => creative.id))
  );
}

/** Where the one creative does not fit, any of those that do. */
function onlyShare(only: string, offered: readonly string[], creativeId: string): number {
  if (!offered.includes(only)) return 1 / offered.length;
  return creativeId === only ? 1 : 0;
}

/** With facts, the probability of the look as a whole; without, of the creative whatever its elements. */
function shareOfRotation(line: CatalogLine, rotation: CreativePolicyName, learned: readonly ChoiceRecord[]) {
  const policy = creativePolicyNamed(rotation);
  const belief = beliefAfter(line, rotation, learned);
  const places = new Map(line.creatives.map(({ creative }, place) => [creative.id, place]));
  return (choice: ChoiceRecord, creativeId: string, facts?: BidFacts): number => {
    const scene: Scene = { circumstances: choice.record.facts.circumstances ?? [] };
    const offered = offeredIn(line, choice).flatMap((id) => places.get(id) ?? []);
    const place = places.get(creativeId);
    // Of a creative that the line item has no more the draft shows nothing.
    if (place === undefined || !offered.includes(place)) return 0;
    const ofCreative =
      offered.length === 1 ? 1 : sharesOf(policy, belief, offered, scene)[offered.indexOf(place)]!;
    return facts
      ? ofCreative *
          lookShare(line, place, belief, facts, (slots, elements, forbidden) =>
            combinationShare(policy, slots, scene, elements, forbidden),
          )
      : ofCreative;
  };
}

function lookShare(
  line: CatalogLine,
  place: number,
  belief: Belief,
  { creativeId, elements: numbers }: BidFacts,
  shareOf: (
    slots: Parameters<typeof combinationShare>[1],
    elements: readonly number[],
    forbidden: Parameters<typeof combinationShare>[4],
  ) => number,
): number {
  const { template } = line.creatives[place]!;
  if (!template) return 1;
  const elements = numbers?.map((number) => template.byNumber.get(number)?.[1]);
  const known = belief.looks?.get(creativeId);
  if (!elements || !known || elements.length !== known.length) return 0;
  if (!elements.every((element) => element !== undefined)) return 0;
  const slots = known.map((own, slot) => ({ belief: own, offered: template.combinations.offered[slot]! }));
  return shareOf(slots, elements, template.rules.length > 0 ? template.combinations.forbids : undefined);
}

/** What the draft would believe after these choices, had it made them. */
function beliefAfter(
  line: CatalogLine,
  rotation: CreativePolicyName,
  choices: readonly ChoiceRecord[],
): Belief {
  const records = new CreativeRecords(() => rotation === 'contextual');
  for (const { record, clicked, conversions } of choices) {
    records.impression(record.facts);
    if (clicked) records.click(record.facts);
    for (const { actionId, valueMicros } of conversions)
      if (line.countedActions.has(actionId)) records.conversion(record.facts, valueMicros);
  }
  const lineItem = { ...line.lineItem, rotation };
  return records.beliefOf({ ...line, lineItem }, { nowMs: choices.at(-1)?.record.facts.bidAtMs ?? 0 });
}

/** By creative, and under the empty name that of all. */
function ratesOf(
  choices: readonly ChoiceRecord[],
  rewardOf: (choice: ChoiceRecord) => number,
): ReadonlyMap<string, number> {
  const sums = new Map<string, { shown: number; came: number }>();
  let came = 0;
  for (const choice of choices) {
    const { creativeId } = choice.record.facts;
    const sum = sums.get(creativeId) ?? { shown: 0, came: 0 };
    sum.shown++;
    sum.came += rewardOf(choice);
    came += rewardOf(choice);
    sums.set(creativeId, sum);
  }
  const usual = choices.length > 0 ? came / choices.length : 0;
  const rates = new Map([['', usual]]);
  for (const [id, sum] of sums)
    rates.set(id, (sum.came + SHOWINGS_LENT * usual) / (sum.shown + SHOWINGS_LENT));
  return rates;
}
