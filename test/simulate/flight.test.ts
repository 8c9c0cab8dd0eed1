import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../src/core/clock.ts';
import { seededRandom } from '../../src/core/random.ts';
import { Agenda } from '../../src/simulate/agenda.ts';
import { makeArrivals } from '../../src/simulate/arrivals.ts';
import type { Flight } from '../../src/simulate/flight.ts';
import { flyUntil, makeFlight } from '../../src/simulate/flight.ts';
import type { Scenario } from '../../src/simulate/story.ts';
import { demoScenario } from '../../src/simulate/story.ts';
import type { ScriptedBidder } from '../fixture/scripted-bidder.ts';
import { scriptedBidder } from '../fixture/scripted-bidder.ts';

const START_MS = Date.UTC(2026, 10, 23, 15);
const HOUR_MS = 3_600_000;
const PRICE_CPM = 2.345678;

/** Everybody clicks and buys often, so that an hour shows every kind of event. */
const lively: Scenario = {
  ...demoScenario,
  outcomes: {
    ...demoScenario.outcomes,
    clickRate: { banner: 0.1, video: 0.1, audio: 0.1, native: 0.1 },
    conversionRate: 0.5,
    conversionDelay: [{ share: 1, medianMinutes: 5, sigma: 0.5 }],
  },
  actions: [],
  changes: [],
};

async function fly(
  seed: number,
  scenario: Scenario = lively,
  bidder = scriptedBidder((_, number) => (number % 3 === 0 ? 0 : PRICE_CPM * (1 + (number % 5) / 5))),
): Promise<{ flight: Flight; bidder: ScriptedBidder; ticks: number }> {
  const clock = manualClock(START_MS);
  const flight = makeFlight({
    seed,
    startMs: START_MS,
    requestsPerSecond: 0.5,
    transport: bidder,
    stopwatch: clock,
    scenario,
    actionKeys: { buy: 'secret' },
    keepCharges: true,
  });
  let ticks = 0;
  await flyUntil(flight, clock, START_MS + HOUR_MS, 60_000, () => ticks++);
  flight.stopArrivals();
  await flyUntil(flight, clock, START_MS + 48 * HOUR_MS, HOUR_MS, () => undefined);
  return { flight, bidder, ticks };
}

const first = await fly(5);

describe('a flight, seed 5', () => {
  const { flight, bidder } = first;
  const { totals } = flight.book;

  it('is the same again for the same seed and the same answers, call by call', async () => {
    const again = await fly(5);
    expect(again.bidder.journal).toEqual(bidder.journal);
    expect(again.bidder.bodies).toEqual(bidder.bodies);
    expect(again.flight.book.totals).toEqual(totals);
  });

  it('is another for another seed', async () => {
    const other = await fly(6);
    expect(other.bidder.bodies[0]).not.toBe(bidder.bodies[0]);
  });

  it('draws an auction the same whatever was answered to those before', async () => {
    const late = await fly(
      5,
      lively,
      scriptedBidder((_, number) => (number <= 200 ? 0 : PRICE_CPM)),
    );
    const keen = await fly(
      5,
      lively,
      scriptedBidder(() => PRICE_CPM),
    );
    expect(late.bidder.losses.size).toBeGreaterThan(50);
    for (const [id, loss] of late.bidder.losses) expect(keen.bidder.losses.get(id), id).toEqual(loss);
    for (const [id, price] of late.bidder.billed) expect(keen.bidder.billed.get(id), id).toBe(price);
  });

  it('has something of everything', () => {
    expect(totals.requests).toBeGreaterThan(1200);
    expect(totals.wins).toBeGreaterThan(200);
    expect(totals.losses).toBeGreaterThan(100);
    expect(totals.clicks).toBeGreaterThan(20);
    expect(totals.conversions).toBeGreaterThan(5);
    expect(totals.duplicates).toBeGreaterThan(10);
    expect(bidder.audits.length).toBeGreaterThan(0);
    expect(first.ticks).toBe(60);
  });

  it('throws away no bid that was sound', () => {
    expect(Object.fromEntries(flight.book.invalid)).toEqual({});
    expect(totals.errors + totals.timeouts + totals.noticeFailures).toBe(0);
  });

  it('charges to the micro what its notices say, each bid once', () => {
    expect(bidder.billed.size).toBe(totals.billed);
    let sum = 0;
    for (const [id, price] of bidder.billed) {
      const cpmMicros = Math.round(Number(price) * 1e6);
      expect(flight.book.charges?.get(id), id).toBe(cpmMicros);
      sum += cpmMicros;
    }
    expect(totals.billedCpmMicros).toBe(sum);
    expect(flight.book.spendMicros).toBe(Math.floor(sum / 1000));
    expect([...flight.book.campaigns.values()].reduce((all, tally) => all + tally.billedCpmMicros, 0)).toBe(
      sum,
    );
    expect([...flight.book.creatives.values()].reduce((all, tally) => all + tally.wins, 0)).toBe(totals.wins);
  });

  it('shows nearly all it bills, and follows clicks to their page', () => {
    expect(bidder.impressions.size).toBeGreaterThan(totals.billed * 0.95);
    for (const id of bidder.impressions) expect(bidder.billed.has(id)).toBe(true);
    expect(bidder.clicks.size).toBe(totals.clicks);
  });

  it('reports each conversion with the click that led to it, its order and its worth', () => {
    expect(bidder.conversions.size).toBe(totals.conversions);
    for (const report of bidder.conversions.values()) {
      expect(bidder.clicks.has(String(report.click_id))).toBe(true);
      expect(report.action).toBe('buy');
      expect(Number(report.value)).toBeGreaterThan(0);
    }
  });

  it('tells losers why, and what would have won', () => {
    expect(bidder.losses.size).toBeGreaterThan(totals.losses * 0.8);
    const told = [...bidder.losses.values()].filter(({ minToWin }) => minToWin !== '');
    expect(told.length).toBeGreaterThan(bidder.losses.size * 0.8);
    for (const { code } of told) expect(['100', '102']).toContain(code);
    for (const { code, minToWin } of told)
      if (code === '102') expect(Number(minToWin)).toBeGreaterThan(PRICE_CPM);
  });

  it('calls a billing notice again until it is taken', async () => {
    const bidder = scriptedBidder(() => 20);
    bidder.failBillings = 40;
    const { flight } = await fly(5, { ...lively, noise: { ...lively.noise, duplicate: 0 } }, bidder);
    expect(flight.book.totals.noticeFailures).toBe(40);
    expect(bidder.billed.size).toBe(flight.book.totals.billed);
  });

  it('never counts or calls what a test auction brought', async () => {
    const only = { ...lively, requests: { ...lively.requests, testAuctions: 1 } };
    const { flight, bidder } = await fly(5, only);
    expect(flight.book.totals.wins).toBeGreaterThan(0);
    expect(flight.book.totals.billed).toBe(0);
    expect(bidder.journal.every((call) => call.startsWith('POST /openrtb2/'))).toBe(true);
  });
});

