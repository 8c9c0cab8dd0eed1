import type protobuf from 'protobufjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerIn, bytesOf, requestType } from '../exchange/protobuf-sender.ts';
import { record } from '../fixture/record.ts';
import { sharedRows } from '../openrtb/own-corpus.ts';
import type { Twins } from './wire-twins.ts';
import { BOOKS, corpusRows, inJson, isObject, twins } from './wire-twins.ts';

describe.each(BOOKS)('by the book %s', (folder, oneOf) => {
  let pair: Twins;
  beforeAll(async () => {
    pair = await twins(folder);
  });
  afterAll(() => pair.close());

  it('a request gets the same answer in JSON and in protobuf', async () => {
    const rows = corpusRows(oneOf);
    const unsayable = new Map<string, number>();
    const different: string[] = [];
    const statuses = new Map<number, number>();
    let compared = 0;
    for (const { id, request } of rows) {
      const said = inProtobuf(request);
      if (!said.ok) {
        unsayable.set(said.why, (unsayable.get(said.why) ?? 0) + 1);
        continue;
      }
      compared++;
      const [json, binary] = await pair.ask(inJson(request), {
        body: said.body,
        contentType: 'application/x-protobuf',
      });
      statuses.set(json.status, (statuses.get(json.status) ?? 0) + 1);
      const same =
        json.status === binary.status &&
        (json.status !== 200 ||
          JSON.stringify(sorted(JSON.parse(json.body.toString()))) ===
            JSON.stringify(sorted(answerIn(binary.body))));
      const announced = binary.status !== 200 || binary.contentType === 'application/x-protobuf';
      if (!same || !announced) different.push(`${id}: ${json.status} and ${binary.status}`);
    }
    if (folder === 'wide-open')
      record('same-on-both-wires', 1, {
        requests: rows.length,
        compared,
        statuses: Object.fromEntries(statuses),
        unsayable: Object.fromEntries([...unsayable].sort()),
        different: different.length,
      });
    expect(different.slice(0, 2)).toEqual([]);
    expect(statuses.get(200)).toBeGreaterThan(folder === 'demo' ? 10 : compared / 2);
    // Of the collected corpus, nine in ten can be said in protobuf.
    if (sharedRows('openrtb-requests.dev.ndjson') && oneOf === 1) expect(compared).toBeGreaterThan(2_700);
  }, 120_000);
});

type Said = { readonly ok: true; readonly body: Buffer } | { readonly ok: false; readonly why: string };

/**
 * As an exchange would: through the schema, field by field. What protobuf has no type or place for is named: a text for a
 * number, an object for native's text, an extension that we read and that has no number. Other unknown fields are left out,
 * for they change nothing.
 */
function inProtobuf(request: Record<string, unknown>): Said {
  const faults: string[] = [];
  const message = messageOf(request, requestType, '', faults);
  if (faults.length > 0) return { ok: false, why: faults[0]! };
  return { ok: true, body: bytesOf(message) };
}

const READ_WITHOUT_NUMBER = new Set([
  'ext.schain',
  'imp.ext.rewarded',
  'imp.ext.rwdd',
  'imp.ext.is_rewarded_inventory',
  'imp.video.ext.rewarded',
  'imp.video.ext.rwdd',
  'regs.ext.coppa',
  'regs.ext.gpp',
  'regs.ext.gpp_sid',
]);

function messageOf(
  value: Record<string, unknown>,
  type: protobuf.Type,
  path: string,
  faults: string[],
): object {
  const message: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(value)) {
    const place = path === '' ? name : `${path}.${name}`;
    const field = type.fields[name]?.resolve();
    if (!field) {
      if (READ_WITHOUT_NUMBER.has(place)) faults.push(`no number: ${place}`);
      continue;
    }
    // In JSON that is an unknown field, and native without its request.
    if (name === 'request_native') faults.push(`of protobuf alone: ${place}`);
    if (given === null) continue;
    if (field.repeated !== Array.isArray(given))
      faults.push(field.repeated ? 'one value for a list' : 'a list for one value');
    else if (Array.isArray(given)) message[name] = given.map((entry) => fieldOf(entry, field, place, faults));
    else message[name] = fieldOf(given, field, place, faults);
  }
  return message;
}

function fieldOf(value: unknown, field: protobuf.Field, place: string, faults: string[]): unknown {
  const wrong = (): void =>
    void faults.push(`${kindOf(value)} for ${field.resolvedType ? 'a message' : field.type}`);
  if (field.resolvedType) {
    if (isObject(value)) return messageOf(value, field.resolvedType as protobuf.Type, place, faults);
    wrong();
  } else if (field.type === 'bool') {
    if (typeof value === 'number' || typeof value === 'boolean') return Boolean(value);
    wrong();
  } else if (field.type === 'string') {
    if (typeof value !== 'string') wrong();
  } else if (typeof value !== 'number' || (field.type === 'int32' && (value | 0) !== value)) wrong();
  return value;
}

function kindOf(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'a whole number' : 'a fraction';
  return value === null ? 'null' : `a ${typeof value}`;
}

/** The order of fields says nothing, nor does an empty list; 1 and true are the same word. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value === 'boolean') return Number(value);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, entry]) => !(Array.isArray(entry) && entry.length === 0));
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, entry]) => [key, sorted(entry)]),
  );
}
