/** Asks the solver in a thread of its own, which ends with its answer: plans are asked for now and then, and hold 20 MB meanwhile. */
import { Worker } from 'node:worker_threads';
import type { Solved } from './solver.ts';

const ANSWER_MS_MAX = 20_000;

/** Never rejects. */
export function solveProgramme(programme: string): Promise<Solved> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./solve-worker.ts', import.meta.url));
    const timer = setTimeout(
      () => finish({ ok: false, message: 'the solver does not answer' }),
      ANSWER_MS_MAX,
    );
    const finish = (answer: Solved): void => {
      clearTimeout(timer);
      resolve(answer);
      void worker.terminate();
    };
    worker.once('message', finish);
    worker.once('error', (error) => finish({ ok: false, message: error.message }));
    worker.postMessage(programme);
  });
}
