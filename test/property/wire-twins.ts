/** Two engines of the same configuration, seed and clock: where requests mean the same, their answers are the same bytes. */
import type { TestEngine } from '../fixture/engine.ts';
import { testEngine } from '../fixture/engine.ts';
import { ownRequests, sharedRows } from '../openrtb/own-corpus.ts';

export interface Sent {
  readonly body: Buffer;
  readonly contentType: string;
}

export interface Heard {
  readonly status: number;
  readonly body: Buffer;
  readonly contentType: string | undefined;
}

export interface Twins {
  /** Each of the two is asked by its own engine, so that what one bid changes, the other's changes too. */
  ask(one: Sent, other: Sent): Promise<readonly [Heard, Heard]>;
  close(): Promise<void>;
}

export async function twins(folder: string): Promise<Twins> {
  // A secret of their own would sign each engine's notices differently.
  const settings = { signingSecret: 'the same secret for both of the twins' };
  const engines = await Promise.all([testEngine(folder, { settings }), testEngine(folder, { settings })]);
  return {
    ask: async (one, other) => [await hear(engines[0]!, one), await hear(engines[1]!, other)],
    close: async () => void (await Promise.all(engines.map((engine) => engine.close()))),
  };
}

async function hear(engine: TestEngine, sent: Sent): Promise<Heard> {
  const answer = await engine.publicApp.inject({
    method: 'POST',
    url: '/openrtb2/example',
    headers: { 'content-type': sent.contentType },
    payload: sent.body,
  });
  const contentType = answer.headers['content-type'];
  return { status: answer.statusCode, body: answer.rawPayload, contentType: contentType?.toString() };
}

export function inJson(request: unknown): Sent {
  return { body: Buffer.from(JSON.stringify(request)), contentType: 'application/json' };
}

export interface CorpusRow {
  readonly id: string;
  readonly request: Record<string, unknown>;
}

/** Every row for the book that bids on everything, every fourth for the demo, whose line items look at more of a request. */
export const BOOKS = [
  ['wide-open', 1],
  ['demo', 4],
] as const;

/** Requests of our own making, and of the collected corpus where it lies beside the checkout: all, or one of so many. */
export function corpusRows(oneOf = 1): readonly CorpusRow[] {
  const own = ownRequests().map(({ name, request }) => ({ id: name, request }));
  const collected = (sharedRows('openrtb-requests.dev.ndjson') ?? []).flatMap(({ id, request }) =>
    isObject(request) ? [{ id, request }] : [],
  );
  return [...own, ...collected].filter((_, index) => index % oneOf === 0);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
