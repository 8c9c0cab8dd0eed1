/**
 * What a publisher's list of blocked advertisers costs: looking the account's own domains up in it, as a share of decoding the
 * request that brings it. Before it a set of the whole list, the plain way, for comparison.
 *
 *   node bench/micro/blocks.ts [--seed N]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { OwnDomains } from '../../src/campaign/own-domains.ts';
import { seededRandom } from '../../src/core/random.ts';
import { openrtbJson } from '../../src/exchange/openrtb-json.ts';
import { commit, machine } from '../machine.ts';

const SIZES = [100, 1000, 5000, 50_000];
const ROUNDS = 9;
const ENTRIES_A_ROUND = 500_000;

const seed = Number(parseArgs({ options: { seed: { type: 'string', default: '1' } } }).values.seed);
const random = seededRandom(seed);
const word = (): string => random.uint32().toString(36).padStart(5, 'x');
const own = new OwnDomains(Array.from({ length: 100 }, () => `${word()}.example`));

const rows = SIZES.map((entries) => {
  const badv = Array.from(
    { length: entries },
    () => `${word()}${word().slice(0, random.uint32() % 6)}.example`,
  );
  const imp = [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }];
  const body = Buffer.from(JSON.stringify({ id: 'r', imp, badv, site: { domain: 'news.example' } }));
  const times = Math.max(3, Math.round(ENTRIES_A_ROUND / entries));
  const spent = { decode: [] as number[], own: [] as number[], set: [] as number[] };
  // In turns, each on lists that were just decoded: a string that was hashed once is cheap to find again.
  for (let round = 0; round < ROUNDS; round++) {
    const sum = { decode: 0, own: 0, set: 0 };
    for (let time = 0; time < times; time++)
      for (const way of ['own', 'set'] as const) {
        const from = performance.now();
        const read = openrtbJson.decode(body);
        const decoded = performance.now();
        if (!read.ok) throw new Error(read.message);
        const listed = read.request.blockedAdvertisers;
        const found = way === 'own' ? own.among(listed).size : new Set(listed).size;
        if (found > entries) throw new Error('more than there are');
        sum[way] += performance.now() - decoded;
        sum.decode += (decoded - from) / 2;
      }
    for (const way of ['decode', 'own', 'set'] as const) spent[way].push((1000 * sum[way]) / times);
  }
  const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
  const [decodeUs, ownUs, setUs] = [median(spent.decode), median(spent.own), median(spent.set)];
  return {
    entries,
    decodeUs,
    ownUs,
    setUs,
    shareOfDecode: ownUs / decodeUs,
    setShareOfDecode: setUs / decodeUs,
  };
});

const result = { name: 'micro-blocks', seed, commit: commit(), machine: machine(), rows };
mkdirSync(new URL('../results/', import.meta.url), { recursive: true });
writeFileSync(
  new URL('../results/micro-blocks.json', import.meta.url),
  `${JSON.stringify(result, undefined, 2)}\n`,
);
console.table(rows);
