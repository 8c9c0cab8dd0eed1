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

/** Places where a request names a person or a device, or may: all extensions of both, and addresses of pages with their queries. */
const DROPPED: readonly (readonly string[])[] = [
  ['user'],
  ['regs'],
  ['ext'],
  ['source'],
  ...['ip', 'ipv6', 'ifa', 'didsha1', 'didmd5', 'dpidsha1', 'dpidmd5', 'macsha1', 'macmd5', 'ext'].map(
    (key) => ['device', key],
  ),
  ...['lat', 'lon', 'accuracy', 'zip', 'ext'].map((key) => ['device', 'geo', key]),
  ...['site', 'app'].flatMap((media) => ['page', 'ref', 'search', 'ext'].map((key) => [media, key])),
];

export function withoutPerson(raw: Readonly<Record<string, unknown>>): unknown {
  const copy = structuredClone(raw) as Record<string, unknown>;
  for (const path of DROPPED) {
    let place: unknown = copy;
    for (const key of path.slice(0, -1)) place = isObject(place) ? place[key] : undefined;
    if (isObject(place)) delete place[path.at(-1)!];
  }
  return copy;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
