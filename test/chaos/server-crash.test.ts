/** The whole server, killed under load: what was acknowledged over HTTP is there afterwards, once. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSqliteState } from '../../src/state/sqlite/open.ts';
import { record } from '../fixture/record.ts';

const CRASHES = Number(process.env.BIDWRIGHT_SERVER_CRASHES ?? 4);
const PRICE_MICROS = 3000;

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

async function start(folder: string): Promise<{ child: ChildProcess; door: string }> {
  const child = spawn('node', ['src/main.ts', 'serve', '--config', join(folder, 'config.json')], {
    env: {
      ...process.env,
      BIDWRIGHT_PUBLIC_PORT: '0',
      BIDWRIGHT_PRIVATE_PORT: '0',
      BIDWRIGHT_PUBLIC_HOST: '127.0.0.1',
      BIDWRIGHT_DATA_DIR: join(folder, 'data'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const door = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const port = /Bidder\s+http:\/\/[^:]+:(\d+)/.exec(output)?.[1];
      if (port) resolve(`http://127.0.0.1:${port}`);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', () => reject(new Error(`the server ended: ${output}`)));
  });
  return { child, door };
}

it(`keeps what it acknowledged when it is killed ${CRASHES} times under load`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bidwright-server-crash-'));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(BOOK));
  const acknowledged = new Set<string>();
  const told = new Set<string>();
  let serial = 0;
  try {
    for (let crash = 0; crash < CRASHES; crash++) {
      const { child, door } = await start(folder);
      let dead = false;
      const life = async (): Promise<void> => {
        while (!dead) {
          const body = JSON.stringify({
            id: `r${serial++}`,
            at: 1,
            tmax: 5000,
            imp: [{ id: '1', banner: { w: 300, h: 250 } }],
          });
          try {
            const answer = await fetch(`${door}/openrtb2/example`, {
              method: 'POST',
              headers: { 'content-type': 'application/json' },
              body,
            });
            if (answer.status !== 200) continue;
            const { seatbid } = (await answer.json()) as {
              seatbid: { bid: { id: string; burl: string }[] }[];
            };
            const bid = seatbid[0]!.bid[0]!;
            const { pathname, search } = new URL(bid.burl.replace('${AUCTION_PRICE}', '3'));
            told.add(bid.id);
            // Twice at once: a repeat must not charge again, whichever arrives first.
            const answers = await Promise.all([
              fetch(door + pathname + search),
              fetch(door + pathname + search),
            ]);
            if (answers.some(({ status }) => status === 204)) acknowledged.add(bid.id);
          } catch {
            // The connection went with the server; what it had not answered may or may not be kept.
          }
        }
      };
      const lives = Array.from({ length: 8 }, life);
      await new Promise((resolve) => setTimeout(resolve, 700));
      child.removeAllListeners('exit');
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGKILL');
      await ended;
      dead = true;
      await Promise.all(lives);
    }
    const state = await openSqliteState({ directory: join(folder, 'data') });
    const [row] = await state.journal.report({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, dimensions: [] });
    const kept: (readonly [id: string, there: boolean])[] = [];
    for (const id of told) kept.push([id, (await state.journal.noticesOf(id)).includes('billing')]);
    await state.close();
    const lost = kept.filter(([id, there]) => !there && acknowledged.has(id));
    const there = kept.filter(([, is]) => is).length;
    const spendMicros = row?.spendMicros ?? 0;
    record('server-crashes', 0, {
      crashes: CRASHES,
      acknowledged: acknowledged.size,
      kept: there,
      lost: lost.length,
      doubled: spendMicros / PRICE_MICROS - there,
    });
    expect(acknowledged.size).toBeGreaterThan(CRASHES * 20);
    expect(lost).toEqual([]);
    expect(row?.billings).toBe(there);
    expect(spendMicros).toBe(there * PRICE_MICROS);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 600_000);
