/**
 * Bidders that share a store, restarted one after the other under load, behind a client that goes by their readiness as an exchange's pool
 * does. Every first try counts: what had to be sent again is a failure. The client keeps its own book of what it was charged, and compares
 * it with the ledger's and with the journals. The file is one thing: a client, what it is sent through, and the comparison at the end.
 *
 *   node bench/life/rolling.ts [--rounds 10] [--rate 60] [--seed 1]      → bench/results/rolling-restart.json
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import type { Random } from '../../src/core/random.ts';
import { seededRandom } from '../../src/core/random.ts';
import { freePort } from '../../src/serve.ts';
import { startRedis } from '../../test/fixture/redis-server.ts';
import type { Served } from '../load/process.ts';
import { serve } from '../load/process.ts';
import { commit, machine } from '../machine.ts';

export interface RollingOptions {
  readonly redisUrl: string;
  readonly nodes: number;
  /** Each node is restarted once a round. */
  readonly rounds: number;
  readonly requestsPerSecond: number;
  readonly seed: number;
  /** Settings of the nodes beside those that it needs. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface RollingVerdict {
  readonly seconds: number;
  readonly restarts: number;
  readonly requests: number;
  readonly bids: number;
  readonly notices: number;
  /** First tries that met no answer, or none that an exchange expects; the first few in words. */
  readonly failed: number;
  readonly failures: readonly string[];
  readonly wins: number;
  readonly bookMicros: number;
  readonly ledgerMicros: number;
  readonly journalMicros: number;
  /** Wins that no journal holds. */
  readonly lost: number;
  /** Nodes that were ready at the same time, at worst. */
  readonly fewestReady: number;
}

interface Node {
  readonly name: string;
  readonly folder: string;
  readonly publicPort: number;
  readonly privatePort: number;
  served: Served | undefined;
  isReady: boolean;
}

const TOKEN = 'token-of-the-rolling-restart';
const CAMPAIGN = 'rolling';
const BID_CPM_MICROS = 4_000_000;
const WON = 0.7;
const DOUBLED = 0.2;
/** Of a health check. */
const LOOK_MS = 100;
const NOTICE_LATER_MS_MAX = 3_000;
const SETTLE_MS_MAX = 20_000;
const FAILURES_SHOWN = 10;

export async function rollingRestart(options: RollingOptions): Promise<RollingVerdict> {
  const scratch = mkdtempSync(join(tmpdir(), 'bidwright-rolling-'));
  mkdirSync(join(scratch, 'config'));
  writeFileSync(join(scratch, 'config', 'book.json'), JSON.stringify(BOOK));
  const nodes: Node[] = [];
  for (let index = 0; index < options.nodes; index++)
    nodes.push({
      name: `node-${index}`,
      folder: join(scratch, `node-${index}`),
      publicPort: await freePort('127.0.0.1'),
      privatePort: await freePort('127.0.0.1'),
      served: undefined,
      isReady: false,
    });
  const pool = new Pool(nodes, seededRandom(options.seed).stream('rolling'));
  try {
    for (const node of nodes) await start(node, scratch, options);
    await pool.look();
    const watching = pool.watch();
    const beganMs = performance.now();
    const load = pool.send(options.requestsPerSecond);
    let restarts = 0;
    for (let round = 0; round < options.rounds; round++)
      for (const node of nodes) {
        await node.served?.stop();
        node.served = undefined;
        await start(node, scratch, options);
        while (!node.isReady) await pause(LOOK_MS);
        restarts++;
      }
    pool.open = false;
    await load;
    const seconds = (performance.now() - beganMs) / 1000;
    const ledgerMicros = await settledLedger(nodes, pool.bookMicros());
    pool.watched = false;
    await watching;
    for (const node of nodes) await node.served?.stop();
    const journal = journalsOf(nodes);
    let lost = 0;
    let journalMicros = 0;
    for (const id of pool.won.keys()) {
      const cpmMicros = journal.get(id);
      if (cpmMicros === undefined) lost++;
      journalMicros += (cpmMicros ?? 0) / 1000;
    }
    return {
      seconds: Math.round(seconds),
      restarts,
      requests: pool.requests,
      bids: pool.bids,
      notices: pool.notices,
      failed: pool.failed,
      failures: pool.failures,
      wins: pool.won.size,
      bookMicros: pool.bookMicros(),
      ledgerMicros,
      journalMicros: Math.round(journalMicros),
      lost,
      fewestReady: pool.fewestReady,
    };
  } finally {
    pool.open = false;
    pool.watched = false;
    for (const node of nodes) await node.served?.stop().catch(() => undefined);
    rmSync(scratch, { recursive: true, force: true });
  }
}

