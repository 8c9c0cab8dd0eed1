/**
 * The simulator as a process of its own, so that its work does not hide in the bidder's latency. It prints its own book as
 * one JSON line a second, and ends when it is told to, or when nobody reads any more.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { scaledClock, systemClock } from '../core/clock.ts';
import { mergePatch } from '../core/merge-patch.ts';
import type { Flight } from './flight.ts';
import { makeFlight } from './flight.ts';
import type { Scenario } from './story.ts';
import { demoScenario, readScenario } from './story.ts';
import { httpTransport } from './transport.ts';

const { values } = parseArgs({
  options: {
    target: { type: 'string', default: 'http://127.0.0.1:8080' },
    /** Requests a second of real time, on average over a day of the scenario. */
    rate: { type: 'string', default: '200' },
    /** How many times as fast as real time the scenario's clock runs. */
    speed: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    /** Where the scenario's clock starts, ms since 1970; now where it is not told. */
    start: { type: 'string' },
    scenario: { type: 'string' },
    /** A merge patch over the scenario. */
    over: { type: 'string' },
    /** `id=key` of a conversion action; any number of them. */
    action: { type: 'string', multiple: true, default: [] },
  },
});

const POLL_MS = 4;
const OPEN_MAX = 2000;

const speed = positive(values.speed, 'speed');
const rate = positive(values.rate, 'rate');
const startMs = values.start === undefined ? systemClock.now() : positive(values.start, 'start');
const clock = scaledClock(startMs, speed);
const transport = httpTransport(values.target);
let latenciesMs: number[] = [];
let skipped = 0;
let open = 0;
let seconds = 0;

const flight = makeFlight({
  seed: positive(values.seed, 'seed'),
  startMs,
  requestsPerSecond: rate / speed,
  scenario: scenarioFrom(values.scenario, values.over),
  transport,
  stopwatch: systemClock,
  actionKeys: Object.fromEntries(values.action.map(splitAction)),
  answered: (latencyMs) => latenciesMs.push(latencyMs),
});

const pacer = setInterval(() => letHappen(flight), POLL_MS);
const reporter = setInterval(report, 1000);
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
process.stdout.once('error', stop);

/** Open loop: what is due is sent whether earlier answers came or not, up to a bound that only a stuck bidder meets. */
function letHappen(due: Flight): void {
  const nowMs = clock.now();
  while (due.nextMs <= nowMs) {
    if (open >= OPEN_MAX) {
      skipped++;
      return;
    }
    open++;
    void due.step().finally(() => {
      open--;
    });
  }
}

function report(): void {
  seconds++;
  const sorted = latenciesMs.sort((a, b) => a - b);
  latenciesMs = [];
  const at = (share: number): number =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0) * 1000) / 1000;
  const { totals, spendMicros } = flight.book;
  const line = {
    seconds,
    atMs: clock.now(),
    requestsPerSecond: sorted.length,
    requests: totals.requests,
    bids: totals.bids,
    wins: totals.wins,
    billed: totals.billed,
    spendMicros,
    clicks: totals.clicks,
    conversions: totals.conversions,
    conversionValueMicros: totals.conversionValueMicros,
    errors: totals.errors,
    timeouts: totals.timeouts,
    invalidBids: totals.invalidBids,
    noticeFailures: totals.noticeFailures,
    skipped,
    latencyP50Ms: at(0.5),
    latencyP99Ms: at(0.99),
    ...(flight.book.invalid.size > 0 ? { invalid: Object.fromEntries(flight.book.invalid) } : {}),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Timers and sockets are all that keeps the process alive. */
function stop(): void {
  clearInterval(pacer);
  clearInterval(reporter);
  flight.stopArrivals();
  transport.close();
}

function scenarioFrom(file: string | undefined, over: string | undefined): Scenario {
  if (file === undefined && over === undefined) return demoScenario;
  const base: unknown = file === undefined ? demoScenario : JSON.parse(readFileSync(file, 'utf8'));
  const read = readScenario(
    over === undefined ? base : mergePatch(base, JSON.parse(readFileSync(over, 'utf8'))),
  );
  if (read.ok) return read.scenario;
  throw new Error(`${file ?? over} is no scenario:\n${read.faults.join('\n')}`);
}

function splitAction(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new Error(`--action wants id=key, not ${text}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function positive(text: string, name: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} wants a positive number, not ${text}`);
  return value;
}
