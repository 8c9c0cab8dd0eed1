/**
 * Finding candidates: columns of bits against a plain loop over all line items that stops at the first refusal. Line
 * items target by six dimensions; both ways answer the same requests in turns, and must find the same.
 *
 *   node bench/micro/lookup.ts [--seed N]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Dimension, Probe } from '../../src/campaign/targeting/dimension.ts';
import type { Targeting } from '../../src/campaign/targeting/index.ts';
import { dimensions } from '../../src/campaign/targeting/index.ts';
import type { TargetedLine } from '../../src/campaign/targeting-index.ts';
import { compileTargeting } from '../../src/campaign/targeting-index.ts';
import { countBits, fullBitset } from '../../src/core/bitset.ts';
import type { Random } from '../../src/core/random.ts';
import { seededRandom } from '../../src/core/random.ts';
import { zoneNamed } from '../../src/core/zone.ts';
import { readBidRequest } from '../../src/openrtb/read.ts';
import { commit, machine } from '../machine.ts';

const SIZES = [100, 1000, 10_000, 100_000];
const REQUESTS = 200;
const ROUNDS = 7;
/** Of both ways together, a round: long enough to time, short enough to finish. */
const LINES_A_ROUND = 4_000_000;

const seed = Number(parseArgs({ options: { seed: { type: 'string', default: '1' } } }).values.seed);
const COUNTRIES = 'USA CAN GBR DEU FRA ESP ITA NLD BRA MEX JPN AUS IND POL SWE'.split(' ');
const SYSTEMS = ['ios', 'android', 'windows', 'macos'];
const DEVICES = ['phone', 'tablet', 'desktop', 'tv'] as const;
const SCREENS = ['300x250', '728x90', '320x50', '300x600', '160x600', '970x250'];
const CATEGORIES = Array.from({ length: 26 }, (_, at) => `IAB${at + 1}`);

const pick = <T>(values: readonly T[], random: Random): T => values[random.uint32() % values.length]!;
const some = <T>(values: readonly T[], max: number, random: Random): T[] => [
  ...new Set(Array.from({ length: 1 + (random.uint32() % max) }, () => pick(values, random))),
];

function targeting(random: Random): Targeting {
  return {
    country: { include: some(COUNTRIES, 4, random) },
    ...(random.next() < 0.6 ? { deviceType: { include: some(DEVICES, 3, random) } } : {}),
    ...(random.next() < 0.5 ? { os: { include: some(SYSTEMS, 2, random).map((name) => ({ name })) } } : {}),
    ...(random.next() < 0.6
      ? {
          category:
            random.next() < 0.7
              ? { include: some(CATEGORIES, 5, random) }
              : { exclude: some(CATEGORIES, 5, random) },
        }
      : {}),
    ...(random.next() < 0.6 ? { size: { include: some(SCREENS, 3, random) } } : {}),
    ...(random.next() < 0.4
      ? { daypart: { slots: [{ hours: pick(['6-24', '8-20', '18-23'], random) }] } }
      : {}),
  };
}

function probe(random: Random): Probe {
  const [w, h] = pick(SCREENS, random).split('x').map(Number);
  const decoded = readBidRequest({
    id: 'r',
    imp: [{ id: '1', banner: { format: [{ w, h }] } }],
    site: { domain: 'news.example.com', cat: [`${pick(CATEGORIES, random)}-1`] },
    device: {
      geo: { country: pick(COUNTRIES, random) },
      os: pick(SYSTEMS, random),
      devicetype: pick([4, 5, 2, 3], random),
    },
  });
  if (!decoded.ok) throw new Error(decoded.message);
  const { request } = decoded;
  const permits = { identity: true, audiences: true, preciseGeo: true, refusal: '' } as const;
  return {
    exchangeId: 'example',
    request,
    impression: request.impressions[0]!,
    permits,
    packs: [],
    nowMs: Date.parse('2026-03-18T12:00:00Z'),
  };
}

type Way = (probe: Probe) => number;

function byColumns(lines: readonly TargetedLine[]): Way {
  const index = compileTargeting(lines);
  const all = fullBitset(lines.length);
  const candidates = all.slice();
  return (request) => {
    candidates.set(all);
    if (!index.narrowByRequest(request, candidates) || !index.narrowByImpression(request, candidates))
      return 0;
    return countBits(candidates);
  };
}

