/** A way to the bidder on which some things do not come through for a while. */
import type { Outage } from './flight-file.ts';
import type { Reply, Transport } from './transport.ts';

const LOST: Reply = { status: 0, body: 'lost', headers: {} };

/** `nowMs` tells the simulated time; hours of outages count from `startMs`. `lostRequest` is told of each bid request that is swallowed. */
export function withOutages(
  transport: Transport,
  outages: readonly Outage[],
  startMs: number,
  nowMs: () => number,
  lostRequest: () => void,
): Transport {
  if (outages.length === 0) return transport;
  const out = (what: Outage['what']): boolean => {
    const hour = (nowMs() - startMs) / 3_600_000;
    return outages.some((outage) => outage.what === what && hour >= outage.fromHour && hour < outage.toHour);
  };
  const kindOf = (path: string): Outage['what'] =>
    path.startsWith('/openrtb2/') ? 'requests' : path.includes('/conversion') ? 'conversions' : 'notices';
  return {
    post: async (path, body, headers, timeoutMs) => {
      const kind = kindOf(path);
      if (!out(kind)) return transport.post(path, body, headers, timeoutMs);
      if (kind === 'requests') lostRequest();
      return LOST;
    },
    get: async (url, headers) => (out(kindOf(url)) ? LOST : transport.get(url, headers)),
    close: () => transport.close(),
  };
}
