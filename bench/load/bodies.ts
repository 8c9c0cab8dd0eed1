/**
 * Requests for load tests: the simulator's own traffic, each with an id and a person of its own, as whole HTTP messages, so
 * that the sender spends nothing on them while it measures.
 */
import { gzipSync } from 'node:zlib';
import { seededRandom } from '../../src/core/random.ts';
import { makeTraffic } from '../../src/simulate/traffic.ts';
import { bytesOf } from '../../test/exchange/protobuf-sender.ts';

/** Monday noon in New York: the busy part of a day. */
const FROM_MS = Date.UTC(2026, 10, 23, 17);
/** No line item asks for it. */
const NOBODYS_COUNTRY = 'ATA';

interface Offer {
  readonly banner?: { readonly format?: readonly { readonly w: number; readonly h: number }[] };
  readonly pmp?: unknown;
}

export interface LoadRequest {
  readonly imp: readonly (Offer & Record<string, unknown>)[];
  readonly device: { readonly geo: { readonly country?: string } };
  readonly [key: string]: unknown;
}

/** Of `people` persons, each as likely. */
export function loadRequests(seed: number, count: number, people: number): LoadRequest[] {
  const traffic = makeTraffic(seed);
  const random = seededRandom(seed).stream('people of the load');
  return Array.from({ length: count }, (_, number) => {
    const { user, ...rest } = traffic.request(number, FROM_MS).json as Record<string, object>;
    const buyeruid = personId(Math.floor(random.next() * people));
    // Half the traffic names its person to us.
    return {
      ...rest,
      user: { ...user, buyeruid: number % 2 === 0 ? buyeruid : undefined },
    } as unknown as LoadRequest;
  });
}

export function personId(number: number): string {
  return `p${String(number).padStart(8, '0')}`;
}

/** The same, from where nobody buys: its candidates are gone after the columns of the countries. */
export function fromNowhere(request: LoadRequest): LoadRequest {
  const { device } = request;
  return { ...request, device: { ...device, geo: { ...device.geo, country: NOBODYS_COUNTRY } } };
}

/** One banner of the commonest size, in the open auction, without a floor that few reach. */
export function isPlainBanner({ imp }: LoadRequest): boolean {
  const [first] = imp;
  const formats = first?.banner?.format ?? [];
  return imp.length === 1 && first?.pmp === undefined && formats.some(({ w, h }) => w === 300 && h === 250);
}

export type Packing = 'json' | 'gzip' | 'protobuf';

/** Whole messages, for each of the paths in turn. */
export function messages(
  requests: readonly LoadRequest[],
  paths: readonly string[],
  packing: Packing = 'json',
): Buffer[] {
  return requests.map((request, number) => {
    const plain = packing === 'protobuf' ? bytesOf(request) : Buffer.from(JSON.stringify(request));
    const body = packing === 'gzip' ? gzipSync(plain) : plain;
    const type = packing === 'protobuf' ? 'application/x-protobuf' : 'application/json';
    const encoding = packing === 'gzip' ? 'Content-Encoding: gzip\r\n' : '';
    const head = `POST ${paths[number % paths.length]} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${type}\r\n${encoding}x-openrtb-version: 2.6\r\nContent-Length: ${body.length}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), body]);
  });
}
