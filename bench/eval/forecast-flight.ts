/**
 * Simulated days of the whole engine, with a forecast of every line item at the beginning of each. Run by itself it prints the digest of
 * what-if answers on kept state: `node bench/eval/forecast-flight.ts FOLDER TIME`.
 */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { compose } from '../../src/compose.ts';
import { formatFaults, loadConfiguration } from '../../src/config.ts';
import { manualClock } from '../../src/core/clock.ts';
import { seededRandom } from '../../src/core/random.ts';
import type { LineForecast } from '../../src/insight/forecast/forecast.ts';
import { flyUntil, makeFlight } from '../../src/simulate/flight.ts';
import { injectTransport } from '../../src/simulate/transport.ts';
import type { ReportRow } from '../../src/state/port.ts';

export interface FlownDay {
  readonly day: number;
  readonly forecast: LineForecast;
  readonly actual: ReportRow | undefined;
}

export interface FlightLength {
  readonly seed: number;
  readonly days: number;
  readonly warmDays: number;
  readonly requestsPerSecond: number;
}

const DIGEST_RATE = 0.3;
const START_MS = Date.UTC(2026, 10, 23);
const DAY_MS = 86_400_000;
const TICK_MS = 60_000;
const SETTLE_DAYS = 8;
const TOKEN = 'evaluation-token-1';
const CONFIG = fileURLToPath(new URL('../../config/demo', import.meta.url));

/** Conversions are those of the day's impressions, whenever they came. */
export async function flyDays({
  seed,
  days,
  warmDays,
  requestsPerSecond,
}: FlightLength): Promise<FlownDay[]> {
  const { engine, flight, clock, ask } = await setOut(seed, requestsPerSecond);
  const asked: (readonly LineForecast[])[] = [];
  for (let day = 0; day < warmDays + days; day++) {
    if (day >= warmDays) asked.push(await ask());
    await flyUntil(flight, clock, START_MS + (day + 1) * DAY_MS, TICK_MS, engine.tick);
  }
  flight.stopArrivals();
  await flyUntil(flight, clock, clock.now() + SETTLE_DAYS * DAY_MS, 40 * TICK_MS, engine.tick);
  const flown: FlownDay[] = [];
  for (const [place, forecasts] of asked.entries()) {
    const fromMs = START_MS + (warmDays + place) * DAY_MS;
    const rows = await engine.report({ fromMs, toMs: fromMs + DAY_MS, dimensions: ['line_item'] });
    for (const forecast of forecasts)
      flown.push({
        day: place,
        forecast,
        actual: rows.find(({ key }) => key.line_item === forecast.lineItemId),
      });
  }
  await engine.close();
  return flown;
}

/** A few hours, kept in a folder; gives when they ended. */
export async function flyAndKeep(seed: number, hours: number, dataDir: string): Promise<number> {
  const { engine, flight, clock } = await setOut(seed, DIGEST_RATE, { dataDir });
  await flyUntil(flight, clock, START_MS + hours * 3_600_000, TICK_MS, engine.tick);
  flight.stopArrivals();
  await engine.close();
  return clock.now();
}

/** Of what-if answers on what a folder keeps, asked twice. */
export async function whatIfDigests(dataDir: string, atMs: number): Promise<readonly [string, string]> {
  const { engine, ask } = await setOut(1, DIGEST_RATE, { dataDir, atMs });
  const digest = async () =>
    createHash('sha256')
      .update(JSON.stringify(await ask()))
      .digest('hex');
  const both = [await digest(), await digest()] as const;
  await engine.close();
  return both;
}

async function setOut(
  seed: number,
  requestsPerSecond: number,
  kept?: { readonly dataDir: string; readonly atMs?: number },
) {
  const loaded = loadConfiguration(CONFIG, {
    environment: {},
    flags: { logLevel: 'error', adminToken: TOKEN, ...(kept && { dataDir: kept.dataDir }) },
    nowMs: START_MS,
  });
  if (!loaded.ok) throw new Error(formatFaults(loaded.faults));
  const { configuration } = loaded;
  const clock = manualClock(kept?.atMs ?? START_MS);
  const engine = compose(configuration, {
    clock,
    random: seededRandom(seed),
    ...(kept ? {} : { state: 'memory' as const }),
  });
  await engine.ready();
  const flight = makeFlight({
    seed,
    startMs: START_MS,
    requestsPerSecond,
    transport: injectTransport(engine.publicApp),
    stopwatch: clock,
    actionKeys: Object.fromEntries(configuration.book.conversionActions.map(({ id, key }) => [id, key])),
  });
  const ask = async (): Promise<readonly LineForecast[]> => {
    const answer = await engine.privateApp.inject({
      method: 'POST',
      url: '/api/v1/what-if',
      headers: { authorization: `Bearer ${TOKEN}` },
      payload: {},
    });
    if (answer.statusCode !== 200) throw new Error(answer.body);
    const { lines } = answer.json() as { lines: { after?: LineForecast }[] };
    return lines.flatMap(({ after }) => after ?? []);
  };
  return { engine, flight, clock, ask };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [dataDir = '', atMs = '0'] = process.argv.slice(2);
  process.stdout.write((await whatIfDigests(dataDir, Number(atMs)))[0]);
  process.exit(0);
}
