/**
 * What nodes that share a store do in step: the configuration, the emergency stop, and knowing of each other. The store's log of
 * versions is the truth and is looked at often; a message on its channel only says to look at once. Part of the composition root.
 */
import { hostname } from 'node:os';
import type { Redis } from 'ioredis';
import type { Configuration } from './config.ts';
import { packBook, unpackBook } from './config-shared.ts';
import type { Clock } from './core/clock.ts';
import type { Random } from './core/random.ts';
import type { Coverage } from './server/api.ts';
import type { Log } from './server/log.ts';
import type { Metrics } from './server/metrics.ts';
import type { NodeState } from './server/node-routes.ts';
import type { TablesPort } from './state/port.ts';
import { sisterOf } from './state/redis/cluster.ts';
import type { ConfigurationEntry } from './state/redis/configuration.ts';
import { SharedConfiguration } from './state/redis/configuration.ts';
import { connectRedis } from './state/redis/connect.ts';

export interface SharedNeeds {
  readonly redisUrl: string;
  readonly own: Configuration;
  readonly clock: Clock;
  readonly random: Random;
  readonly tables: TablesPort;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  readonly metrics: Pick<Metrics, 'gauge'>;
  fault(where: string, error: unknown): void;
}

/** Takes what the nodes agreed on. */
export interface SharedTaker {
  /** @throws where it cannot be taken; the one in use goes on, and the version counts as seen. */
  takeBook(configuration: Configuration): Promise<void>;
  takeStop(stopped: boolean): Promise<void>;
}

export interface Shared {
  readonly client: Redis;
  readonly node: string;
  /** What a process starts with: its own files where they changed since it last looked or nobody said anything yet, else what the nodes agreed on. */
  readonly first: { readonly configuration: Configuration; readonly stopped: boolean | undefined };
  /** From here on versions are taken as they come. */
  begin(taker: SharedTaker): void;
  /** Appends a book and takes all up to it. @throws where the store does not answer: then nothing has changed anywhere. */
  publish(configuration: Configuration): Promise<void>;
  /** Holds here at once, and everywhere as soon as the store takes it; tried again until it does. */
  publishStop(stopped: boolean): Promise<void>;
  /** Once a second or oftener: takes what is new, tells that the node is there. */
  tend(nowMs: number): Promise<void>;
  nodes(): Promise<readonly NodeState[]>;
  /** Whose journals are summed here, and who has others; as last heard where the store is away. */
  coverage(isWorker: boolean): Promise<Coverage>;
  close(): Promise<void>;
}

/** Hash of the files that this node looked at last, so that a change made while it was down is seen. */
const FILES_TABLE = 'shared_files';
const TELL_MS = 1_000;
/** A node that was not heard of for so long is gone from the list. */
const GONE_MS = 24 * 3_600_000;

