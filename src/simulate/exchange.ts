/**
 * The exchange: sends a request, waits for the answer no longer than it said, runs the auction against the rivals, and
 * hands what was sold to those who show it. It knows of the bidder only what stands in its answers.
 */
import { gzipSync } from 'node:zlib';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { Aftermath } from './aftermath.ts';
import type { ReceivedBid } from './answer.ts';
import { readAnswer } from './answer.ts';
import type { AuctionBid } from './auction.ts';
import { runAuction } from './auction.ts';
import type { SimulatorBook } from './book.ts';
import { rivalPrices } from './market.ts';
import type { OfferedImpression } from './placement.ts';
import type { Scenario } from './story.ts';
import type { SimulatedRequest } from './traffic.ts';
import type { Transport } from './transport.ts';

export interface ExchangeParts {
  readonly scenario: Scenario;
  /** Draws of one auction come from a stream named after it, so that no answer shifts the draws of another. */
  readonly random: Random;
  readonly startMs: number;
  readonly transport: Transport;
  readonly aftermath: Aftermath;
  readonly book: SimulatorBook;
  /** Measures how long answers take: real time, however fast the scenario's clock runs. */
  readonly stopwatch: Pick<Clock, 'monotonic'>;
  /** Told of each answer, in milliseconds. */
  readonly answered: (latencyMs: number) => void;
  /** Told of each impression offered, whether anybody here bids for it, with the price that it takes to win it. */
  readonly offered?: (
    request: SimulatedRequest,
    impression: OfferedImpression,
    toWinCpmMicros: number,
  ) => void;
}

export interface Exchange {
  /** Resolves when the answer was dealt with; what follows from it is on the agenda. Never rejects. */
  send(request: SimulatedRequest): Promise<void>;
}

export function makeExchange(parts: ExchangeParts): Exchange {
  return {
    send: async (request) => {
      if (parts.offered && !request.test)
        for (const impression of request.impressions) {
          const rivals = rivalsOf(request, impression, parts);
          parts.offered(request, impression, Math.max(impression.floorCpmMicros, ...rivals));
        }
      const body = await ask(request, parts);
      if (body === undefined) return;
      const { bids, faults } = readAnswer(body, request, parts.scenario.currency);
      parts.book.totals.bids += bids.length + faults.length;
      for (const fault of faults) parts.book.refused(fault);
      if (bids.length === 0 && faults.length === 0) parts.book.totals.noBids++;
      for (const impression of request.impressions) {
        const ours = bids.filter((received) => received.impression === impression);
        if (ours.length > 0) auction(request, impression, ours, parts);
      }
    },
  };
}

/** The answer's body, or undefined where there was no bid to read; counted either way. */
async function ask(request: SimulatedRequest, parts: ExchangeParts): Promise<string | undefined> {
  const { scenario, book, transport, stopwatch } = parts;
  const packed = parts.random.stream(`gzip/${request.number}`).next() < scenario.requests.gzip;
  const text = JSON.stringify(request.json);
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-openrtb-version': request.version,
  };
  if (packed) headers['content-encoding'] = 'gzip';
  book.totals.requests++;
  const sentMs = stopwatch.monotonic();
  const path = `/openrtb2/${scenario.exchangeId}`;
  const reply = await transport.post(path, packed ? gzipSync(text) : text, headers, request.tmaxMs);
  parts.answered(stopwatch.monotonic() - sentMs);
  if (reply.status === 200) return reply.body;
  if (reply.status === 204) book.totals.noBids++;
  else if (reply.body === 'timeout') book.totals.timeouts++;
  else book.totals.errors++;
  return undefined;
}

function auction(
  request: SimulatedRequest,
  impression: OfferedImpression,
  ours: readonly ReceivedBid[],
  parts: ExchangeParts,
): void {
  const { scenario, book, aftermath } = parts;
  const flightHour = (request.atMs - parts.startMs) / 3_600_000;
  const rivals = rivalsOf(request, impression, parts).map(
    (priceCpmMicros): AuctionBid => ({
      priceCpmMicros,
      floorCpmMicros: impression.floorCpmMicros,
      auctionType: request.auctionType,
    }),
  );
  const result = runAuction([...ours, ...rivals], Math.round(scenario.market.incrementCpm * 1e6));
  ours.forEach((received, index) => {
    const won = result.winner === index;
    if (won) book.won(received.bid.cid ?? '', received.bid.crid);
    else book.totals.losses++;
    // A test auction is not billable, and nobody is told of it (section 3.2.1).
    if (request.test) return;
    aftermath.sold({
      request,
      received,
      won,
      clearingCpmMicros: result.clearingCpmMicros,
      minToWinCpmMicros: result.minToWinCpmMicros[index] ?? 0,
      lossCode: result.lossCodes[index] ?? 0,
      flightHour,
    });
  });
}

/** The same however often it is asked: their draws come from a stream of the auction's own. */
function rivalsOf(
  request: SimulatedRequest,
  impression: OfferedImpression,
  { random, scenario, startMs }: ExchangeParts,
): number[] {
  const moment = {
    place: request.place,
    zone: request.person.city.zone,
    atMs: request.atMs,
    flightHour: (request.atMs - startMs) / 3_600_000,
  };
  return rivalPrices(
    impression,
    moment,
    scenario,
    random.stream(`auction/${request.number}/${impression.id}`),
  );
}
