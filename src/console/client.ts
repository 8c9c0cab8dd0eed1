/** Talks to the bidder: questions over fetch, the overview over server-sent events that come back after a break. */

import { backoffMs } from './backoff.ts';
import { eventsIn } from './event-stream.ts';
import { t } from './language.ts';

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

const JSON_BODY = { 'content-type': 'application/json' };
const ANSWER_LIMIT_MS = 10_000;
/** The bidder pushes each second; a stream that is silent for so long is dead, whatever the socket says. */
const SILENCE_LIMIT_MS = 8_000;

const TOKEN_KEY = 'bidwright.token';
let token = tokenKept();
const waiting = new Set<() => void>();

/** Kept for as long as the tab is open, and nowhere else. */
export function useToken(next: string | undefined): void {
  token = next;
  try {
    if (next === undefined) sessionStorage.removeItem(TOKEN_KEY);
    else sessionStorage.setItem(TOKEN_KEY, next);
  } catch {
    return;
  }
}

/** Somebody has signed in: who waited outside asks at once. */
export function openDoor(): void {
  for (const enter of waiting) enter();
}

function tokenKept(): string | undefined {
  try {
    return sessionStorage.getItem(TOKEN_KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

export function get<Answer>(path: string): Promise<Answer> {
  return ask<Answer>(path, {});
}

export async function getTagged<Answer>(path: string): Promise<Tagged<Answer>> {
  const answer = await request(path, {});
  return { answer: (await answer.json()) as Answer, tag: answer.headers.get('etag') ?? '*' };
}

/** A merge patch of what was seen. */
export async function patch<Answer>(path: string, tag: string, body: unknown): Promise<Tagged<Answer>> {
  const answer = await request(path, {
    method: 'PATCH',
    headers: { 'content-type': 'application/merge-patch+json', 'if-match': tag },
    body: JSON.stringify(body),
  });
  return { answer: (await answer.json()) as Answer, tag: answer.headers.get('etag') ?? '*' };
}

export function post<Answer>(path: string, body: unknown): Promise<Answer> {
  return ask<Answer>(path, {
    method: 'POST',
    headers: JSON_BODY,
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
  let stream: AbortController | undefined;
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
    stream?.abort();
    stream = undefined;
    clearTimeout(timer);
    if (stopped) return;
    following.onConnection(cause instanceof SignedOutError ? 'signed_out' : 'reconnecting');
    timer = setTimeout(connect, backoffMs(failures));
    failures += 1;
  };
  // By fetch and not by EventSource, which cannot carry a token.
  const listen = async (own: AbortController): Promise<void> => {
    try {
      const answer = await request(streamPath, { headers: { accept: 'text/event-stream' } }, own.signal);
      for await (const text of eventsIn(answer)) {
        if (stream !== own) return;
        receive(JSON.parse(text) as Message);
      }
      if (stream === own) lose();
    } catch (error) {
      if (stream === own) lose(error);
    }
  };
  const connect = async (): Promise<void> => {
    try {
      const message = await get<Message>(questionPath);
      if (stopped) return;
      following.onMessage(message);
      stream = new AbortController();
      void listen(stream);
      listenForSilence();
    } catch (error) {
      lose(error);
    }
  };
  const enter = (): void => {
    clearTimeout(timer);
    failures = 0;
    void connect();
  };

  following.onConnection('connecting');
  waiting.add(enter);
  void connect();
  return () => {
    stopped = true;
    waiting.delete(enter);
    lose();
  };
}

/** Without a body, where the answer has none. */
export async function send(path: string, method: 'POST' | 'DELETE', body?: unknown): Promise<void> {
  const json = body === undefined ? {} : { headers: JSON_BODY, body: JSON.stringify(body) };
  await request(path, { method, ...json });
}

/** The message of whatever was thrown, for people. */
export function messageOf(error: unknown): string {
  if (error instanceof SignedOutError || error instanceof RefusedError) return error.message;
  return t('say.noAnswer');
}

async function ask<Answer>(path: string, init: RequestInit): Promise<Answer> {
  return (await (await request(path, init)).json()) as Answer;
}

/** @throws SignedOutError, RefusedError, or what fetch throws. */
export async function request(
  path: string,
  init: RequestInit,
  signal: AbortSignal = AbortSignal.timeout(ANSWER_LIMIT_MS),
): Promise<Response> {
  const headers = new Headers(init.headers);
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  const answer = await fetch(path, { ...init, headers, signal });
  if (answer.status === 401) throw new SignedOutError(t('say.signedOut'));
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

/** `application/problem+json`, or the bare status. */
async function refusal(answer: Response): Promise<RefusedError> {
  const fallback = t('say.answered', { status: answer.status });
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
