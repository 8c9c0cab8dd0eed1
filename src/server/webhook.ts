/**
 * Tells another system by HTTP: signed, tried again, and never led to addresses of our own network. The address that was looked at is the
 * one that is called, so that a name cannot lead elsewhere in between; redirects are not followed.
 */
import { createHmac } from 'node:crypto';
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP, isIPv6 } from 'node:net';

export interface WebhookTarget {
  readonly url: string;
  readonly secret: string;
  /** Plain http and addresses of private networks are allowed: for receivers beside the bidder. */
  readonly mayBePrivate: boolean;
  /** Where names lead; the system's where absent. */
  readonly resolve?: Resolve;
}

type Resolve = (
  host: string,
  options: { readonly all: true },
  found: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

export interface Delivery {
  readonly id: string;
  readonly body: string;
  readonly attempts: number;
  readonly dueMs: number;
}

const REQUEST_MS_MAX = 5_000;
const ANSWER_BYTES_MAX = 65_536;
/** After so long the next attempt; then it is given up. */
const RETRY_MS = [30_000, 120_000, 600_000, 3_600_000, 21_600_000] as const;
const WAITING_MAX = 1_000;

export class Webhook {
  readonly #target: WebhookTarget;
  #waiting: Delivery[] = [];
  #failed = 0;
  #sent = 0;

  constructor(target: WebhookTarget) {
    this.#target = target;
  }

  /** The oldest make room: what is new matters more. */
  add(id: string, event: unknown, nowMs: number): void {
    this.#waiting.push({ id, body: JSON.stringify(event), attempts: 0, dueMs: nowMs });
    this.#failed += Math.max(0, this.#waiting.length - WAITING_MAX);
    this.#waiting = this.#waiting.slice(-WAITING_MAX);
  }

  /** Sends what is due; never rejects. */
  async tend(nowMs: number): Promise<void> {
    const due = this.#waiting.filter(({ dueMs }) => dueMs <= nowMs);
    this.#waiting = this.#waiting.filter(({ dueMs }) => dueMs > nowMs);
    for (const delivery of due) {
      const status = await post(this.#target, delivery, nowMs).catch(() => 0);
      if (status >= 200 && status < 300) this.#sent++;
      else this.#again(delivery, nowMs);
    }
  }

  waitingIds(): readonly string[] {
    return this.#waiting.map(({ id }) => id);
  }

  health(): { readonly waiting: number; readonly failed: number; readonly sent: number } {
    return { waiting: this.#waiting.length, failed: this.#failed, sent: this.#sent };
  }

  #again(delivery: Delivery, nowMs: number): void {
    const waitMs = RETRY_MS[delivery.attempts];
    if (waitMs === undefined) this.#failed++;
    else this.#waiting.push({ ...delivery, attempts: delivery.attempts + 1, dueMs: nowMs + waitMs });
  }
}

/** `v1` is the HMAC-SHA-256, in hex, of the time, a dot and the body; the receiver refuses what is old. */
export function signatureOf(secret: string, nowMs: number, body: string): string {
  const time = Math.floor(nowMs / 1000);
  return `t=${time},v1=${createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')}`;
}

function post(
  { url, secret, mayBePrivate, resolve = lookup }: WebhookTarget,
  { id, body }: Delivery,
  nowMs: number,
): Promise<number> {
  const target = new URL(url);
  const host = target.hostname.replace(/^\[|\]$/g, '');
  const isPlain = target.protocol === 'http:';
  if (!mayBePrivate && (isPlain || (isIP(host) !== 0 && isOurs(host)))) return Promise.resolve(0);
  return new Promise((settle, reject) => {
    const call = (isPlain ? httpRequest : httpsRequest)(
      target,
      {
        method: 'POST',
        // Of the whole call: one that answers a byte now and again is given up as well.
        signal: AbortSignal.timeout(REQUEST_MS_MAX),
        agent: false,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'x-bidwright-delivery': id,
          'x-bidwright-signature': signatureOf(secret, nowMs, body),
        },
        ...(mayBePrivate ? {} : { lookup: (...asked) => lookupOutside(resolve, ...asked) }),
      },
      (answer) => {
        settle(answer.statusCode ?? 0);
        // Nobody reads what it says; the little that there usually is may come, so that the receiver sees a whole exchange.
        let bytes = 0;
        answer.on('data', (part: Buffer) => {
          bytes += part.length;
          if (bytes > ANSWER_BYTES_MAX) call.destroy();
        });
        answer.on('error', () => undefined);
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

type Found = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/** A name that leads to any address of ours leads nowhere. */
function lookupOutside(
  resolve: Resolve,
  host: string,
  options: { readonly all?: boolean },
  found: Found,
): void {
  resolve(host, { all: true }, (error, addresses) => {
    if (error) return found(error, '');
    const [first] = addresses;
    if (!first || addresses.some(({ address }) => isOurs(address)))
      return found(new Error('an address of a private network'), '');
    if (options.all) return found(null, addresses);
    found(null, first.address, first.family);
  });
}

/** Special-purpose ranges of RFC 6890 and its updates, of which none is out in the world. An IPv4 address within IPv6 is looked at as what it is. */
const OURS = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  OURS.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  OURS.addSubnet(net, prefix, 'ipv6');

export function isOurs(address: string): boolean {
  const plain = address.split('%')[0]!;
  return OURS.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
}