/** Rules next to their line item, most selective first: as fast as a loop over rules gets without an index. */
function byLoop(lines: readonly TargetedLine[]): Way {
  const ordered = [...dimensions].sort((a, b) => a.level.localeCompare(b.level) * -1 || a.cost - b.cost);
  const rules = lines.map((line) => {
    const given = line.targeting as Readonly<Record<string, unknown>>;
    return ordered
      .filter(({ name }) => given[name] !== undefined)
      .map((dimension): [Dimension, never] => [dimension, given[dimension.name] as never]);
  });
  const found = new Int32Array(lines.length);
  return (request) => {
    let count = 0;
    for (let number = 0; number < lines.length; number++) {
      let accepted = true;
      for (const [dimension, rule] of rules[number]!) {
        if (dimension.accepts(rule, request, lines[number]!)) continue;
        accepted = false;
        break;
      }
      if (accepted) found[count++] = number;
    }
    return count;
  };
}

function microsPerRequest(way: Way, requests: readonly Probe[], runs: number): number {
  const start = performance.now();
  for (let run = 0; run < runs; run++) way(requests[run % requests.length]!);
  return ((performance.now() - start) * 1000) / runs;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function measure(size: number) {
  const random = seededRandom(seed).stream(`lookup ${size}`);
  const lines = Array.from(
    { length: size },
    (): TargetedLine => ({ targeting: targeting(random), zone: zoneNamed('UTC') }),
  );
  const requests = Array.from({ length: REQUESTS }, () => probe(random));
  const compileStart = performance.now();
  const columns = byColumns(lines);
  const compileMs = performance.now() - compileStart;
  const loop = byLoop(lines);
  let matches = 0;
  for (const request of requests.slice(0, size > 10_000 ? 20 : REQUESTS)) {
    const found = columns(request);
    if (found !== loop(request)) throw new Error(`the two ways differ at ${size} line items, seed ${seed}`);
    matches += found / size / (size > 10_000 ? 20 : REQUESTS);
  }
  const loopRuns = Math.max(10, Math.min(REQUESTS * 20, LINES_A_ROUND / 10 / size));
  const rounds = Array.from({ length: ROUNDS }, () => ({
    columns: microsPerRequest(
      columns,
      requests,
      Math.max(1000, Math.min(REQUESTS * 200, LINES_A_ROUND / size)),
    ),
    loop: microsPerRequest(loop, requests, loopRuns),
  }));
  const columnsMicros = median(rounds.map((round) => round.columns));
  const loopMicros = median(rounds.map((round) => round.loop));
  return {
    lines: size,
    columnsMicros,
    loopMicros,
    ratio: loopMicros / columnsMicros,
    matchesShare: matches,
    compileMs,
  };
}

const sizes = SIZES.map(measure);
const rounded = (value: number): number => Number(value.toPrecision(3));
console.log('   lines   columns µs      loop µs   loop/columns   matches   compile ms');
for (const row of sizes) {
  const cells = [
    row.lines,
    rounded(row.columnsMicros),
    rounded(row.loopMicros),
    rounded(row.ratio),
    `${rounded(row.matchesShare * 100)} %`,
    rounded(row.compileMs),
  ];
  console.log(cells.map((cell, at) => String(cell).padStart([8, 13, 13, 15, 10, 13][at]!)).join(''));
}
const results = new URL('../results/', import.meta.url);
mkdirSync(results, { recursive: true });
const figures = Object.fromEntries(
  sizes.flatMap(({ lines, columnsMicros, loopMicros, ratio, matchesShare, compileMs }) => [
    [`columnsMicrosAt${lines}`, rounded(columnsMicros)],
    [`loopMicrosAt${lines}`, rounded(loopMicros)],
    [`loopToColumnsAt${lines}`, rounded(ratio)],
    [`matchesShareAt${lines}`, rounded(matchesShare)],
    [`compileMsAt${lines}`, rounded(compileMs)],
  ]),
);
const report = { name: 'micro-lookup', seed, commit: commit(), machine: machine(), dimensions: 6, figures };
writeFileSync(new URL('micro-lookup.json', results), `${JSON.stringify(report, null, 2)}\n`);
