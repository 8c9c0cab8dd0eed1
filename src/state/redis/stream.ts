/** Events of all nodes in one stream, for consumer groups: ours to ClickHouse, and anybody's. */
import type { Redis } from 'ioredis';
import { accountStoreKey } from '../keys.ts';
import type { OutgoingEvent } from '../outbox-port.ts';
import { defineScripts } from './scripts.ts';

export interface StreamedEvent {
  readonly id: string;
  readonly body: string;
}

interface Scripted {
  appendEvents(stream: string, last: string, ...given: (string | number)[]): Promise<number>;
}

export class EventStream {
  readonly #client: Redis;
  readonly #stream: string;
  readonly #last: string;
  readonly #kept: number;

  /** The client stays its maker's. */
  constructor(client: Redis, accountId: string, kept: number) {
    this.#client = client;
    this.#stream = accountStoreKey(accountId, 'events');
    this.#last = accountStoreKey(accountId, 'events-last');
    this.#kept = kept;
    defineScripts(client, ['append-events.lua'], 2);
  }

  /** May be repeated where it is not known whether it came through. `journal` names one file for good. */
  append(journal: string, events: readonly OutgoingEvent[]): Promise<number> {
    const given = events.flatMap(({ seq, body }) => [seq, body]);
    return (this.#client as unknown as Scripted).appendEvents(
      this.#stream,
      this.#last,
      journal,
      this.#kept,
      ...given,
    );
  }

  /** Number of the last event of a journal that is in the stream. */
  async lastOf(journal: string): Promise<number> {
    return Number((await this.#client.hget(this.#last, journal)) ?? 0);
  }

  /** Makes the group where it is not there; it begins with the oldest event that is kept. */
  async join(group: string): Promise<void> {
    try {
      await this.#client.xgroup('CREATE', this.#stream, group, '0', 'MKSTREAM');
    } catch (error) {
      if (!String(error).includes('BUSYGROUP')) throw error;
    }
  }

  /** What this consumer was given and did not acknowledge, then what another left for so long, then new events. */
  async next(
    group: string,
    consumer: string,
    limit: number,
    leftMs: number,
  ): Promise<readonly StreamedEvent[]> {
    const own = await this.#read(group, consumer, '0', limit);
    if (own.length > 0) return own;
    const [, left] = (await this.#client.xautoclaim(
      this.#stream,
      group,
      consumer,
      leftMs,
      '0',
      'COUNT',
      limit,
    )) as [string, Entry[]];
    const claimed = readEntries(left);
    return claimed.length > 0 ? claimed : this.#read(group, consumer, '>', limit);
  }

  async done(group: string, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#client.xack(this.#stream, group, ...ids);
  }

  async #read(
    group: string,
    consumer: string,
    from: '0' | '>',
    limit: number,
  ): Promise<readonly StreamedEvent[]> {
    const read = (await this.#client.xreadgroup(
      'GROUP',
      group,
      consumer,
      'COUNT',
      limit,
      'STREAMS',
      this.#stream,
      from,
    )) as [string, Entry[]][] | null;
    return readEntries(read?.[0]?.[1] ?? []);
  }
}

type Entry = [id: string, fields: string[] | null];

/** An entry that was trimmed while it waited has no fields any more: it is acknowledged with an empty body. */
function readEntries(entries: readonly Entry[]): StreamedEvent[] {
  return entries.map(([id, fields]) => ({ id, body: fields?.[fields.indexOf('body') + 1] ?? '' }));
}
