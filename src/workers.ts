/**
 * Many workers on one host, `serve --workers N`. The first process answers nothing itself: it starts the workers, which share the public
 * port, starts anew what dies, passes questions between them and ends them all in order. Each worker has a data folder, a journal and
 * a name of its own; the first of them has the private door, where figures of all are told as one.
 */
import type { Worker } from 'node:cluster';
import cluster from 'node:cluster';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { keptSecret } from './compose-secrets.ts';
import type { Configuration, Settings } from './config.ts';
import type { Clock } from './core/clock.ts';
import type { ToPrimary, ToWorker } from './workers-talk.ts';

/** A byte of a bid's id names its worker. */
export const WORKERS_MAX = 255;
const COUNT_FILE = 'workers';
const STATE_FILE = 'bidwright.sqlite';

/**
 * Why so many workers cannot run with these settings, and what to do about it; undefined where they can. Also asked of a process without
 * workers, which counts as none.
 */
export function workersRefusal(
  settings: Pick<Settings, 'redisUrl' | 'dataDir'>,
  count: number,
): string | undefined {
  if (count > WORKERS_MAX) return `--workers takes at most ${WORKERS_MAX}.`;
  if (count > 1 && settings.redisUrl === undefined)
    return (
      'Several workers need a store that they share, or caps would hold for each by itself and a change would reach one of them. ' +
      'Set redisUrl (BIDWRIGHT_REDIS_URL=redis://127.0.0.1:6379) to a Redis 7 or a Valkey, or leave --workers out.'
    );
  const kept = keptCount(settings.dataDir);
  // More may join: what was spent is in the shared ledger, and the journals that were there go on.
  if (kept === undefined || kept === count || (kept > 0 && count > kept)) return undefined;
  const was = kept === 0 ? 'one process without --workers' : `--workers ${kept}`;
  return (
    `${settings.dataDir} holds the journals of ${was}, and none may be left behind: reports, and charges that the ledger was not told of yet, are in them. ` +
    `Start it as before (${was}) or with more workers, or take another data folder for flights that have not begun.`
  );
}

/** Notes how many workers keep their journals in the folder. */
export function keepCount(dataDir: string, count: number): void {
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(join(dataDir, COUNT_FILE), `${count}\n`);
}

function keptCount(dataDir: string): number | undefined {
  if (existsSync(join(dataDir, STATE_FILE))) return 0;
  const file = join(dataDir, COUNT_FILE);
  return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : undefined;
}

/** The settings of one worker: a folder and a name of its own, and the secrets that all of the host share. */
export function settingsOfWorker(
  configuration: Configuration,
  seat: { readonly number: number; readonly publicPort: number; readonly privatePort: number },
): Configuration {
  const { settings } = configuration;
  const { dataDir } = settings;
  const publicUrl = settings.publicUrl.replace(/^(http:\/\/localhost):0$/, `$1:${seat.publicPort}`);
  return {
    ...configuration,
    settings: {
      ...settings,
      publicUrl,
      publicPort: seat.publicPort,
      privatePort: seat.privatePort,
      dataDir: join(dataDir, `worker-${seat.number}`),
      nodeId: `${settings.nodeId ?? hostname()}-${seat.number}`,
      signingSecret: settings.signingSecret ?? keptSecret(dataDir, 'signing-secret'),
      adminToken: settings.adminToken ?? keptSecret(dataDir, 'admin-token'),
    },
  };
}

export interface WorkersOptions {
  readonly count: number;
  readonly publicPort: number;
  readonly privatePort: number;
  /** What follows the name of the program, beside the seat. */
  readonly args: readonly string[];
  readonly clock: Clock;
  /** Lines that the first worker has to tell once all are there. */
  announce(lines: readonly string[]): void;
  warn(text: string): void;
}

export interface Workers {
  /** Resolves when all have ended. */
  stop(): Promise<void>;
}

const BACKOFF_MS_MIN = 200;
const BACKOFF_MS_MAX = 10_000;
/** Whoever lived so long died of something new. */
const SOUND_MS = 60_000;
/** A question of one worker to the others is answered by then, with what has come. */
const ASK_MS_MAX = 2_000;

interface Seat {
  readonly number: number;
  worker: Worker | undefined;
  innerPort: number | undefined;
  startedMs: number;
  failures: number;
}

