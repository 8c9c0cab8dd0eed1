/**
 * Bid requests straight from Node's HTTP server, past the framework, which takes a seventh of a request's time for what this
 * address has no use for: a router, hooks, a reply to build. `bid-route.ts` is its plain twin, which a test without a socket still
 * goes through, and whoever asks in a way that is not plain.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { systemClock } from '../core/clock.ts';
import type { Dialect } from '../exchange/dialect.ts';
import type { Admission, AdmissionRules, Shed } from './admission.ts';
import type { BidRoutePorts, BidSaid } from './bid-route.ts';
import { answerBid, BID_ROUTE } from './bid-route.ts';
import type { Drain } from './drain.ts';
import { LateCloses } from './late-close.ts';
import { Message } from './message.ts';
import type { InPhases } from './together.ts';
import { Together } from './together.ts';
import { mediaTypeOf } from './wire.ts';

export interface BidDoorPorts extends BidRoutePorts {
  readonly drain: Drain;
  readonly admission: Admission;
  /** Of an exchange that is configured. */
  admissionRules(exchangeId: string): AdmissionRules;
  shed(exchangeId: string, why: Shed): void;
  /** An answer was ready; `hungUpMs` after its request the caller had gone, where it had. */
  timed?(exchangeId: string, tmaxMs: number, elapsedMs: number, hungUpMs?: number): void;
  /** It was answered, and the caller had gone before that. */
  leftUnheard?(exchangeId: string, tmaxMs: number, elapsedMs: number): void;
  readonly watch: BidRoutePorts['watch'] & {
    answered(route: string, method: string, status: number, seconds: number): void;
  };
}

const PREFIX = '/openrtb2/';
/** An id as exchanges have them; whatever else comes is the framework's to refuse. */
const PLAIN_ID = /^[A-Za-z0-9._~-]{1,64}$/;
const EMPTY = Buffer.alloc(0);
const NOTHING: BidSaid = { status: 204 };
/** Of bids 5 ms, of which the first waits the longest; half as many cost a tenth more each. */
const TOGETHER_MAX = 32;

/** Takes what it knows and leaves the rest to `otherwise`. */
export function bidDoor(
  otherwise: RequestListener,
  ports: BidDoorPorts,
  { bodyLimitBytes }: { readonly bodyLimitBytes: number },
): RequestListener {
  const closes = new LateCloses();
  const together = new Together(TOGETHER_MAX);
  return (request, response) => {
    const { url = '', method } = request;
    const exchangeId = method === 'POST' && url.startsWith(PREFIX) ? url.slice(PREFIX.length) : '';
    if (PLAIN_ID.test(exchangeId))
      new Visit(request, response, exchangeId, ports, bodyLimitBytes, closes, together).begin();
    else otherwise(request, response);
  };
}

