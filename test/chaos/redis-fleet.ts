/** Nodes that share a store, each a process of its own behind a proxy of its own: started, killed, cut off, started again. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TcpProxy } from '../fixture/tcp-proxy.ts';
import { startProxy } from '../fixture/tcp-proxy.ts';
import type { Mutant } from './redis-mutants.ts';
import type { NodeGiven } from './redis-node.ts';
import type { Limited } from './redis-world.ts';
import { bookOf, TOKEN } from './redis-world.ts';

export interface FleetOptions {
  readonly scratch: string;
  readonly url: string;
  readonly nodes: number;
  readonly campaigns: readonly Limited[];
  readonly beganMs: number;
  readonly pace: number;
  readonly mutant?: Mutant;
  readonly settings?: Readonly<Record<string, unknown>>;
}

export interface Seat {
  readonly name: string;
  readonly directory: string;
  readonly proxy: TcpProxy;
  /** Ports; 0 while it is down. */
  door: number;
  desk: number;
  child: ChildProcess | undefined;
  ended: Promise<number | null>;
  output: string;
}

const OUTPUT_MAX = 20_000;

export class Fleet {
  readonly seats: Seat[] = [];
  readonly #options: FleetOptions;
  readonly #config: string;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#config = join(options.scratch, 'config.json');
    writeFileSync(this.#config, JSON.stringify(bookOf(options.campaigns)));
  }

  async start(): Promise<void> {
    const { scratch, url, nodes } = this.#options;
    for (let index = 0; index < nodes; index++) {
      const name = `node-${index}`;
      const directory = join(scratch, name);
      mkdirSync(directory);
      const proxy = await startProxy(url);
      const seat: Seat = {
        name,
        directory,
        proxy,
        door: 0,
        desk: 0,
        child: undefined,
        ended: Promise.resolve(0),
        output: '',
      };
      this.seats.push(seat);
    }
    await Promise.all(this.seats.map((seat) => this.startSeat(seat)));
  }

  /** Rejects where it ends before it listens. */
  startSeat(seat: Seat): Promise<void> {
    const { beganMs, pace, mutant, settings } = this.#options;
    const given: NodeGiven = {
      config: this.#config,
      beganMs,
      pace,
      mutant,
      settings: {
        publicPort: 0,
        privatePort: 0,
        publicHost: '127.0.0.1',
        privateHost: '127.0.0.1',
        adminToken: TOKEN,
        signingSecret: 'the same secret for all of these nodes',
        dataDir: seat.directory,
        nodeId: seat.name,
        redisUrl: seat.proxy.url,
        logLevel: 'error',
        reloadMs: 0,
        ...settings,
      },
    };
    const script = join(import.meta.dirname, 'redis-node.ts');
    const words = ['--disable-warning=ExperimentalWarning', script, JSON.stringify(given)];
    const child = spawn(process.execPath, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Starting costs most of such a test's time.
      env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'bidwright-compile-cache') },
    });
    seat.child = child;
    seat.output = '';
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const hear = (bytes: Buffer): void => {
      seat.output = (seat.output + bytes).slice(-OUTPUT_MAX);
      const said = /^\{"door":(\d+),"desk":(\d+)\}$/m.exec(seat.output);
      if (!said || seat.child !== child || seat.door > 0) return;
      seat.door = Number(said[1]);
      seat.desk = Number(said[2]);
      resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    seat.ended = new Promise((settle) => {
      child.once('close', (code) => {
        seat.door = 0;
        seat.desk = 0;
        reject(new Error(`${seat.name} ended with ${code}: ${seat.output}`));
        settle(code);
      });
    });
    return promise;
  }

  /** Without a word. */
  async kill(seat: Seat): Promise<void> {
    seat.child?.kill('SIGKILL');
    await seat.ended;
  }

  /** In order; rejects where one does not end well. */
  async stop(): Promise<void> {
    for (const { child } of this.seats) child?.kill('SIGTERM');
    const codes = await Promise.all(this.seats.map(({ ended }) => ended));
    const bad = this.seats.filter((_, index) => codes[index] !== 0);
    if (bad.length > 0)
      throw new Error(`nodes ended with ${codes.join()}: ${bad.map(({ output }) => output).join('\n')}`);
  }

  /** Whatever is left. */
  async abandon(): Promise<void> {
    await Promise.all(this.seats.map((seat) => this.kill(seat)));
    await Promise.all(this.seats.map(({ proxy }) => proxy.close()));
  }
}