const BOOK = {
  account: { id: 'rolling', currency: 'USD', signalMissing: 'allow' },
  exchanges: [{ id: 'example' }],
  advertisers: [{ id: 'brand', name: 'Brand', domains: ['brand.example'] }],
  campaigns: [{ id: CAMPAIGN, advertiserId: 'brand', budget: { lifetimeMicros: 100_000_000_000 } }],
  lineItems: [
    {
      id: 'line',
      campaignId: CAMPAIGN,
      bid: { strategy: 'fixed_cpm', priceCpmMicros: BID_CPM_MICROS },
      pacing: 'asap',
      creatives: [{ id: 'card' }],
    },
  ],
  creatives: [
    {
      id: 'card',
      advertiserId: 'brand',
      format: 'banner',
      sizes: [{ width: 300, height: 250 }],
      landingPage: 'https://brand.example/',
      html: '<a href="{clickUrl}">Brand</a>',
    },
  ],
};

async function start(node: Node, scratch: string, options: RollingOptions): Promise<void> {
  const { name, folder, publicPort, privatePort } = node;
  node.served = await serve(
    ['src/main.ts', 'serve', '--config', join(scratch, 'config')],
    {
      BIDWRIGHT_PUBLIC_PORT: String(publicPort),
      BIDWRIGHT_PRIVATE_PORT: String(privatePort),
      BIDWRIGHT_PUBLIC_HOST: '127.0.0.1',
      BIDWRIGHT_PUBLIC_URL: 'http://bidder.example',
      BIDWRIGHT_DATA_DIR: folder,
      BIDWRIGHT_NODE_ID: name,
      BIDWRIGHT_REDIS_URL: options.redisUrl,
      BIDWRIGHT_ADMIN_TOKEN: TOKEN,
      BIDWRIGHT_SIGNING_SECRET: 'the same secret for all of these nodes',
      BIDWRIGHT_LOG_LEVEL: 'error',
      ...options.environment,
    },
    (output) => (output.includes('Console') ? publicPort : undefined),
  );
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Connections to each node, and who may be asked. */
class Pool {
  open = true;
  watched = true;
  requests = 0;
  bids = 0;
  notices = 0;
  failed = 0;
  fewestReady = Number.POSITIVE_INFINITY;
  readonly failures: string[] = [];
  /** Of each bid that was won, its price. */
  readonly won = new Map<string, number>();
  readonly #nodes: readonly Node[];
  readonly #random: Random;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 });
  readonly #telling = new Set<Promise<void>>();

  constructor(nodes: readonly Node[], random: Random) {
    this.#nodes = nodes;
    this.#random = random;
  }

  /** One look after the other: an answer that is overtaken would bring back a node that has gone. */
  async watch(): Promise<void> {
    while (this.watched) {
      await this.look();
      await pause(LOOK_MS);
    }
  }

  /** As a balancer's health check. */
  async look(): Promise<void> {
    await Promise.all(
      this.#nodes.map(async (node) => {
        const answer = await this.#call(node.privatePort, 'GET', '/readyz').catch(() => undefined);
        node.isReady = answer?.status === 200;
      }),
    );
    if (this.requests > 0)
      this.fewestReady = Math.min(this.fewestReady, this.#nodes.filter(({ isReady }) => isReady).length);
  }

  /** At this rate, whatever the answers take, until `open` is false and every notice is told. */
  async send(requestsPerSecond: number): Promise<void> {
    const beganMs = performance.now();
    while (this.open) {
      const due = ((performance.now() - beganMs) / 1000) * requestsPerSecond;
      while (this.requests < due) this.#keep(this.#bid(++this.requests));
      await pause(5);
    }
    while (this.#telling.size > 0) await Promise.all(this.#telling);
  }

  bookMicros(): number {
    let sum = 0;
    for (const cpmMicros of this.won.values()) sum += cpmMicros;
    return Math.round(sum / 1000);
  }

  async #bid(serial: number): Promise<void> {
    const body = JSON.stringify({
      id: `r${serial}`,
      at: 1,
      tmax: 1000,
      imp: [{ id: '1', banner: { w: 300, h: 250 } }],
    });
    const answer = await this.#first('bid', 'POST', '/openrtb2/example', body, [200, 204]);
    if (answer?.status !== 200) return;
    this.bids++;
    const { seatbid } = JSON.parse(answer.body) as { seatbid: { bid: { id: string; burl: string }[] }[] };
    const { id, burl } = seatbid[0]!.bid[0]!;
    if (this.#random.next() >= WON) return;
    // Whole thousandths, from half of the bid up.
    const thousandths = 2000 + (this.#random.uint32() % 2001);
    const { pathname, search } = new URL(
      burl.replaceAll('${AUCTION_PRICE}', (thousandths / 1000).toFixed(3)),
    );
    await pause(this.#random.next() * NOTICE_LATER_MS_MAX);
    await this.#tell(id, thousandths * 1000, pathname + search);
    if (this.#random.next() < DOUBLED) await this.#tell(id, thousandths * 1000, pathname + search);
  }

  async #tell(id: string, cpmMicros: number, path: string): Promise<void> {
    this.notices++;
    const answer = await this.#first('notice', 'GET', path, undefined, [200, 204]);
    if (answer) this.won.set(id, cpmMicros);
  }

  /** The first try; there is no second. */
  async #first(
    what: string,
    method: string,
    path: string,
    body: string | undefined,
    expected: readonly number[],
  ): Promise<Answer | undefined> {
    const ready = this.#nodes.filter(({ isReady }) => isReady);
    const node = ready[this.#random.uint32() % Math.max(1, ready.length)];
    if (!node) return this.#fail(`${what}: nobody is ready`);
    try {
      const answer = await this.#call(node.publicPort, method, path, body);
      if (expected.includes(answer.status)) return answer;
      return this.#fail(`${what} at ${node.name}: ${answer.status}`);
    } catch (error) {
      return this.#fail(`${what} at ${node.name}: ${error}`);
    }
  }

  #fail(what: string): undefined {
    this.failed++;
    if (this.failures.length < FAILURES_SHOWN) this.failures.push(what);
  }

  #keep(work: Promise<void>): void {
    this.#telling.add(work);
    work.finally(() => this.#telling.delete(work));
  }

  #call(port: number, method: string, path: string, body?: string): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const asked = request(
      { port, host: '127.0.0.1', method, path, agent: this.#agent, headers, timeout: 5_000 },
      (answer) => {
        text(answer).then((read) => resolve({ status: answer.statusCode ?? 0, body: read }), reject);
      },
    );
    asked.on('error', reject).on('timeout', () => asked.destroy(new Error('no answer')));
    asked.end(body);
    return promise;
  }
}

/** What the ledger says was spent, asked until it has heard of everything or that takes too long. */
async function settledLedger(nodes: readonly Node[], expectedMicros: number): Promise<number> {
  const untilMs = performance.now() + SETTLE_MS_MAX;
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${nodes[0]!.privatePort}/api/v1/budgets`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const { budgets } = (await answer.json()) as {
      budgets: readonly { bucket: string; spentMicros: number }[];
    };
    const spent = budgets.find(({ bucket }) => bucket === `campaign/${CAMPAIGN}/life`)?.spentMicros ?? 0;
    if (spent === expectedMicros || performance.now() > untilMs) return spent;
    await pause(LOOK_MS);
  }
}

function journalsOf(nodes: readonly Node[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { folder } of nodes) {
    const database = new DatabaseSync(join(folder, 'bidwright.sqlite'), { readOnly: true });
    for (const { bid_id, cpm } of database.prepare('SELECT bid_id, cpm FROM charge').all())
      found.set(String(bid_id), Number(cpm));
    database.close();
  }
  return found;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '10' },
      rate: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
    },
  });
  const redis = await startRedis();
  try {
    const seed = Number(values.seed);
    const verdict = await rollingRestart({
      redisUrl: redis.url,
      nodes: 3,
      rounds: Number(values.rounds),
      requestsPerSecond: Number(values.rate),
      seed,
    });
    const result = { name: 'rolling-restart', seed, commit: commit(), machine: machine(), figures: verdict };
    const file = new URL('../results/rolling-restart.json', import.meta.url);
    writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
    console.log(JSON.stringify(verdict, undefined, 2));
  } finally {
    await redis.stop();
  }
}
