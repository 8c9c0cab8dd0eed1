import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Random } from '../../src/core/random.ts';
import { seededRandom } from '../../src/core/random.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { testEngine } from '../fixture/engine.ts';
import { record } from '../fixture/record.ts';

const SEED = Number(process.env.BIDWRIGHT_FUZZ_SEED ?? 20_261_123);
const BODIES = Number(process.env.BIDWRIGHT_FUZZ_BODIES ?? 100_000);
const ALLOWED = new Set([200, 204, 400]);

function bodies(): string[] {
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
function mutate(body: string, all: readonly string[], random: Random): Buffer {
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

describe(`${BODIES} mutated bodies (seed ${SEED})`, () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await testEngine('wide-open');
  });
  afterAll(() => engine.close());

  it('meet only the statuses that an exchange expects, without a fault, and leave memory flat', async () => {
    const all = bodies();
    const random = seededRandom(SEED);
    const statuses = new Map<number, number>();
    const halfway: number[] = [];
    for (let count = 0; count < BODIES; count++) {
      const payload = mutate(all[count % all.length]!, all, random);
      const answer = await engine.publicApp.inject({
        method: 'POST',
        url: '/openrtb2/example',
        headers: { 'content-type': 'application/json' },
        payload,
      });
      statuses.set(answer.statusCode, (statuses.get(answer.statusCode) ?? 0) + 1);
      if (!ALLOWED.has(answer.statusCode))
        throw new Error(
          `seed ${SEED}, body ${count}: status ${answer.statusCode} for ${payload.toString('base64')}`,
        );
      if (answer.statusCode === 400 && answer.body !== '')
        throw new Error(`seed ${SEED}, body ${count}: a 400 with a body`);
      if (count % 2000 === 0) {
        engine.clock.advance(60_000);
        await engine.tick();
      }
      if (count % Math.floor(BODIES / 10) === 0) halfway.push(heapAfterCollection());
    }
    const early = Math.min(...halfway.slice(2, 5));
    const late = Math.min(...halfway.slice(-3));
    record('mutated-bodies', SEED, {
      bodies: BODIES,
      statuses: Object.fromEntries(statuses),
      faults: engine.faults(),
      heapGrowthMib: (late - early) / 2 ** 20,
    });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    // Each kind of answer was seen, so the bodies really reached both sides of the parser.
    expect(statuses.get(200) ?? 0).toBeGreaterThan(BODIES / 100);
    expect(statuses.get(400) ?? 0).toBeGreaterThan(BODIES / 100);
    expect(engine.faults()).toBe(0);
    expect(
      late - early,
      `heap in MiB by tenths: ${halfway.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(' ')}`,
    ).toBeLessThan(24 * 2 ** 20);
  }, 600_000);
});

function heapAfterCollection(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
