/**
 * What is worked out of profiles: fifths, classes, stages, expected value, chances. A pass over everybody in small steps, since it
 * shares the thread with bids:
 *
 *   sample customers and people · fit how customers buy · learn who buys from what they did · score everybody
 *
 * Models are fitted to a sample; everybody is scored. A person whose events came during the pass is scored with what is known then.
 */
import type { DerivedTags, Fact, Profile } from '../core/profile.ts';
import { dayNumber, HORIZON_DAYS } from '../core/profile.ts';
import type { Random } from '../core/random.ts';
import type { Customer, FittedValue, ValueModel } from '../policy/value/customer.ts';
import { customerAt } from '../policy/value/history.ts';
import { FRESH_DAYS, stageOf } from '../policy/value/life-cycle.ts';
import type { Propensity, PropensityExample } from '../policy/value/propensity.ts';
import { fitPropensity, propensityFeatures } from '../policy/value/propensity.ts';
import type { RfmScale } from '../policy/value/rfm.ts';
import { rfmClass, rfmScale } from '../policy/value/rfm.ts';
import type { ProfileMemory } from './profile.ts';

/** A pass begins so long after the last one began. */
export const REFRESH_MS = 3_600_000;
/** Enough for four parameters to the second place; a pass over its customers takes a third of a millisecond. */
const SAMPLE_MAX = 10_000;
const PEOPLE_A_STEP = 50;
/** Ten ticks a second: a pass over a million people takes seven minutes of the hour. */
const STEPS_A_TICK = 5;
/** With fewer customers the models would say more of their beginnings than of these people. */
const CUSTOMERS_MIN = 30;
/** Weight of the first guess at how many of those who have not bought will, in people. */
const FIRST_RATE = 0.01;
const FIRST_PEOPLE = 100;
const INTENT: readonly Fact[] = ['search', 'add_to_cart', 'click'];

export interface RefreshState {
  /** When the last whole pass began; undefined before the first. */
  readonly refreshedMs: number | undefined;
  readonly running: boolean;
  readonly people: number;
  readonly customers: number;
  readonly purchase: Fact;
  readonly model: string;
  readonly parameters: Readonly<Record<string, number>>;
}

interface Judgement {
  readonly today: number;
  readonly nowMs: number;
  readonly purchase: Fact;
  readonly scale: RfmScale;
  readonly value: FittedValue | undefined;
  readonly propensity: Propensity;
  /** Of those who have not bought, within the horizon. */
  readonly firstRate: number;
  /** Of one purchase. */
  readonly purchaseMicros: number;
}

export class ProfileRefresh {
  readonly #memory: ProfileMemory;
  readonly #model: ValueModel;
  readonly #random: Random;
  #pass: Generator<undefined, RefreshState> | undefined;
  #begunMs: number | undefined;
  #state: RefreshState;

