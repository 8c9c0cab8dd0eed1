/** The one writer: a thread that owns the connection. A message is a batch, a batch is a transaction, and its answer comes after the commit. */
import { parentPort, workerData } from 'node:worker_threads';
import type { BatchAnswer } from './batch.ts';
import { BatchRunner, messageOf } from './batch.ts';
import type { Call, Shares } from './store.ts';
import { openStore } from './store.ts';
import { COPY_LOOK_MS, copyIfWanted } from './wanted-copy.ts';

export interface WriterData {
  readonly file: string;
  readonly synchronous: 'FULL' | 'NORMAL';
  readonly shares: Shares;
}

export type WriterAnswer =
  | { readonly type: 'open' }
  | { readonly type: 'closed' }
  | { readonly type: 'failed'; readonly message: string }
  | ({ readonly type: 'done' } & BatchAnswer);

export type WriterMessage = readonly Call[] | 'close';

const port = parentPort;
if (!port) throw new Error('the writer runs as a worker thread');
const { file, synchronous, shares } = workerData as WriterData;

let runner: BatchRunner | undefined;
try {
  runner = new BatchRunner(openStore(file, synchronous, shares));
  port.postMessage({ type: 'open' } satisfies WriterAnswer);
} catch (error) {
  port.postMessage({ type: 'failed', message: messageOf(error) } satisfies WriterAnswer);
}

const copies = setInterval(() => {
  if (runner) void copyIfWanted(file, runner);
}, COPY_LOOK_MS).unref();

port.on('message', (message: WriterMessage) => {
  if (!runner) return;
  if (message === 'close') {
    clearInterval(copies);
    try {
      runner.close();
    } finally {
      port.postMessage({ type: 'closed' } satisfies WriterAnswer);
      port.close();
    }
    return;
  }
  port.postMessage({ type: 'done', ...runner.run(message) } satisfies WriterAnswer);
  runner.tidy();
});
