/** Billing notices over three nodes, three in ten of them told again to another node: the ledger against the sum of what was told. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Redis } from 'ioredis';
import { systemClock } from '../../src/core/clock.ts';
import type { Random } from '../../src/core/random.ts';
import { seededRandom } from '../../src/core/random.ts';
import { moneyStoreKeys } from '../../src/state/keys.ts';
import { Fleet } from '../../test/chaos/redis-fleet.ts';
import { ACCOUNT } from '../../test/chaos/redis-world.ts';
import { startRedis } from '../../test/fixture/redis-server.ts';
import { Pipe } from './pipe.ts';

const NODES = 3;
/** Bids of one request. */
const IMPRESSIONS = 20;
const AT_ONCE = 6;
const DOUBLED = 0.3;
const CAMPAIGN = { id: 'ample', width: 300, lifetimeMicros: 1e15, dailyMicros: 1e15 };
const SETTLES_MS_MAX = 60_000;

export async function doubledNotices(
  wanted: number,
  seed: number,
): Promise<Readonly<Record<string, number>>> {
  const scratch = mkdtempSync(join(tmpdir(), 'bidwright-notices-'));
  const random = seededRandom(seed);
  const store = await startRedis();
  const fleet = new Fleet({
    scratch,
    url: store.url,
    nodes: NODES,
    campaigns: [CAMPAIGN],
    beganMs: systemClock.now(),
    pace: 1,
  });
  const tally = { told: 0, doubled: 0, refused: 0, cpmMicros: 0n, won: 0 };
  try {
    await fleet.start();
    const beganMs = performance.now();
    const lives = Array.from({ length: AT_ONCE }, () => live(fleet, random, wanted, tally));
    await Promise.all(lives);
    const seconds = (performance.now() - beganMs) / 1000;
    const truth = Number(tally.cpmMicros / 1000n);
    const spent = await settled(store.url, truth);
    await fleet.stop();
    const kept = chargesOf(fleet);
    return {
      nodes: NODES,
      notices: tally.told,
      wins: tally.won,
      toldTwice: tally.doubled,
      refused: tally.refused,
      chargedByTwoNodes: kept.rows - kept.bids,
      lost: tally.won - kept.bids,
      spentMicros: spent,
      offMicros: Math.abs(spent - truth),
      noticesPerSecond: Math.round(tally.told / seconds),
    };
  } finally {
    await fleet.abandon();
    await store.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface Tally {
  told: number;
  doubled: number;
  refused: number;
  won: number;
  cpmMicros: bigint;
}

async function live(fleet: Fleet, random: Random, wanted: number, tally: Tally): Promise<void> {
  const pipes = await Promise.all(fleet.seats.map(({ door }) => Pipe.open(door)));
  const anyone = (): Pipe => pipes[random.uint32() % pipes.length]!;
  const tell = async (path: string): Promise<void> => {
    tally.told++;
    const { status } = await anyone().send('GET', path);
    if (status !== 204 && status !== 200) tally.refused++;
  };
  const imp = Array.from({ length: IMPRESSIONS }, (_, at) => ({ id: `${at}`, banner: { w: 300, h: 250 } }));
  const request = JSON.stringify({ id: 'r', at: 1, tmax: 5000, imp });
  while (tally.told < wanted) {
    const { status, body } = await anyone().send('POST', '/openrtb2/example', request);
    if (status !== 200) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      continue;
    }
    const { seatbid } = JSON.parse(body) as { seatbid: { bid: { burl: string }[] }[] };
    const telling = seatbid.flatMap(({ bid }) =>
      bid.map(async ({ burl }) => {
        const thousandths = 1 + (random.uint32() % 100_000);
        const { pathname, search } = new URL(
          burl.replaceAll('${AUCTION_PRICE}', (thousandths / 1000).toFixed(3)),
        );
        tally.won++;
        tally.cpmMicros += BigInt(thousandths) * 1000n;
        const again = random.next() < DOUBLED;
        if (again) tally.doubled++;
        await Promise.all(Array.from({ length: again ? 2 : 1 }, () => tell(pathname + search)));
      }),
    );
    await Promise.all(telling);
  }
  for (const pipe of pipes) pipe.close();
}

/** What the ledger has, once it has all of it or time is over. */
async function settled(url: string, truth: number): Promise<number> {
  const client = new Redis(url);
  const untilMs = performance.now() + SETTLES_MS_MAX;
  for (;;) {
    const text = await client.hget(moneyStoreKeys(ACCOUNT).book, `s|campaign/${CAMPAIGN.id}/life|micros`);
    const spent = Number((text ?? '0').split(':')[0]);
    if (spent === truth || performance.now() > untilMs) {
      client.disconnect();
      return spent;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function chargesOf({ seats }: Fleet): { readonly rows: number; readonly bids: number } {
  const bids = new Set<string>();
  let rows = 0;
  for (const { directory } of seats) {
    const database = new DatabaseSync(join(directory, 'bidwright.sqlite'), { readOnly: true });
    for (const { bid_id } of database.prepare('SELECT bid_id FROM charge').iterate()) {
      bids.add(String(bid_id));
      rows++;
    }
    database.close();
  }
  return { rows, bids: bids.size };
}
