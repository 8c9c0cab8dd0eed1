/** `bidwright send`: one request to a running bidder, and its answer in words. */
import { answerFaults, bidsOf } from './answer-faults.ts';
import type { Clock } from './core/clock.ts';
import { REASONS } from './core/reason.ts';
import type { ExampleRequest } from './example-requests.ts';
import { exampleRequest } from './example-requests.ts';

export interface SendOptions {
  /** Public address of the bidder. */
  readonly to: string;
  readonly exchange: string;
  /** As it lies in a file; an example where absent. */
  readonly body?: Buffer;
  /** Private address and token: whoever has them is told why. */
  readonly desk?: { readonly url: string; readonly token: string };
  readonly clock: Pick<Clock, 'monotonic'>;
}

export interface Sent {
  /** Answered as an exchange may take it. */
  readonly ok: boolean;
  readonly lines: readonly string[];
}

const WAIT_MS = 5_000;

/** @throws Error when nobody answers. */
export async function send({ to, exchange, body, desk, clock }: SendOptions): Promise<Sent> {
  const payload = body ?? Buffer.from(JSON.stringify(exampleRequest(0, 'USD')));
  const request = parsed(payload.toString('utf8'));
  const beganMs = clock.monotonic();
  const answer = await fetch(new URL(`/openrtb2/${encodeURIComponent(exchange)}`, to), {
    method: 'POST',
    headers: { 'content-type': request ? 'application/json' : 'application/x-protobuf' },
    body: new Uint8Array(payload),
    signal: AbortSignal.timeout(WAIT_MS),
  });
  const text = await answer.text();
  const tookMs = clock.monotonic() - beganMs;
  const version = answer.headers.get('x-openrtb-version');
  const head = `${answer.status} in ${tookMs.toFixed(1)} ms${version ? `, OpenRTB ${version}` : ''}: ${MEANINGS[answer.status] ?? 'not an answer of a bidder'}`;
  const said = answer.status === 200 && request ? wordsOf(request, parsed(text)) : { ok: true, lines: [] };
  const why = bidsOf(parsed(text)).length === 0 && desk ? await reasonBy(desk, exchange, request) : [];
  return {
    ok: answer.status in MEANINGS && answer.status < 400 && said.ok,
    lines: [head, ...said.lines, ...why],
  };
}

const MEANINGS: Readonly<Record<number, string>> = {
  200: 'answered',
  204: 'no bid',
  400: 'the request is malformed, or in a wire format that this exchange does not use',
  404: 'no such exchange is configured',
};

function wordsOf(request: Readonly<Record<string, unknown>>, answer: unknown): Sent {
  const faults = answerFaults(request, answer, { billing: 'burl', markup: 'adm' }).filter(
    // How this exchange bills is not known out here.
    (fault) => !fault.includes('no macro for the price') && !fault.includes('markup is missing'),
  );
  const { cur, nbr } = (answer ?? {}) as { readonly cur?: string; readonly nbr?: number };
  const bids = bidsOf(answer).map(
    (bid) =>
      `  impression ${bid.impid}: ${bid.price} ${cur ?? 'USD'} CPM for creative ${bid.crid} of ${String(bid.adomain)}${bid.dealid === undefined ? '' : ` under deal ${bid.dealid}`}`,
  );
  const reasons = Object.entries(REASONS).filter(([, reason]) => reason.nbr === nbr);
  return {
    ok: faults.length === 0,
    lines: [
      ...bids,
      ...(nbr === undefined ? [] : [`  no bid, nbr ${nbr}: ${reasons.map(([name]) => name).join(' or ')}`]),
      ...faults.map((fault) => `  wrong: ${fault}`),
    ],
  };
}

async function reasonBy(
  { url, token }: NonNullable<SendOptions['desk']>,
  exchange: string,
  request: ExampleRequest | undefined,
): Promise<string[]> {
  if (!request) return [];
  const answer = await fetch(new URL('/api/v1/explain', url), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ exchange, request }),
    signal: AbortSignal.timeout(WAIT_MS),
  });
  const told = parsed(await answer.text()) as Record<string, unknown> | undefined;
  if (!answer.ok || !told) return [`  why is not told: ${answer.status}`];
  return [`  because: ${told.reason}`, ...(told.remedy ? [`  ${told.remedy}`] : [])];
}

function parsed(text: string): ExampleRequest | undefined {
  try {
    return JSON.parse(text) as ExampleRequest;
  } catch {
    return undefined;
  }
}
