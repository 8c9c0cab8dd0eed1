/**
 * Turns what Bidwright publishes (docs/operating.md, "Traces") into spans, by the part of OpenTelemetry's API that it takes: `tracer.startSpan(name, options)`, and of a
 * span `setStatus` and `end`. Bidwright depends on no tracer; `otel.mjs` beside this file brings one.
 *
 * Head-sampled here: one in `every` is made a span at all, so that the others cost a number and not an object.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** As @opentelemetry/api has them. */
const KIND_INTERNAL = 0;
const KIND_SERVER = 1;
const STATUS_ERROR = 2;

/** Gives what stops it. */
export function recordSpans(tracer, { every = 1000 } = {}) {
  const counts = { http: 0, bid: 0 };
  const isTaken = (what) => counts[what]++ % every === 0;
  const onHttp = ({ route, method, status, startMs, endMs }) => {
    // What failed is worth more than what did not, and seldom.
    if (status < 500 && !isTaken('http')) return;
    const span = tracer.startSpan(`${method} ${route}`, {
      kind: KIND_SERVER,
      startTime: startMs,
      attributes: { 'http.request.method': method, 'http.route': route, 'http.response.status_code': status },
    });
    if (status >= 500) span.setStatus({ code: STATUS_ERROR });
    span.end(endMs);
  };
  const onBid = ({ exchangeId, reason, bids, startMs, endMs }) => {
    if (!isTaken('bid')) return;
    const span = tracer.startSpan('bid', {
      kind: KIND_INTERNAL,
      startTime: startMs,
      attributes: {
        'bidwright.exchange': exchangeId,
        'bidwright.bids': bids,
        ...(reason === undefined ? {} : { 'bidwright.no_bid_reason': reason }),
      },
    });
    if (reason === 'technical_error') span.setStatus({ code: STATUS_ERROR });
    span.end(endMs);
  };
  subscribe('bidwright:http', onHttp);
  subscribe('bidwright:bid', onBid);
  return () => {
    unsubscribe('bidwright:http', onHttp);
    unsubscribe('bidwright:bid', onBid);
  };
}
