/** Servers under test: a bidder with a book of a given size, and the bare route that every figure is a ratio to. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BookSize } from './book.ts';
import { writeBook } from './book.ts';
import type { Sample } from './client.ts';
import { runClosedLoop } from './client.ts';
import type { Served } from './process.ts';
import { serve, usage } from './process.ts';

export interface Bidder extends Served {
  readonly startSeconds: number;
  readonly privatePort: number;
}

/** Everything on: journal and ledger on disk, caps, pacing, prediction, rotation, markup, signing. `more` are settings beside. */
export async function startBidder(
  seed: number,
  size: BookSize,
  more: Readonly<Record<string, string>> = {},
  flags: readonly string[] = [],
  /** After the command, as `--workers 2`. */
  options: readonly string[] = [],
  /** Of another checkout. */
  checkout?: string,
): Promise<Bidder> {
  const folder = mkdtempSync(join(tmpdir(), 'bidwright-bench-'));
  writeBook(join(folder, 'config'), seed, size);
  const startMs = performance.now();
  const ports = { publicPort: 0, privatePort: 0 };
  const served = await serve(
    [...flags, 'src/main.ts', 'serve', '--config', join(folder, 'config'), ...options],
    {
      BIDWRIGHT_PUBLIC_PORT: '0',
      BIDWRIGHT_PRIVATE_PORT: '0',
      BIDWRIGHT_DATA_DIR: join(folder, 'data'),
      BIDWRIGHT_PUBLIC_HOST: '127.0.0.1',
      BIDWRIGHT_ADMIN_TOKEN: ADMIN_TOKEN,
      ...more,
    },
    (output) => {
      ports.publicPort = portIn(/Bidder\s+http:\/\/[^:]+:(\d+)/, output);
      ports.privatePort = portIn(/Console\s+http:\/\/[^:]+:(\d+)/, output);
      return ports.publicPort > 0 && ports.privatePort > 0 ? ports.publicPort : undefined;
    },
    checkout,
  );
  return {
    ...served,
    privatePort: ports.privatePort,
    startSeconds: (performance.now() - startMs) / 1000,
    stop: async () => {
      await served.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const ADMIN_TOKEN = 'token-of-the-load-benchmark';

export function startBare(): Promise<Served> {
  return serve(['bench/load/bare.ts'], {}, (output) => portIn(/"port":(\d+)/, output) || undefined);
}

function portIn(pattern: RegExp, output: string): number {
  return Number(pattern.exec(output)?.[1] ?? 0);
}

const CONNECTIONS = 32;

export interface Way {
  readonly served: Served;
  readonly messages: readonly Buffer[];
}

/** Answers by status, of a part of the messages from a place on. */
export async function send(
  { served, messages }: Way,
  requests: number,
  from = 0,
): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  let next = from;
  await runClosedLoop({
    port: served.port,
    connections: CONNECTIONS,
    requests,
    next: () => messages[next++ % messages.length]!,
    done: ({ status }: Sample) => statuses.set(status, (statuses.get(status) ?? 0) + 1),
  });
  return statuses;
}

/** Status of each message, asked one after the other over one connection. */
export async function statusesOf({ served, messages }: Way): Promise<number[]> {
  const statuses: number[] = [];
  let next = 0;
  await runClosedLoop({
    port: served.port,
    connections: 1,
    requests: messages.length,
    next: () => messages[next++]!,
    done: ({ status }) => statuses.push(status),
  });
  return statuses;
}

export interface Compared {
  /** CPU of a request of the first way by that of the second: median, least and greatest of the rounds. */
  readonly ratio: number;
  readonly lowest: number;
  readonly highest: number;
  readonly cpuUs: number;
  readonly referenceCpuUs: number;
  /** Of the first way. */
  readonly bidRate: number;
  readonly otherStatuses: number;
}

/** Rounds of both in turn, after one of each that does not count. */
export async function compare(way: Way, reference: Way, rounds: number, requests: number): Promise<Compared> {
  const statuses = new Map<number, number>();
  const cost = async (of: Way, round: number): Promise<number> => {
    const before = usage(of.served.pid).cpuUs;
    const told = await send(of, requests, round * requests);
    if (of === way && round > 0)
      for (const [status, count] of told) statuses.set(status, (statuses.get(status) ?? 0) + count);
    return (usage(of.served.pid).cpuUs - before) / requests;
  };
  const pairs: [number, number][] = [];
  for (let round = 0; round <= rounds; round++) {
    // Who goes first changes, so that what a round leaves behind falls on both.
    const first = round % 2 === 0 ? way : reference;
    const one = await cost(first, round);
    const other = await cost(first === way ? reference : way, round);
    if (round > 0) pairs.push(first === way ? [one, other] : [other, one]);
  }
  const ratios = pairs.map(([a, b]) => a / b).sort((a, b) => a - b);
  const all = rounds * requests;
  const bids = statuses.get(200) ?? 0;
  return {
    ratio: middle(ratios),
    lowest: ratios[0]!,
    highest: ratios[ratios.length - 1]!,
    cpuUs: middle(pairs.map(([a]) => a)),
    referenceCpuUs: middle(pairs.map(([, b]) => b)),
    bidRate: bids / all,
    otherStatuses: all - bids - (statuses.get(204) ?? 0),
  };
}

function middle(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
