/**
 * Events out of the journal to the store's stream, and from it to ClickHouse. Each step may happen twice and none is left out: the journal
 * keeps an event until the stream has it, the stream's group until ClickHouse has, and there its id makes two of it one. Runs beside
 * everything else: nothing waits for it. Part of the composition root.
 */
import type { Redis } from 'ioredis';
import type { Random } from './core/random.ts';
import type { Metrics } from './server/metrics.ts';
import type { OutboxPort } from './state/outbox-port.ts';
import type { TablesPort } from './state/port.ts';
import { EventStream } from './state/redis/stream.ts';

interface Needs {
  readonly client: Redis;
  readonly accountId: string;
  readonly node: string;
  readonly eventsKept: number;
  readonly clickhouseUrl: string | undefined;
  readonly outbox: OutboxPort;
  readonly disk: TablesPort;
  readonly random: Random;
  readonly metrics: Pick<Metrics, 'gauge'>;
  fault(where: string, error: unknown): void;
}

export interface EventFlow {
  /** Begins a round where none is under way. */
  kick(): void;
  /** Resolves when the round under way has ended. */
  idle(): Promise<void>;
}

const PAGE = 500;
const ROWS_MAX = 5_000;
const GROUP = 'clickhouse';
/** A consumer that died leaves what it was given; others take it after so long. */
const LEFT_MS = 60_000;
const INSERT_MS_MAX = 10_000;
/**
 * Names this file for good, so that one that is begun anew under the same name is another journal. One that was restored from a backup,
 * and is behind what the stream has of it, becomes another too: its next numbers would be taken for events that are there.
 */
const NAME_TABLE = 'outbox_name';

export async function openEventFlow(needs: Needs): Promise<EventFlow> {
  const { outbox, disk, node, random, fault } = needs;
  const stream = new EventStream(needs.client, needs.accountId, needs.eventsKept);
  const insert = needs.clickhouseUrl === undefined ? undefined : clickhouse(needs.clickhouseUrl);
  let journal = Buffer.from((await disk.load(NAME_TABLE)) ?? []).toString();
  while (journal === '' || (await stream.lastOf(journal)) > (await outbox.last())) {
    journal = `${node}:${random.uint32().toString(36)}${random.uint32().toString(36)}`;
    await disk.save(NAME_TABLE, Buffer.from(journal));
  }
  if (insert) await stream.join(GROUP);
  let streamed = 0;
  let inserted = 0;
  let failed = 0;
  needs.metrics.gauge(
    'events_streamed',
    'Events that the store’s stream took from this node.',
    () => streamed,
  );
  needs.metrics.gauge('clickhouse_rows', 'Events that ClickHouse took from this node.', () => inserted);
  needs.metrics.gauge(
    'clickhouse_failures',
    'Inserts that ClickHouse did not take; they are tried again.',
    () => failed,
  );

  const toStream = async (): Promise<void> => {
    for (;;) {
      const events = await outbox.after(0, PAGE);
      const newest = events.at(-1);
      if (!newest) return;
      streamed += await stream.append(journal, events);
      await outbox.taken(newest.seq);
    }
  };
  const toClickhouse = async (): Promise<void> => {
    for (;;) {
      const events = insert ? await stream.next(GROUP, node, ROWS_MAX, LEFT_MS) : [];
      if (events.length === 0) return;
      const rows = events.map(({ body }) => body).filter((body) => body !== '');
      try {
        if (rows.length > 0) await insert?.(rows);
      } catch (error) {
        failed++;
        throw error;
      }
      await stream.done(
        GROUP,
        events.map(({ id }) => id),
      );
      inserted += rows.length;
    }
  };
  let round: Promise<void> | undefined;
  return {
    kick: () => {
      round ??= toStream()
        .then(toClickhouse)
        .catch((error) => fault('events', error))
        .finally(() => {
          round = undefined;
        });
    },
    idle: async () => round,
  };
}

/** Waits until the server has the rows on its disk; rows of many small inserts are gathered there (`async_insert`). */
function clickhouse(address: string): (rows: readonly string[]) => Promise<void> {
  const url = new URL(address);
  const headers = {
    'content-type': 'application/x-ndjson',
    ...(url.username === ''
      ? {}
      : {
          'x-clickhouse-user': decodeURIComponent(url.username),
          'x-clickhouse-key': decodeURIComponent(url.password),
        }),
  };
  const database = url.pathname.slice(1) || 'bidwright';
  url.username = '';
  url.password = '';
  url.pathname = '/';
  url.search = new URLSearchParams({
    database,
    query: 'INSERT INTO events FORMAT JSONEachRow',
    async_insert: '1',
    wait_for_async_insert: '1',
    input_format_skip_unknown_fields: '1',
    date_time_input_format: 'best_effort',
  }).toString();
  return async (rows) => {
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      // Name and key travel in headers of their own, which a redirect would carry to wherever it leads.
      redirect: 'error',
      body: rows.join('\n'),
      signal: AbortSignal.timeout(INSERT_MS_MAX),
    });
    const said = await answer.text();
    if (!answer.ok) throw new Error(`ClickHouse answered ${answer.status}: ${said.slice(0, 200)}`);
  };
}
