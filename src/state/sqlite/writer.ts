/** The one writer: a thread that owns the connection. A message is a batch, a batch is a transaction, and its answer comes after the commit. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Call, Store } from './store.ts';
import { openStore } from './store.ts';

export interface WriterData {
  readonly file: string;
  readonly synchronous: 'FULL' | 'NORMAL';
}

export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string };

/** `gone`: the disk cannot be trusted any more, nothing will be written again. */
export type WriterAnswer =
  | { readonly type: 'open' }
  | { readonly type: 'closed' }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'done'; readonly outcomes: readonly Outcome[]; readonly gone: boolean };

export type WriterMessage = readonly Call[] | 'close';

const SQLITE_IOERR = 10;

const port = parentPort;
if (!port) throw new Error('the writer runs as a worker thread');
const { file, synchronous } = workerData as WriterData;

let store: Store | undefined;
try {
  store = openStore(file, synchronous);
  port.postMessage({ type: 'open' } satisfies WriterAnswer);
} catch (error) {
  port.postMessage({ type: 'failed', message: messageOf(error) } satisfies WriterAnswer);
}

let gone = false;
port.on('message', (message: WriterMessage) => {
  if (!store) return;
  if (message === 'close') {
    try {
      if (!gone) store.close();
    } finally {
      port.postMessage({ type: 'closed' } satisfies WriterAnswer);
      port.close();
    }
    return;
  }
  port.postMessage({ type: 'done', outcomes: runBatch(store, message), gone } satisfies WriterAnswer);
  tidy(store);
});

/** After the answer, which does not depend on it. */
function tidy(open: Store): void {
  if (gone) return;
  try {
    open.tidy();
  } catch (error) {
    // A full disk lets the log grow until there is room; a failed sync is the end.
    isGone(error);
  }
}

/** One bad call must not take its neighbours down: a batch that fails is run again call by call. */
function runBatch(open: Store, calls: readonly Call[]): Outcome[] {
  if (gone) return calls.map(() => ({ ok: false, message: 'the state file can no longer be written' }));
  try {
    return open.run(calls).map((value) => ({ ok: true, value }));
  } catch (error) {
    if (isGone(error) || calls.length === 1)
      return calls.map(() => ({ ok: false, message: messageOf(error) }));
  }
  return calls.flatMap((call) => runBatch(open, [call]));
}

/**
 * After a failed write or sync the kernel may have dropped the pages and call them clean, so trying again would lie
 * (Rebello et al., USENIX ATC 2020). Only a restart that reads the disk anew can tell what is there.
 */
function isGone(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode;
  if (code !== undefined && (code & 0xff) === SQLITE_IOERR) gone = true;
  return gone;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
