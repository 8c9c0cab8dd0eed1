/** Joins dialect, bid page and counters: bytes of a bid request in, bytes of an answer out. Part of the composition root. */
import { bid } from './bidding/bid.ts';
import type { BidObserver, BidPorts } from './bidding/ports.ts';
import type { Snapshot } from './bidding/snapshot.ts';
import type { BidRecord } from './core/event.ts';
import type { Reason } from './core/reason.ts';
import { REASONS } from './core/reason.ts';
import type { Dialect } from './exchange/dialect.ts';
import { dialectOfBody, dialects } from './exchange/index.ts';
import type { Explanation } from './insight/explain.ts';
import { explain } from './insight/explain.ts';
import type { ExchangeProfile } from './openrtb/exchange-profile.ts';
import { withAgreedLayout } from './openrtb/native.ts';
import { withFloorsQuoted } from './openrtb/quotes.ts';
import type { BidRequest } from './openrtb/request.ts';

export interface BidAnswer {
  readonly status: 200 | 204 | 400;
  readonly body?: Buffer | string;
  readonly contentType?: string;
  /** OpenRTB version announced in the answer. */
  readonly version: string;
  /** How long the exchange waits, where the request was read. */
  readonly tmaxMs?: number;
}

/** What is counted of a request as a whole, and of each line item. */
export interface BidCounters extends BidObserver {
  request(exchange: ExchangeProfile, impressions: number): void;
  noBid(exchange: ExchangeProfile, reason: Reason, seconds: number): void;
  answered(exchange: ExchangeProfile, records: readonly BidRecord[], seconds: number): void;
  fault(error: unknown): void;
  /** Some requests are kept, to be asked later what might have been. */
  sample(exchange: ExchangeProfile, request: BidRequest, current: Snapshot): void;
}

export interface BidDesk {
  /** Undefined for an exchange that is not configured. Never rejects: trouble of ours is a 204. */
  answer(
    exchangeId: string,
    body: Buffer,
    dialect: Dialect,
    waitedMs?: number,
  ): Promise<BidAnswer | undefined>;
  /** Counts what was turned away unread. */
  shed(exchangeId: string, reason: Reason): void;
  /** In the dialect named, else in the one that the body shows itself to be in. */
  explain(
    exchangeId: string,
    body: Buffer,
    dialect?: Dialect['name'],
  ): Promise<{ ok: true; explanation: Explanation } | { ok: false; message: string }>;
}

export function bidDesk(
  snapshot: () => Snapshot,
  ports: BidPorts,
  counters: BidCounters,
  /** The exchange with what was learned of its distance. */
  timed: (exchange: ExchangeProfile) => ExchangeProfile = (exchange) => exchange,
): BidDesk {
  return {
    shed: (exchangeId, reason) => {
      const exchange = snapshot().exchanges.get(exchangeId);
      if (exchange) counters.noBid(exchange, reason, 0);
    },
    answer: async (exchangeId, body, dialect, waitedMs = 0) => {
      const arrivedMs = ports.clock.waiting() - waitedMs;
      const seconds = () => (ports.clock.waiting() - arrivedMs) / 1000;
      const current = snapshot();
      const configured = current.exchanges.get(exchangeId);
      if (!configured) return undefined;
      const exchange = timed(configured);
      const decoded = dialect.decode(body);
      if (!decoded.ok) {
        counters.noBid(exchange, 'malformed_request', seconds());
        return { status: 400, version: exchange.version };
      }
      const request = asAgreed(decoded.request, exchange);
      counters.request(exchange, request.impressions.length);
      counters.sample(exchange, request, current);
      try {
        const outcome = await bid({ exchange, request, arrivedMs }, current, ports, counters);
        const tmaxMs = request.tmaxMs ?? exchange.tmaxDefaultMs;
        if (!outcome.bid)
          return {
            ...refuse(exchange, dialect, request.id, outcome.reason, counters, seconds()),
            tmaxMs,
          };
        const encoded = dialect.encode(
          outcome.response,
          exchange.nativeAnswer === 'as_asked' ? request : undefined,
        );
        counters.answered(exchange, outcome.records, seconds());
        return {
          status: 200,
          body: encoded,
          contentType: exchange.answerMediaType ?? dialect.contentTypes[0],
          version: exchange.version,
          tmaxMs,
        };
      } catch (error) {
        counters.fault(error);
        return refuse(exchange, dialect, request.id, 'technical_error', counters, seconds());
      }
    },
    explain: async (exchangeId, body, named) => {
      const current = snapshot();
      const exchange = current.exchanges.get(exchangeId);
      if (!exchange)
        return {
          ok: false,
          message: `no exchange with id ${exchangeId}; there are ${[...current.exchanges.keys()].join(', ')}`,
        };
      const dialect = (named && dialects.get(named)) ?? dialectOfBody(exchange, body);
      const decoded = dialect.decode(body);
      if (!decoded.ok)
        return { ok: false, message: `not a bid request in ${dialect.name}: ${decoded.message}` };
      const arrivedMs = ports.clock.waiting();
      const request = asAgreed(decoded.request, exchange);
      return {
        ok: true,
        explanation: await explain({ exchange, request, arrivedMs }, current, ports),
      };
    },
  };
}

/** What was agreed with the exchange beforehand and a request does not repeat. */
function asAgreed(request: BidRequest, exchange: ExchangeProfile): BidRequest {
  return withFloorsQuoted(withAgreedLayout(request, exchange.nativeLayout), exchange);
}

/** 204, or the reason where the exchange wants it told. */
function refuse(
  exchange: ExchangeProfile,
  dialect: Dialect,
  requestId: string,
  reason: Reason,
  counters: BidCounters,
  seconds: number,
): BidAnswer {
  counters.noBid(exchange, reason, seconds);
  if (exchange.noBid === '204') return { status: 204, version: exchange.version };
  const body = dialect.encode({
    id: requestId,
    seatbid: [],
    cur: exchange.currency,
    nbr: exchange.noBidCodes[reason] ?? REASONS[reason].nbr,
  });
  return {
    status: 200,
    body,
    contentType: exchange.answerMediaType ?? dialect.contentTypes[0],
    version: exchange.version,
  };
}
