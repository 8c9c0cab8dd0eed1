import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { rehearse } from '../../src/rehearse.ts';
import { readFlightFile } from '../../src/simulate/flight-file.ts';

const FLIGHTS = fileURLToPath(new URL('../../config/flights/', import.meta.url));
const fileOf = (name: string) => JSON.parse(readFileSync(`${FLIGHTS}${name}.json`, 'utf8'));

describe('flights as data', () => {
  it.each(readdirSync(FLIGHTS).filter((name) => name.endsWith('.json')))('%s can be read', (name) => {
    const read = readFlightFile(fileOf(name.replace('.json', '')));
    expect(read.ok ? [] : read.faults).toEqual([]);
  });

  it('tell every fault with its place', () => {
    const read = readFlightFile({ ...fileOf('steady'), days: -1, market: { peopleCount: 0 } });
    expect(read.ok).toBe(false);
    const market = readFlightFile({ ...fileOf('steady'), market: { peopleCount: 0 } });
    expect(market.ok || market.faults.join()).toContain('/market/peopleCount');
  });
});

describe('a flight of the whole engine', () => {
  it('spends within its budgets, at about its target, and buys much of what could be had', async () => {
    const read = readFlightFile({ ...fileOf('steady'), days: 1, settleDays: 10, requestsPerSecond: 0.12 });
    if (!read.ok) throw new Error(read.faults.join('\n'));
    const flown = await rehearse(`${FLIGHTS}steady.json`, read.file, read.scenario, 3);
    expect([flown.errors, flown.invalidBids]).toEqual([0, 0]);
    const [acorn, birch] = flown.campaigns;
    for (const campaign of flown.campaigns) {
      expect(campaign.reportedSpendMicros).toBe(campaign.spendMicros);
      expect(campaign.spendMicros).toBeLessThanOrEqual(campaign.budgetMicros!);
    }
    // With foreknowledge of every auction more could be had than with all that can be learned.
    expect(acorn!.best.clairvoyant.conversions).toBeGreaterThan(acorn!.best.informed.conversions);
    // It begins below its target and climbs; a few dozen conversions are a cost known to a sixth, twice that is allowed.
    expect(acorn!.expectedConversions).toBeGreaterThan(10);
    expect(acorn!.spendMicros / acorn!.expectedConversions / acorn!.targetMicros!).toBeGreaterThan(0.4);
    expect(acorn!.spendMicros / acorn!.expectedConversions / acorn!.targetMicros!).toBeLessThan(1.4);
    expect(birch!.spendMicros / birch!.budgetMicros!).toBeGreaterThan(0.6);
    expect(birch!.expectedConversions).toBeGreaterThan(1);
  });
});
