/** Metrics for operators, in Prometheus' words. Labels are bounded: never a person, a request, a domain or a line item. */
import { collectDefaultMetrics, Gauge, Registry } from '@prometheus-io/client';
import type { NoticeKind, PriceFlag } from '../core/event.ts';
import type { Reason } from '../core/reason.ts';
import { counterFamily, histogramFamily } from './series.ts';

export type BidOutcomeName = 'bid' | 'no_bid' | 'invalid' | 'timeout' | 'shed' | 'error';
export type NoticeResult =
  | 'ok'
  | 'duplicate'
  | 'conflict'
  | 'late'
  | 'bad_signature'
  | 'unknown_exchange'
  | 'head'
  | 'prefetch'
  | 'robot'
  | 'unavailable';

export interface Metrics {
  /** `seconds` from the first byte of a request to the last of its answer. */
  http(route: string, method: string, status: number, seconds: number): void;
  bidRequest(exchangeId: string, outcome: BidOutcomeName, seconds: number): void;
  noBid(exchangeId: string, reason: Reason): void;
  bid(exchangeId: string, priceCpm: number): void;
  notice(exchangeId: string, kind: NoticeKind, result: NoticeResult): void;
  /** The price was not taken as it came. */
  flagged(exchangeId: string, kind: NoticeKind, flag: PriceFlag): void;
  win(exchangeId: string, priceCpm: number | undefined): void;
  loss(exchangeId: string, lossCode: number | undefined): void;
  spend(currency: string, micros: number, lateMicros: number): void;
  conversion(result: 'ok' | 'duplicate' | 'unattributed' | 'retracted' | 'fault'): void;
  adjustment(kind: 'retract' | 'restate' | 'void_click', result: 'ok' | 'duplicate' | 'waiting'): void;
  /** First-party events by what came of them. */
  collected(outcome: string, events: number): void;
  /** Cookie syncs by what came of them. */
  synced(outcome: string): void;
  /** An answer that came too late, by what showed it. */
  late(exchangeId: string, sign: string): void;
  fault(where: string): void;
  reload(result: 'ok' | 'refused'): void;
  /** A figure read when it is asked for, as the length of a queue. `name` without its prefix. */
  gauge(name: string, help: string, read: () => number): void;
  /** The same of each exchange. */
  exchangeGauge(
    name: string,
    help: string,
    read: () => Iterable<readonly [exchangeId: string, value: number]>,
  ): void;
  text(): Promise<string>;
  readonly contentType: string;
}

/** Fine where a bidder's deadline lies. */
const LATENCY_SECONDS = [
  0.0005, 0.001, 0.002, 0.003, 0.005, 0.008, 0.01, 0.015, 0.02, 0.03, 0.05, 0.08, 0.1, 0.15, 0.2, 0.3,
];
const PRICES_CPM = [0.1, 0.2, 0.5, 1, 2, 3, 5, 8, 13, 20, 50, 100];
/** OpenRTB loss codes reach 215; exchanges' own begin at 500 and are told together. */
const LOSS_CODE_MAX = 299;
const PREFIX = 'bidder_';

