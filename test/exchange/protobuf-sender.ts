/** What an exchange does: a JSON request through protobuf's own library, and answers back. Independent of our dialect. */
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';

const file = new URL('../../proto/openrtb.proto', import.meta.url);
export const { root } = protobuf.parse(readFileSync(file, 'utf8'), { keepCase: true });
export const requestType = root.lookupType('bidwright.openrtb.BidRequest');
export const responseType = root.lookupType('bidwright.openrtb.BidResponse');

export function bytesOf(request: object): Buffer {
  return Buffer.from(requestType.encode(requestType.fromObject(request)).finish());
}

// biome-ignore lint/suspicious/noExplicitAny: an answer is looked at as an exchange would, without our types
export function answerIn(body: Buffer): any {
  return responseType.toObject(responseType.decode(body));
}
