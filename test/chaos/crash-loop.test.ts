import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, it } from 'vitest';
import { commit, machine } from '../../bench/machine.ts';
import type { BidFacts } from '../../src/core/event.ts';
import { seededRandom } from '../../src/core/random.ts';
import { openSqliteState } from '../../src/state/sqlite/open.ts';
import { exactCost } from '../contract/state-events.ts';
import type { Heard } from './crash-run.ts';
import { startLife } from './crash-run.ts';
import { BUDGETS, DAY_OF_CRASHES, priceOf } from './crash-world.ts';

const asked = process.env['BIDWRIGHT_CRASHES'];
const CRASHES = Number(asked ?? 10);
const SEED = Number(process.env['BIDWRIGHT_SEED'] ?? 20261123);
const AGAIN_MAX = 300;

const scratch = mkdtempSync(join(tmpdir(), 'bidwright-crash-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

it(`loses and doubles nothing when it is killed ${CRASHES} times under load (seed ${SEED})`, async () => {
  const directory = join(scratch, 'state');
  mkdirSync(directory);
  const random = seededRandom(SEED);
  const heard: Heard = { acknowledged: new Set(), bids: new Map(), losses: new Set() };
  let before = 0;
  for (let crash = 0; crash < CRASHES; crash++) {
    const latest = [...heard.bids.values()].slice(before).filter(({ bidId }) => !heard.losses.has(bidId));
    before = heard.bids.size;
    // Acknowledged ones among them: their exchange never heard the answer.
    const again = latest.filter(() => random.next() < AGAIN_MAX / Math.max(1, latest.length));
    const life = startLife({ directory, scratch, incarnation: crash, again }, heard);
    await life.ready;
    await new Promise((resolve) => setTimeout(resolve, 20 + random.next() * 300));
    life.child.kill('SIGKILL');
    expect(await life.ended).toEqual({ code: null, signal: 'SIGKILL', errors: '' });
  }
  expect(heard.acknowledged.size).toBeGreaterThan(CRASHES * 20);

  const buckets = BUDGETS.flatMap(({ scope, id }) => [
    `${scope}/${id}/life`,
    `${scope}/${id}/${DAY_OF_CRASHES}`,
  ]);
  const state = await openSqliteState({ directory });
  const states = await state.ledger.bucketStates(buckets);
  const report = await state.journal.report({
    fromMs: 0,
    toMs: Number.MAX_SAFE_INTEGER,
    dimensions: ['campaign'],
  });
  await state.close();

  const database = new DatabaseSync(join(directory, 'bidwright.sqlite'), { readOnly: true });
  const notices = database.prepare('SELECT bid_id, facts FROM notice WHERE kind = 1').all();
  const kept = new Map(
    notices.map((row) => [String(row['bid_id']), JSON.parse(String(row['facts'])) as BidFacts]),
  );
  const charges = database.prepare('SELECT bid_id, cpm FROM charge').all();
  const [integrity] = database.prepare('PRAGMA integrity_check').all();
  database.close();

  const lost = [...heard.acknowledged].filter((bidId) => !kept.has(bidId));
  const doubled = charges.length - new Set(charges.map((row) => row['bid_id'])).size;
  expect(integrity).toEqual({ integrity_check: 'ok' });
  expect(lost).toEqual([]);
  expect(doubled).toBe(0);
  // Each notice that was kept is charged, once, at its price; and the buckets are the sum of just those.
  const sums = new Map<string, bigint>();
  for (const [bidId, facts] of kept) {
    const cost = exactCost(priceOf(facts), facts.rateMicros, facts.multiplierMilli);
    for (const bucket of [`campaign/${facts.campaignId}`, `line_item/${facts.lineItemId}`])
      sums.set(bucket, (sums.get(bucket) ?? 0n) + cost);
    expect(heard.bids.has(bidId), `${bidId} was charged and never bid`).toBe(true);
  }
  expect(charges).toHaveLength(kept.size);
  for (const { bucket, unit, spent } of states) {
    if (unit !== 'micros') continue;
    const [scope, id] = bucket.split('/');
    expect(`${bucket} ${spent}`).toBe(`${bucket} ${(sums.get(`${scope}/${id}`) ?? 0n) / 1000n}`);
  }
  // The budgets that ran out did so at their limit.
  let lateMicros = 0;
  for (const { scope, id, dailyMicros, lifetimeMicros } of BUDGETS) {
    for (const [bucket, limit] of [
      [`${scope}/${id}/life`, lifetimeMicros],
      [`${scope}/${id}/${DAY_OF_CRASHES}`, dailyMicros],
    ] as const) {
      const { spent, leased, late } = states.find((one) => one.bucket === bucket && one.unit === 'micros')!;
      if (limit === undefined) continue;
      lateMicros += late ?? 0;
      expect(spent + leased, bucket).toBeLessThanOrEqual(limit + (late ?? 0));
    }
  }
  // No win was told after its lease was closed, so a crash may cost nothing at all.
  expect(lateMicros).toBe(0);
  const billed = report.reduce((sum, { billings }) => sum + billings, 0);
  expect(billed).toBe(kept.size);

  const figures = {
    crashes: CRASHES,
    acknowledged: heard.acknowledged.size,
    kept: kept.size,
    lost: lost.length,
    doubled,
    lateMicros,
  };
  console.info(JSON.stringify(figures));
  if (asked !== undefined) {
    const result = { name: 'crashes', seed: SEED, commit: commit(), machine: machine(), figures };
    const file = join(import.meta.dirname, '../../bench/results/crashes.json');
    writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
  }
}, 600_000);
