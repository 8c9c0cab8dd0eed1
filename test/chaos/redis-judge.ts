/** The exchange's book against the journals of all nodes, the ledger in the store, and what `GET /api/v1/budgets` says. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Redis } from 'ioredis';
import { moneyStoreKeys } from '../../src/state/keys.ts';
import type { Entry, Exchange } from './redis-exchange.ts';
import type { Fleet } from './redis-fleet.ts';
import type { Limited } from './redis-world.ts';
import { ACCOUNT, HOLD_MS, TOKEN } from './redis-world.ts';

export interface Verdict {
  readonly bids: number;
  readonly wins: number;
  /** Wins told more than once on purpose. */
  readonly doubled: number;
  /** Acknowledged, and in no journal. */
  readonly lost: number;
  /** Charged, and never won, or at another price. */
  readonly wrong: number;
  /** In the journals of several nodes, as told. */
  readonly inSeveral: number;
  /** Micros by which the ledger differs from the wins, each counted once. */
  readonly ledgerOffMicros: number;
  /** Micros by which the API of a node differs from the ledger. */
  readonly apiOffMicros: number;
  /** Micros that the ledger says are leased and no open lease holds, or the other way round. */
  readonly leasedOffMicros: number;
  /** Wins first told after their hold, by the exchange's clock. */
  readonly lateMicros: number;
  /** Beyond a limit and beside what was late by the exchange's clock. */
  readonly overspendMicros: number;
  /** The same, and beside what the nodes' bound declared. */
  readonly beyondBoundMicros: number;
  /** Limits that were as good as reached, so that there was something to overspend. */
  readonly soldOut: number;
}

interface Limit {
  readonly bucket: string;
  readonly campaignId: string;
  readonly limitMicros: number;
}

/** Once the last win was told. Ends the nodes, since nobody else can read their journals while they run. */
export async function judge(
  exchange: Exchange,
  fleet: Fleet,
  campaigns: readonly Limited[],
  storeUrl: () => string,
): Promise<Verdict> {
  const won = [...exchange.book.values()].filter(({ wonCpmMicros }) => wonCpmMicros !== undefined);
  const told = await settled(exchange, fleet, campaigns, won);
  await fleet.stop();
  const journals = journalsOf(fleet);
  const wins = new Map(won.map((entry) => [entry.bidId, entry]));
  let [wrong, inSeveral, lost] = [0, 0, 0];
  for (const [bidId, { cpmMicros, copies }] of journals) {
    if (wins.get(bidId)?.wonCpmMicros !== cpmMicros) wrong++;
    if (copies > 1) inSeveral++;
  }
  for (const { bidId, ackedAtMs } of won) if (ackedAtMs !== undefined && !journals.has(bidId)) lost++;
  const limits = limitsOf(campaigns);
  const truth = new Map(limits.map((limit) => [limit.bucket, sumOf(won, limit.campaignId)]));
  const late = won.filter(
    ({ bidAtMs, ackedAtMs = Number.POSITIVE_INFINITY }) => ackedAtMs - bidAtMs > HOLD_MS,
  );
  const ledger = await ledgerOf(storeUrl());
  let [ledgerOffMicros, apiOffMicros, overspendMicros, beyondBoundMicros, soldOut] = [0, 0, 0, 0, 0];
  for (const { bucket, campaignId, limitMicros } of limits) {
    const spent = truth.get(bucket)!;
    const above = Math.max(0, spent - limitMicros);
    ledgerOffMicros += Math.abs(spent - (ledger.spent.get(bucket) ?? 0));
    for (const { spentMicros } of told) apiOffMicros += Math.abs(spent - (spentMicros.get(bucket) ?? 0));
    overspendMicros += Math.max(0, above - sumOf(late, campaignId));
    beyondBoundMicros += Math.max(0, above - Math.max(...told.map(({ boundMicros }) => boundMicros)));
    if (spent > 0.7 * limitMicros) soldOut++;
  }
  return {
    bids: exchange.book.size,
    wins: won.length,
    doubled: exchange.doubled,
    lost,
    wrong,
    inSeveral,
    ledgerOffMicros,
    apiOffMicros,
    leasedOffMicros: ledger.leasedOffMicros,
    lateMicros: sumOf(late),
    overspendMicros,
    beyondBoundMicros,
    soldOut,
  };
}

