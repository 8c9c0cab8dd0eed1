/** How a fuzz test makes a body hostile, and what it looks at besides the answer. */
import { existsSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Random } from '../../src/core/random.ts';

/** `BIDWRIGHT_FUZZ=250000 BIDWRIGHT_RECORD=1` for the count that stands in bench/results. */
export const SEED = Number(process.env.BIDWRIGHT_FUZZ_SEED ?? 20_261_123);

export function bodyCount(usually: number): number {
  return Number(process.env.BIDWRIGHT_FUZZ ?? usually);
}

/** Requests of our own making, and some of the collected corpus where it lies beside the checkout. */
export function bodies(): string[] {
  const own = readFileSync(new URL('../fixture/corpus/requests.ndjson', import.meta.url), 'utf8');
  const shared = new URL('../../../shared/corpus/openrtb-requests.dev.ndjson', import.meta.url);
  const more = existsSync(shared) ? readFileSync(shared, 'utf8').split('\n').slice(0, 600).join('\n') : '';
  return `${own}\n${more}`
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.stringify(JSON.parse(line).request));
}

const NASTY = [
  '__proto__',
  'constructor',
  '1e400',
  '-0',
  '9007199254740993',
  '"\\ud800"',
  'null',
  'true',
  '[]',
  '{}',
  '[[[[[[[[[[',
  '{"a":'.repeat(200),
  '\u0000',
  '\ufeff',
  '"'.repeat(50),
  '${AUCTION_PRICE}',
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  'NaN',
  '1'.repeat(400),
];

/** One to four changes: bytes flipped, cut, doubled, moved; values swapped for nasty ones; another body spliced in. */
export function mutate(body: string, all: readonly string[], random: Random): Buffer {
  let text = body;
  const at = (limit: number): number => Math.floor(random.next() * limit);
  for (let change = 1 + at(4); change > 0; change--) {
    const place = at(text.length + 1);
    const length = at(40);
    switch (at(8)) {
      case 0:
        text = text.slice(0, place) + text.slice(place + length);
        break;
      case 1:
        text =
          text.slice(0, place) + text.slice(place, place + length).repeat(2) + text.slice(place + length);
        break;
      case 2:
        text = text.slice(0, place) + NASTY[at(NASTY.length)]! + text.slice(place);
        break;
      case 3:
        text = text.slice(0, place) + String.fromCharCode(at(65_536)) + text.slice(place + 1);
        break;
      case 4:
        text = text.slice(0, place);
        break;
      case 5: {
        const other = all[at(all.length)]!;
        text = text.slice(0, place) + other.slice(at(other.length), at(other.length));
        break;
      }
      case 6:
        // A value for a value: most bodies stay JSON, and reach what lies behind the parser.
        text = text.replace(/:\s*("[^"]*"|-?\d+(\.\d+)?|\[[^[\]]*\])/g, (whole) =>
          random.next() < 0.1 ? `:${NASTY[at(NASTY.length)]!}` : whole,
        );
        break;
      default:
        text = text.replace(/"[^"]*"/g, (whole) => (random.next() < 0.05 ? String(at(1000)) : whole));
    }
  }
  const bytes = Buffer.from(text);
  if (random.next() < 0.2 && bytes.length > 0) bytes[at(bytes.length)] = at(256);
  return bytes;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Where memory is taken, by our objects and by what hangs on them outside of the heap. */
export function bytesHeld(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
