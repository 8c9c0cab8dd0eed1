/**
 * What all nodes of an account agree on: an ordered log of versions, each the whole book or the emergency stop, and who is there.
 * Any node appends; every node applies what comes after what it has, in the order of the numbers.
 */
import type { Redis } from 'ioredis';
import { accountStoreKey, CONFIGURATIONS_KEPT } from '../keys.ts';
import { defineScripts } from './scripts.ts';

export interface ConfigurationEntry {
  readonly version: number;
  readonly kind: 'book' | 'stop';
  /** Of a book its SHA-256; of the stop `1` or `0`. */
  readonly checksum: string;
  /** Of a book, packed. */
  readonly body: Buffer;
  /** Who appended it, and when. */
  readonly node: string;
  readonly atMs: number;
}

export interface ConfigurationHead {
  readonly version: number;
  readonly checksum: string;
  readonly body: Buffer;
  readonly stopped: boolean;
}

export type Appending = Pick<ConfigurationEntry, 'node' | 'atMs' | 'kind' | 'checksum' | 'body'> & {
  /** Hash of the files that a book was read from; empty for what came by the API. */
  readonly files: string;
  /** The version that the node has: numbers never go back, also where the store was emptied. */
  readonly after: number;
};

interface Scripted {
  publishConfiguration(log: string, head: string, ...given: (string | Buffer | number)[]): Promise<number>;
}

const ENTRIES_MAX = 20;

export class SharedConfiguration {
  readonly #client: Redis;
  readonly #key: (name: string) => string;

  /** The client stays its maker's. */
  constructor(client: Redis, accountId: string) {
    this.#client = client;
    this.#key = (name) => accountStoreKey(accountId, name);
    defineScripts(client, ['publish-configuration.lua'], 2);
  }

  get channel(): string {
    return this.#key('changes');
  }

  /** Gives the number of the version that says it, which may be one that was there. */
  append({ kind, files, checksum, body, node, atMs, after }: Appending): Promise<number> {
    return (this.#client as unknown as Scripted).publishConfiguration(
      this.#key('configuration'),
      this.#key('head'),
      kind,
      files,
      checksum,
      body,
      node,
      Math.floor(atMs),
      after,
      this.channel,
      CONFIGURATIONS_KEPT,
    );
  }

  async version(): Promise<number> {
    return Number((await this.#client.hget(this.#key('head'), 'version')) ?? 0);
  }

  /** Undefined while nobody has said anything. */
  async head(): Promise<ConfigurationHead | undefined> {
    const [version, checksum, body, stopped] = await this.#client.hmgetBuffer(
      this.#key('head'),
      'version',
      'checksum',
      'body',
      'stopped',
    );
    if (!version) return undefined;
    return {
      version: Number(version.toString()),
      checksum: checksum?.toString() ?? '',
      body: body ?? Buffer.alloc(0),
      stopped: stopped?.toString() === '1',
    };
  }

  /** Some of the versions after one, oldest first. Older ones than are kept are left out: each book is whole. */
  async after(version: number): Promise<readonly ConfigurationEntry[]> {
    const entries = await this.#client.xrangeBuffer(
      this.#key('configuration'),
      `(${version}-${Number.MAX_SAFE_INTEGER}`,
      '+',
      'COUNT',
      ENTRIES_MAX,
    );
    return entries.flatMap(([id, fields]) => readEntry(id, fields) ?? []);
  }

  /** What a node says of itself. */
  async tell(node: string, said: string): Promise<void> {
    await this.#client.hset(this.#key('nodes'), node, said);
  }

  nodes(): Promise<Readonly<Record<string, string>>> {
    return this.#client.hgetall(this.#key('nodes'));
  }

  async forget(nodes: readonly string[]): Promise<void> {
    if (nodes.length > 0) await this.#client.hdel(this.#key('nodes'), ...nodes);
  }
}

function readEntry(id: Buffer, fields: readonly Buffer[]): ConfigurationEntry | undefined {
  const field = (name: string): Buffer | undefined => {
    for (let at = 0; at + 1 < fields.length; at += 2)
      if (fields[at]!.toString() === name) return fields[at + 1];
    return undefined;
  };
  const kind = field('kind')?.toString();
  const version = Number.parseInt(id.toString(), 10);
  if ((kind !== 'book' && kind !== 'stop') || !Number.isSafeInteger(version)) return undefined;
  return {
    version,
    kind,
    checksum: field('checksum')?.toString() ?? '',
    body: field('body') ?? Buffer.alloc(0),
    node: field('node')?.toString() ?? '',
    atMs: Number(field('at')?.toString() ?? 0),
  };
}