/** What must be 0 after anything at all. */
export const NOTHING_WRONG = {
  lost: 0,
  wrong: 0,
  ledgerOffMicros: 0,
  apiOffMicros: 0,
  leasedOffMicros: 0,
  overspendMicros: 0,
  beyondBoundMicros: 0,
} as const;

interface Told {
  readonly spentMicros: ReadonlyMap<string, number>;
  readonly boundMicros: number;
}

const SETTLES_MS_MAX = 8_000;

/** Each node tells the ledger of its journal about once a second of its clock; asked until all say the truth, or it takes too long. */
async function settled(
  exchange: Exchange,
  fleet: Fleet,
  campaigns: readonly Limited[],
  won: readonly Entry[],
): Promise<readonly Told[]> {
  const untilMs = performance.now() + SETTLES_MS_MAX;
  for (;;) {
    const told = await Promise.all(fleet.seats.map((seat) => budgetsOf(exchange, seat)));
    const isTrue = told.every(({ spentMicros }) =>
      limitsOf(campaigns).every(
        ({ bucket, campaignId }) => (spentMicros.get(bucket) ?? 0) === sumOf(won, campaignId),
      ),
    );
    if (isTrue || performance.now() > untilMs) return told;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function budgetsOf(exchange: Exchange, seat: Fleet['seats'][number]): Promise<Told> {
  const answer = (await exchange.ask(seat, '/api/v1/budgets', TOKEN).catch(() => undefined)) as
    | { overspendBound: { micros: number }; budgets: { bucket: string; spentMicros: number }[] }
    | undefined;
  return {
    spentMicros: new Map(answer?.budgets.map(({ bucket, spentMicros }) => [bucket, spentMicros])),
    boundMicros: answer?.overspendBound.micros ?? 0,
  };
}

function limitsOf(campaigns: readonly Limited[]): readonly Limit[] {
  return campaigns.flatMap(({ id, lifetimeMicros, dailyMicros }) => [
    { bucket: `campaign/${id}/life`, campaignId: id, limitMicros: lifetimeMicros },
    { bucket: `line_item/line-${id}/2026-11-23`, campaignId: id, limitMicros: dailyMicros },
  ]);
}

function sumOf(entries: readonly Entry[], campaignId?: string): number {
  let sum = 0n;
  for (const entry of entries)
    if (campaignId === undefined || entry.campaignId === campaignId) sum += BigInt(entry.wonCpmMicros ?? 0);
  return Number(sum / 1000n);
}

function journalsOf(fleet: Fleet): ReadonlyMap<string, { readonly cpmMicros: number; copies: number }> {
  const found = new Map<string, { cpmMicros: number; copies: number }>();
  for (const { directory } of fleet.seats) {
    const database = new DatabaseSync(join(directory, 'bidwright.sqlite'), { readOnly: true });
    for (const { bid_id, cpm } of database.prepare('SELECT bid_id, cpm FROM charge').all()) {
      const known = found.get(String(bid_id));
      if (known) known.copies++;
      else found.set(String(bid_id), { cpmMicros: Number(cpm), copies: 1 });
    }
    database.close();
  }
  return found;
}

async function ledgerOf(url: string): Promise<{
  readonly spent: ReadonlyMap<string, number>;
  readonly leasedOffMicros: number;
}> {
  const client = new Redis(url);
  try {
    const keys = moneyStoreKeys(ACCOUNT);
    const book = await client.hgetall(keys.book);
    const spent = new Map<string, number>();
    const leased = new Map<string, number>();
    for (const [field, value] of Object.entries(book)) {
      const [kind, bucket = '', unit] = field.split('|');
      if (kind === 's' && unit === 'micros') spent.set(bucket, Number(value.split(':')[0]));
      if (kind === 'l') leased.set(`${bucket}|${unit}`, Number(value));
    }
    for (const id of await client.smembers(keys.open)) {
      const lease = await client.hgetall(keys.lease(id));
      for (const [field, granted] of Object.entries(lease)) {
        if (!field.startsWith('g|')) continue;
        const place = field.slice(2);
        const settled = Number(lease[`s|${place}`]?.split(':')[0] ?? 0);
        leased.set(place, (leased.get(place) ?? 0) - Math.max(0, Number(granted) - settled));
      }
    }
    const off = [...leased].filter(([place]) => place.endsWith('|micros'));
    return { spent, leasedOffMicros: off.reduce((sum, [, amount]) => sum + Math.abs(amount), 0) };
  } finally {
    client.disconnect();
  }
}
