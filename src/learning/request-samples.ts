/** Keeps some of the requests, about as many of every hour, so that later what might have been can be asked of them. */
import type { Random } from '../core/random.ts';
import { Ring } from '../core/ring.ts';
import type { BidRequest } from '../openrtb/request.ts';
import type { RequestSample, SamplePort } from '../state/sample-port.ts';

const HOUR_MS = 3_600_000;
const AN_HOUR = 48;
const WAITING_MAX = 2_000;
const TEXT_MAX = 32_768;

/** What is asked of the bidder about the person only when a request is kept. */
interface Whose {
  readonly packs: readonly string[];
  readonly isKnown: boolean;
}

export class RequestSamples {
  readonly #waiting = new Ring<RequestSample>(WAITING_MAX);
  readonly #random: Random;
  #hour = Number.NaN;
  #came = 0;
  #cameBefore = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  offer(exchangeId: string, request: BidRequest, atMs: number, whose: () => Whose): void {
    const hour = Math.floor(atMs / HOUR_MS);
    if (hour !== this.#hour) [this.#hour, this.#cameBefore, this.#came] = [hour, this.#came, 0];
    this.#came++;
    // As many as the hour before had, or as this one has had so far: rates follow traffic within the hour.
    const chance = Math.min(1, AN_HOUR / Math.max(this.#cameBefore, this.#came, 1));
    if (request.test || this.#random.next() >= chance) return;
    const text = JSON.stringify(withoutPerson(request.raw));
    if (text.length <= TEXT_MAX)
      this.#waiting.push({ atMs, exchangeId, weight: 1 / chance, text, ...whose() });
  }

  async flush(port: Pick<SamplePort, 'addSamples'>): Promise<void> {
    if (this.#waiting.size > 0) await port.addSamples(this.#waiting.take(WAITING_MAX));
  }
}

/** All that is kept of the device: what line items target by, and nothing that tells one from another of its make. */
const DEVICE_KEPT = ['devicetype', 'os', 'osv', 'make', 'model', 'language', 'connectiontype'];
const GEO_KEPT = ['country', 'region', 'city', 'utcoffset'];
/** Whose, where from and by whom; in any of these may stand a name. */
const DROPPED = ['user', 'regs', 'ext', 'source'];
const DROPPED_OF_MEDIA = ['page', 'ref', 'search', 'ext', 'storeurl', 'keywords', 'kwarray', 'content'];

export function withoutPerson(raw: Readonly<Record<string, unknown>>): unknown {
  const copy: Record<string, unknown> = structuredClone(raw);
  for (const key of DROPPED) delete copy[key];
  for (const media of ['site', 'app']) {
    const place = copy[media];
    if (isObject(place)) for (const key of DROPPED_OF_MEDIA) delete place[key];
  }
  const { device } = copy;
  if (!isObject(device)) return copy;
  const geo = isObject(device.geo) ? { geo: only(device.geo, GEO_KEPT) } : {};
  return { ...copy, device: { ...only(device, DEVICE_KEPT), ...geo } };
}

function only(object: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => keys.includes(key)));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
