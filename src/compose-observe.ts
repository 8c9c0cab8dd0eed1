/** What is counted on the way in and on the way back: funnel and metrics, fed from one place. Part of the composition root. */
import type { BidCounters } from './compose-bid.ts';
import type { BidRecord } from './core/event.ts';
import type { Reason } from './core/reason.ts';
import { reasonCode } from './core/reason.ts';
import type { FunnelCounter } from './insight/funnel.ts';
import type { LearnObserver } from './learning/learn.ts';
import type { BidOutcomeName, Metrics } from './server/metrics.ts';
import { traceBid } from './server/trace.ts';

interface Watch {
  fault(where: string, error: unknown): void;
}

const OUTCOMES: Readonly<Partial<Record<Reason, BidOutcomeName>>> = {
  malformed_request: 'invalid',
  deadline_passed: 'timeout',
  too_little_time: 'timeout',
  shedding_load: 'shed',
  over_agreed_rate: 'shed',
  backing_off: 'shed',
  technical_error: 'error',
};

export function engineCounters(
  funnel: FunnelCounter,
  metrics: Metrics,
  watch: Watch,
  logBids: (records: readonly BidRecord[]) => void,
): Omit<BidCounters, 'sample'> {
  return {
    thorough: false,
    request: (exchange, impressions) => funnel.countRequest(exchange.id, impressions),
    impression: (_index, candidates, exchangeId) => {
      funnel.countConsidered(exchangeId);
      if (candidates) funnel.countCandidates(candidates);
    },
    refused: (_index, lineNumber, reason) => funnel.countLine(lineNumber, reasonCode(reason)),
    refusedAlike: (_index, lines, reason) => funnel.countLines(lines, reasonCode(reason)),
    won: (_index, lineNumber, record) => funnel.countBid(lineNumber, record.facts.exchangeId),
    noBid: (exchange, reason, seconds) => {
      funnel.countNoBid(exchange.id, reason);
      metrics.noBid(exchange.id, reason);
      metrics.bidRequest(exchange.id, OUTCOMES[reason] ?? 'no_bid', seconds);
      traceBid(exchange.id, reason, 0, seconds);
    },
    answered: (exchange, records, seconds) => {
      metrics.bidRequest(exchange.id, 'bid', seconds);
      traceBid(exchange.id, undefined, records.length, seconds);
      for (const { facts } of records) metrics.bid(exchange.id, facts.bidCpmMicros / 1_000_000);
      logBids(records);
    },
    fault: (error) => watch.fault('bid', error),
  };
}

export function engineObserver(
  metrics: Metrics,
  watch: Watch,
  currency: string,
  onSpend: (micros: number) => void,
  onLoss: (exchangeId: string, code: number | undefined) => void,
): LearnObserver {
  return {
    notice: ({ facts, kind, late, priceCpmMicros, priceFlag, lossCode }, { status, charges }) => {
      metrics.notice(facts.exchangeId, kind, status !== 'new' ? status : late ? 'late' : 'ok');
      if (priceFlag !== '') metrics.flagged(facts.exchangeId, kind, priceFlag);
      if (status !== 'new') return;
      if (kind === 'win')
        metrics.win(facts.exchangeId, priceCpmMicros === undefined ? undefined : priceCpmMicros / 1_000_000);
      if (kind === 'loss') {
        metrics.loss(facts.exchangeId, lossCode);
        onLoss(facts.exchangeId, lossCode);
      }
      const micros = charges[0]?.micros ?? 0;
      if (micros === 0) return;
      metrics.spend(currency, micros, charges[0]?.lateMicros ?? 0);
      onSpend(micros);
    },
    setAside: (kind, exchangeId, reason) => metrics.notice(exchangeId, kind, reason),
    refusedNotice: (kind, refusal) => metrics.notice('', kind, refusal),
    conversion: (_event, { status, touch, voided }) =>
      metrics.conversion(
        status !== 'new' ? 'duplicate' : voided ? 'retracted' : touch ? 'ok' : 'unattributed',
      ),
    adjustment: ({ kind }, { status, conversions }) =>
      metrics.adjustment(kind, status !== 'new' ? 'duplicate' : conversions > 0 ? 'ok' : 'waiting'),
    voidedClick: (status) =>
      metrics.adjustment(
        'void_click',
        status === 'voided' ? 'ok' : status === 'unknown' ? 'waiting' : 'duplicate',
      ),
    fault: (error) => watch.fault('learning', error),
  };
}