  /** `random` chooses the sample. */
  constructor(memory: ProfileMemory, model: ValueModel, random: Random) {
    this.#memory = memory;
    this.#model = model;
    this.#random = random;
    this.#state = {
      refreshedMs: undefined,
      running: false,
      people: 0,
      customers: 0,
      purchase: 'purchase',
      model: model.name,
      parameters: {},
    };
  }

  get state(): RefreshState {
    return { ...this.#state, running: this.#pass !== undefined };
  }

  /** A few milliseconds of the pass that is due or under way. */
  step(nowMs: number): void {
    if (!this.#pass) {
      if (this.#begunMs !== undefined && nowMs - this.#begunMs < REFRESH_MS && nowMs >= this.#begunMs) return;
      this.#begunMs = nowMs;
      this.#pass = this.#wholePass(nowMs);
    }
    for (let steps = 0; steps < STEPS_A_TICK; steps++) {
      const { done, value } = this.#pass.next();
      if (done !== true) continue;
      this.#state = value;
      this.#pass = undefined;
      return;
    }
  }

  *#wholePass(nowMs: number): Generator<undefined, RefreshState> {
    const today = dayNumber(nowMs);
    const sample = yield* this.#sample(today);
    const { purchase } = sample;
    const customers: Customer[] = [];
    for (const [index, person] of sample.customers.entries()) {
      const profile = this.#memory.profileOf(person);
      const customer = profile && customerAt(profile, purchase, today);
      if (customer) customers.push(customer);
      if (index % PEOPLE_A_STEP === 0) yield;
    }
    yield;
    const scale = rfmScale(customers);
    yield;
    const value = customers.length >= CUSTOMERS_MIN ? yield* this.#model.fit(customers) : undefined;
    const past = yield* this.#examples(sample.people, purchase, today - HORIZON_DAYS, value);
    const judgement: Judgement = {
      today,
      nowMs,
      purchase,
      scale,
      value,
      propensity: value && (yield* fitPropensity(past.examples)),
      firstRate: past.firstRate,
      purchaseMicros: meanPurchase(customers),
    };
    for (let from: number | undefined = 0; from !== undefined; ) {
      const { people, next } = this.#memory.page(from, PEOPLE_A_STEP);
      for (const person of people) {
        const profile = this.#memory.profileOf(person);
        if (profile) this.#memory.derive(person, derived(profile, judgement));
      }
      from = next;
      yield;
    }
    return {
      refreshedMs: nowMs,
      running: false,
      people: this.#memory.people,
      customers: sample.customersSeen,
      purchase,
      model: this.#model.name,
      parameters: value?.parameters ?? {},
    };
  }

  /** Everybody has the same chance of being in it (Vitter 1985, "Random Sampling with a Reservoir", algorithm R). */
  *#sample(today: number) {
    const draws = this.#random.stream(`sample of ${today}`);
    const people = new Reservoir(draws);
    const buyers = { purchase: new Reservoir(draws), conversion: new Reservoir(draws) };
    for (let from: number | undefined = 0; from !== undefined; ) {
      const page = this.#memory.page(from, PEOPLE_A_STEP);
      for (const person of page.people) {
        const profile = this.#memory.profileOf(person);
        people.add(person);
        if (profile?.firstDay('purchase') !== undefined) buyers.purchase.add(person);
        if (profile?.firstDay('conversion') !== undefined) buyers.conversion.add(person);
      }
      from = page.next;
      yield;
    }
    // Whoever reports purchases reports all of them; conversions are those that advertising had a part in.
    const purchase: Fact = buyers.purchase.seen > 0 ? 'purchase' : 'conversion';
    const chosen = buyers[purchase === 'purchase' ? 'purchase' : 'conversion'];
    return { people: people.kept, customers: chosen.kept, customersSeen: chosen.seen, purchase };
  }

  /** What people had done by an earlier day, and whether they bought within the horizon after it. */
  *#examples(people: readonly string[], purchase: Fact, day: number, value: FittedValue | undefined) {
    const past: { profile: Profile; customer: Customer | undefined; came: boolean }[] = [];
    for (const [index, person] of people.entries()) {
      const profile = this.#memory.profileOf(person);
      if (profile && profile.firstSeenDay <= day) {
        const came = profile.totals(purchase, day + 1, day + HORIZON_DAYS).count > 0;
        past.push({ profile, customer: customerAt(profile, purchase, day), came });
      }
      if (index % PEOPLE_A_STEP === 0) yield;
    }
    const scale = rfmScale(past.flatMap(({ customer }) => customer ?? []));
    yield;
    const others = past.filter(({ customer }) => !customer);
    const firstRate =
      (others.filter(({ came }) => came).length + FIRST_RATE * FIRST_PEOPLE) / (others.length + FIRST_PEOPLE);
    const examples: PropensityExample[] = [];
    if (value)
      for (const [index, { profile, customer, came }] of past.entries()) {
        const base = customer ? value.chanceOfPurchase(customer, HORIZON_DAYS) : firstRate;
        const scores = customer && scale.scoresOf(customer);
        examples.push({ features: propensityFeatures(profile, day, base, scores), base, came });
        if (index % PEOPLE_A_STEP === 0) yield;
      }
    return { examples, firstRate };
  }
}

function derived(profile: Profile, judgement: Judgement): DerivedTags {
  const { today, nowMs, purchase, scale, value, propensity, firstRate, purchaseMicros } = judgement;
  const customer = customerAt(profile, purchase, today);
  const scores = customer && scale.scoresOf(customer);
  const base = customer ? value?.chanceOfPurchase(customer, HORIZON_DAYS) : firstRate;
  const purchaseChance =
    base === undefined || !propensity
      ? base
      : propensity(propensityFeatures(profile, today, base, scores), base);
  const churnRisk = customer && value ? 1 - value.chanceAlive(customer) : undefined;
  const stage = stageOf({
    customer,
    churnRisk,
    daysSinceSeen: today - profile.lastSeenDay,
    showedIntent: INTENT.some((fact) => profile.totals(fact, today - FRESH_DAYS + 1, today).count > 0),
  });
  return {
    refreshedMs: nowMs,
    recency: scores?.recency ?? 0,
    frequency: scores?.frequency ?? 0,
    monetary: scores?.monetary ?? 0,
    rfmClass: scores ? rfmClass(scores) : 'none',
    stage,
    expectedValueMicros: value && expectedMicros(customer, value, purchaseChance ?? 0, purchaseMicros),
    purchaseChance: value && purchaseChance,
    churnRisk,
  };
}

function expectedMicros(
  customer: Customer | undefined,
  value: FittedValue,
  purchaseChance: number,
  purchaseMicros: number,
): number {
  return Math.round(
    customer ? value.expectedSpendMicros(customer, HORIZON_DAYS) : purchaseChance * purchaseMicros,
  );
}

function meanPurchase(customers: readonly Customer[]): number {
  const spent = customers.reduce((sum, { spendMicros }) => sum + spendMicros, 0);
  const purchases = customers.reduce((sum, { repeats }) => sum + repeats + 1, 0);
  return spent / Math.max(1, purchases);
}

class Reservoir {
  readonly kept: string[] = [];
  readonly #draws: Random;
  seen = 0;

  constructor(draws: Random) {
    this.#draws = draws;
  }

  add(person: string): void {
    this.seen++;
    if (this.kept.length < SAMPLE_MAX) this.kept.push(person);
    else {
      const place = Math.floor(this.#draws.next() * this.seen);
      if (place < SAMPLE_MAX) this.kept[place] = person;
    }
  }
}
