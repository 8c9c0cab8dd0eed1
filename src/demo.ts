/** The demo: a bidder with a small book, and an exchange simulator in a process of its own that sends it traffic. */

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Running } from './serve.ts';

export interface DemoTraffic {
  readonly requestsPerSecond: number;
  /** How many times as fast as the wall clock the simulated day runs. */
  readonly speed: number;
  readonly seed: number;
  /** Where the simulated day starts, ms since 1970. */
  readonly startMs: number;
}

export interface Simulator {
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

/** What the simulator prints once a second: its own book, counted on its side of the wire. */
export interface SimulatorLine {
  readonly requestsPerSecond: number;
  readonly bids: number;
  readonly requests: number;
  readonly wins: number;
  readonly spendMicros: number;
  readonly latencyP99Ms: number;
}

export function startSimulator(
  running: Running,
  actionKeys: Readonly<Record<string, string>>,
  traffic: DemoTraffic,
  onLine: (line: SimulatorLine) => void,
): Simulator {
  const entry = fileURLToPath(new URL('./simulate/run.ts', import.meta.url));
  const words = [
    entry,
    // What visitors are to see within minutes: docs/console.md.
    ...['--over', fileURLToPath(new URL('./simulate/scenarios/stories.json', import.meta.url))],
    ...['--target', `http://127.0.0.1:${running.publicPort}`],
    ...['--rate', String(traffic.requestsPerSecond)],
    ...['--speed', String(traffic.speed)],
    ...['--seed', String(traffic.seed)],
    ...['--start', String(traffic.startMs)],
    ...Object.entries(actionKeys).flatMap(([action, key]) => ['--action', `${action}=${key}`]),
  ];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('{')) onLine(JSON.parse(line) as SimulatorLine);
  });
  return {
    child,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    },
  };
}

/**
 * A fast clock runs ahead of the wall. Where the last run's day ended is kept beside its state, so that the next one
 * goes on from there: time that ran back would put new events before old ones.
 */
export function lastDemoTime(dataDir: string): number | undefined {
  try {
    const kept = Number(readFileSync(join(dataDir, CLOCK_FILE), 'utf8'));
    return Number.isSafeInteger(kept) ? kept : undefined;
  } catch {
    return undefined;
  }
}

export function keepDemoTime(dataDir: string, nowMs: number): void {
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(join(dataDir, CLOCK_FILE), String(Math.ceil(nowMs)));
}

const CLOCK_FILE = 'demo-clock';
