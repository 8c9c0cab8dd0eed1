/**
 * What happens, for whoever listens inside the process: channels of `node:diagnostics_channel`, published to while somebody subscribes and at no cost
 * while nobody does (a look at a flag). A tracer subscribes from a file that is loaded by `--import`; nothing here knows of it.
 * No id of a person, no address and no request is in an event.
 */
import { channel } from 'node:diagnostics_channel';
import { systemClock } from '../core/clock.ts';

/** Channel `bidwright:http`: a request of either door was answered. */
export interface HttpEvent {
  /** The pattern, as `/openrtb2/:exchangeId`; `other` where none fits. */
  readonly route: string;
  readonly method: string;
  readonly status: number;
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly endMs: number;
}

/** Channel `bidwright:bid`: a bid request was decided. */
export interface BidEvent {
  readonly exchangeId: string;
  /** Why there was no bid, from the closed list of reasons; absent where there was one. */
  readonly reason?: string;
  /** How many bids the answer has. */
  readonly bids: number;
  readonly startMs: number;
  readonly endMs: number;
}

const http = channel('bidwright:http');
const bid = channel('bidwright:bid');

export function traceHttp(route: string, method: string, status: number, seconds: number): void {
  if (http.hasSubscribers) http.publish({ route, method, status, ...span(seconds) } satisfies HttpEvent);
}

export function traceBid(
  exchangeId: string,
  reason: string | undefined,
  bids: number,
  seconds: number,
): void {
  if (!bid.hasSubscribers) return;
  bid.publish({
    exchangeId,
    ...(reason === undefined ? {} : { reason }),
    bids,
    ...span(seconds),
  } satisfies BidEvent);
}

/** By the wall, which is what spans of other systems go by. */
function span(seconds: number): { readonly startMs: number; readonly endMs: number } {
  const endMs = systemClock.now();
  return { startMs: endMs - 1000 * seconds, endMs };
}
