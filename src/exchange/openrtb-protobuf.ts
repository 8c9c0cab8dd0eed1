/**
 * OpenRTB 2.6 in protobuf. The bytes become the same plain object that JSON would have given (bool as 0 or 1), and from
 * there on there is one reader for both wires. Messages of OpenRTB do not contain themselves, so how deep a body can go
 * is bounded by the types; unknown fields are passed over, and groups nested in them end the decoding. Extensions that
 * Google writes beside an object's fields are read as its `ext`.
 */
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
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
    raw = plainOf(requestType.decode(body) as unknown as Raw, requestShape);
  } catch {
    return { ok: false, message: 'not a protobuf bid request' };
  }
  unpackNative(raw);
  return readBidRequest(raw);
}

type Raw = Record<string, unknown>;

/** What has to be done with a field so that it looks as in JSON: nothing, a 0 or 1, a number of JSON, or the same for a message. */
type FieldShape = 'as_it_is' | 'flag' | 'long' | Shape;
type Shape = ReadonlyMap<string, FieldShape>;

const requestShape = shapeOf(requestType);

/** Worked out once; shapes of messages used in several places are made several times, which is cheap enough. */
function shapeOf(type: protobuf.Type): Shape {
  return new Map(type.fieldsArray.map((field) => [field.name, fieldShapeOf(field)]));
}

function fieldShapeOf(field: protobuf.Field): FieldShape {
  if (field.type === 'bool') return 'flag';
  if (field.type === 'int64' || field.type === 'fixed64') return 'long';
  return field.resolvedType instanceof protobuf.Type ? shapeOf(field.resolvedType) : 'as_it_is';
}

/** Only what was on the wire: a decoded message has its defaults on the prototype, and an empty list for each list. */
function plainOf(message: Raw, shape: Shape): Raw {
  const plain: Raw = {};
  let extensions: Raw | undefined;
  for (const name of Object.keys(message)) {
    const given = message[name];
    const fieldShape = shape.get(name);
    if (fieldShape === undefined || (Array.isArray(given) && given.length === 0)) continue;
    const value = plainValue(given, fieldShape);
    if (name === 'ext_google' || name === 'ext_iab') extensions = { ...extensions, ...(value as Raw) };
    else plain[name] = value;
  }
  // What stands in `ext` itself is the standard's place, and wins.
  if (extensions) plain.ext = { ...extensions, ...(plain.ext as Raw) };
  return plain;
}

function plainValue(value: unknown, shape: FieldShape): unknown {
  if (shape === 'as_it_is') return value;
  if (Array.isArray(value)) return value.map((entry) => plainValue(entry, shape));
  if (shape === 'flag') return Number(value);
  return shape === 'long' ? plainLong(String(value)) : plainOf(value as Raw, shape);
}

/** A number where JSON could hold it exactly, and its digits where it could not. */
function plainLong(digits: string): number | string {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : digits;
}

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