class Visit implements InPhases {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #exchangeId: string;
  readonly #ports: BidDoorPorts;
  readonly #limit: number;
  readonly #closes: LateCloses;
  readonly #together: Together;
  readonly #startedMs = systemClock.monotonic();
  #chunks: Buffer[] = [];
  #bytes = 0;
  #waitedMs = 0;
  #hungUpMs: number | undefined;
  #dialect: Dialect | undefined;
  #said: BidSaid = NOTHING;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    exchangeId: string,
    ports: BidDoorPorts,
    limit: number,
    closes: LateCloses,
    together: Together,
  ) {
    this.#request = request;
    this.#response = response;
    this.#exchangeId = exchangeId;
    this.#ports = ports;
    this.#limit = limit;
    this.#closes = closes;
    this.#together = together;
  }

  begin(): void {
    const { drain, watch, admission } = this.#ports;
    drain.enter();
    let isAdmitted = false;
    // Once for every answer, also where the sender went away before it.
    this.#response.on('close', () => {
      if (!this.#response.writableFinished) this.#hungUpMs ??= this.#elapsedMs();
      drain.leave();
      if (isAdmitted) admission.leave();
      const seconds = (systemClock.monotonic() - this.#startedMs) / 1000;
      watch.answered(BID_ROUTE, 'POST', this.#response.statusCode, seconds);
    });
    const mediaType = mediaTypeOf(this.#request.headers['content-type']);
    const dialect = this.#ports.dialectOf(this.#exchangeId, mediaType);
    if (dialect === undefined) return this.#refuse(404);
    if (dialect === 'refused') return this.#refuse(400);
    this.#closes.asked(this.#request.socket, this.#exchangeId);
    const why = admission.admit(
      this.#exchangeId,
      this.#request.socket,
      this.#ports.admissionRules(this.#exchangeId),
    );
    if (why !== undefined) {
      this.#ports.shed(this.#exchangeId, why);
      return this.#turnAway();
    }
    isAdmitted = true;
    this.#dialect = dialect;
    this.#waitedMs = admission.waitedMs();
    if (Number(this.#request.headers['content-length'] ?? 0) > this.#limit) return this.#refuse(400);
    if (this.#request instanceof Message)
      this.#request.handOver((piece) => (piece ? this.#take(piece) : this.#together.ready(this)));
    else {
      this.#request.on('data', (chunk: Buffer) => this.#take(chunk));
      this.#request.on('end', () => this.#together.ready(this));
    }
    // Cut off on the way: nobody is there to be answered.
    this.#request.on('error', () => this.#response.destroy());
  }

  #take(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#limit) this.#chunks.push(chunk);
    else if (!this.#response.headersSent) this.#refuse(400);
  }

  /** Before the body was read; what is left of it is not waited for. */
  #refuse(status: number): void {
    this.#chunks = [];
    this.#response.setHeader('connection', 'close');
    this.#say({ status });
    this.#request.resume();
  }

  /** Unread, on a connection that stays: an exchange opens another for one that is closed, and that costs more. */
  #turnAway(): void {
    this.#say(NOTHING);
    this.#request.resume();
  }

  decide(): void {
    if (!this.#response.headersSent) void this.#decide(this.#dialect!);
  }

  async #decide(dialect: Dialect): Promise<void> {
    const chunks = this.#chunks;
    const body = chunks.length === 1 ? chunks[0]! : chunks.length === 0 ? EMPTY : Buffer.concat(chunks);
    const asked = {
      exchangeId: this.#exchangeId,
      dialect,
      body,
      headers: this.#request.headers,
      waitedMs: this.#elapsedMs(),
    };
    const said = await answerBid(asked, this.#ports, this.#limit);
    // Whoever leaves because we close says nothing of time.
    if (said.tmaxMs !== undefined && !this.#ports.drain.begun) this.#time(said.tmaxMs);
    this.#said = said;
    this.#together.decided(this);
  }

  send(): void {
    this.#say(this.#said);
  }

  #time(tmaxMs: number): void {
    const { timed, leftUnheard } = this.#ports;
    const elapsedMs = this.#elapsedMs();
    timed?.(this.#exchangeId, tmaxMs, elapsedMs, this.#hungUpMs);
    // One that was too late by our own clock is counted already.
    if (leftUnheard === undefined || this.#hungUpMs !== undefined || elapsedMs >= tmaxMs) return;
    const isOnly = this.#request.headers.connection?.toLowerCase() === 'close';
    this.#closes.answered(this.#request.socket, tmaxMs, elapsedMs, isOnly, () => {
      if (!this.#ports.drain.begun) leftUnheard(this.#exchangeId, tmaxMs, elapsedMs);
    });
  }

  #elapsedMs(): number {
    return this.#waitedMs + (systemClock.monotonic() - this.#startedMs);
  }

  #say({ status, headers, body }: BidSaid): void {
    const response = this.#response;
    if (this.#ports.drain.begun) response.setHeader('connection', 'close');
    const head: string[] = [];
    for (const name in headers) head.push(name, headers[name]!);
    // An answer without a body says so, as the framework does; 204 has none by definition.
    const bytes = body === undefined ? 0 : Buffer.byteLength(body);
    if (status !== 204) head.push('content-length', String(bytes));
    response.writeHead(status, head);
    if (body === undefined) response.end();
    else if (typeof body !== 'string') response.end(body);
    // Text leaves in one piece with its head, which two buffers do not.
    else response.end(body, bytes === body.length ? 'latin1' : 'utf8');
  }
}
