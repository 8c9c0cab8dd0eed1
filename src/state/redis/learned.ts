/** A stream of batches that every node appends to and reads, and what one node made of it, for the next to begin with. */
import type { Redis } from 'ioredis';
import { accountStoreKey, BATCHES_KEPT } from '../keys.ts';
import { defineScripts } from './scripts.ts';

export interface Batch {
  /** Place in the stream: ids rise. */
  readonly id: string;
  readonly node: string;
  /** Of the node's own counting, from 1. */
  readonly number: number;
  readonly body: Buffer;
}

interface Scripted {
  appendBatch(
    stream: string,
    last: string,
    node: string,
    number: number,
    body: Buffer,
    kept: number,
  ): Promise<number>;
}

const BATCHES_READ = 100;
export const BEGINNING = '0-0';

export class SharedBatches {
  readonly #client: Redis;
  readonly #stream: string;
  readonly #last: string;
  readonly #begin: string;

  /** The client stays its maker's. `name` tells streams of one account apart. */
  constructor(client: Redis, accountId: string, name: string) {
    this.#client = client;
    this.#stream = accountStoreKey(accountId, name);
    this.#last = accountStoreKey(accountId, `${name}-last`);
    this.#begin = accountStoreKey(accountId, `${name}-begin`);
    defineScripts(client, ['append-batch.lua'], 2);
  }

  /** May be called again with the same number where it is not known whether it came through. */
  async append(node: string, number: number, body: Buffer): Promise<void> {
    await (this.#client as unknown as Scripted).appendBatch(
      this.#stream,
      this.#last,
      node,
      number,
      body,
      BATCHES_KEPT,
    );
  }

  async lastNumber(node: string): Promise<number> {
    return Number((await this.#client.hget(this.#last, node)) ?? 0);
  }

  /** Some batches after a place, oldest first; all of whatever length come by asking again. */
  async after(id: string): Promise<readonly Batch[]> {
    const entries = await this.#client.xrangeBuffer(this.#stream, `(${id}`, '+', 'COUNT', BATCHES_READ);
    return entries.map(([place, fields]) => {
      const field = (name: string): Buffer =>
        fields[fields.findIndex((each, at) => at % 2 === 0 && each.toString() === name) + 1] ??
        Buffer.alloc(0);
      return {
        id: place.toString(),
        node: field('node').toString(),
        number: Number(field('number').toString()),
        body: field('body'),
      };
    });
  }

  async beginning(): Promise<Buffer | undefined> {
    return (await this.#client.getBuffer(this.#begin)) ?? undefined;
  }

  async keepBeginning(bytes: Buffer): Promise<void> {
    await this.#client.set(this.#begin, bytes);
  }
}
