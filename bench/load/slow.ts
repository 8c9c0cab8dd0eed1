/**
 * Five hundred clients that are slow on purpose (headers or a body without end, each socket opened anew once it is cut), beside honest ones:
 * latency of the honest with and without them, in turn in one run. And how long a body is looked at that is small and unpacks to much.
 * The slow ones are opened all at once, and by the process that also times the honest: what that costs the sender is in the ratio too.
 *
 *   node bench/load/slow.ts [--rounds 5] [--seconds 4] [--rate 100]      → bench/results/slow-clients.json
 */
import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { build } from 'hdr-histogram-js';
import { commit, machine } from '../machine.ts';
import { loadRequests, messages } from './bodies.ts';
import { PATHS } from './book.ts';
import { runOpenLoop } from './client.ts';
import { startBidder } from './servers.ts';

const SLOW = 500;
const SEED = 1;
const SIZE = { lines: 1000, packs: 20, people: 10_000 };
const BOMB_BYTES = 64 * 2 ** 20;
const BOMB_TRIES = 20;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    rate: { type: 'string', default: '100' },
  },
});
const [rounds, seconds, rate] = [values.rounds, values.seconds, values.rate].map(Number) as [
  number,
  number,
  number,
];

const HEAD = `POST ${PATHS[0]} HTTP/1.1\r\nHost: slow\r\nContent-Type: application/json\r\n`;
const BEGINNINGS = [
  HEAD,
  `${HEAD}Content-Length: 1000\r\n\r\n{`,
  `${HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`,
  '',
];

/** Held open until they are cut, then opened anew. */
function slowClients(port: number): { cut(): number; end(): void } {
  const open = new Set<Socket>();
  let cut = 0;
  let isOn = true;
  const dial = (number: number): void => {
    const socket = connect(port, '127.0.0.1');
    open.add(socket);
    socket.on('connect', () => socket.write(BEGINNINGS[number % BEGINNINGS.length]!));
    socket.on('error', () => undefined);
    socket.resume().on('close', () => {
      open.delete(socket);
      if (!isOn) return;
      cut++;
      dial(number);
    });
  };
  for (let number = 0; number < SLOW; number++) dial(number);
  return {
    cut: () => cut,
    end: () => {
      isOn = false;
      for (const socket of open) socket.destroy();
    },
  };
}

const bidder = await startBidder(SEED, SIZE);
const json = messages(loadRequests(SEED, 2000, SIZE.people), PATHS);
let next = 0;

async function honest(forSeconds: number): Promise<{ p50Us: number; p99Us: number; odd: number }> {
  const histogram = build({ numberOfSignificantValueDigits: 3 });
  let odd = 0;
  await runOpenLoop({
    port: bidder.port,
    connections: 16,
    requestsPerSecond: rate,
    seconds: forSeconds,
    next: () => json[next++ % json.length]!,
    done: ({ status, latencyUs }) => {
      histogram.recordValue(Math.max(1, latencyUs));
      if (status !== 200 && status !== 204) odd++;
    },
  });
  return { p50Us: histogram.getValueAtPercentile(50), p99Us: histogram.getValueAtPercentile(99), odd };
}

async function bombs(): Promise<Record<string, number>> {
  const zeros = Buffer.alloc(BOMB_BYTES);
  const middle: Record<string, number> = {};
  for (const [coding, body] of [
    ['gzip', gzipSync(zeros)],
    ['deflate', deflateSync(zeros)],
    ['br', brotliCompressSync(zeros)],
    ['zstd', zstdCompressSync(zeros)],
  ] as const) {
    const took: number[] = [];
    for (let attempt = 0; attempt < BOMB_TRIES; attempt++) {
      const sentMs = performance.now();
      const answer = await fetch(`http://127.0.0.1:${bidder.port}${PATHS[0]}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-encoding': coding },
        body,
      });
      took.push(performance.now() - sentMs);
      if (answer.status !== 400) throw new Error(`${coding}: ${answer.status}`);
    }
    middle[coding] = Math.round(took.sort((a, b) => a - b)[BOMB_TRIES >> 1]! * 100) / 100;
  }
  return middle;
}

try {
  await honest(seconds);
  const pairs: { without: Awaited<ReturnType<typeof honest>>; beside: Awaited<ReturnType<typeof honest>> }[] =
    [];
  let cut = 0;
  for (let round = 0; round < rounds; round++) {
    const without = await honest(seconds);
    const slow = slowClients(bidder.port);
    const beside = await honest(seconds);
    cut += slow.cut();
    slow.end();
    pairs.push({ without, beside });
  }
  const ratios = pairs.map(({ without, beside }) => beside.p99Us / without.p99Us).sort((a, b) => a - b);
  const figures = {
    slowClients: SLOW,
    rounds,
    secondsEach: seconds,
    requestsPerSecond: rate,
    p99Ratio: ratios[ratios.length >> 1]!,
    p99RatioLowest: ratios[0]!,
    p99RatioHighest: ratios[ratios.length - 1]!,
    cut,
    oddAnswers: pairs.reduce((sum, { without, beside }) => sum + without.odd + beside.odd, 0),
    pairs,
    bombMedianMs: await bombs(),
  };
  const result = { name: 'slow-clients', seed: SEED, commit: commit(), machine: machine(), figures };
  writeFileSync(
    new URL('../results/slow-clients.json', import.meta.url),
    `${JSON.stringify(result, undefined, 2)}\n`,
  );
  console.log(JSON.stringify(figures));
} finally {
  await bidder.stop();
}
