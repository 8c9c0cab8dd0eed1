// An answer in protobuf, as the JSON that says the same: so that both are judged by one set of rules.

import { responseType } from '../exchange/protobuf-sender.ts';
import { isObject } from './reading.ts';

/** What cannot be decoded is a text, which no answer may be; judge() says so. */
export function responseIn(body: Uint8Array): unknown {
  try {
    return inJson(responseType.toObject(responseType.decode(body)));
  } catch (error) {
    return error instanceof Error ? error.message : 'undecodable';
  }
}

/** Booleans are 0 and 1 in JSON (§2.3), and a native message is the text of `adm`. */
function inJson(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (Array.isArray(value)) return value.map(inJson);
  if (!isObject(value)) return value;
  const { adm_native: native, ...fields } = value;
  const entries = Object.entries(fields).map(([name, field]) => [name, inJson(field)]);
  if (native !== undefined) entries.push(['adm', JSON.stringify(inJson(native))]);
  return Object.fromEntries(entries);
}
