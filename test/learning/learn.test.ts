/** The way back over real state. This file is one thing: what one learner does with each event, over one budget and one person. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Account, ConversionAction } from '../../src/campaign/campaign.ts';
import { conversionActionSchema } from '../../src/campaign/campaign.ts';
import { checkShape } from '../../src/campaign/shape.ts';
import type { BucketId, BudgetRef } from '../../src/core/budget.ts';
import { lifetimeBucket } from '../../src/core/budget.ts';
import { manualClock } from '../../src/core/clock.ts';
import type { BidFacts, NoticeKind } from '../../src/core/event.ts';
import { bidIdFrom } from '../../src/core/ids.ts';
import { personKeys } from '../../src/core/person-id.ts';
import type { ProfileEvent } from '../../src/core/profile.ts';
import { seededRandom } from '../../src/core/random.ts';
import { micros } from '../../src/core/units.ts';
import { zoneNamed } from '../../src/core/zone.ts';
import { readClearingPrice } from '../../src/exchange/clearing-price.ts';
import type { Learner, LearnPorts } from '../../src/learning/learn.ts';
import { learner } from '../../src/learning/learn.ts';
import { LearnedTables } from '../../src/learning/tables.ts';
import type { ExchangeProfile } from '../../src/openrtb/exchange-profile.ts';
import { People } from '../../src/state/memory/people.ts';
import type { PeoplePort } from '../../src/state/port.ts';
import type { SqliteState } from '../../src/state/sqlite/open.ts';
import { openSqliteState } from '../../src/state/sqlite/open.ts';
import { Treasury } from '../../src/state/treasury.ts';
import { bidFacts, CODEC, NOW_MS, profileOf, rateMicrosOf, tokenOf } from './bid-facts.ts';

const BUDGET: BudgetRef = {
  scope: 'campaign',
  id: 'autumn',
  zone: zoneNamed('UTC'),
  lifetimeMicros: 1_000_000,
  dailyMicros: undefined,
  lifetimeImpressions: undefined,
  dailyImpressions: undefined,
};
const LIFE: BucketId = lifetimeBucket('campaign', 'autumn');
const profiles = new Map<string, ExchangeProfile>(
  [
    profileOf(),
    profileOf({ id: 'by-win', billing: 'win' }),
    profileOf({ id: 'by-view', billing: 'impression' }),
  ].map((profile) => [profile.id, profile]),
);
const action = checkShape(conversionActionSchema, {
  id: 'order',
  advertiserId: 'bakery',
  key: 'order-key-0123456789',
}).value as ConversionAction;

const KEYS = personKeys([Buffer.alloc(32, 3)]);

let state: SqliteState;
let treasury: Treasury;
let people: PeoplePort;
let tables: LearnedTables;
let learn: Learner;
let ports: LearnPorts;
let faults: unknown[];
let seen: string[];
let profiled: ProfileEvent[];
let study: string[];
let journaled: number[];
const clock = manualClock(NOW_MS);

beforeEach(async () => {
  clock.set(NOW_MS);
  state = await openSqliteState({ directory: ':memory:' });
  treasury = await Treasury.open(state.ledger, [BUDGET], NOW_MS, { longestHoldMs: 600_000 });
  people = new People();
  tables = new LearnedTables();
  faults = [];
  seen = [];
  study = [];
  journaled = [];
  profiled = [];
  const ids = seededRandom('learn');
  ports = {
    clock,
    codec: CODEC,
    readPrice: readClearingPrice,
    profileOf: (id) => profiles.get(id),
    actionOf: (id) => (id === 'order' ? action : undefined),
    account: () => ({ id: 'account', currency: 'USD', timeZone: 'UTC', signalMissing: 'allow' }) as Account,
    rateMicrosOf,
    personOf: (id: string) => KEYS.keyOf({ space: 'buyeruid', id }).key,
    leadOf: (userKey) => userKey,
    newId: () => bidIdFrom(ids, clock.now()),
    journal: state.journal,
    holds: treasury,
    people,
    profiles: { note: (event) => void profiled.push(event) },
    study: {
      impression: (facts) => tables.impression(facts),
      click: (facts) => tables.click(facts),
      price: (facts, cpmMicros) => tables.price(facts, cpmMicros),
      result: (facts, won) => tables.result(facts, won),
      charged: ({ bidId }, micros) => void study.push(`${bidId} charged ${micros}`),
      journaled: (seq) => void journaled.push(seq),
      missed: () => void journaled.push(-1),
      clickVoided: (facts) => tables.clickVoided(facts),
      credit: ({ sign, touch, actionId, valueMicros }) =>
        void study.push(`${touch.facts.bidId} ${touch.kind} ${actionId} ${sign * valueMicros}`),
    },
    observer: {
      notice: (event, { status }) => void seen.push(`${event.kind} ${status}`),
      setAside: (kind, exchangeId, reason) => void seen.push(`${kind} ${exchangeId} ${reason}`),
      refusedNotice: (kind, refusal) => void seen.push(`${kind} ${refusal}`),
      conversion: (_event, { status }) => void seen.push(`conversion ${status}`),
      adjustment: ({ kind }, { status, conversions }) => void seen.push(`${kind} ${status} ${conversions}`),
      voidedClick: (status) => void seen.push(`click ${status}`),
      fault: (error) => void faults.push(error),
    },
  };
  learn = learner(ports);
});
afterEach(async () => {
  expect(faults).toEqual([]);
  await state.close();
});

/** Holds and counts the bid as the bid page does. */
function bid(more: Partial<BidFacts> = {}): BidFacts {
  const facts = bidFacts({ userKey: 'person-ann-00000', ...more });
  const expiresAtMs = NOW_MS + 300_000;
  const refusal = treasury.reserve({
    bidId: facts.bidId,
    budgets: [BUDGET],
    costMicros: micros(4000),
    impressions: 1,
    nowMs: NOW_MS,
    expiresAtMs,
  });
  expect(refusal).toBeUndefined();
  people.hold({ ...facts, kind: 'impression', atMs: NOW_MS }, expiresAtMs);
  return facts;
}

