/**
 * What decoding costs on top of JSON.parse, over the bodies of about 2 KB in the test corpus. Both are run in turns, and
 * the median of the rounds is printed, so that a busy machine disturbs both alike.
 */
import { readFileSync } from 'node:fs';
import { openrtbJson } from '../../src/exchange/openrtb-json.ts';
import { readPermits } from '../../src/openrtb/consent.ts';

const ROUNDS = 60;
const PASSES = 40;
const BYTES_MIN = 1_500;
const BYTES_MAX = 2_700;

const corpus = new URL('../../test/fixture/corpus/requests.ndjson', import.meta.url);
const bodies = readFileSync(corpus, 'utf8')
  .trim()
  .split('\n')
  .map((line) => Buffer.from(JSON.stringify((JSON.parse(line) as { request: unknown }).request)))
  .filter((body) => body.length >= BYTES_MIN && body.length <= BYTES_MAX);
const choice = { signalMissing: 'deny', vendorId: 755 } as const;

let sink = 0;
const parse = (body: Buffer): void => {
  sink += typeof JSON.parse(body.toString('utf8')) === 'object' ? 1 : 0;
};
const decode = (body: Buffer): void => {
  sink += openrtbJson.decode(body).ok ? 1 : 0;
};
const decodeAndPermit = (body: Buffer): void => {
  const decoded = openrtbJson.decode(body);
  if (decoded.ok) sink += readPermits(decoded.request, choice).identity ? 1 : 0;
};

const parsed: number[] = [];
const decoded: number[] = [];
const permitted: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  parsed.push(microsPerBody(parse));
  decoded.push(microsPerBody(decode));
  permitted.push(microsPerBody(decodeAndPermit));
}
const bytes = bodies.reduce((sum, body) => sum + body.length, 0) / bodies.length;
const [parseMicros, decodeMicros, permitMicros] = [median(parsed), median(decoded), median(permitted)];
console.log(
  `bodies ${bodies.length}, mean ${bytes.toFixed(0)} bytes (${sink > 0 ? 'all read' : 'nothing read'})`,
);
console.log(`JSON.parse              ${parseMicros.toFixed(2)} µs`);
console.log(
  `decode                  ${decodeMicros.toFixed(2)} µs  (${(decodeMicros / parseMicros).toFixed(2)} × JSON.parse)`,
);
console.log(`decode and readPermits  ${permitMicros.toFixed(2)} µs`);

function microsPerBody(run: (body: Buffer) => void): number {
  const startMs = performance.now();
  for (let pass = 0; pass < PASSES; pass++) for (const body of bodies) run(body);
  return ((performance.now() - startMs) * 1000) / (PASSES * bodies.length);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
