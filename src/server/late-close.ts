/**
 * Callers who had gone by the time they were answered, as is only seen afterwards: a connection that its caller closes within little more than a tmax of
 * its last question. An exchange keeps its connections, so one that ends like that was given up; a reset says so in any case, for it is the answer that
 * found nobody. Of callers who open a connection for each question nothing can be told, for they read and close as well, unless the answer took long.
 */
import type { Socket } from 'node:net';
import { systemClock } from '../core/clock.ts';

/** A quick answer to an only question has been read. */
const SLOW_SHARE = 0.5;
/** Later than this after the question the end says nothing of it. */
const WATCH_SHARE = 1.5;

/** The last answer of a connection; `tmaxMs` 0 while another is worked on. */
interface Answer {
  tmaxMs: number;
  elapsedMs: number;
  atMs: number;
  /** Asked for to be the last. */
  isOnly: boolean;
  questions: number;
  exchangeId: string;
  tell: (() => void) | undefined;
}

/** Half of its questions come on connections that had one before: then it keeps them. */
const KEEPS_SHARE = 0.5;
/** Of so many questions, about. */
const KEEPS_OVER = 2_000;

export class LateCloses {
  /** Part of the questions of each exchange that came on a connection that had one before. */
  readonly #keeping = new Map<string, number>();
  readonly #answers = new WeakMap<Socket, Answer>();

  /** A question came: its caller is there, and what was answered before was heard. */
  asked(socket: Socket, exchangeId: string): void {
    const known = this.#answers.get(socket);
    const keeping = this.#keeping.get(exchangeId) ?? 0;
    this.#keeping.set(exchangeId, keeping + ((known ? 1 : 0) - keeping) / KEEPS_OVER);
    if (known) {
      known.tmaxMs = 0;
      known.questions++;
      known.exchangeId = exchangeId;
      return;
    }
    const answer: Answer = {
      tmaxMs: 0,
      elapsedMs: 0,
      atMs: 0,
      isOnly: false,
      questions: 1,
      exchangeId,
      tell: undefined,
    };
    this.#answers.set(socket, answer);
    socket.once('close', (hadError) => {
      if (this.#wasUnheard(answer, hadError)) answer.tell?.();
    });
  }

  /** An answer is about to be written. `isOnly`: the caller said that the connection ends with it. `tell` is called where it turns out to have gone. */
  answered(socket: Socket, tmaxMs: number, elapsedMs: number, isOnly: boolean, tell: () => void): void {
    const answer = this.#answers.get(socket);
    if (!answer) return;
    answer.tmaxMs = tmaxMs;
    answer.elapsedMs = elapsedMs;
    answer.atMs = systemClock.monotonic();
    answer.isOnly = isOnly;
    answer.tell = tell;
  }

  #wasUnheard(
    { tmaxMs, elapsedMs, atMs, isOnly, questions, exchangeId }: Answer,
    hadError: boolean,
  ): boolean {
    const endedMs = elapsedMs + (systemClock.monotonic() - atMs);
    if (tmaxMs === 0 || endedMs > WATCH_SHARE * tmaxMs) return false;
    if (hadError) return true;
    if (isOnly) return false;
    const keeps = questions > 1 || (this.#keeping.get(exchangeId) ?? 0) > KEEPS_SHARE;
    return keeps || elapsedMs >= SLOW_SHARE * tmaxMs;
  }
}
