/** OpenRTB 2.x in JSON, the wire of nearly every exchange. */
import { readBidRequest } from '../openrtb/read.ts';
import type { Decoded, Dialect } from './dialect.ts';

/** Some senders begin with a byte order mark, which JSON forbids and `JSON.parse` refuses. */
const BYTE_ORDER_MARK = 0xfeff;

export const openrtbJson: Dialect = {
  name: 'openrtb-json',
  contentTypes: ['application/json', 'text/json', 'application/x-json'],
  suffix: '+json',
  decode,
  encode: (response) => JSON.stringify(response),
};

function decode(body: Buffer): Decoded {
  const text = body.toString('utf8');
  let raw: unknown;
  try {
    raw = JSON.parse(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text);
  } catch {
    return { ok: false, message: 'not JSON' };
  }
  return readBidRequest(raw);
}
