import { describe, expect, it } from 'vitest';
import { cpmMicros } from '../../src/core/units.ts';
import { LearnedTables } from '../../src/learning/tables.ts';
import { marketContext } from '../../src/policy/price/market.ts';
import type { ReportRow, TablesPort } from '../../src/state/port.ts';
import { bidFacts } from './bid-facts.ts';

function store(): TablesPort & { readonly kept: Map<string, Uint8Array> } {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    load: async (name) => kept.get(name),
    save: async (name, bytes) => void kept.set(name, bytes),
  };
}

const row = (impressions: number, clicks: number, creative = 'rye') =>
  ({ key: { line_item: 'autumn-all', creative }, impressions, clicks }) as unknown as ReportRow;

async function saved(): Promise<ReturnType<typeof store>> {
  const tables = new LearnedTables();
  for (let price = 1; price <= 100; price++) tables.price(bidFacts(), cpmMicros(price * 50_000));
  tables.price(bidFacts({ currency: 'EUR' }), cpmMicros(1_000_000));
  const tablesStore = store();
  await tables.save(tablesStore);
  return tablesStore;
}

describe('learned tables', () => {
  it('come back as they were saved, arms from the journal', async () => {
    const tables = new LearnedTables();
    expect(await tables.restore(await saved(), [row(1000, 12), row(10, 0, 'oat')])).toEqual({ corrupt: 0 });
    expect(tables.armOf('autumn-all', 'rye')).toEqual({ trials: 1000, rewards: 12 });
    expect(tables.armOf('autumn-all', 'new')).toEqual({ trials: 0, rewards: 0 });
    expect([tables.accountTrials, tables.accountClicks]).toEqual([1010, 12]);
    expect([...tables.landscapes()].map(([key, { observations }]) => [key, observations])).toEqual([
      ['example/USD', 100],
      ['example/EUR', 1],
    ]);
    expect(tables.landscapes().get('example/USD')?.winProbability(2_500_000)).toBeCloseTo(0.5, 1);
  });

  it('begin anew where they cannot be believed, and say how many', async () => {
    const rows = [row(Number.NaN, 1), row(-1, 0), row(5, Number.POSITIVE_INFINITY), row(7, 1)];
    for (const text of [
      '',
      'x',
      '{}',
      '[]',
      'null',
      '{"format":3,"landscapes":{}}',
      '{"format":1,"landscapes":null}',
    ]) {
      const broken = store();
      broken.kept.set('landscapes', Buffer.from(text));
      const tables = new LearnedTables();
      expect([text, await tables.restore(broken, rows)]).toEqual([text, { corrupt: 4 }]);
      expect([tables.landscapes().size, tables.accountTrials]).toEqual([0, 7]);
    }
  });

  it('bear any byte of the saved table being another', async () => {
    const whole = await saved();
    const bytes = Buffer.from(whole.kept.get('landscapes')!);
    for (let at = 0; at < bytes.length; at += 37) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 0x15;
      whole.kept.set('landscapes', changed);
      const tables = new LearnedTables();
      await tables.restore(whole, []);
      for (const landscape of tables.landscapes().values()) {
        const probability = landscape.winProbability(2_500_000);
        expect(probability, `byte ${at}`).toBeGreaterThanOrEqual(0);
        expect(probability, `byte ${at}`).toBeLessThanOrEqual(1);
      }
    }
  });

  it('read landscapes that were saved before there were contexts', async () => {
    // 320 bins, 16 to a doubling from 0.001 CPM; number 160 begins at 1.024.
    const view = new DataView(new ArrayBuffer(8 + 320 * 8));
    view.setUint16(0, 0x504c);
    view.setUint16(2, 1);
    view.setUint32(4, 320);
    view.setFloat64(8 + 160 * 8, 30);
    view.setFloat64(8 + 176 * 8, 10);
    const text = Buffer.from(view.buffer).toString('base64');
    const old = store();
    old.kept.set(
      'landscapes',
      Buffer.from(JSON.stringify({ format: 1, landscapes: { 'example/USD': text } })),
    );
    const tables = new LearnedTables();
    expect(await tables.restore(old, [])).toEqual({ corrupt: 0 });
    const landscape = tables.landscapes().get('example/USD');
    expect(landscape?.observations).toBe(40);
    expect(landscape?.winProbability(1_000_000)).toBe(0);
    expect(landscape?.winProbability(1_500_000)).toBeCloseTo(0.75, 9);
    expect(landscape?.winProbability(2_200_000)).toBeCloseTo(1, 9);
  });

  it('know prices by floor, and learn from bare wins and losses where no price is told', () => {
    const tables = new LearnedTables();
    const under = (floor: number, bid: number) =>
      bidFacts({ floorCpmMicros: cpmMicros(floor), bidCpmMicros: cpmMicros(bid) });
    for (let auction = 0; auction < 500; auction++) {
      // 1.00 wins above the low floor and never above the high one.
      tables.result(under(100_000, 1_000_000), true);
      tables.result(under(800_000, 1_000_000), false);
    }
    const market = tables.landscapes().get('example/USD')!;
    const chance = (floor: number, price = 1_020_000) =>
      market.within(marketContext({ floorCpmMicros: floor, media: bidFacts().media })).winProbability(price);
    expect(market.observations).toBe(1000);
    expect(chance(100_000)).toBeGreaterThan(0.9);
    expect(chance(800_000, 980_000)).toBeLessThan(0.1);
    expect(chance(20_000_000)).toBeCloseTo(market.winProbability(1_020_000), 9);
  });

  it('fade by half in half a week', () => {
    const tables = new LearnedTables();
    tables.price(bidFacts(), cpmMicros(1_000_000));
    const changes = tables.changes;
    for (let hour = 0; hour < 84; hour++) tables.fade(3_600_000);
    expect(tables.landscapes().get('example/USD')?.observations).toBeCloseTo(0.5, 6);
    expect(tables.changes).toBeGreaterThan(changes);
  });
});
