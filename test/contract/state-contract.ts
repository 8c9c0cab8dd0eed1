/** What every backend of the journal, the ledger and the tables must do. One suite is one thing: the contract of `state/port.ts`. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lifetimeBucket } from '../../src/core/budget.ts';
import type {
  AdjustmentEvent,
  BidFacts,
  ConversionEvent,
  NoticeEvent,
  NoticeKind,
} from '../../src/core/event.ts';
import type { HistoryTouch } from '../../src/core/history.ts';
import { PLACE_NAMES, placeText } from '../../src/core/place.ts';
import { seededRandom } from '../../src/core/random.ts';
import { cpmMicros, micros } from '../../src/core/units.ts';
import type {
  BucketState,
  JournalPort,
  LedgerPort,
  ReportDimension,
  ReportRow,
  TablesPort,
} from '../../src/state/port.ts';
import { OTHER_PLACES, PLACE_VALUES_MAX } from '../../src/state/sqlite/stats.ts';
import {
  adjustmentOf,
  billingOf,
  conversionOf,
  DAY,
  exactCost,
  factsOf,
  HOUR,
  MINUTE,
  NOW,
  noticeOf,
  recordOf,
} from './state-events.ts';

const NOWHERE = Object.fromEntries(PLACE_NAMES.map((name) => [name, ''])) as Parameters<typeof placeText>[0];

export interface OpenState {
  readonly journal: JournalPort;
  readonly ledger: LedgerPort;
  readonly tables: TablesPort;
  close(): Promise<void>;
}

const SEED = 20261123;
/** How many random charges are added up. */
const CHARGES = Number(process.env['BIDWRIGHT_CHARGES'] ?? 20_000);
const RULE = { clickWindowMs: DAY, viewWindowMs: HOUR };
const ALL_DIMENSIONS: readonly ReportDimension[] = [
  'hour',
  'exchange',
  'advertiser',
  'campaign',
  'line_item',
  'creative',
];

