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
  readonly status: number;
  /** What is wrong where, as far as it was told. */
  readonly faults: readonly FaultView[];

  constructor(message: string, status: number, faults: readonly FaultView[]) {
    super(message);
    this.status = status;
    this.faults = faults;
  }
}

export interface FaultView {
  readonly path: string;
  readonly message: string;
  readonly hint: string;
}

/** An answer with what it is known by, for a change that goes by it. */
export interface Tagged<Answer> {
  readonly answer: Answer;
  readonly tag: string;
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

export async function getTagged<Answer>(path: string): Promise<Tagged<Answer>> {
  const answer = await asked(path, {});
  return { answer: (await answer.json()) as Answer, tag: answer.headers.get('etag') ?? '*' };
}

/** A merge patch of what was seen. */
export async function patch<Answer>(path: string, tag: string, body: unknown): Promise<Tagged<Answer>> {
  const answer = await asked(path, {
    method: 'PATCH',
    headers: { 'content-type': 'application/merge-patch+json', 'if-match': tag },
    body: JSON.stringify(body),
  });
  return { answer: (await answer.json()) as Answer, tag: answer.headers.get('etag') ?? '*' };
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
  return (await (await asked(path, init)).json()) as Answer;
}

async function asked(path: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(path, { ...init, signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
  if (answer.status === 401) {
    throw new SignedOutError('This session has ended. Open the link that the bidder printed at its start.');
  }
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

/** `application/problem+json`, or the bare status. */
async function refusal(answer: Response): Promise<RefusedError> {
  const fallback = `The bidder answered ${answer.status}.`;
  try {
    const problem = (await answer.json()) as Problem;
    const faults = (problem.errors ?? []).map(({ path = '', message = '', hint = '' }) => ({
      path,
      message,
      hint,
    }));
    const told = faults.map(({ path, message, hint }) =>
      [`${path} ${message}.`.trim(), hint].filter(Boolean).join(' '),
    );
    const words = [sentence(problem.detail ?? problem.title ?? fallback), ...told].join(' ');
    return new RefusedError(words, answer.status, faults);
  } catch {
    return new RefusedError(fallback, answer.status, []);
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
