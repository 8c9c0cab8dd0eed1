/** Alerts over whole simulated flights: a quiet one, and one whose landing page breaks. The real engine, the real API. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compose } from '../../src/compose.ts';
import { loadConfiguration } from '../../src/config.ts';
import { manualClock } from '../../src/core/clock.ts';
import { seededRandom } from '../../src/core/random.ts';
import type { Alert } from '../../src/insight/alert/alert.ts';
import { flyUntil, makeFlight } from '../../src/simulate/flight.ts';
import type { Scenario } from '../../src/simulate/story.ts';
import { demoScenario } from '../../src/simulate/story.ts';
import { injectTransport } from '../../src/simulate/transport.ts';

const BOOK = fileURLToPath(new URL('../../config/flights/book', import.meta.url));
const START_MS = Date.UTC(2026, 10, 23, 5);
const HOUR_MS = 3_600_000;
const TOKEN = 'a-token-for-tests-0123456789';
const BROKEN_AT_HOUR = 60;

/** Alerts by the hour at which they were asked for. */
async function flown(seed: number, changes: Scenario['changes'], askAt: readonly number[]) {
  const loaded = loadConfiguration(BOOK, {
    environment: {},
    flags: { logLevel: 'error', adminToken: TOKEN },
    nowMs: START_MS,
  });
  if (!loaded.ok) throw new Error('the book of the flights has faults');
  // The other advertiser's budget is less than these few requests let it spread over a day.
  const configuration = {
    ...loaded.configuration,
    book: {
      ...loaded.configuration.book,
      campaigns: loaded.configuration.book.campaigns.filter(({ id }) => id === 'acorn'),
      lineItems: loaded.configuration.book.lineItems.filter(({ id }) => id === 'acorn'),
    },
  };
  const clock = manualClock(START_MS);
  const engine = compose(configuration, { clock, random: seededRandom(seed), state: 'memory' });
  await engine.ready();
  const { outcomes } = demoScenario;
  const flight = makeFlight({
    seed,
    startMs: START_MS,
    requestsPerSecond: 0.02,
    transport: injectTransport(engine.publicApp),
    stopwatch: clock,
    scenario: {
      ...demoScenario,
      requests: { ...demoScenario.requests, gzip: 0, testAuctions: 0, deals: 0 },
      outcomes: {
        ...outcomes,
        clickRate: { banner: 0.15, video: 0.15, audio: 0.02, native: 0.2 },
        conversionRate: 0.4,
      },
      actions: [
        { host: 'acorn.example', action: 'acorn-order', share: 1, valueMedian: 20 },
        { host: 'birch.example', action: 'birch-order', share: 1, valueMedian: 12 },
      ],
      changes,
    },
    actionKeys: Object.fromEntries(configuration.book.conversionActions.map(({ id, key }) => [id, key])),
  });
  const found = new Map<number, readonly Alert[]>();
  for (const hour of askAt) {
    await flyUntil(flight, clock, START_MS + hour * HOUR_MS, 600_000, () => engine.tick());
    const answer = await engine.privateApp.inject({
      url: '/api/v1/alerts',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    found.set(hour, answer.json().items);
  }
  await engine.close();
  return found;
}

describe('alerts over a flight', () => {
  it('are none of conversions, tracking or estimates while nothing changes, seed 11', async () => {
    const found = await flown(11, [], [40, 60]);
    expect([...found.values()].flat().map(({ message }) => message)).toEqual([]);
  }, 240_000);

  it('tell of a landing page that broke, and since when, and that it is the page, seed 12', async () => {
    const changes: Scenario['changes'] = [
      { fromHour: BROKEN_AT_HOUR, toHour: 1e5, what: 'conversionRate', factor: 0.05, host: 'acorn.example' },
    ];
    const found = await flown(12, changes, [BROKEN_AT_HOUR - 1, BROKEN_AT_HOUR + 34]);
    expect(found.get(BROKEN_AT_HOUR - 1)).toEqual([]);
    const alerts = found.get(BROKEN_AT_HOUR + 34)!;
    const [alert] = alerts.filter(
      ({ kind }) => kind === 'conversion_rate_down' || kind === 'tracking_silent',
    );
    expect(alert).toMatchObject({ causeKind: 'site', timesInMonth: 1 });
    expect(alert!.objectId).toBe('acorn');
    expect(alert!.cause).toContain('www.acorn.example');
    const hour = (alert!.sinceMs - START_MS) / HOUR_MS;
    expect(Math.abs(hour - BROKEN_AT_HOUR)).toBeLessThanOrEqual(24);
  }, 240_000);
});
