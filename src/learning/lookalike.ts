/**
 * Look-alike packs from profiles: what people did and what is known of them, as hashed features. Two passes over everybody in
 * slices: one to draw examples, one to score. Chance is a hash of the person, so the same people give the same pack.
 */
import type { LookalikePack } from '../campaign/audience/kinds.ts';
import type { Members } from '../campaign/audience/members.ts';
import type { Profile, ProfilesReading } from '../core/profile.ts';
import { dayNumber } from '../core/profile.ts';
import { hash32 } from '../core/random.ts';
import type { AlikeExample, GainPoint } from '../policy/lookalike/model.ts';
import { fitAlike, gainsOf } from '../policy/lookalike/model.ts';

export interface LookalikeReport {
  readonly seedId: string;
  /** People of the seed that have a profile; without `SEED_MIN` there is nothing to learn from, and the pack is empty. */
  readonly seedPeople: number;
  readonly seedMin: number;
  readonly everybody: number;
  /** Measured on the fifth of the seed that was kept from the model. */
  readonly gains: readonly GainPoint[];
}

export interface Alike {
  readonly people: readonly string[];
  readonly report: LookalikeReport;
}

const SEED_MIN = 50;
const SEED_MAX = 50_000;
const OTHERS_A_SEED = 4;
const PEOPLE_A_PAGE = 200;
/** One person in so many is kept from the model, to measure it by. */
const HELD_OUT = 5;

/** `blind` are the facts that made the seed: a model that saw them would only find the seed itself again. */
export function* lookalike(
  pack: Pick<LookalikePack, 'seed' | 'share' | 'includeSeed'>,
  seed: Members | undefined,
  profiles: ProfilesReading,
  numberOf: (person: string) => number,
  nowMs: number,
  blind: readonly string[] = [],
): Generator<undefined, Alike> {
  const today = dayNumber(nowMs);
  const isSeed = (person: string): boolean => seed?.has(numberOf(person)) ?? false;
  const count = { seeds: 0, everybody: 0 };
  for (const [index, person] of (yield* paged(profiles)).entries()) {
    if (index % PEOPLE_A_PAGE === 0) yield;
    count.everybody++;
    if (isSeed(person)) count.seeds++;
  }
  const report = {
    seedId: pack.seed,
    seedPeople: count.seeds,
    seedMin: SEED_MIN,
    everybody: count.everybody,
  };
  if (count.seeds < SEED_MIN) return { people: [], report: { ...report, gains: [] } };

  const seedRate = Math.min(1, SEED_MAX / count.seeds);
  const others = OTHERS_A_SEED * Math.min(count.seeds, SEED_MAX);
  const otherRate = Math.min(1, others / Math.max(1, count.everybody - count.seeds));
  const drawn: { readonly order: number; readonly example: AlikeExample }[] = [];
  for (const [index, person] of (yield* paged(profiles)).entries()) {
    if (index % PEOPLE_A_PAGE === 0) yield;
    const of = isSeed(person);
    const order = hash32(person, 1);
    if (order / 2 ** 32 >= (of ? seedRate : otherRate) || (of && isHeldOut(person))) continue;
    const profile = profiles.profileOf(person);
    if (profile)
      drawn.push({
        order: hash32(person, 2),
        example: { features: featuresOf(profile, today, blind), isSeed: of },
      });
  }
  drawn.sort((a, b) => a.order - b.order);
  const alikeness = yield* fitAlike(drawn.map(({ example }) => example));

  const people: string[] = [];
  const scores: number[] = [];
  const unseen: number[] = [];
  const sought: number[] = [];
  for (const [index, person] of (yield* paged(profiles)).entries()) {
    if (index % PEOPLE_A_PAGE === 0) yield;
    const profile = profiles.profileOf(person);
    if (!profile) continue;
    const score = alikeness(featuresOf(profile, today, blind));
    const of = isSeed(person);
    // Whom the model has learned by heart must not count among those it is measured against.
    if (!of || isHeldOut(person)) unseen.push(score);
    if (of && isHeldOut(person)) sought.push(score);
    if (of && !pack.includeSeed) continue;
    people.push(person);
    scores.push(score);
  }
  const room = Math.min(people.length, Math.round(pack.share * count.everybody));
  const order = Uint32Array.from(people, (_, index) => index).sort(
    (a, b) => scores[b]! - scores[a]! || a - b,
  );
  return {
    people: Array.from(order.subarray(0, room), (index) => people[index]!),
    report: { ...report, gains: gainsOf(Float64Array.from(unseen), Float64Array.from(sought)) },
  };
}

function isHeldOut(person: string): boolean {
  return hash32(person, 3) % HELD_OUT === 0;
}

/** Every person, read page by page between pauses; what is gone meanwhile is left out by whoever asks for its profile. */
function* paged(profiles: ProfilesReading): Generator<undefined, readonly string[]> {
  const people: string[] = [];
  for (let from: number | undefined = 0; from !== undefined; ) {
    const page: ReturnType<ProfilesReading['page']> = profiles.page(from, PEOPLE_A_PAGE);
    people.push(...page.people);
    from = page.next;
    yield;
  }
  return people;
}

function featuresOf(profile: Profile, today: number, blind: readonly string[]): readonly number[] {
  const features: number[] = [];
  for (const { fact, lastDay, totals } of profile.facts()) {
    if (blind.some((name) => fact === name || fact.startsWith(`${name} `))) continue;
    features.push(
      hash32(fact, 0),
      hash32(`${fact}\0times ${Math.ceil(Math.log2(1 + totals.count))}`, 0),
      hash32(`${fact}\0ago ${Math.ceil(Math.log2(1 + Math.max(0, today - lastDay)))}`, 0),
    );
  }
  return features;
}
