/** A backup of a bidder that runs, put back and started: nothing that was acknowledged before it is missing, and no budget begins anew. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { backUp, restore } from '../../src/compose-backup.ts';
import { systemClock } from '../../src/core/clock.ts';

const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'bidwright-backup-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const REQUEST = {
  at: 1,
  imp: [{ id: '1', bidfloor: 1, banner: { w: 300, h: 250 } }],
  site: { domain: 'a.example' },
};

async function start(dataDir: string) {
  const child = spawn(process.execPath, ['src/main.ts', 'serve', '--config', 'config/wide-open'], {
    cwd: ROOT,
    env: {
      ...process.env,
      BIDWRIGHT_DATA_DIR: dataDir,
      BIDWRIGHT_PUBLIC_PORT: '0',
      BIDWRIGHT_PRIVATE_PORT: '0',
      BIDWRIGHT_ADMIN_TOKEN: 'a-token-for-tests',
    },
  });
  children.push(child);
  let said = '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.stdout.on('data', (text) => {
    said += text;
    if (said.includes('Console')) resolve();
  });
  child.once('exit', (code) => reject(new Error(`the bidder ended with ${code}`)));
  await promise;
  const [bids = '', desk = ''] = [/Bidder +(\S+)/, /Console +(http:\/\/[^/]+)/].map(
    (form) => form.exec(said)?.[1],
  );
  return { child, bids, desk };
}

type Bidder = Awaited<ReturnType<typeof start>>;

async function win(bidder: Bidder, id: string): Promise<void> {
  for (let again = 0; again < 20; again++) {
    const answer = await fetch(bidder.bids, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...REQUEST, id: `${id}-${again}` }),
    });
    if (answer.status !== 200) continue;
    const { seatbid } = (await answer.json()) as { seatbid: [{ bid: [{ burl: string }] }] };
    const billed = await fetch(
      seatbid[0].bid[0].burl.replace('${AUCTION_PRICE}', '2').replaceAll(/\$\{\w+\}/g, ''),
    );
    expect(billed.status).toBe(204);
    return;
  }
  throw new Error('no bid');
}

async function billings(bidder: Bidder): Promise<number> {
  const answer = await fetch(`${bidder.desk}/api/v1/reports?dimensions=campaign`, {
    headers: { authorization: 'Bearer a-token-for-tests' },
  });
  const { rows } = (await answer.json()) as { rows: { billings: number }[] };
  return rows.reduce((sum, row) => sum + row.billings, 0);
}

it('keeps what was acknowledged, while notices go on, and refuses what is not whole', async () => {
  const [data, copy, back] = ['data', 'copy', 'back'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const first = await start(data);
  for (let index = 0; index < 20; index++) await win(first, `before-${index}`);
  let during = 0;
  let isCopying = true;
  const meanwhile = (async () => {
    while (isCopying) await win(first, `during-${during++}`);
  })();
  const manifest = await backUp(data, copy, systemClock);
  isCopying = false;
  await meanwhile;
  const names = manifest.files.map(({ path }) => path);
  expect(names).toEqual(expect.arrayContaining(['bidwright.sqlite', 'signing-secret']));
  expect(readdirSync(data).filter((name) => name.includes('copy'))).toEqual([]);
  expect(statSync(join(copy, 'bidwright.sqlite')).mode & 0o077).toBe(0);
  // The machine is lost.
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');

  expect(() => restore(copy, data)).toThrow('holds something already');
  restore(copy, back);
  const second = await start(back);
  const kept = await billings(second);
  expect(kept).toBeGreaterThanOrEqual(20);
  expect(kept).toBeLessThanOrEqual(20 + during);
  await win(second, 'after');
  await expect.poll(() => billings(second)).toBe(kept + 1);

  // Of a folder that no bidder has open, killed in the middle of its work.
  const rest = await backUp(data, join(folder, 'rest'), systemClock);
  expect(rest.files.map(({ path }) => path)).toContain('bidwright.sqlite');

  appendFileSync(join(copy, 'bidwright.sqlite'), 'x');
  expect(() => restore(copy, join(folder, 'torn'))).toThrow('is not what was backed up');
  rmSync(join(copy, 'backup.json'));
  expect(() => restore(copy, join(folder, 'torn'))).toThrow('no finished backup');
  expect(existsSync(join(folder, 'torn'))).toBe(false);
  mkdirSync(join(folder, 'none'));
  writeFileSync(join(folder, 'none', 'x'), '');
  await expect(backUp(join(folder, 'none'), join(folder, 'y'), systemClock)).rejects.toThrow('no state');
});
