/** `serve --workers 2` as a whole: real processes on a real store, killed and ended. */
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { workerOf } from '../../src/core/ids.ts';
import type { RedisServer } from '../fixture/redis-server.ts';
import { noRedis, startRedis } from '../fixture/redis-server.ts';

const TOKEN = 'a-token-for-the-test';
const BOOK = {
  account: { id: 'a', currency: 'USD', signalMissing: 'allow' },
  exchanges: [{ id: 'example' }],
  advertisers: [{ id: 'bakery', domains: ['bakery.example'] }],
  campaigns: [{ id: 'autumn', advertiserId: 'bakery', budget: { dailyMicros: 1_000_000_000 } }],
  lineItems: [
    {
      id: 'all',
      campaignId: 'autumn',
      bid: { strategy: 'fixed_cpm', priceCpmMicros: 4_000_000 },
      pacing: 'asap',
      creatives: [{ id: 'rye' }],
    },
  ],
  audiences: [{ id: 'devices', source: 'upload', idSpace: 'ifa', file: 'devices.txt' }],
  conversionActions: [{ id: 'order', advertiserId: 'bakery', name: 'Order', key: 'key-of-the-bakery-1' }],
  creatives: [
    {
      id: 'rye',
      advertiserId: 'bakery',
      format: 'banner',
      anySize: true,
      html: '<a href="{clickUrl}">Rye</a>',
      landingPage: 'https://bakery.example/',
    },
  ],
};

interface Answered {
  readonly status: number;
  readonly body: string;
  readonly location: string | undefined;
}

/** Each on a connection of its own, as the system hands these out in turn. */
async function call(
  url: string,
  options: { readonly method?: string; readonly body?: unknown; readonly token?: string } = {},
): Promise<Answered> {
  const agent = new Agent({ keepAlive: false });
  const asked = httpRequest(url, {
    agent,
    method: options.method ?? (options.body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
    },
  });
  asked.end(options.body === undefined ? undefined : JSON.stringify(options.body));
  const [answer] = await once(asked, 'response');
  return { status: answer.statusCode, body: await text(answer), location: answer.headers.location };
}

const filled = (url: string): string => url.replace('${AUCTION_PRICE}', '3.5').replace(/\$\{[A-Z_]+\}/g, '');

