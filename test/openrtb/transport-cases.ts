/** How a body may be labelled and packed: each row is sent to a whole engine, and stands on docs/openrtb-tolerance.md. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { bytesOf } from '../exchange/protobuf-sender.ts';

export interface TransportCase {
  readonly group: string;
  readonly sent: string;
  /** `read`: answered as the plain body is. `refused`: 400 without content. */
  readonly outcome: 'read' | 'refused';
  readonly why: string;
  /** All that the row speaks of, each with headers of its own. */
  readonly bodies: readonly (readonly [body: Buffer, headers: Readonly<Record<string, string>>])[];
}

export const PLAIN = {
  id: 'r-1',
  imp: [{ id: '1', banner: { w: 300, h: 250 } }],
  site: { domain: 'a.example' },
};

const json = Buffer.from(JSON.stringify(PLAIN));
const protobuf = bytesOf(PLAIN);
const typed = (body: Buffer, ...types: string[]): TransportCase['bodies'] =>
  types.map((type) => [body, { 'content-type': type }] as const);
const packed = (body: Buffer, ...codings: string[]): TransportCase['bodies'] =>
  codings.map(
    (coding) => [body, { 'content-type': 'application/json', 'content-encoding': coding }] as const,
  );
const unlabelled = (body: Buffer): TransportCase['bodies'][number] => [
  body,
  { 'content-type': 'application/json' },
];

/** Fields that no version has: a text, and a group with a number and a group within. Then a known one, `at`, with a text in its place. */
const unknownField = Buffer.from([0xa2, 0x7d, 0x03, 1, 2, 3, 0xab, 0x7d, 0x08, 0x01, 0x0b, 0x0c, 0xac, 0x7d]);
const mistypedField = Buffer.from([0x3a, 0x01, 0x61]);

function badLetter(): Buffer {
  const body = bytesOf({ ...PLAIN, site: { ...PLAIN.site, name: 'caf~' } });
  body[body.indexOf('~')] = 0xe9;
  return body;
}

export const TRANSPORT: readonly TransportCase[] = (
  [
    {
      sent: '`Content-Type` of JSON: `application/json`, `text/json`, `application/x-json`, `…+json`, in any case, with parameters',
      outcome: 'read',
      why: 'read as JSON and answered in JSON, whatever the exchange’s own format',
      bodies: typed(
        json,
        'application/json',
        'Application/JSON; Charset="UTF-8"',
        'application/openrtb+json',
        'text/json',
        'application/x-json',
      ),
    },
    {
      sent: '`Content-Type` of protobuf: `application/x-protobuf`, `application/protobuf`, `application/vnd.google.protobuf`, `application/x-google-protobuf`, `…+protobuf`',
      outcome: 'read',
      why: 'read as protobuf and answered in protobuf; `dialectOnly` of the exchange refuses the other format',
      bodies: typed(
        protobuf,
        'application/x-protobuf',
        'application/protobuf',
        'application/vnd.google.protobuf; v=1',
        'application/x-google-protobuf',
        'application/openrtb+protobuf',
      ),
    },
    {
      sent: 'no `Content-Type`, `application/octet-stream`, `text/plain`, or any other',
      outcome: 'read',
      why: 'as `dialect` of the exchange says: the header tells nothing (section 2.3)',
      bodies: [
        [json, {}],
        ...typed(json, 'text/plain; charset=utf-8', 'application/octet-stream', 'application', ';', 'a/b'),
      ],
    },
    {
      sent: 'a body that is not what its `Content-Type` says',
      outcome: 'refused',
      why: 'the header is believed; a guess would be answered in a format nobody asked for',
      bodies: [...typed(protobuf, 'application/json'), ...typed(json, 'application/x-protobuf')],
    },
    {
      sent: '`Content-Encoding`: `gzip`, `x-gzip`, `deflate` (with zlib’s two bytes or without), `br`, `zstd`, `identity`, in any case',
      outcome: 'read',
      why: 'unpacked',
      bodies: [
        ...packed(gzipSync(json), 'gzip', 'GZip', 'x-gzip'),
        ...packed(deflateSync(json), 'deflate'),
        ...packed(deflateRawSync(json), 'deflate'),
        ...packed(brotliCompressSync(json), 'br'),
        ...packed(zstdCompressSync(json), 'zstd'),
        ...packed(json, 'identity', ''),
      ],
    },
    {
      sent: 'up to three codings in a row (`deflate, gzip`)',
      outcome: 'read',
      why: 'undone from the last to the first (RFC 9110)',
      bodies: packed(gzipSync(deflateSync(json)), 'deflate, gzip', 'identity,deflate,gzip'),
    },
    {
      sent: 'gzip without `Content-Encoding`',
      outcome: 'read',
      why: 'some senders forget it; its first two bytes begin neither JSON nor a message',
      bodies: [unlabelled(gzipSync(json)), ...packed(gzipSync(json), 'identity')],
    },
    {
      sent: 'any other coding without `Content-Encoding`',
      outcome: 'refused',
      why: 'nothing shows it for certain',
      bodies: [unlabelled(zstdCompressSync(json)), unlabelled(brotliCompressSync(json))],
    },
    {
      sent: 'a body that is not packed as its `Content-Encoding` says, cut off or damaged',
      outcome: 'refused',
      why: 'corrupt payload (section 2.1)',
      bodies: [
        ...packed(json, 'gzip', 'br', 'zstd'),
        ...packed(gzipSync(json).subarray(0, 40), 'gzip'),
        ...packed(zstdCompressSync(json).subarray(0, 40), 'zstd'),
      ],
    },
    {
      sent: 'a coding nobody knows, or more than three',
      outcome: 'refused',
      why: 'nothing to read; not 415, for exchanges expect 200, 204 and 400 alone',
      bodies: packed(json, 'compress', 'snappy', 'gzip, gzip, gzip, gzip'),
    },
    {
      sent: 'more than `bodyLimitBytes`, before or after unpacking, or more than fifty times what was sent (from 32 KB on)',
      outcome: 'refused',
      why: 'a bomb; it is put out at the bound',
      bodies: [
        unlabelled(Buffer.concat([json, Buffer.alloc(200_000, 32)])),
        ...packed(gzipSync(Buffer.concat([json, Buffer.alloc(200_000, 32)])), 'gzip'),
        ...packed(zstdCompressSync(Buffer.concat([json, Buffer.alloc(60_000, 32)])), 'zstd'),
      ],
    },
    {
      sent: 'a protobuf field or extension that is unknown, or of another wire type than its own',
      outcome: 'read',
      why: 'passed over, as protobuf has it',
      bodies: typed(Buffer.concat([unknownField, protobuf, mistypedField]), 'application/x-protobuf'),
    },
    {
      sent: 'text in protobuf that is no UTF-8',
      outcome: 'read',
      why: 'the letter is lost, as in JSON; Google’s messages are not checked either',
      bodies: typed(badLetter(), 'application/x-protobuf'),
    },
  ] as const
).map((row) => ({ group: 'The wire', ...row }));