/** `ofProcess`: also event loop, garbage collection and memory; one engine of a process does that. */
export function makeMetrics({ ofProcess }: { readonly ofProcess: boolean }): Metrics {
  const registry = new Registry();
  if (ofProcess) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    counterFamily(registry, { name: PREFIX + name, help, labelNames });
  const histogram = (name: string, help: string, buckets: readonly number[], ...labelNames: string[]) =>
    histogramFamily(registry, { name: PREFIX + name, help, labelNames }, buckets);

  const httpRequests = counter('http_requests_total', 'HTTP requests answered.', 'route', 'method', 'code');
  const httpSeconds = histogram('http_request_duration_seconds', 'Time to answer.', LATENCY_SECONDS, 'route');
  const bidRequests = counter(
    'bid_requests_total',
    'Bid requests by what became of them.',
    'exchange',
    'outcome',
  );
  const bidSeconds = histogram(
    'bid_duration_seconds',
    'Time from request to decision.',
    LATENCY_SECONDS,
    'exchange',
    'outcome',
  );
  const noBids = counter('no_bid_total', 'Requests answered without a bid, by reason.', 'exchange', 'reason');
  const deadlines = counter('deadline_exceeded_total', 'Requests given up for lack of time.', 'exchange');
  const shed = counter('requests_shed_total', 'Requests refused unread under load.', 'exchange');
  const bids = counter('bids_total', 'Bids made.', 'exchange');
  const bidPrices = histogram(
    'bid_price_cpm',
    'Prices bid, in the answer’s currency.',
    PRICES_CPM,
    'exchange',
  );
  const wins = counter('wins_total', 'Bids won.', 'exchange');
  const winPrices = histogram('win_price_cpm', 'Clearing prices.', PRICES_CPM, 'exchange');
  const losses = counter('losses_total', 'Bids lost, by OpenRTB loss code.', 'exchange', 'loss_reason');
  const notices = counter('notices_total', 'Notices received.', 'exchange', 'kind', 'result');
  const flags = counter(
    'notice_flags_total',
    'Notices whose price was not taken as it came, repeats included.',
    'exchange',
    'kind',
    'flag',
  );
  const spend = counter('spend_micros_total', 'Charged, in millionths of the currency.', 'currency');
  const overspend = counter('overspend_micros_total', 'Charged above what a budget had left.', 'currency');
  const conversions = counter('conversions_total', 'Conversions reported.', 'result');
  const adjustments = counter(
    'adjustments_total',
    'Conversions retracted or restated and clicks called invalid.',
    'kind',
    'result',
  );
  const collected = counter(
    'first_party_events_total',
    'First-party events, by what came of them.',
    'outcome',
  );
  const synced = counter('cookie_syncs_total', 'Cookie syncs, by what came of them.', 'outcome');
  const late = counter(
    'late_answers_total',
    'Answers that came too late for the exchange, by what showed it.',
    'exchange',
    'sign',
  );
  const faults = counter('faults_total', 'Faults of ours that were answered all the same.', 'where');
  const reloads = counter('config_reload_total', 'Configurations taken and refused.', 'result');

  return {
    http: (route, method, status, seconds) => {
      httpRequests(route, method, String(status)).inc();
      httpSeconds(route).observe(seconds);
    },
    bidRequest: (exchangeId, outcome, seconds) => {
      bidRequests(exchangeId, outcome).inc();
      bidSeconds(exchangeId, outcome).observe(seconds);
      if (outcome === 'timeout') deadlines(exchangeId).inc();
      if (outcome === 'shed') shed(exchangeId).inc();
    },
    noBid: (exchangeId, reason) => noBids(exchangeId, reason).inc(),
    bid: (exchangeId, priceCpm) => {
      bids(exchangeId).inc();
      bidPrices(exchangeId).observe(priceCpm);
    },
    notice: (exchangeId, kind, result) => notices(exchangeId, kind, result).inc(),
    flagged: (exchangeId, kind, flag) => flags(exchangeId, kind, flag).inc(),
    win: (exchangeId, priceCpm) => {
      wins(exchangeId).inc();
      if (priceCpm !== undefined) winPrices(exchangeId).observe(priceCpm);
    },
    loss: (exchangeId, code) =>
      losses(exchangeId, code === undefined ? 'none' : code > LOSS_CODE_MAX ? 'own' : String(code)).inc(),
    spend: (currency, micros, lateMicros) => {
      spend(currency).inc(micros);
      overspend(currency).inc(lateMicros);
    },
    conversion: (result) => conversions(result).inc(),
    adjustment: (kind, result) => adjustments(kind, result).inc(),
    collected: (outcome, events) => collected(outcome).inc(events),
    synced: (outcome) => synced(outcome).inc(),
    late: (exchangeId, sign) => late(exchangeId, sign).inc(),
    fault: (where) => faults(where).inc(),
    reload: (result) => reloads(result).inc(),
    gauge: (name, help, read) => {
      new Gauge({
        name: PREFIX + name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    },
    exchangeGauge: (name, help, read) => {
      new Gauge({
        name: PREFIX + name,
        help,
        labelNames: ['exchange'],
        registers,
        collect() {
          this.reset();
          for (const [exchange, value] of read()) this.set({ exchange }, value);
        },
      });
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