describe('an exchange that gets nonsense', () => {
  it('throws it away and says why, and nothing breaks', async () => {
    const answers = ['', '{', '[]', '{"id":"other"}', '{"id":0,"seatbid":[{"bid":[{}]}]}'];
    let number = 0;
    const bidder = scriptedBidder(() => 0);
    const { flight } = await fly(9, lively, {
      ...bidder,
      post: async () => ({ status: 200, body: answers[number++ % answers.length]!, headers: {} }),
    });
    expect(flight.book.totals.invalidBids).toBe(flight.book.totals.requests);
    expect(flight.book.totals.wins).toBe(0);
    expect([...flight.book.invalid.keys()]).toContain('not JSON');
  });

  it('refuses bids that it did not ask for', async () => {
    const bidder = scriptedBidder(() => PRICE_CPM);
    const spoil = async (change: (bid: Record<string, unknown>) => void) => {
      const { flight } = await fly(9, lively, {
        ...bidder,
        post: async (...call) => {
          const answer = await bidder.post(...call);
          if (answer.status !== 200 || answer.body === '') return answer;
          const parsed = JSON.parse(answer.body);
          for (const bid of parsed.seatbid[0].bid) change(bid);
          return { ...answer, body: JSON.stringify(parsed) };
        },
      });
      expect(flight.book.totals.wins).toBe(0);
      return [...flight.book.invalid.keys()];
    };
    expect(await spoil((bid) => (bid.impid = '9'))).toEqual(['impid is unknown']);
    expect(await spoil((bid) => (bid.price = 0))).toEqual(['price is no price']);
    expect(await spoil((bid) => delete bid.crid)).toEqual(['crid is missing']);
    expect(await spoil((bid) => (bid.dealid = 'none-such'))).toEqual(['deal was not offered']);
  });
});

describe('arrivals', () => {
  it('bring the asked-for number a day, more by day than by night', () => {
    const arrivals = makeArrivals(START_MS, 0.5, demoScenario, seededRandom(3));
    const byHour = new Array<number>(24).fill(0);
    let count = 0;
    for (let atMs = arrivals.next(); atMs < START_MS + 24 * HOUR_MS; atMs = arrivals.next()) {
      byHour[Math.floor((atMs - START_MS) / HOUR_MS)]!++;
      count++;
    }
    expect(count / 43_200).toBeGreaterThan(0.97);
    expect(count / 43_200).toBeLessThan(1.03);
    expect(Math.max(...byHour)).toBeGreaterThan(2 * Math.min(...byHour));
  });
});

describe('the agenda', () => {
  it('gives what is due in the order of time, equal times in the order they came', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }), (times) => {
        const agenda = new Agenda();
        const done: [number, number][] = [];
        times.forEach((atMs, order) => {
          agenda.add(atMs, async () => void done.push([atMs, order]));
        });
        while (agenda.size > 0) {
          const nextMs = agenda.nextMs;
          const deed = agenda.take();
          expect(deed?.atMs).toBe(nextMs);
          void deed?.run();
        }
        expect(agenda.nextMs).toBe(Number.POSITIVE_INFINITY);
        expect(agenda.take()).toBeUndefined();
        expect(done).toEqual([...done].sort((a, b) => a[0] - b[0] || a[1] - b[1]));
        expect(done.length).toBe(times.length);
      }),
      { seed: 44, numRuns: 200 },
    );
  });
});