const tell = (kind: NoticeKind, facts: BidFacts, words: { p?: string; l?: string; m?: string } = {}) =>
  learn.takeNotice(kind, { t: tokenOf(kind, facts), ...words });

const held = (): number => treasury.overspendBound().reservedMicros;
const rows = async (): Promise<number> => (await people.read('person-ann-00000', clock.now(), 0))?.count ?? 0;
async function spent(): Promise<number> {
  const states = await state.ledger.bucketStates([LIFE]);
  return states.find(({ unit }) => unit === 'micros')?.spent ?? 0;
}

describe('the way back', () => {
  it('charges what was won, counts what was shown and clicked, and frees what was held', async () => {
    const facts = bid();
    expect([held(), await rows()]).toEqual([4000, 1]);
    await tell('win', facts, { p: '3.2', m: '3' });
    expect([held(), await spent()]).toEqual([4000, 0]);
    await tell('billing', facts, { p: '3.2' });
    expect([held(), await spent()]).toEqual([0, 3200]);
    await tell('impression', facts);
    await tell('click', facts);
    expect(await rows()).toBe(2);
    expect(tables.armOf('autumn-all', 'rye')).toEqual({ trials: 1, rewards: 1 });
    expect(study).toEqual([`${facts.bidId} charged 3200`]);
    expect([tables.accountTrials, tables.accountClicks]).toEqual([1, 1]);
    const landscape = tables.landscapes().get('example/USD');
    expect(landscape?.observations).toBe(1);
    expect(landscape?.winProbability(3_200_000)).toBe(1);
    expect(landscape?.winProbability(2_800_000)).toBe(0);
  });

  it('frees what a lost bid held, and learns what would have won', async () => {
    const facts = bid();
    await tell('loss', facts, { l: '102', m: '5' });
    expect([held(), await rows(), await spent()]).toEqual([0, 0, 0]);
    expect(tables.landscapes().get('example/USD')?.winProbability(5_300_000)).toBe(1);
  });

  it.each(['win', 'impression', 'click'] as const)(
    'holds on to a bid that a %s tells of until it is billed',
    async (kind) => {
      const facts = bid();
      clock.advance(290_000);
      treasury.extend(facts.bidId, facts.bidAtMs + 1);
      await tell(kind, facts, { p: '3.2' });
      clock.advance(9_000);
      await treasury.tick(clock.now());
      expect(held()).toBe(4000);
      await tell('billing', facts, { p: '3.2' });
      expect([held(), await spent()]).toEqual([0, 3200]);
    },
  );

  it.each(['win', 'billing', 'impression'] as const)(
    'frees nothing after a %s, whatever a loss notice says',
    async (kind) => {
      const facts = bid();
      await tell(kind, facts, { p: '' });
      await tell('loss', facts, { l: '102' });
      expect([held(), await rows()]).toEqual([4000, 1]);
    },
  );

  it('tells profiles once of what people were shown and did', async () => {
    const facts = bid();
    for (const kind of ['billing', 'impression', 'click', 'click'] as const)
      await tell(kind, facts, { p: '3' });
    const report = { action: 'order', click_id: facts.bidId, order_id: 'A-1', value: 20 };
    await learn.takeConversions([report, report], action.key);
    await learn.takeConversions({ ...report, click_id: '', order_id: 'B-1', user_id: 'ann' }, action.key);
    const person = facts.userKey;
    expect(profiled.map((event) => [event.name, event.person, event.valueMicros])).toEqual([
      ['impression', person, undefined],
      ['click', person, undefined],
      ['conversion', person, 20_000_000],
      ['conversion', ports.personOf('ann'), 20_000_000],
    ]);
  });

  it('charges a win that comes after a loss', async () => {
    const facts = bid();
    await tell('loss', facts, { l: '102' });
    await tell('billing', facts, { p: '3' });
    expect([await spent(), await rows()]).toEqual([3000, 1]);
  });

  it.each(['a loss notice', 'silence until it expired'])(
    'charges what was sold after %s, and states it as overspend where the budget is gone by then',
    async (how) => {
      const small = { ...BUDGET, id: 'small', lifetimeMicros: 4000 };
      await treasury.configure([BUDGET, small], NOW_MS);
      const bucket = lifetimeBucket('campaign', 'small');
      const facts = () => bidFacts({ campaignId: 'small', userKey: '' });
      const [first, second] = [facts(), facts()];
      const reserve = ({ bidId }: BidFacts) =>
        treasury.reserve({
          bidId,
          budgets: [small],
          costMicros: micros(4000),
          impressions: 1,
          nowMs: clock.now(),
          expiresAtMs: clock.now() + 300_000,
        });
      expect([reserve(first), reserve(second)]).toEqual([undefined, 'budget_on_hold']);
      if (how === 'a loss notice') await tell('loss', first, { l: '102' });
      else {
        clock.advance(301_000);
        await treasury.tick(clock.now());
      }
      expect(reserve(second)).toBeUndefined();
      await tell('billing', second, { p: '4' });
      expect(treasury.overspendBound().lateMicros).toBe(0);
      await tell('win', first, { p: '4' });
      await tell('billing', first, { p: '4' });
      expect(treasury.overspendBound().lateMicros).toBe(4000);
      const [money] = await state.ledger.bucketStates([bucket]);
      expect(money).toMatchObject({ spent: 8000, late: 4000 });
    },
  );

  it('goes on holding a bid whose billing notice has no price, and charges it when the price comes', async () => {
    const facts = bid();
    await tell('billing', facts, { p: '' });
    expect([held(), await spent()]).toEqual([4000, 0]);
    await tell('billing', facts, { p: '3' });
    expect([held(), await spent()]).toEqual([0, 3000]);
    await tell('billing', facts, { p: '3.5' });
    expect(await spent()).toBe(3000);
  });

  it('takes an exchange’s look at the creative for no impression', async () => {
    const facts = bid();
    await tell('billing', facts, { p: 'AUDIT' });
    expect([held(), await spent(), tables.accountTrials]).toEqual([4000, 0, 0]);
  });

  it('frees a test bid, and learns nothing from it', async () => {
    const facts = bid({ test: true });
    for (const kind of ['win', 'billing', 'impression', 'click'] as const)
      await tell(kind, facts, { p: '3' });
    expect([
      held(),
      await spent(),
      tables.accountTrials,
      tables.accountClicks,
      tables.landscapes().size,
    ]).toEqual([0, 0, 0, 0, 0]);
  });

  it.each([
    ['by-win', 'win'],
    ['by-view', 'impression'],
  ] as const)('of an exchange that bills %s charges that notice', async (exchangeId, kind) => {
    const facts = bid({ exchangeId });
    for (const other of ['win', 'billing', 'impression'] as const)
      if (other !== kind) await tell(other, facts, { p: '2' });
    expect(await spent()).toBe(0);
    await tell(kind, facts, { p: '2' });
    expect([held(), await spent()]).toEqual([0, 2000]);
  });

  it('comes to the same, however often and in whatever order it is told', async () => {
    const told = ['win', 'billing', 'impression', 'click', 'win', 'billing', 'impression', 'click'] as const;
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([...told], { minLength: 8 }), async (order) => {
        const before = { spent: await spent(), trials: tables.accountTrials, clicks: tables.accountClicks };
        const observed = tables.landscapes().get('example/USD')?.observations ?? 0;
        const facts = bid({ userKey: `person-${before.trials}` });
        for (const kind of order) await tell(kind, facts, { p: '2.5' });
        expect(held()).toBe(0);
        expect(await spent()).toBe(before.spent + 2500);
        expect(tables.accountTrials).toBe(before.trials + 1);
        expect(tables.accountClicks).toBe(before.clicks + 1);
        expect(tables.landscapes().get('example/USD')?.observations).toBe(observed + 1);
        expect((await people.read(facts.userKey, NOW_MS, 0))?.count).toBe(2);
      }),
      { numRuns: 25, seed: 20261123 },
    );
  });

  it('believes no notice that it did not sign', async () => {
    const facts = bid();
    expect(await learn.takeNotice('billing', { t: tokenOf('click', facts), p: '3' })).toEqual({
      ok: false,
      refusal: 'bad_signature',
    });
    expect([held(), await spent(), seen]).toEqual([4000, 0, ['billing bad_signature']]);
  });

  it('acknowledges nothing that the journal could not keep, and changes nothing', async () => {
    const broken = learner({
      ...ports,
      journal: {
        appendNotice: () => Promise.reject(new Error('disk full')),
        appendConversion: () => Promise.reject(new Error('disk full')),
        appendAdjustment: () => Promise.reject(new Error('disk full')),
        voidClick: () => Promise.reject(new Error('disk full')),
      },
    });
    const facts = bid();
    await expect(broken.takeNotice('billing', { t: tokenOf('billing', facts), p: '3' })).rejects.toThrow(
      'disk full',
    );
    await expect(broken.takeConversions({ action: 'order' }, action.key)).rejects.toThrow('disk full');
    expect([held(), await rows(), seen]).toEqual([4000, 1, []]);
  });

  it('stays acknowledged where a later step fails', async () => {
    const facts = bid();
    const halting = learner({
      ...ports,
      people: {
        record: () => {
          throw new Error('no memory');
        },
        release: () => undefined,
      },
    });
    expect(await halting.takeNotice('billing', { t: tokenOf('billing', facts), p: '3' })).toMatchObject({
      status: 'new',
    });
    expect(faults.splice(0)).toHaveLength(1);
    // No checkpoint may cover what was not learned.
    expect(journaled).toEqual([-1]);
    expect(await spent()).toBe(3000);
  });

  it('credits a conversion once, and remembers it for caps', async () => {
    const facts = bid();
    await tell('billing', facts, { p: '3' });
    await tell('click', facts);
    clock.advance(60_000);
    const report = { action: 'order', click_id: facts.bidId, order_id: 'A-1', value: 20 };
    const taken = await learn.takeConversions([report, { ...report, value: 'x' }, report], action.key);
    expect(taken).toMatchObject({ accepted: 1, duplicates: 1, unauthorised: false });
    expect(taken.faults.map(({ path }) => path)).toEqual(['[1].value']);
    expect(await rows()).toBe(3);
    const [sums] = await state.journal.report({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, dimensions: [] });
    expect(sums).toMatchObject({ conversions: 1, conversionValueMicros: 20_000_000 });
    expect(await learn.takePixel({ action: 'order', order_id: 'A-1' })).toMatchObject({ duplicates: 1 });
    expect(await learn.takeConversions(report, 'wrong')).toMatchObject({ accepted: 0, unauthorised: true });
  });

  it('takes back what a conversion gave, whichever of the two is told first, and charges nobody', async () => {
    const early = bid();
    const late = bid();
    for (const facts of [early, late]) {
      await tell('billing', facts, { p: '3' });
      await tell('click', facts);
    }
    clock.advance(60_000);
    study.length = 0;
    profiled.length = 0;
    const bought = (facts: BidFacts) => ({
      action: 'order',
      click_id: facts.bidId,
      order_id: facts.bidId,
      value: 20,
    });
    const returned = (facts: BidFacts) => ({
      action: 'order',
      adjustment: 'retract',
      order_id: facts.bidId,
    });
    expect(
      await learn.takeConversions([bought(early), returned(early), returned(early)], action.key),
    ).toMatchObject({ accepted: 2, duplicates: 1, faults: [] });
    expect(study).toEqual([`${early.bidId} click order 20000000`, `${early.bidId} click order -20000000`]);
    study.length = 0;
    await learn.takeConversions(returned(late), action.key);
    await learn.takeConversions(bought(late), action.key);
    expect(study).toEqual([]);
    // The one that was never taken for a purchase; the other was, when it came.
    expect(profiled).toHaveLength(1);
    const [sums] = await state.journal.report({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, dimensions: [] });
    expect(sums).toMatchObject({
      conversions: 0,
      conversionValueMicros: 0,
      retractions: 2,
      spendMicros: 6000,
    });
  });

  it('takes back clicks that were nobody’s, also those that are told later', async () => {
    const [early, late] = [bid(), bid()];
    for (const facts of [early, late]) await tell('billing', facts, { p: '3' });
    await tell('click', early);
    expect(tables.accountClicks).toBe(1);
    const ids = [early.bidId, late.bidId, late.bidId];
    expect(await learn.voidClicks(ids)).toEqual({ voided: 1, duplicate: 0, unknown: 1 });
    expect(await learn.voidClicks(ids)).toEqual({ voided: 0, duplicate: 2, unknown: 0 });
    await tell('click', late);
    expect(tables.accountClicks).toBe(0);
  });
});