interface Question {
  readonly asker: Seat;
  readonly id: number;
  readonly from: Set<Seat>;
  readonly answers: unknown[];
}

/** @throws Error when a worker ends before all were ready for the first time: then what is wrong will not mend by itself. */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  const { count, clock, args } = options;
  const seats = Array.from(
    { length: count },
    (_, index): Seat => ({
      number: index + 1,
      worker: undefined,
      innerPort: undefined,
      startedMs: 0,
      failures: 0,
    }),
  );
  const questions = new Map<number, Question>();
  const timers = new Set<NodeJS.Timeout>();
  const allReady = Promise.withResolvers<void>();
  const allEnded = Promise.withResolvers<void>();
  let asked = 0;
  let stopping = false;
  let begun = false;

  const send = (seat: Seat, message: ToWorker): void => {
    if (seat.worker?.isConnected()) seat.worker.send(message, () => undefined);
  };
  const tellNeighbours = (): void => {
    const ports = seats.flatMap(({ number, innerPort }): [number, number][] =>
      innerPort === undefined ? [] : [[number, innerPort]],
    );
    for (const seat of seats) send(seat, { kind: 'neighbours', ports });
  };
  const finish = (number: number): void => {
    const question = questions.get(number);
    questions.delete(number);
    if (question) send(question.asker, { kind: 'answers', id: question.id, answers: question.answers });
  };
  const after = (delayMs: number, run: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, delayMs);
    timers.add(timer);
  };
  const ask = (asker: Seat, { id, name, given }: Extract<ToPrimary, { kind: 'ask' }>): void => {
    const number = ++asked;
    const others = seats.filter((seat) => seat !== asker && seat.innerPort !== undefined);
    questions.set(number, { asker, id, from: new Set(others), answers: [] });
    if (others.length === 0) return finish(number);
    for (const seat of others) send(seat, { kind: 'asked', id: number, name, given });
    after(ASK_MS_MAX, () => finish(number));
  };
  const hear = (seat: Seat, message: ToPrimary): void => {
    if (message.kind === 'ask') ask(seat, message);
    else if (message.kind === 'answer') {
      const question = questions.get(message.id);
      if (!question?.from.delete(seat)) return;
      if (message.answer !== undefined) question.answers.push(message.answer);
      if (question.from.size === 0) finish(message.id);
    } else {
      seat.innerPort = message.innerPort;
      tellNeighbours();
      if (seat.number === 1) options.announce(message.announcement);
      if (seats.every(({ innerPort }) => innerPort !== undefined)) {
        begun = true;
        allReady.resolve();
      }
    }
  };
  const seated = (seat: Seat): void => {
    cluster.setupPrimary({
      args: [...args, '--seat', [seat.number, options.publicPort, options.privatePort].join(':')],
      serialization: 'advanced',
    });
    const worker = cluster.fork();
    seat.worker = worker;
    seat.startedMs = clock.monotonic();
    worker.on('message', (message: ToPrimary) => hear(seat, message));
    worker.once('exit', (code, signal) => left(seat, signal ?? `code ${code}`));
  };
  const left = (seat: Seat, how: string): void => {
    seat.worker = undefined;
    seat.innerPort = undefined;
    tellNeighbours();
    for (const [number, question] of questions)
      if (question.from.delete(seat) && question.from.size === 0) finish(number);
    if (stopping) {
      if (seats.every(({ worker }) => worker === undefined)) allEnded.resolve();
      return;
    }
    if (!begun) return allReady.reject(new Error(`worker ${seat.number} ended with ${how} at its start`));
    const lived = clock.monotonic() - seat.startedMs;
    seat.failures = lived >= SOUND_MS ? 1 : seat.failures + 1;
    const delayMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** (seat.failures - 1));
    options.warn(`Worker ${seat.number} ended with ${how}; it is started anew in ${delayMs} ms.`);
    after(delayMs, () => {
      if (!stopping) seated(seat);
    });
  };
  const stop = (): Promise<void> => {
    stopping = true;
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    for (const seat of seats) send(seat, { kind: 'stop' });
    if (seats.every(({ worker }) => worker === undefined)) allEnded.resolve();
    return allEnded.promise;
  };
  for (const seat of seats) seated(seat);
  try {
    await allReady.promise;
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}