export async function openShared(needs: SharedNeeds): Promise<Shared> {
  const { own, clock, tables, log, fault } = needs;
  const { settings } = own;
  const node = settings.nodeId ?? `${hostname()}-${settings.publicPort}`;
  const client = await connectRedis(needs.redisUrl, needs.random, (error) => fault('shared store', error));
  const configuration = new SharedConfiguration(client, own.book.account.id);
  let taker: SharedTaker | undefined;
  /** Seen, and taken: a version that cannot be taken here must not keep the node from the next. */
  let version = 0;
  let takenVersion = 0;
  let checksum = '';
  let sinceMs = clock.now();
  let toldAtMs = Number.NEGATIVE_INFINITY;
  let pendingStop: boolean | undefined;
  let taking: Promise<void> | undefined;
  let closed = false;

  /** Hash of the files that were told last, or found at the start. */
  let files = own.hash;
  const keepFiles = (hash: string): Promise<void> => {
    files = hash;
    return tables.save(FILES_TABLE, Buffer.from(hash));
  };
  const appendBook = async (next: Configuration, ofFiles: string): Promise<number> => {
    const packed = packBook(next);
    return configuration.append({
      ...packed,
      kind: 'book',
      files: ofFiles,
      node,
      atMs: clock.now(),
      after: version,
    });
  };
  const took = (): void => {
    takenVersion = version;
    sinceMs = clock.now();
  };
  const take = async (entry: ConfigurationEntry, by: SharedTaker): Promise<void> => {
    version = entry.version;
    if (entry.kind === 'stop') {
      await by.takeStop(entry.checksum === '1');
      return took();
    }
    if (entry.checksum === checksum) return took();
    const told = { version, from: entry.node };
    const read = unpackBook(entry, own);
    try {
      if (!read.ok) throw new Error(read.fault);
      await by.takeBook(read.configuration);
      checksum = entry.checksum;
      took();
      log.info(told, 'shared configuration taken');
    } catch (error) {
      log.error({ ...told, error }, 'a shared configuration was refused; the old one goes on');
    }
  };
  const takeAll = async (): Promise<void> => {
    while (taker) {
      const newest = await configuration.version();
      // A store that was emptied is told again by whoever finds it so; numbers go on from where they were.
      if (newest < version) await retell();
      const entries = newest > version ? await configuration.after(version) : [];
      if (entries.length === 0) return;
      for (const entry of entries) await take(entry, taker);
    }
  };
  let current = own;
  let stopped = false;
  const retell = async (): Promise<void> => {
    await appendBook(current, '');
    if (stopped) await appendStop(true);
  };
  const appendStop = (wanted: boolean): Promise<number> =>
    configuration.append({
      kind: 'stop',
      files: '',
      checksum: wanted ? '1' : '0',
      body: Buffer.alloc(0),
      node,
      atMs: clock.now(),
      after: version,
    });
  /** One at a time, in order; whoever asks meanwhile asks once more afterwards. */
  const takeNew = async (): Promise<void> => {
    await taking?.catch(() => undefined);
    taking ??= takeAll().finally(() => {
      taking = undefined;
    });
    await taking;
  };
  const tell = async (nowMs: number): Promise<void> => {
    if (nowMs - toldAtMs < TELL_MS && nowMs >= toldAtMs) return;
    toldAtMs = nowMs;
    const said: Omit<NodeState, 'id'> = {
      host: hostname(),
      version: takenVersion,
      sinceMs,
      lastSeenMs: nowMs,
    };
    await configuration.tell(node, JSON.stringify(said));
  };
  const hint = sisterOf(client, 'bidwright hints');

  const firstBook = async (): Promise<Shared['first']> => {
    const seen = Buffer.from((await tables.load(FILES_TABLE)) ?? []).toString();
    const head = await configuration.head();
    if (!head || head.body.length === 0 || (seen !== '' && seen !== own.hash)) {
      version = await appendBook(own, own.hash);
      checksum = packBook(own).checksum;
      await keepFiles(own.hash);
      return { configuration: own, stopped: head?.stopped };
    }
    await keepFiles(own.hash);
    version = head.version;
    checksum = head.checksum;
    const read = unpackBook(head, own);
    if (!read.ok) {
      log.error({ version, fault: read.fault }, 'the shared configuration was refused; the files are used');
      return { configuration: own, stopped: head.stopped };
    }
    return { configuration: read.configuration, stopped: head.stopped };
  };

  try {
    const first = await firstBook();
    current = first.configuration;
    takenVersion = version;
    stopped = first.stopped ?? false;
    needs.metrics.gauge(
      'shared_version',
      'Version of what all nodes agree on, as taken here.',
      () => version,
    );
    hint.on('error', () => undefined);
    hint.on('message', () => {
      if (!closed) takeNew().catch((error) => fault('shared configuration', error));
    });
    hint
      .connect()
      .then(() => hint.subscribe(configuration.channel))
      .catch(() => undefined);
    let heard: readonly NodeState[] = [];
    const listed = async (): Promise<readonly NodeState[]> => {
      const nowMs = clock.now();
      const all = Object.entries(await configuration.nodes()).flatMap(
        ([id, said]) => readNode(id, said) ?? [],
      );
      const gone = all.filter(({ lastSeenMs }) => nowMs - lastSeenMs > GONE_MS).map(({ id }) => id);
      await configuration.forget(gone);
      return all.filter(({ id }) => !gone.includes(id)).sort((a, b) => (a.id < b.id ? -1 : 1));
    };
    return {
      client,
      node,
      first,
      begin: (takes) => {
        taker = {
          takeBook: async (next) => {
            await takes.takeBook(next);
            current = next;
          },
          takeStop: async (next) => {
            stopped = next;
            await takes.takeStop(next);
          },
        };
      },
      publish: async (next) => {
        // The same files with another book: it was changed by other means, and is no repetition.
        const isOfFiles = next.hash !== files;
        await appendBook(next, isOfFiles ? next.hash : '');
        if (isOfFiles) await keepFiles(next.hash);
        await takeNew();
      },
      publishStop: async (next) => {
        stopped = next;
        pendingStop = next;
        try {
          await appendStop(next);
          pendingStop = undefined;
          await takeNew();
        } catch (error) {
          fault('shared stop', error);
        }
      },
      tend: async (nowMs) => {
        if (pendingStop !== undefined) {
          await appendStop(pendingStop);
          pendingStop = undefined;
        }
        await takeNew();
        await tell(nowMs);
      },
      nodes: listed,
      coverage: async (isWorker) => {
        heard = await listed().catch(() => heard);
        const own = isWorker ? hostOf(node) : node;
        const others = heard.map(({ id }) => id).filter((id) => (isWorker ? hostOf(id) : id) !== own);
        return { node: own, others };
      },
      close: async () => {
        closed = true;
        hint.disconnect();
        await taking?.catch(() => undefined);
        client.disconnect();
      },
    };
  } catch (error) {
    hint.disconnect();
    client.disconnect();
    throw error;
  }
}

/** Workers are called as their host is, with a number behind it. */
function hostOf(worker: string): string {
  return worker.replace(/-\d+$/, '');
}

function readNode(id: string, said: string): NodeState | undefined {
  try {
    const { host, version, sinceMs, lastSeenMs } = JSON.parse(said);
    return {
      id,
      host: String(host),
      version: Number(version),
      sinceMs: Number(sinceMs),
      lastSeenMs: Number(lastSeenMs),
    };
  } catch {
    return undefined;
  }
}