/** `open` gives an empty store each time; `reopen` closes one as a restart would and opens what it left behind. */
export function stateContract(
  name: string,
  open: () => Promise<OpenState>,
  reopen: ((state: OpenState) => Promise<OpenState>) | undefined,
): void {
  describe(`state: ${name}`, () => {
    let state: OpenState;
    let serial = 0;
    beforeAll(async () => {
      state = await open();
    });
    afterAll(() => state.close());

    /** A bid of a campaign of its own, so that tests sharing a store do not meet. */
    function fresh(more: Partial<BidFacts> = {}): BidFacts {
      const number = String(++serial).padStart(6, '0');
      const own = { bidId: `bid-${number}-x`, campaignId: `c${number}`, lineItemId: `l${number}` };
      return factsOf({ ...own, userKey: `user-${number}`, ...more });
    }
    async function total(facts: BidFacts, from = state): Promise<ReportRow> {
      const rows = await from.journal.report({
        fromMs: 0,
        toMs: Number.MAX_SAFE_INTEGER,
        dimensions: [],
        campaignId: facts.campaignId,
      });
      return rows[0] ?? NOTHING;
    }
    const bucketsOf = (facts: BidFacts) => [
      `campaign/${facts.campaignId}/life`,
      `campaign/${facts.campaignId}/${facts.budgetDay}`,
      `line_item/${facts.lineItemId}/life`,
      `line_item/${facts.lineItemId}/${facts.budgetDay}`,
    ];
    async function spent(facts: BidFacts, unit: BucketState['unit'] = 'micros'): Promise<number[]> {
      const states = await state.ledger.bucketStates(bucketsOf(facts));
      return bucketsOf(facts).map(
        (bucket) => states.find((one) => one.bucket === bucket && one.unit === unit)!.spent,
      );
    }

    describe('a notice', () => {
      it('is charged to all four buckets of its bid', async () => {
        const facts = fresh();
        const appended = await state.journal.appendNotice(billingOf(facts, 3_200_000));
        expect(appended).toMatchObject({ status: 'new', firstImpression: true });
        const amounts = appended.charges.map(({ bucket, micros, impressions }) => ({
          bucket,
          micros,
          impressions,
        }));
        expect(amounts).toEqual(bucketsOf(facts).map((bucket) => ({ bucket, micros: 3200, impressions: 1 })));
        expect(await spent(facts)).toEqual([3200, 3200, 3200, 3200]);
        expect(await spent(facts, 'impressions')).toEqual([1, 1, 1, 1]);
        expect(await total(facts)).toMatchObject({ billings: 1, impressions: 1, spendMicros: 3200 });
      });

      it('counts once: a repeat is a duplicate, with another price a conflict, and the first stays', async () => {
        const facts = fresh();
        await state.journal.appendNotice(billingOf(facts, 3_000_000));
        const nothing = { charges: [], firstImpression: false };
        expect(
          await state.journal.appendNotice(billingOf(facts, 3_000_000, { atMs: NOW + DAY })),
        ).toMatchObject({ status: 'duplicate', ...nothing });
        expect(await state.journal.appendNotice(billingOf(facts, 4_000_000))).toMatchObject({
          status: 'conflict',
          ...nothing,
        });
        expect(await spent(facts)).toEqual([3000, 3000, 3000, 3000]);
        expect(await total(facts)).toMatchObject({ billings: 1, spendMicros: 3000 });
      });

      it('counts once when it comes many times at the same moment', async () => {
        const facts = fresh();
        const told = await Promise.all(
          Array.from({ length: 20 }, () => state.journal.appendNotice(billingOf(facts, 2_000_000))),
        );
        expect(told.filter(({ status }) => status === 'new')).toHaveLength(1);
        expect(await spent(facts)).toEqual([2000, 2000, 2000, 2000]);
      });

      it('charges a bid once, whichever kinds claim to be billable', async () => {
        const facts = fresh();
        const price = { priceCpmMicros: cpmMicros(1_000_000), billable: true };
        for (const kind of ['win', 'billing', 'impression'] as const)
          await state.journal.appendNotice(noticeOf(kind, facts, price));
        expect(await spent(facts)).toEqual([1000, 1000, 1000, 1000]);
      });

      it('above the bid is refused, never charged', async () => {
        const facts = fresh();
        await expect(state.journal.appendNotice(billingOf(facts, facts.bidCpmMicros + 1))).rejects.toThrow();
        expect(await spent(facts)).toEqual([0, 0, 0, 0]);
        expect((await state.journal.appendNotice(billingOf(facts, facts.bidCpmMicros))).status).toBe('new');
      });

      it('that is not billable costs nothing, and is counted', async () => {
        const facts = fresh();
        const price = { priceCpmMicros: cpmMicros(2_000_000) };
        await state.journal.appendNotice(noticeOf('win', facts, price));
        await state.journal.appendNotice(noticeOf('loss', facts, { lossCode: 102 }));
        await state.journal.appendNotice(noticeOf('click', facts));
        expect(await spent(facts)).toEqual([0, 0, 0, 0]);
        expect(await total(facts)).toMatchObject({ wins: 1, losses: 1, clicks: 1, spendMicros: 0 });
        expect([...(await state.journal.noticesOf(facts.bidId))].sort()).toEqual(['click', 'loss', 'win']);
      });

      it('of a kind that was never told is not named', async () => {
        expect(await state.journal.noticesOf('never')).toEqual([]);
      });

      it('tells the first sign of an impression once, by billing or by tracker', async () => {
        for (const order of [
          ['billing', 'impression'],
          ['impression', 'billing'],
        ] as const) {
          const facts = fresh();
          const told = [];
          for (const kind of order) told.push(await state.journal.appendNotice(noticeOf(kind, facts)));
          expect(told.map(({ firstImpression }) => firstImpression)).toEqual([true, false]);
          expect(await total(facts)).toMatchObject({ impressions: 1 });
        }
      });

      it('is charged to the day of its bid, however late it comes', async () => {
        const facts = fresh({ budgetDay: '2026-11-21', bidAtMs: NOW - 2 * DAY });
        await state.journal.appendNotice(billingOf(facts, 5_000_000, { atMs: NOW, late: true }));
        expect(await spent(facts)).toEqual([5000, 5000, 5000, 5000]);
        expect(await spent({ ...facts, budgetDay: '2026-11-23' })).toEqual([5000, 0, 5000, 0]);
      });

      it('with a flag is counted as flagged', async () => {
        const facts = fresh();
        await state.journal.appendNotice(noticeOf('billing', facts, { priceFlag: 'unreadable' }));
        expect(await total(facts)).toMatchObject({ billings: 1, flagged: 1, spendMicros: 0 });
      });

      it('costs what the currency and the impressions of a showing make of it', async () => {
        const facts = fresh({ rateMicros: 1_087_654, multiplierMilli: 14_200, currency: 'EUR' });
        const { charges } = await state.journal.appendNotice(billingOf(facts, 4_999_999));
        const cost = exactCost(4_999_999, 1_087_654, 14_200);
        expect(charges.map(({ micros }) => micros)).toEqual(Array(4).fill(Number(cost / 1000n)));
        expect(charges.map(({ impressions }) => impressions)).toEqual([14, 14, 14, 14]);
      });
    });

    it('adds up many small charges to the micro', async () => {
      const random = seededRandom(SEED);
      const campaigns = ['sum-a', 'sum-b', 'sum-c'];
      const exact = new Map<string, bigint>();
      const exactImpressions = new Map<string, bigint>();
      const MOST_AT_ONCE = 2_000;
      let pending: Promise<unknown>[] = [];
      for (let index = 0; index < CHARGES; index++) {
        const campaignId = campaigns[random.uint32() % 3]!;
        const facts = factsOf({
          bidId: `sum-${index}`,
          campaignId,
          lineItemId: `${campaignId}-${random.uint32() % 4}`,
          budgetDay: `2026-11-2${random.uint32() % 3}`,
          bidCpmMicros: cpmMicros(30_000_000),
          rateMicros: random.next() < 0.5 ? 1_000_000 : 200_000 + (random.uint32() % 3_000_000),
          multiplierMilli: random.next() < 0.8 ? 1000 : 1 + (random.uint32() % 5000),
        });
        const price = random.uint32() % 30_000_001;
        for (const bucket of bucketsOf(facts)) {
          const cost = exactCost(price, facts.rateMicros, facts.multiplierMilli);
          exact.set(bucket, (exact.get(bucket) ?? 0n) + cost);
          const shown = BigInt(facts.multiplierMilli);
          exactImpressions.set(bucket, (exactImpressions.get(bucket) ?? 0n) + shown);
        }
        pending.push(state.journal.appendNotice(billingOf(facts, price)));
        if (pending.length < MOST_AT_ONCE) continue;
        await Promise.all(pending);
        pending = [];
      }
      await Promise.all(pending);
      const states = await state.ledger.bucketStates([...exact.keys()]);
      for (const { bucket, unit, spent: booked } of states) {
        const sum = (unit === 'micros' ? exact : exactImpressions).get(bucket)!;
        expect(`${bucket} ${unit} ${booked}`).toBe(`${bucket} ${unit} ${sum / 1000n}`);
      }
      expect(states).toHaveLength(exact.size * 2);
    }, 60_000);

    it('comes to the same end in whatever order events are told, and however often', async () => {
      const leaseId = await state.ledger.openLease(NOW, NOW + HOUR);
      interface Invalid {
        readonly type: 'invalid';
        readonly clickId: string;
      }
      const world = (prefix: string) => {
        // Two people, three bids; hours apart, so that a sum in the wrong hour shows.
        const bids = [0, 1, 2].map((index) =>
          factsOf({
            bidId: `${prefix}-bid-${index}`,
            campaignId: `${prefix}-c`,
            lineItemId: `${prefix}-l${index % 2}`,
            userKey: `${prefix}-${index % 2}`,
            bidAtMs: NOW + index * 20 * MINUTE,
            rateMicros: 1_087_654,
            leaseId,
          }),
        );
        const notices = bids.flatMap((facts, index) => [
          billingOf(facts, 3_333_333 - index, { atMs: facts.bidAtMs + 50 * MINUTE }),
          noticeOf('impression', facts, { atMs: facts.bidAtMs + 30 * MINUTE }),
          noticeOf('win', facts, { priceCpmMicros: cpmMicros(3_333_333 - index) }),
          ...(index === 1 ? [] : [noticeOf('click', facts, { atMs: facts.bidAtMs + 45 * MINUTE })]),
          ...(index === 2 ? [noticeOf('loss', facts, { lossCode: 102 })] : []),
        ]);
        const orders = [
          { clickId: bids[0]!.bidId, atMs: NOW + 2 * HOUR },
          { userKey: `${prefix}-1`, atMs: NOW + 70 * MINUTE },
          { userKey: `${prefix}-0`, atMs: NOW + 3 * HOUR },
          { userKey: `${prefix}-nobody`, atMs: NOW + HOUR },
        ];
        const conversions = orders.map((more, index) =>
          conversionOf({ orderId: `${prefix}-${index}`, ...more }),
        );
        const worth = (value: number, atMs: number) => ({
          kind: 'restate' as const,
          valueMicros: micros(value),
          atMs,
        });
        const corrections: (AdjustmentEvent | Invalid)[] = [
          adjustmentOf({ orderId: `${prefix}-0` }),
          adjustmentOf({ orderId: `${prefix}-0`, ...worth(7_000_000, NOW + 9 * HOUR) }),
          adjustmentOf({ orderId: `${prefix}-1`, ...worth(9_000_000, NOW + 5 * HOUR) }),
          adjustmentOf({ orderId: `${prefix}-1`, ...worth(8_000_000, NOW + 4 * HOUR) }),
          adjustmentOf({ orderId: '', clickId: bids[2]!.bidId }),
          { type: 'invalid', clickId: bids[2]!.bidId },
        ];
        return { notices, conversions, corrections };
      };
      const endOf = async (prefix: string) => {
        const query = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, campaignId: `${prefix}-c` };
        const rows = await state.journal.report({ ...query, dimensions: ALL_DIMENSIONS });
        const day = '2026-11-23';
        const buckets = [
          `campaign/${prefix}-c/life`,
          `campaign/${prefix}-c/${day}`,
          `line_item/${prefix}-l0/life`,
        ];
        const states = await state.ledger.bucketStates(buckets);
        const touches: HistoryTouch[] = [];
        await state.journal.touchesSince(NOW, (touch) => {
          if (touch.userKey.startsWith(`${prefix}-`)) touches.push(touch);
        });
        const sorted = touches.map((touch) => JSON.stringify(touch)).sort();
        return JSON.stringify({ rows, states, sorted }).replaceAll(prefix, 'x');
      };
      const append = (event: NoticeEvent | ConversionEvent | AdjustmentEvent | Invalid): Promise<unknown> => {
        if (event.type === 'notice') return state.journal.appendNotice(event);
        if (event.type === 'adjustment') return state.journal.appendAdjustment(event);
        if (event.type === 'invalid') return state.journal.voidClick(event.clickId, NOW);
        return state.journal.appendConversion(event, { clickWindowMs: 2 * HOUR, viewWindowMs: HOUR });
      };

      const straight = world('straight');
      for (const event of [...straight.notices, ...straight.conversions, ...straight.corrections])
        await append(event);
      const expected = await endOf('straight');
      expect(JSON.parse(expected).rows.length).toBeGreaterThan(3);

      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.infiniteStream(fc.nat()), fc.boolean(), async (numbers, together) => {
          const prefix = `mixed${++run}`;
          const { notices, conversions, corrections } = world(prefix);
          const all = [...notices, ...conversions, ...corrections];
          const keyed = [...all, ...all, ...all].map((event) => ({
            event,
            key: numbers.next().value as number,
          }));
          const told = keyed.sort((a, b) => a.key - b.key).slice(0, all.length * 2);
          // Whatever the draw left out is told at the end.
          const told2 = [...told.map(({ event }) => event), ...all];
          if (together) await Promise.all(told2.map(append));
          else for (const event of told2) await append(event);
          expect(await endOf(prefix)).toBe(expected);
        }),
        { seed: SEED, numRuns: 25 },
      );
    }, 60_000);

    describe('a conversion', () => {
      async function shownTo(facts: BidFacts, atMs: number): Promise<void> {
        await state.journal.appendNotice(noticeOf('impression', facts, { atMs }));
      }
      async function clicked(facts: BidFacts, atMs: number): Promise<void> {
        await state.journal.appendNotice(noticeOf('click', facts, { atMs }));
      }
      const convert = (event: ConversionEvent) => state.journal.appendConversion(event, RULE);

      it('is credited to its click, and counted by both times', async () => {
        const facts = fresh();
        await clicked(facts, NOW);
        const event = conversionOf({ orderId: facts.bidId, clickId: facts.bidId, atMs: NOW + 5 * HOUR });
        const { status, touch } = await convert(event);
        expect(status).toBe('new');
        expect(touch).toMatchObject({ kind: 'click', atMs: NOW, facts });
        const hours = await state.journal.report({
          fromMs: 0,
          toMs: Number.MAX_SAFE_INTEGER,
          dimensions: ['hour'],
          campaignId: facts.campaignId,
        });
        const sums = hours.map((one) => [
          one.conversions,
          one.conversionsByTouchTime,
          one.conversionValueMicros,
        ]);
        expect(sums).toEqual([
          [0, 1, 0],
          [1, 0, 40_000_000],
        ]);
      });

      it('counts once for its key', async () => {
        const facts = fresh();
        await clicked(facts, NOW);
        const event = conversionOf({ orderId: facts.bidId, clickId: facts.bidId });
        expect((await convert(event)).status).toBe('new');
        expect((await convert({ ...event, conversionId: 'another' })).status).toBe('duplicate');
        expect(await total(facts)).toMatchObject({ conversions: 1, conversionValueMicros: 40_000_000 });
      });

      it('goes to the click rather than to a later view', async () => {
        const early = fresh();
        const late = fresh({ userKey: early.userKey });
        await clicked(early, NOW);
        await shownTo(late, NOW + 30 * MINUTE);
        const { touch } = await convert(
          conversionOf({ orderId: early.bidId, userKey: early.userKey, atMs: NOW + 40 * MINUTE }),
        );
        expect(touch?.facts.bidId).toBe(early.bidId);
      });

      it('goes to the last view where nothing was clicked', async () => {
        const early = fresh();
        const late = fresh({ userKey: early.userKey });
        await shownTo(late, NOW + 30 * MINUTE);
        await shownTo(early, NOW);
        const { touch } = await convert(
          conversionOf({ orderId: early.bidId, userKey: early.userKey, atMs: NOW + 40 * MINUTE }),
        );
        expect(touch).toMatchObject({ kind: 'impression', facts: { bidId: late.bidId } });
      });

      it.each([
        ['a click past its window', { clickedAt: -DAY - 1, shownAt: undefined }],
        ['a view past its window', { clickedAt: undefined, shownAt: -HOUR - 1 }],
        ['a click after it', { clickedAt: 6 * MINUTE, shownAt: undefined }],
      ])('is not credited to %s', async (_, { clickedAt, shownAt }) => {
        const facts = fresh();
        const atMs = NOW + 2 * DAY;
        if (clickedAt !== undefined) await clicked(facts, atMs + clickedAt);
        if (shownAt !== undefined) await shownTo(facts, atMs + shownAt);
        const ids = { orderId: facts.bidId, clickId: facts.bidId, userKey: facts.userKey };
        expect((await convert(conversionOf({ ...ids, atMs }))).touch).toBeUndefined();
        expect(await total(facts)).toMatchObject({ conversions: 0 });
      });

      it('is not credited to another advertiser’s click, nor to another person’s', async () => {
        const foreign = fresh({ advertiserId: 'brewery' });
        const other = fresh();
        await clicked(foreign, NOW);
        await clicked(other, NOW);
        const mine = conversionOf({
          orderId: foreign.bidId,
          clickId: foreign.bidId,
          userKey: foreign.userKey,
        });
        expect((await convert(mine)).touch).toBeUndefined();
      });

      it('that nobody can be told of is credited to nobody', async () => {
        const facts = fresh({ userKey: '' });
        await clicked(facts, NOW);
        expect((await convert(conversionOf({ orderId: facts.bidId }))).touch).toBeUndefined();
      });

      it('waits for its click, and is credited when it comes', async () => {
        const facts = fresh({ userKey: '' });
        const event = conversionOf({ orderId: facts.bidId, clickId: facts.bidId, atMs: NOW + HOUR });
        expect((await convert(event)).touch).toBeUndefined();
        expect(await total(facts)).toMatchObject({ conversions: 0 });
        await clicked(facts, NOW);
        expect(await total(facts)).toMatchObject({ conversions: 1, conversionsByTouchTime: 1 });
      });

      it('that comes before its click tells, with the click, that it began to count', async () => {
        const facts = fresh({ userKey: '' });
        await convert(conversionOf({ orderId: facts.bidId, clickId: facts.bidId }));
        const { credits } = await state.journal.appendNotice(noticeOf('click', facts, { atMs: NOW }));
        expect(credits).toMatchObject([
          { sign: 1, actionId: 'purchase', valueMicros: 40_000_000, touch: { kind: 'click', facts } },
        ]);
      });
    });

    describe('an adjustment', () => {
      const bought = async (): Promise<BidFacts> => {
        const facts = fresh({ userKey: '' });
        await state.journal.appendNotice(noticeOf('click', facts, { atMs: NOW }));
        await state.journal.appendConversion(
          conversionOf({ orderId: facts.bidId, clickId: facts.bidId }),
          RULE,
        );
        return facts;
      };

      it('takes a conversion back, once, and says from whom', async () => {
        const facts = await bought();
        const event = adjustmentOf({ orderId: facts.bidId });
        expect(await state.journal.appendAdjustment(event)).toMatchObject({
          status: 'new',
          conversions: 1,
          credits: [{ sign: -1, valueMicros: 40_000_000, touch: { kind: 'click', facts } }],
        });
        expect(await state.journal.appendAdjustment(event)).toEqual({
          status: 'duplicate',
          conversions: 0,
          credits: [],
        });
        expect(await total(facts)).toMatchObject({
          conversions: 0,
          viewConversions: 0,
          conversionValueMicros: 0,
          conversionsByTouchTime: 0,
          retractions: 1,
          clicks: 1,
        });
      });

      it('is final where it retracts: a later restatement brings nothing back', async () => {
        const facts = await bought();
        await state.journal.appendAdjustment(adjustmentOf({ orderId: facts.bidId }));
        const again = adjustmentOf({
          orderId: facts.bidId,
          kind: 'restate',
          valueMicros: micros(50_000_000),
          atMs: NOW + DAY,
        });
        expect((await state.journal.appendAdjustment(again)).status).toBe('duplicate');
        expect(await total(facts)).toMatchObject({ conversions: 0, retractions: 1 });
      });

      it('restates what a conversion was worth: the old value out, the new one in', async () => {
        const facts = await bought();
        const { credits } = await state.journal.appendAdjustment(
          adjustmentOf({ orderId: facts.bidId, kind: 'restate', valueMicros: micros(15_000_000) }),
        );
        expect(credits.map(({ sign, valueMicros }) => sign * valueMicros)).toEqual([-40_000_000, 15_000_000]);
        expect(await total(facts)).toMatchObject({
          conversions: 1,
          conversionValueMicros: 15_000_000,
          retractions: 0,
        });
      });

      it('may come before its conversion, which then counts for nothing', async () => {
        const facts = fresh({ userKey: '' });
        await state.journal.appendNotice(noticeOf('click', facts, { atMs: NOW }));
        expect(await state.journal.appendAdjustment(adjustmentOf({ orderId: facts.bidId }))).toMatchObject({
          status: 'new',
          conversions: 0,
        });
        const event = conversionOf({ orderId: facts.bidId, clickId: facts.bidId });
        expect(await state.journal.appendConversion(event, RULE)).toMatchObject({
          status: 'new',
          voided: true,
          touch: undefined,
          credits: [],
        });
        expect(await total(facts)).toMatchObject({ conversions: 0, retractions: 1 });
      });

      it('of a click takes back all that this action counted for it, and nothing of another', async () => {
        const facts = await bought();
        await state.journal.appendConversion(
          conversionOf({
            orderId: 'visit',
            actionId: 'visit',
            clickId: facts.bidId,
            dedupeKey: `visit|${facts.bidId}`,
          }),
          RULE,
        );
        const { conversions } = await state.journal.appendAdjustment(
          adjustmentOf({ orderId: '', clickId: facts.bidId }),
        );
        expect(conversions).toBe(1);
        expect(await total(facts)).toMatchObject({ conversions: 1, retractions: 1 });
      });

      it('leaves no trace in what creatives were rewarded with', async () => {
        const facts = await bought();
        const rewarded = async (): Promise<string[]> => {
          const kinds: string[] = [];
          await state.journal.rewards(({ kind, facts: { bidId }, valueMicros }) => {
            if (bidId === facts.bidId) kinds.push(`${kind} ${valueMicros}`);
          });
          return kinds;
        };
        expect(await rewarded()).toEqual(['click 0', 'conversion 40000000']);
        await state.journal.appendAdjustment(
          adjustmentOf({ orderId: facts.bidId, kind: 'restate', valueMicros: micros(3) }),
        );
        expect(await rewarded()).toEqual(['click 0', 'conversion 3']);
        await state.journal.appendAdjustment(adjustmentOf({ orderId: facts.bidId }));
        expect(await rewarded()).toEqual(['click 0']);
      });
    });

    describe('an invalid click', () => {
      it('is taken back once; what it brought goes to the view before it, and its charge stays', async () => {
        const facts = fresh();
        await state.journal.appendNotice(billingOf(facts, 3_000_000, { atMs: NOW }));
        await state.journal.appendNotice(noticeOf('click', facts, { atMs: NOW + MINUTE }));
        await state.journal.appendConversion(
          conversionOf({ orderId: facts.bidId, userKey: facts.userKey, atMs: NOW + 10 * MINUTE }),
          RULE,
        );
        const voided = await state.journal.voidClick(facts.bidId, NOW + HOUR);
        expect(voided).toMatchObject({ status: 'voided', click: { kind: 'click', facts } });
        expect(voided.credits.map(({ sign, touch }) => [sign, touch.kind])).toEqual([
          [-1, 'click'],
          [1, 'impression'],
        ]);
        expect((await state.journal.voidClick(facts.bidId, NOW + HOUR)).status).toBe('duplicate');
        expect(await total(facts)).toMatchObject({
          clicks: 0,
          voidedClicks: 1,
          conversions: 1,
          spendMicros: 3000,
        });
        expect(await spent(facts)).toEqual([3000, 3000, 3000, 3000]);
      });

      it('may be called so before it is told', async () => {
        const facts = fresh();
        expect((await state.journal.voidClick(facts.bidId, NOW)).status).toBe('unknown');
        expect(await state.journal.appendNotice(noticeOf('click', facts))).toMatchObject({
          status: 'new',
          voided: true,
        });
        expect(await total(facts)).toMatchObject({ clicks: 0, voidedClicks: 1 });
      });
    });

    describe('touches', () => {
      it('are told oldest first, since a time, with those that could be named', async () => {
        const since = NOW + 100 * DAY;
        const one = fresh({ userKey: 'touched' });
        const nobody = fresh({ userKey: '' });
        await state.journal.appendNotice(noticeOf('click', one, { atMs: since + 3 }));
        await state.journal.appendNotice(noticeOf('impression', one, { atMs: since + 2 }));
        await state.journal.appendNotice(noticeOf('impression', nobody, { atMs: since + 2 }));
        await state.journal.appendNotice(noticeOf('win', one, { atMs: since + 2 }));
        await state.journal.appendConversion(
          conversionOf({ orderId: one.bidId, clickId: one.bidId, atMs: since + 9 }),
          RULE,
        );
        const told: HistoryTouch[] = [];
        const count = await state.journal.touchesSince(since, (touch) => told.push(touch));
        const { bidId, advertiserId, campaignId, lineItemId, creativeId } = one;
        const ids = { userKey: 'touched', bidId, advertiserId, campaignId, lineItemId, creativeId };
        expect(told).toEqual([
          { ...ids, kind: 'impression', atMs: since + 2 },
          { ...ids, kind: 'click', atMs: since + 3 },
          { ...ids, kind: 'conversion', atMs: since + 9 },
        ]);
        expect(count).toBe(3);
      });
    });

    describe('the report', () => {
      it('adds up by each dimension, and only within its time', async () => {
        const facts = fresh();
        const other = { ...fresh(), campaignId: facts.campaignId, creativeId: 'roll' };
        const next = { ...fresh(), campaignId: facts.campaignId, bidAtMs: NOW + DAY };
        for (const one of [facts, other, next])
          await state.journal.appendNotice(billingOf(one, 1_000_000, { atMs: one.bidAtMs }));
        const query = { campaignId: facts.campaignId, fromMs: NOW, toMs: NOW + DAY };
        const rows = async (dimensions: readonly ReportDimension[], toMs = NOW + DAY) =>
          (await state.journal.report({ ...query, toMs, dimensions })).map(
            ({ key, billings, spendMicros }) => [key, billings, spendMicros],
          );
        expect(await rows(['campaign'])).toEqual([[{ campaign: facts.campaignId }, 2, 2000]]);
        expect((await rows(['creative'])).sort()).toEqual([
          [{ creative: 'loaf' }, 1, 1000],
          [{ creative: 'roll' }, 1, 1000],
        ]);
        expect(await rows(['day'], NOW + 2 * DAY)).toEqual([
          [{ day: '2026-11-23' }, 2, 2000],
          [{ day: '2026-11-24' }, 1, 1000],
        ]);
        const line = await state.journal.report({
          ...query,
          dimensions: ['line_item'],
          lineItemId: facts.lineItemId,
        });
        expect(line.map(({ billings }) => billings)).toEqual([1]);
      });

      it('adds up to the same by where bids were, whoever did not tell and however many places there are', async () => {
        const one = fresh();
        const at = (publication: string, region: string) =>
          placeText({ ...NOWHERE, publication, country: 'DEU', region, device: 'phone' });
        const of = (place: string | undefined): BidFacts => ({
          ...fresh(),
          campaignId: one.campaignId,
          ...(place === undefined ? {} : { place }),
        });
        const all = [
          of(at('a.example', 'DEU-BE')),
          of(at('a.example', 'DEU-BY')),
          of(at('b.example', '')),
          of(undefined),
        ];
        // 0.333 micros each: what single rows drop of it must not get lost.
        for (const [place, facts] of all.entries())
          await state.journal.appendNotice(billingOf(facts, 1_000_333 + place, { atMs: NOW }));
        const query = { campaignId: one.campaignId, fromMs: NOW, toMs: NOW + DAY };
        const rows = async (dimensions: readonly ReportDimension[]) =>
          (await state.journal.report({ ...query, dimensions })).map(({ key, billings }) => [
            ...Object.values(key),
            billings,
          ]);
        expect((await rows(['publication'])).sort()).toEqual([
          ['', 1],
          ['a.example', 2],
          ['b.example', 1],
        ]);
        expect((await rows(['day', 'region'])).sort()).toEqual([
          ['2026-11-23', '', 2],
          ['2026-11-23', 'DEU-BE', 1],
          ['2026-11-23', 'DEU-BY', 1],
        ]);
        for (let number = 0; number <= PLACE_VALUES_MAX; number++)
          await state.journal.appendNotice(billingOf(of(at(`p${number}.example`, '')), 1000, { atMs: NOW }));
        const [whole] = await state.journal.report({ ...query, dimensions: [] });
        for (const name of PLACE_NAMES) {
          const parts = await state.journal.report({ ...query, dimensions: [name] });
          for (const sum of ['billings', 'impressions', 'spendMicros'] as const)
            expect([name, sum, parts.reduce((total, row) => total + row[sum], 0)]).toEqual([
              name,
              sum,
              whole![sum],
            ]);
        }
        const publications = await state.journal.report({ ...query, dimensions: ['publication'] });
        expect(publications.length).toBeLessThanOrEqual(PLACE_VALUES_MAX + 2);
        expect(publications.some(({ key }) => key.publication === OTHER_PLACES)).toBe(true);
      });

      it('adds up losses by code and dimension, tests left out', async () => {
        const facts = fresh();
        const lose = (number: number, lossCode: number | undefined, more: Partial<BidFacts> = {}) => {
          const lost = { ...facts, bidId: `${facts.bidId}-${number}`, ...more };
          return state.journal.appendNotice(noticeOf('loss', lost, { lossCode }));
        };
        await lose(1, 102);
        await lose(1, 202);
        await lose(2, 102, { creativeId: 'roll' });
        await lose(3, undefined);
        await lose(4, 503, { bidAtMs: NOW + DAY });
        await lose(5, 102, { test: true });
        const query = { lineItemId: facts.lineItemId, fromMs: NOW, toMs: NOW + 2 * DAY };
        const rows = async (dimensions: readonly ReportDimension[], toMs = query.toMs) =>
          (await state.journal.losses({ ...query, toMs, dimensions })).map(({ key, code, count }) => [
            key,
            code,
            count,
          ]);
        expect(await rows([])).toEqual([
          [{}, undefined, 1],
          [{}, 102, 2],
          [{}, 503, 1],
        ]);
        expect(await rows(['creative', 'exchange'], NOW + DAY)).toEqual([
          [{ exchange: 'example', creative: 'loaf' }, undefined, 1],
          [{ exchange: 'example', creative: 'loaf' }, 102, 1],
          [{ exchange: 'example', creative: 'roll' }, 102, 1],
        ]);
        expect(await rows(['day'])).toContainEqual([{ day: '2026-11-24' }, 503, 1]);
      });

      it('knows which creatives an exchange turns away, how often in a row and since when', async () => {
        const facts = { ...fresh(), exchangeId: `strict-${fresh().bidId}` };
        let number = 0;
        const tell = async (kind: 'loss' | 'win', lossCode?: number, creativeId = 'loaf') => {
          const one = { ...facts, creativeId, bidId: `${facts.bidId}-${++number}` };
          await state.journal.appendNotice(noticeOf(kind, one, { lossCode, atMs: NOW + number }));
        };
        const rejections = async () =>
          (await state.journal.rejections())
            .filter(({ exchangeId }) => exchangeId === facts.exchangeId)
            .map(({ creativeId, code, inARow, sinceMs, lastMs }) => [
              creativeId,
              code,
              inARow,
              sinceMs - NOW,
              lastMs - NOW,
            ]);
        await tell('loss', 201);
        await tell('loss', 202);
        await tell('loss', 202);
        await tell('loss', 202, 'roll');
        // Neither tells anything of the creative.
        await tell('loss', 100);
        await tell('loss');
        await tell('loss', 202);
        expect(await rejections()).toEqual([
          ['loaf', 202, 3, 2, 7],
          ['roll', 202, 1, 4, 4],
        ]);
        await tell('win');
        await tell('loss', 102, 'roll');
        expect(await rejections()).toEqual([]);
        await tell('loss', 202);
        expect(await rejections()).toEqual([['loaf', 202, 1, 10, 10]]);
      });

      it('counts a bid that is told both lost and shown once, whichever comes first', async () => {
        const facts = fresh();
        const tell = async (kinds: readonly NoticeKind[], bidId: string) => {
          const found = [];
          for (const kind of kinds)
            found.push((await state.journal.appendNotice(noticeOf(kind, { ...facts, bidId }))).contradiction);
          return found;
        };
        expect(await tell(['win', 'billing', 'loss', 'click', 'loss'], `${facts.bidId}-1`)).toEqual([
          false,
          false,
          true,
          false,
          false,
        ]);
        expect(await tell(['loss', 'click', 'win'], `${facts.bidId}-2`)).toEqual([false, true, false]);
        expect(await tell(['win', 'impression', 'click'], `${facts.bidId}-3`)).toEqual([false, false, false]);
        expect((await total(facts)).contradictions).toBe(2);
      });

      it('charges for fewer impressions where the notice says so, and never for more', async () => {
        const facts = { ...fresh(), multiplierMilli: 12_000 };
        const bucket = lifetimeBucket('line_item', facts.lineItemId);
        const spent = async () =>
          (await state.ledger.bucketStates([bucket])).map((one) => [one.unit, one.spent]);
        await state.journal.appendNotice(billingOf(facts, 4_000_000, { quantityMilli: 7500 }));
        expect(await spent()).toEqual([
          ['micros', 30_000],
          ['impressions', 7],
        ]);
        const more = { ...facts, bidId: `${facts.bidId}-2` };
        await expect(
          state.journal.appendNotice(billingOf(more, 4_000_000, { quantityMilli: 12_001 })),
        ).rejects.toThrow('12001 impressions of 12000');
      });

      it('dates what was shown by the notice, where that tells', async () => {
        const facts = fresh();
        await state.journal.appendNotice(
          billingOf(facts, 4_000_000, { atMs: NOW + 6 * HOUR, shownAtMs: NOW + HOUR }),
        );
        const rows = await state.journal.report({
          fromMs: NOW,
          toMs: NOW + DAY,
          dimensions: ['hour'],
          lineItemId: facts.lineItemId,
        });
        expect(rows.map(({ key, impressions, spendMicros }) => [key.hour, impressions, spendMicros])).toEqual(
          [['2026-11-23T16:00Z', 1, 4000]],
        );
      });

      it('knows the bids that were logged', async () => {
        const facts = fresh();
        state.journal.logBids([recordOf(facts), recordOf({ ...facts, bidId: 'b2' })]);
        await expect.poll(async () => (await total(facts)).bids).toBe(2);
      });

      it('keeps the counts of the funnel, added up', async () => {
        const hourMs = NOW + 50 * DAY;
        const row = { hourMs, exchangeId: 'example', lineItemId: 'rye', name: 'paced', count: 3 };
        await state.journal.addCounts([row, { ...row, lineItemId: '', name: 'requests', count: 10 }]);
        await state.journal.addCounts([{ ...row, count: 4 }]);
        const counts = await state.journal.counts(hourMs, hourMs + HOUR);
        expect([...counts].sort((a, b) => a.count - b.count)).toEqual([
          { ...row, count: 7 },
          { ...row, lineItemId: '', name: 'requests', count: 10 },
        ]);
        expect(await state.journal.counts(hourMs + 1, hourMs + HOUR)).toEqual([]);
      });
    });

    describe('the ledger', () => {
      const micros = 'micros' as const;
      const openLease = () => state.ledger.openLease(NOW, NOW + HOUR);
      async function stateOf(bucket: string): Promise<{ spent: number; leased: number }> {
        const states = await state.ledger.bucketStates([bucket]);
        const { spent: booked, leased } = states.find(({ unit }) => unit === micros)!;
        return { spent: booked, leased };
      }

      it('knows nothing of a bucket that was never used', async () => {
        expect(await state.ledger.bucketStates(['campaign/never/life'])).toMatchObject([
          { bucket: 'campaign/never/life', unit: 'micros', spent: 0, leased: 0 },
          { bucket: 'campaign/never/life', unit: 'impressions', spent: 0, leased: 0 },
        ]);
        expect(await state.ledger.spent(['campaign/never/life'])).toEqual(Float64Array.of(0, 0));
      });

      it('never grants more than the limit less what is spent and leased', async () => {
        const facts = fresh({ leaseId: await openLease() });
        const bucket = bucketsOf(facts)[0]!;
        const ask = (amount: number, limit = 10_000) =>
          state.ledger.grant(facts.leaseId, [{ bucket, unit: micros, limit, amount }]);
        expect(await ask(4000)).toEqual([4000]);
        expect(await ask(9000)).toEqual([6000]);
        expect(await ask(1)).toEqual([0]);
        await state.journal.appendNotice(billingOf(facts, 3_000_000));
        expect(await stateOf(bucket)).toEqual({ spent: 3000, leased: 7000 });
        expect(await ask(1)).toEqual([0]);
        // The limit was raised, then lowered below what is out already.
        expect(await ask(9000, 12_000)).toEqual([2000]);
        expect(await ask(9000, 5000)).toEqual([0]);
      });

      it('takes back what is not needed', async () => {
        const facts = fresh({ leaseId: await openLease() });
        const bucket = bucketsOf(facts)[0]!;
        await state.ledger.grant(facts.leaseId, [{ bucket, unit: micros, limit: 10_000, amount: 10_000 }]);
        await state.journal.appendNotice(billingOf(facts, 2_000_000));
        await state.ledger.giveBack(facts.leaseId, bucket, micros, 3000);
        expect(await stateOf(bucket)).toEqual({ spent: 2000, leased: 3000 });
        await state.ledger.giveBack(facts.leaseId, bucket, micros, 9000);
        expect(await stateOf(bucket)).toEqual({ spent: 2000, leased: 3000 });
      });

      it('grants nothing to a lease that it does not know', async () => {
        const request = { bucket: 'campaign/x/life', unit: micros, limit: 100, amount: 100 };
        expect(await state.ledger.grant(987_654, [request])).toEqual([0]);
      });

      it('keeps a dead process’s lease until its bids cannot be won any more', async () => {
        const dead = fresh({ leaseId: await openLease() });
        const bucket = bucketsOf(dead)[0]!;
        const request = { bucket, unit: micros, limit: 10_000, amount: 10_000 };
        await state.ledger.grant(dead.leaseId, [{ ...request, amount: 6000 }]);
        const living = await state.ledger.openLease(NOW, NOW + 30 * MINUTE);
        expect(await state.ledger.grant(living, [request])).toEqual([4000]);
        await state.journal.appendNotice(billingOf(dead, 2_000_000));
        expect(await stateOf(bucket)).toEqual({ spent: 2000, leased: 8000 });
        await state.ledger.closeStranded(NOW + 30 * MINUTE - 1);
        expect(await stateOf(bucket)).toEqual({ spent: 2000, leased: 8000 });
        expect(await state.ledger.closeStranded(NOW + 30 * MINUTE)).toBeGreaterThan(0);
        expect(await stateOf(bucket)).toEqual({ spent: 2000, leased: 4000 });
        await state.ledger.closeStranded(NOW + DAY);
        expect(await state.ledger.closeStranded(NOW + DAY)).toBe(0);
        expect(await state.ledger.grant(dead.leaseId, [request])).toEqual([0]);
      });

      it('does not put off the closing of a lease when another process dies', async () => {
        const first = await state.ledger.openLease(NOW, NOW + HOUR);
        const bucket = `campaign/twice-${first}/life`;
        await state.ledger.grant(first, [{ bucket, unit: micros, limit: 100, amount: 60 }]);
        await state.ledger.openLease(NOW, NOW + HOUR);
        await state.ledger.openLease(NOW + 50 * MINUTE, NOW + 2 * HOUR);
        await state.ledger.closeStranded(NOW + HOUR);
        expect((await stateOf(bucket)).leased).toBe(0);
      });

      it('charges a win that comes after its lease was closed, as late spend', async () => {
        const facts = fresh({ leaseId: await openLease() });
        const bucket = bucketsOf(facts)[0]!;
        await state.ledger.grant(facts.leaseId, [{ bucket, unit: micros, limit: 10_000, amount: 10_000 }]);
        await state.ledger.openLease(NOW, NOW + HOUR);
        await state.ledger.closeStranded(NOW + HOUR);
        const { charges } = await state.journal.appendNotice(billingOf(facts, 2_000_000));
        expect(charges[0]?.micros).toBe(2000);
        expect(await stateOf(bucket)).toEqual({ spent: 2000, leased: 0 });
        expect(await total(facts)).toMatchObject({ spendMicros: 2000, lateSpendMicros: 2000 });
      });

      it('declares as late just what a lease could not cover', async () => {
        const facts = fresh({ leaseId: await openLease() });
        const bucket = bucketsOf(facts)[0]!;
        await state.ledger.grant(facts.leaseId, [{ bucket, unit: micros, limit: 10_000, amount: 3000 }]);
        await state.journal.appendNotice(billingOf(facts, 2_000_000));
        expect(await total(facts)).toMatchObject({ spendMicros: 2000, lateSpendMicros: 0 });
        await state.journal.appendNotice(billingOf({ ...facts, bidId: `${facts.bidId}-2` }, 2_500_000));
        expect(await total(facts)).toMatchObject({ spendMicros: 4500, lateSpendMicros: 1500 });
        expect(await stateOf(bucket)).toEqual({ spent: 4500, leased: 0 });
        const states = await state.ledger.bucketStates([bucket]);
        expect(states.find(({ unit }) => unit === micros)?.late).toBe(1500);
      });

      it('calls nothing late where there was no limit, whatever became of the lease', async () => {
        const facts = fresh({ leaseId: await openLease() });
        await state.ledger.openLease(NOW, NOW + HOUR);
        await state.ledger.closeStranded(NOW + HOUR);
        await state.journal.appendNotice(billingOf(facts, 2_000_000));
        expect(await total(facts)).toMatchObject({ spendMicros: 2000, lateSpendMicros: 0 });
      });
    });

    it('keeps named tables as they were saved', async () => {
      const bytes = Uint8Array.from({ length: 5000 }, (_, index) => index % 256);
      expect(await state.tables.load('arms')).toBeUndefined();
      await state.tables.save('arms', new Uint8Array(3));
      await state.tables.save('arms', bytes);
      expect(Buffer.from((await state.tables.load('arms'))!).equals(bytes)).toBe(true);
    });

    it.runIf(reopen)('is the same after a restart', async () => {
      const facts = fresh();
      await state.journal.appendNotice(billingOf(facts, 3_333_333));
      await state.journal.appendNotice(noticeOf('click', facts));
      const leaseId = await state.ledger.openLease(NOW, NOW + HOUR);
      const bucket = bucketsOf(facts)[0]!;
      await state.ledger.grant(leaseId, [{ bucket, unit: 'micros', limit: 10_000, amount: 2000 }]);
      await state.tables.save('price', Uint8Array.of(1, 2, 3));
      const before = await total(facts);

      state = await reopen!(state);
      expect(await total(facts)).toEqual(before);
      expect((await state.journal.appendNotice(billingOf(facts, 3_333_333))).status).toBe('duplicate');
      expect([...(await state.tables.load('price'))!]).toEqual([1, 2, 3]);
      const states = await state.ledger.bucketStates([bucket]);
      expect(states.find(({ unit }) => unit === 'micros')).toMatchObject({ spent: 3333, leased: 2000 });
      // The thousandths of a micro are kept too: three more make up a whole one.
      const second = await state.journal.appendNotice(
        billingOf({ ...facts, bidId: `${facts.bidId}-2` }, 3_333_667),
      );
      expect(second.charges[0]?.micros).toBe(3334);
      expect(await state.ledger.openLease(NOW, NOW + HOUR)).toBeGreaterThan(leaseId);
    });
  });
}

const NOTHING: ReportRow = {
  key: {},
  bids: 0,
  wins: 0,
  losses: 0,
  billings: 0,
  impressions: 0,
  clicks: 0,
  conversions: 0,
  viewConversions: 0,
  conversionValueMicros: 0,
  conversionsByTouchTime: 0,
  retractions: 0,
  voidedClicks: 0,
  spendMicros: 0,
  lateSpendMicros: 0,
  flagged: 0,
  contradictions: 0,
};
