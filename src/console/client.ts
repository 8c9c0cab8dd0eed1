/** Talks to the bidder: questions over fetch, the overview over server-sent events that come back after a break. */

import { backoffMs } from './backoff.ts';

/** The session has ended or never began: only a fresh link helps. */
export class SignedOutError extends Error {
  readonly code = 'BW_SIGNED_OUT';
  override name = 'SignedOutError';
}

/** The bidder said no, in words for people. */
export class RefusedError extends Error {
  readonly code = 'BW_REFUSED';
  override name = 'RefusedError';
}

export type Connection = 'connecting' | 'live' | 'reconnecting' | 'signed_out';

export interface Following<Message> {
  onMessage(message: Message): void;
  onConnection(connection: Connection): void;
}

const ANSWER_LIMIT_MS = 10_000;
/** The bidder pushes each second; a stream that is silent for so long is dead, whatever the socket says. */
const SILENCE_LIMIT_MS = 8_000;

export function get<Answer>(path: string): Promise<Answer> {
  return ask<Answer>(path, {});
}

export function post<Answer>(path: string, body: unknown): Promise<Answer> {
  return ask<Answer>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/**
 * Asks once, then listens, for ever. A broken stream says nothing about its cause, so each attempt begins with a plain
 * question: its status tells a lost session from a lost bidder.
 */
export function follow<Message>(
  questionPath: string,
  streamPath: string,
  following: Following<Message>,
): () => void {
  let failures = 0;
  let stream: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  const listenForSilence = (): void => {
    clearTimeout(timer);
    timer = setTimeout(lose, SILENCE_LIMIT_MS);
  };
  const receive = (message: Message): void => {
    failures = 0;
    following.onConnection('live');
    following.onMessage(message);
    listenForSilence();
  };
  const lose = (cause?: unknown): void => {
    stream?.close();
    clearTimeout(timer);
    if (stopped) return;
    following.onConnection(cause instanceof SignedOutError ? 'signed_out' : 'reconnecting');
    timer = setTimeout(connect, backoffMs(failures));
    failures += 1;
  };
  const connect = async (): Promise<void> => {
    try {
      const message = await get<Message>(questionPath);
      if (stopped) return;
      following.onMessage(message);
      stream = new EventSource(streamPath);
      stream.onmessage = (event: MessageEvent<string>) => receive(JSON.parse(event.data) as Message);
      stream.onerror = () => lose();
      listenForSilence();
    } catch (error) {
      lose(error);
    }
  };

  following.onConnection('connecting');
  void connect();
  return () => {
    stopped = true;
    lose();
  };
}

/** The message of whatever was thrown, for people. */
export function messageOf(error: unknown): string {
  if (error instanceof SignedOutError || error instanceof RefusedError) return error.message;
  return 'The bidder does not answer. The page asks again by itself.';
}

async function ask<Answer>(path: string, init: RequestInit): Promise<Answer> {
  const answer = await fetch(path, { ...init, signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
  if (answer.status === 401) {
    throw new SignedOutError('This session has ended. Open the link that the bidder printed at its start.');
  }
  if (!answer.ok) throw new RefusedError(await reasonOf(answer));
  return (await answer.json()) as Answer;
}

/** `application/problem+json`, or the bare status. */
async function reasonOf(answer: Response): Promise<string> {
  const fallback = `The bidder answered ${answer.status}.`;
  try {
    const problem = (await answer.json()) as Problem;
    const faults = (problem.errors ?? []).map(({ path, message, hint }) =>
      [`${path ?? ''} ${message ?? ''}.`.trim(), hint].filter(Boolean).join(' '),
    );
    return [sentence(problem.detail ?? problem.title ?? fallback), ...faults].join(' ');
  } catch {
    return fallback;
  }
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly path?: string; readonly message?: string; readonly hint?: string }[];
}
