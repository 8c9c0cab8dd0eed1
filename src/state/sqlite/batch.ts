/** Batches of calls on an open store, one transaction each, and whether the disk can still be trusted. */
import type { Call, Store } from './store.ts';

export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string };

/** `gone`: the disk cannot be trusted any more, nothing will be written again. */
export interface BatchAnswer {
  readonly outcomes: readonly Outcome[];
  readonly gone: boolean;
}

const SQLITE_IOERR = 10;

export class BatchRunner {
  readonly #store: Store;
  #gone = false;

  constructor(store: Store) {
    this.#store = store;
  }

  run(calls: readonly Call[]): BatchAnswer {
    return { outcomes: this.#runBatch(calls), gone: this.#gone };
  }

  /** After the answer, which does not depend on it. */
  tidy(): void {
    if (this.#gone) return;
    try {
      this.#store.tidy();
    } catch (error) {
      // A full disk lets the log grow until there is room; a failed sync is the end.
      this.#isGone(error);
    }
  }

  /** @throws the database's own error; the file goes on without harm. */
  async copyTo(path: string): Promise<void> {
    if (this.#gone) throw new Error('the state file can no longer be written');
    await this.#store.copyTo(path);
  }

  close(): void {
    if (!this.#gone) this.#store.close();
  }

  /** One bad call must not take its neighbours down: a batch that fails is run again call by call. */
  #runBatch(calls: readonly Call[]): Outcome[] {
    if (this.#gone)
      return calls.map(() => ({ ok: false, message: 'the state file can no longer be written' }));
    try {
      return this.#store.run(calls).map((value) => ({ ok: true, value }));
    } catch (error) {
      if (this.#isGone(error) || calls.length === 1)
        return calls.map(() => ({ ok: false, message: messageOf(error) }));
    }
    return calls.flatMap((call) => this.#runBatch([call]));
  }

  /**
   * After a failed write or sync the kernel may have dropped the pages and call them clean, so trying again would lie
   * (Rebello et al., USENIX ATC 2020). Only a restart that reads the disk anew can tell what is there.
   */
  #isGone(error: unknown): boolean {
    const code = (error as { errcode?: number }).errcode;
    if (code !== undefined && (code & 0xff) === SQLITE_IOERR) this.#gone = true;
    return this.#gone;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
