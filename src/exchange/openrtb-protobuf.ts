/**
 * OpenRTB 2.6 in protobuf. The bytes become the same plain object that JSON would have given (`protobuf-reader.ts`), and from
 * there on there is one reader for both wires. Messages of OpenRTB do not contain themselves, so how deep a body can go
 * is bounded by the types; unknown fields are passed over, and groups nested in them end the decoding. Extensions that
 * Google writes beside an object's fields are read as its `ext`.
 */
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import type { Raw } from '../openrtb/protobuf-reader.ts';
import { plainReader } from '../openrtb/protobuf-reader.ts';
import { readBidRequest } from '../openrtb/read.ts';
import type { BidRequest } from '../openrtb/request.ts';
import type { Bid, BidResponse } from '../openrtb/response.ts';
import type { Decoded, Dialect } from './dialect.ts';

const file = new URL('../../proto/openrtb.proto', import.meta.url);
const root = protobuf.parse(readFileSync(file, 'utf8'), { keepCase: true }).root.resolveAll();
const requestType = root.lookupType('bidwright.openrtb.BidRequest');
const responseType = root.lookupType('bidwright.openrtb.BidResponse');
const nativeType = root.lookupType('bidwright.openrtb.NativeResponse');

export const openrtbProtobuf: Dialect = {
  name: 'openrtb-protobuf',
  contentTypes: [
    'application/x-protobuf',
    'application/protobuf',
    'application/vnd.google.protobuf',
    'application/x-google-protobuf',
  ],
  suffix: '+protobuf',
  decode,
  encode,
};

function decode(body: Buffer): Decoded {
  let raw: Raw;
  try {
    raw = readPlain(body);
  } catch {
    return { ok: false, message: 'not a protobuf bid request' };
  }
  unpackNative(raw);
  return readBidRequest(raw);
}

const readPlain = plainReader(requestType);

/** Native markup may come as a message; in JSON it is text. The message stays, for the answer may be asked for alike. */
function unpackNative(request: Raw): void {
  for (const impression of (request.imp ?? []) as Raw[]) {
    const native = impression.native as Raw | undefined;
    if (native?.request_native !== undefined) native.request ??= JSON.stringify(native.request_native);
  }
}

function encode(response: BidResponse, request?: BidRequest): Buffer {
  const asked = request ? askedAsMessage(request) : NONE_ASKED;
  const written = asked.size === 0 ? response : withNativeMessages(response, asked);
  return Buffer.from(responseType.encode(responseType.create(written)).finish());
}

const NONE_ASKED: ReadonlySet<string> = new Set();

/** Ids of impressions whose native markup was asked for with a message. */
function askedAsMessage(request: BidRequest): ReadonlySet<string> {
  let asked: Set<string> | undefined;
  for (const { id, native, raw } of request.impressions) {
    if (native && (raw.native as Raw).request_native !== undefined) (asked ??= new Set()).add(id);
  }
  return asked ?? NONE_ASKED;
}

function withNativeMessages(response: BidResponse, asked: ReadonlySet<string>): Raw {
  const seatbid = response.seatbid.map((seat) => ({
    ...seat,
    bid: seat.bid.map((bid) => (asked.has(bid.impid) && bid.mtype === NATIVE ? withMessage(bid) : bid)),
  }));
  return { ...response, seatbid };
}

/** `mtype` of native markup. */
const NATIVE = 4;

/** `adm` and `adm_native` exclude each other. The wrapper of Native 1.0 is for text alone. */
function withMessage({ adm = '', ...bid }: Bid): Raw {
  const markup = JSON.parse(adm) as Raw;
  return { ...bid, adm_native: nativeType.fromObject((markup.native ?? markup) as Raw) };
}
