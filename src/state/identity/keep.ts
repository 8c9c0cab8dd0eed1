/** Keeps the identity graph on disk: read whole at start, then what changed, a batch at a time. */
import type { IdentityChanges, IdentityGraph, IdRow, PersonRow } from './graph.ts';

export interface IdentityStore {
  save(changes: IdentityChanges): Promise<void>;
  /** Rows after a number, or after a key, in order; fewer than `limit` at the end. */
  people(after: number, limit: number): Promise<readonly PersonRow[]>;
  ids(after: string, limit: number): Promise<readonly IdRow[]>;
}

const PAGE_ROWS = 20_000;

/** Fills an empty graph. @throws where the store cannot be read. */
export async function restoreIdentity(graph: IdentityGraph, store: IdentityStore): Promise<void> {
  let number = 0;
  for (let isMore = true; isMore; ) {
    const rows = await store.people(number, PAGE_ROWS);
    graph.restorePeople(rows);
    number = rows.at(-1)?.number ?? number;
    isMore = rows.length === PAGE_ROWS;
  }
  let key = '';
  for (let isMore = true; isMore; ) {
    const rows = await store.ids(key, PAGE_ROWS);
    graph.restoreIds(rows);
    key = rows.at(-1)?.key ?? key;
    isMore = rows.length === PAGE_ROWS;
  }
  graph.restored();
}

/**
 * Writes what changed. What cannot be written is tried again with the next call, so one lost at a crash was met within
 * the last seconds: that person is met anew, under a number that is younger than whatever was kept of the old one.
 */
export class IdentityKeeper {
  readonly #graph: IdentityGraph;
  readonly #store: Pick<IdentityStore, 'save'>;
  #waiting: IdentityChanges[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(graph: IdentityGraph, store: Pick<IdentityStore, 'save'>) {
    this.#graph = graph;
    this.#store = store;
  }

  /** Resolves when all that changed until now is durable. @throws where it is not. */
  flush(): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const changes = this.#graph.changes();
    if (Object.values(changes).some((rows) => rows.length > 0)) this.#waiting.push(changes);
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      await this.#store.save(next);
      this.#waiting.shift();
    }
  }
}
