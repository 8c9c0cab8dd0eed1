/** Whom budgets are spent from: the ledger that nodes share, or the one in this process's own file. Part of the composition root. */
import { passingSecret } from './compose-secrets.ts';
import type { Clock } from './core/clock.ts';
import type { Random } from './core/random.ts';
import type { Metrics } from './server/metrics.ts';
import type { LedgerPort } from './state/port.ts';
import { connectRedis } from './state/redis/connect.ts';
import { SharedLedger } from './state/redis/ledger.ts';
import type { SqliteState } from './state/sqlite/open.ts';

export interface SpentFrom {
  readonly ledger: LedgerPort;
  /** Leaves, where nodes share: after the purse has given back what is free, and before the journal closes. */
  leave(): Promise<void>;
}

interface Needs {
  readonly account: string;
  readonly state: Pick<SqliteState, 'ledger' | 'charges' | 'tables'>;
  readonly clock: Clock;
  /** By the wall: then it must agree with the store's. */
  readonly isWallClock: boolean;
  readonly random: Random;
  readonly metrics: Pick<Metrics, 'gauge'>;
  fault(where: string, error: unknown): void;
}

/** Lua, NTP and a busy host are within it; a clock that is further off must not decide when money is free. */
const SKEW_MS_MAX = 500;

/** @throws StoreUnfitError when the store cannot be reached or used. */
export async function openLedger(redisUrl: string | undefined, needs: Needs): Promise<SpentFrom> {
  const { account, state, clock, isWallClock, random, metrics, fault } = needs;
  if (redisUrl === undefined) return { ledger: state.ledger, leave: () => Promise.resolve() };
  const client = await connectRedis(redisUrl, random, (error) => fault('shared ledger', error));
  const ledger = new SharedLedger({
    client,
    account,
    journal: state.charges,
    tables: state.tables,
    clock,
    newId: () => passingSecret().slice(0, 16),
    limits: isWallClock ? { skewMsMax: SKEW_MS_MAX } : {},
  });
  const gauge = (name: string, help: string, read: () => number): void =>
    metrics.gauge(`ledger_${name}`, help, read);
  const health = () => ledger.health();
  gauge(
    'away',
    '1 while the shared ledger does not answer: bids go on from leases, as long as these last.',
    () => Number(health().isAway),
  );
  gauge('fenced', '1 when another process took this one’s place, so that it bids no more.', () =>
    Number(health().isFenced),
  );
  gauge(
    'journals_awaited',
    'Nodes that have yet to tell a ledger that was emptied; nothing is granted meanwhile.',
    () => health().journalsAwaited,
  );
  gauge(
    'shut_until_seconds',
    'After a ledger was emptied: nothing is granted before this time, since 1970.',
    () => health().shutUntilMs / 1000,
  );
  gauge(
    'skew_ms',
    'This clock less the store’s; beyond 500 ms either way nothing is granted.',
    () => health().skewMs,
  );
  gauge(
    'silent_nodes',
    'Nodes not heard of for a minute: their leases and others’ holds wait.',
    () => health().silent,
  );
  gauge(
    'unconfirmed_micros',
    'Granted to this process without a replica that has it: what a failover could grant again.',
    () => health().unconfirmedMicros,
  );
  return { ledger, leave: () => ledger.close() };
}