describe('many workers', () => {
  let folder: string;
  const children: ChildProcess[] = [];

  const run = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcess => {
    const child = spawn('node', ['src/main.ts', 'serve', '--config', join(folder, 'config.json'), ...args], {
      env: {
        ...process.env,
        BIDWRIGHT_PUBLIC_PORT: '0',
        BIDWRIGHT_PRIVATE_PORT: '0',
        BIDWRIGHT_PUBLIC_HOST: '127.0.0.1',
        BIDWRIGHT_ADMIN_TOKEN: TOKEN,
        BIDWRIGHT_DATA_DIR: join(folder, 'data'),
        BIDWRIGHT_LOG_LEVEL: 'error',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    return child;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bidwright-workers-'));
    writeFileSync(join(folder, 'config.json'), JSON.stringify(BOOK));
    const devices = Array.from({ length: 10 }, (_, index) => `device-${index}`);
    writeFileSync(join(folder, 'devices.txt'), devices.join('\n'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('are refused without a store that they share, with what to do', async () => {
    const child = run(['--workers', '2']);
    const [[code], said] = await Promise.all([once(child, 'exit'), text(child.stderr!)]);
    expect(code).toBe(1);
    expect(said).toContain('Set redisUrl (BIDWRIGHT_REDIS_URL=');
  });

  describe.skipIf(noRedis)('on a real store', () => {
    let store: RedisServer;
    beforeAll(async () => {
      store = await startRedis();
    });
    afterAll(() => store.stop());

    const doors = (child: ChildProcess): Promise<{ readonly bidder: string; readonly console: string }> =>
      new Promise((resolve, reject) => {
        let output = '';
        const read = (chunk: Buffer): void => {
          output += chunk.toString();
          const bidder = /Bidder\s+(http:\/\/[^/]+)/.exec(output)?.[1];
          const desk = /Console\s+(http:\/\/[^/]+)/.exec(output)?.[1];
          if (bidder && desk) resolve({ bidder, console: desk });
        };
        child.stdout!.on('data', read);
        child.stderr!.on('data', read);
        child.once('exit', () => reject(new Error(`the server ended: ${output}`)));
      });

    // biome-ignore lint/suspicious/noExplicitAny: looked at as an exchange would, without our types
    const bidsOf = async (bidder: string, count: number): Promise<any[]> => {
      const bids = [];
      for (let index = 0; index < count; index++) {
        const answer = await call(`${bidder}/openrtb2/example`, {
          body: {
            id: `request ${index}`,
            at: 1,
            tmax: 1000,
            imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }],
            site: { domain: 'news.example', page: 'https://news.example/', publisher: { id: 'p' } },
            device: {
              ua: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
              ip: '203.0.113.9',
              ifa: `device-${index}`,
            },
          },
        });
        expect(answer.status).toBe(200);
        bids.push(JSON.parse(answer.body).seatbid[0].bid[0]);
      }
      return bids;
    };

    /** Both answer, which the first one's announcement alone does not say. */
    const bothBid = async (bidder: string): Promise<unknown[]> => {
      for (;;) {
        const bids = await bidsOf(bidder, 8);
        if (new Set(bids.map(({ id }) => workerOf(id))).size === 2) return bids;
      }
    };

    it('share the port, count each event once wherever it comes in, and answer questions as one', async () => {
      const child = run(['--workers', '2'], { BIDWRIGHT_REDIS_URL: store.url });
      const { bidder, console: desk } = await doors(child);
      const bids = (await bothBid(bidder)) as {
        readonly id: string;
        readonly burl: string;
        readonly adm: string;
      }[];
      for (const { burl } of bids)
        for (let time = 0; time < 3; time++)
          expect((await call(filled(burl).replace(/^https?:\/\/[^/]+/, bidder))).status).toBe(204);
      for (const { id, adm } of bids) {
        const click = /href="[^"]*(\/t\/click\?t=[^"&]+)/.exec(adm)![1]!;
        expect((await call(`${bidder}${click}`)).location).toContain(`bwclid=${id}`);
      }
      const reports = bids.map(({ id }, index) => ({
        action: 'order',
        click_id: id,
        order_id: `order ${index}`,
      }));
      for (let time = 0; time < 2; time++) {
        const taken = await call(`${bidder}/conversion`, { body: reports, token: 'key-of-the-bakery-1' });
        const [accepted, duplicates] = time === 0 ? [bids.length, 0] : [0, bids.length];
        expect(JSON.parse(taken.body)).toEqual({ accepted, duplicates, faults: [] });
      }
      const report = await call(`${desk}/api/v1/reports?dimensions=line_item`, { token: TOKEN });
      // All workers of the host are in it.
      expect(JSON.parse(report.body).coverage.others).toEqual([]);
      expect(JSON.parse(report.body).rows[0]).toMatchObject({
        billings: bids.length,
        impressions: bids.length,
        clicks: bids.length,
        conversions: bids.length,
        spendMicros: bids.length * 3500,
      });
      // Each of the eight devices came to one of the workers at a time.
      const reach = await call(`${desk}/api/v1/audiences/devices/reach`, { token: TOKEN });
      expect(JSON.parse(reach.body)).toMatchObject({ size: 10, people: 8, low: 8, high: 8 });
      const list = { method: 'POST', token: TOKEN, body: {} };
      expect((await call(`${desk}/api/v1/audiences/devices/members?mode=add`, list)).status).toBe(409);
      const budgets = await call(`${desk}/api/v1/budgets`, { token: TOKEN });
      expect(budgets.body).toContain('1000000000');
      const metrics = (await call(`${desk}/metrics`, { token: TOKEN })).body;
      for (const worker of [1, 2])
        expect(metrics).toMatch(
          new RegExp(`^bidder_bids_total\\{worker="${worker}",exchange="example"\\} [1-9]`, 'm'),
        );
      expect(metrics.match(/^# TYPE bidder_bids_total/gm)).toHaveLength(1);
      child.kill('SIGTERM');
      expect((await once(child, 'exit'))[0]).toBe(0);
    });

    it('start anew what is killed, and end with the first process, however that ends', {
      timeout: 120_000,
    }, async () => {
      const child = run(['--workers', '2'], { BIDWRIGHT_REDIS_URL: store.url });
      const { bidder } = await doors(child);
      await bothBid(bidder);
      const pids = (): number[] =>
        execFileSync('ps', ['-o', 'pid=', '--ppid', String(child.pid)])
          .toString()
          .trim()
          .split(/\s+/)
          .map(Number)
          .filter((pid) => pid > 0);
      const before = pids();
      expect(before).toHaveLength(2);
      process.kill(before[1]!, 'SIGKILL');
      for (;;) {
        const now = pids();
        if (now.length === 2 && !now.includes(before[1]!)) break;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await bothBid(bidder);
      const last = pids();
      child.kill('SIGKILL');
      await once(child, 'exit');
      for (const pid of last) while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
    });

    it('leave no journal behind when their number changes', { timeout: 120_000 }, async () => {
      const first = run(['--workers', '2'], { BIDWRIGHT_REDIS_URL: store.url });
      await doors(first);
      first.kill('SIGTERM');
      await once(first, 'exit');
      for (const args of [['--workers', '1'], []]) {
        const child = run(args, { BIDWRIGHT_REDIS_URL: store.url });
        const [[code], said] = await Promise.all([once(child, 'exit'), text(child.stderr!)]);
        expect(code).toBe(1);
        expect(said).toContain('holds the journals of --workers 2');
      }
      await doors(run(['--workers', '3'], { BIDWRIGHT_REDIS_URL: store.url }));
    });
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
