/** The solver, away from bids: one programme, one answer. */
import { parentPort } from 'node:worker_threads';
import { solveHere } from './solver.ts';

parentPort?.once('message', async (programme: string) => {
  parentPort?.postMessage(await solveHere(programme));
});
