/** What the first process and its workers tell each other, and a worker's end of it. */
import cluster from 'node:cluster';
import type { Asked, AskOthers } from './workers-gather.ts';

export type ToPrimary =
  | { readonly kind: 'ready'; readonly innerPort: number; readonly announcement: readonly string[] }
  | {
      readonly kind: 'ask';
      readonly id: number;
      readonly name: keyof Asked;
      readonly given: readonly unknown[];
    }
  | { readonly kind: 'answer'; readonly id: number; readonly answer?: unknown };

export type ToWorker =
  | { readonly kind: 'neighbours'; readonly ports: readonly (readonly [worker: number, port: number])[] }
  | {
      readonly kind: 'asked';
      readonly id: number;
      readonly name: keyof Asked;
      readonly given: readonly unknown[];
    }
  | { readonly kind: 'answers'; readonly id: number; readonly answers: readonly unknown[] }
  | { readonly kind: 'stop' };

export interface WorkerTalk {
  readonly others: AskOthers;
  portOf(worker: number): number | undefined;
  /** Answers what others ask; before it nobody is answered. */
  answerBy(own: Asked): void;
  ready(innerPort: number, announcement: readonly string[]): void;
  /** Once: the first process asks for an orderly end, or is gone. */
  onStop(stop: () => void): void;
}

/** For a process that `workers.ts` started. */
export function workerTalk(): WorkerTalk {
  const waiting = new Map<number, (answers: readonly unknown[]) => void>();
  let ports: ReadonlyMap<number, number> = new Map();
  let own: Asked | undefined;
  let stop: (() => void) | undefined;
  let asked = 0;
  const send = (message: ToPrimary): void => {
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  };
  const answer = async ({ id, name, given }: Extract<ToWorker, { kind: 'asked' }>): Promise<void> => {
    try {
      const ask = own?.[name] as ((...args: readonly unknown[]) => Promise<unknown>) | undefined;
      send({ kind: 'answer', id, answer: await ask?.(...given) });
    } catch {
      send({ kind: 'answer', id });
    }
  };
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'neighbours') ports = new Map(message.ports);
    else if (message.kind === 'asked') answer(message);
    else if (message.kind === 'stop') stop?.();
    else if (message.kind === 'answers') {
      waiting.get(message.id)?.(message.answers);
      waiting.delete(message.id);
    }
  });
  process.on('disconnect', () => {
    for (const resolve of waiting.values()) resolve([]);
    waiting.clear();
    // Without the first process nobody hands over connections: it died, for an orderly end is asked for.
    if (!cluster.worker?.exitedAfterDisconnect) stop?.();
  });
  return {
    others: ((name, ...given) =>
      new Promise((resolve) => {
        if (!process.connected) return resolve([]);
        const id = ++asked;
        waiting.set(id, resolve as (answers: readonly unknown[]) => void);
        send({ kind: 'ask', id, name, given });
      })) as AskOthers,
    portOf: (worker) => ports.get(worker),
    answerBy: (asking) => {
      own = asking;
    },
    ready: (innerPort, announcement) => send({ kind: 'ready', innerPort, announcement }),
    onStop: (end) => {
      stop = end;
    },
  };
}
