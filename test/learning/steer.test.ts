import { describe, expect, it } from 'vitest';
import type { BidStrategy } from '../../src/campaign/bid-strategy.ts';
import type { CatalogLine } from '../../src/campaign/catalog.ts';
import { seededRandom } from '../../src/core/random.ts';
import { micros as moneyOf } from '../../src/core/units.ts';
import { Results } from '../../src/learning/results.ts';
import { Steering } from '../../src/learning/steer.ts';
import { bidFacts, NOW_MS } from './bid-facts.ts';

const SEED = 29;
const MINUTE_MS = 60_000;
const CLICK_RATE = 0.1;

function line(id: string, bid: BidStrategy): CatalogLine {
  return { lineItem: { id, bid }, campaign: { id: 'autumn' }, budgets: [] } as unknown as CatalogLine;
}

/** A market in which cost follows the bid: a factor of f on the worth wins f² as many showings at f times the price. */
class Market {
  readonly results = new Results();
  readonly steering = new Steering(this.results);
  readonly random = seededRandom(SEED);
  nowMs = NOW_MS;

  /** Minutes of showings at a base price, of which `conversionRate` of the clicks convert within minutes. */
  run(
    lines: readonly CatalogLine[],
    minutes: number,
    worldOf: (id: string) => { showings: number; micros: number; conversionRate: number },
  ) {
    for (let minute = 0; minute < minutes; minute++) {
      this.steering.step(lines, () => Math.log(100), this.nowMs);
      for (const { lineItem } of lines) {
        const factor = this.steering.of(lineItem.id)!.factor;
        if (this.steering.of(lineItem.id)!.status === 'stopped_by_guard') continue;
        const world = worldOf(lineItem.id);
        const showings = Math.floor(world.showings * factor * factor + this.random.next());
        for (let each = 0; each < showings; each++)
          this.#show(lineItem.id, world.micros * factor, world.conversionRate);
      }
      this.nowMs += MINUTE_MS;
    }
    this.steering.step(lines, () => Math.log(100), this.nowMs);
  }

  costOf(id: string): number {
    const { spendMicros, conversions } = this.results.of(id)!;
    return spendMicros / conversions;
  }

  #show(lineItemId: string, micros: number, conversionRate: number): void {
    const facts = bidFacts({
      lineItemId,
      bidAtMs: this.nowMs,
      forecast: { features: [], pClick: CLICK_RATE, conversionsPerClick: conversionRate },
    });
    this.results.impression(facts);
    this.results.charged(facts, micros, this.nowMs);
    if (this.random.next() >= CLICK_RATE) return;
    this.results.click(facts, this.nowMs);
    if (this.random.next() >= conversionRate) return;
    this.results.conversion({ facts, kind: 'click', atMs: this.nowMs } as never, {
      atMs: this.nowMs + MINUTE_MS,
      valueMicros: moneyOf(0),
    });
  }
}

const target = (micros: number, more: Partial<BidStrategy> = {}): BidStrategy =>
  ({ strategy: 'target_cpa', targetMicros: micros, ...more }) as BidStrategy;

describe('steering', () => {
  it('spends what results may cost, no more and no less, from a worth that is twice too low', () => {
    const market = new Market();
    const lines = [line('one', target(100_000))];
    // At a factor of 1 a conversion costs half its target.
    market.run(lines, 3000, () => ({ showings: 4, micros: 1000, conversionRate: 0.2 }));
    const steered = market.steering.of('one')!;
    expect(market.costOf('one') / 100_000, `seed ${SEED}`).toBeGreaterThan(0.93);
    expect(market.costOf('one') / 100_000).toBeLessThan(1.07);
    expect(steered.targetFactor).toBeGreaterThan(1.5);
    expect(steered.status).toBe('active');
  });

  it('follows a conversion rate that falls, says so, and comes back to its target', () => {
    const market = new Market();
    const lines = [line('one', target(100_000))];
    market.run(lines, 600, () => ({ showings: 12, micros: 2000, conversionRate: 0.2 }));
    expect(market.steering.of('one')!.drifting).toBe(false);
    const spend = market.results.of('one')!.spendMicros;
    const came = market.results.of('one')!.conversions;
    let said = false;
    for (let day = 0; day < 8; day++) {
      market.run(lines, 1440, () => ({ showings: 12, micros: 2000, conversionRate: 0.1 }));
      said ||= market.steering.of('one')!.drifting;
    }
    expect(said, `seed ${SEED}`).toBe(true);
    const steered = market.steering.of('one')!;
    expect(steered.estimate.conversionsPerClick).toBeLessThan(0.13);
    const since = market.results.of('one')!;
    const cost = (since.spendMicros - spend) / (since.conversions - came);
    expect(cost / 100_000, `seed ${SEED}`).toBeLessThan(1.15);
    expect(market.costOf('one') / 100_000).toBeLessThan(1.1);
  });

  it('holds the line items of a portfolio to their target together, the dear one paid for by the cheap one', () => {
    const market = new Market();
    const lines = ['cheap', 'dear'].map((id) => line(id, target(100_000, { portfolio: 'both' })));
    market.run(lines, 9000, (id) => ({
      showings: 2,
      micros: id === 'cheap' ? 1400 : 2400,
      conversionRate: 0.2,
    }));
    const [cheap, dear] = lines.map(({ lineItem }) => market.results.of(lineItem.id)!);
    const together = (cheap!.spendMicros + dear!.spendMicros) / (cheap!.conversions + dear!.conversions);
    expect(together / 100_000, `seed ${SEED}`).toBeGreaterThan(0.93);
    expect(together / 100_000).toBeLessThan(1.07);
    expect(market.costOf('dear')).toBeGreaterThan(1.2 * market.costOf('cheap'));
    const [one, other] = lines.map(({ lineItem }) => market.steering.of(lineItem.id)!);
    expect(one!.targetFactor).toBe(other!.targetFactor);
    expect(one!.portfolio).toBe('both');
  });

  it('names a ceiling that holds the bid below its worth, and too little to learn from', () => {
    const market = new Market();
    const lines = [line('low', target(100_000, { maxCpmMicros: 100_000 })), line('thin', target(100_000))];
    market.run(lines, 10, () => ({ showings: 4, micros: 1000, conversionRate: 0.2 }));
    expect(market.steering.of('low')!.status).toBe('limited_by_bid_ceiling');
    expect(market.steering.of('thin')!.status).toBe('learning');
    market.nowMs += 4 * 86_400_000;
    market.steering.step(lines, () => 0, market.nowMs);
    expect(market.steering.of('thin')!.status).toBe('limited_by_data');
  });
});
