/**
 * What packs cost: one question of who is in what, bytes a person, the time to read lists and to start again, and the longest time
 * for which any of that keeps bids waiting.
 *
 *   node bench/micro/membership.ts [--people 1000000,5000000] [--packs 1000] [--seed N]
 *
 * Ids of the lists are hashes already and their keys are taken from the hash; the keyed hash that the bidder makes of each takes
 * `keyedHashUs` more.
 */
import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { Audience } from '../../src/campaign/audience/kinds.ts';
import { keyNumber } from '../../src/campaign/audience/pack.ts';
import { personKeys } from '../../src/core/person-id.ts';
import { seededRandom } from '../../src/core/random.ts';
import { zoneNamed } from '../../src/core/zone.ts';
import { PackKeeper } from '../../src/learning/packs.ts';
import type { Permits } from '../../src/openrtb/consent.ts';
import type { BidRequest } from '../../src/openrtb/request.ts';
import { artefactFiles } from '../../src/state/artefacts.ts';
import { Profiles } from '../../src/state/memory/profiles.ts';
import { commit, machine } from '../machine.ts';

const NOW_MS = Date.UTC(2026, 0, 15, 12);
const QUESTIONS = 200_000;
const MEMBERSHIPS_A_PERSON = 5;
/** Of all packs, trees over two others. */
const TREES = 0.1;
/** Sizes fall with the rank to this power. */
const SKEW = 0.7;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    people: { type: 'string', default: '1000000,5000000' },
    packs: { type: 'string', default: '1000' },
    row: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);

const ALL: Permits = { identity: true, audiences: true, preciseGeo: false, refusal: '' };
/** As much of a request as packs read. */
const REQUEST = {
  user: { id: '', buyerId: '', extendedIds: [], segments: [] },
  device: { advertisingId: '' },
} as unknown as BidRequest;

const { gc: collect } = globalThis;

if (values.row)
  process.stdout.write(JSON.stringify(await measured(Number(values.people), Number(values.packs))));
else report();

/** A process for each size: memory that one has given back would count as free for the next. */
function report(): void {
  const rows = values.people.split(',').map((people) => {
    const words = ['--people', people, '--packs', values.packs, '--seed', values.seed, '--row'];
    const options = ['--expose-gc', '--max-semi-space-size=32', import.meta.filename];
    return JSON.parse(execFileSync(process.execPath, [...options, ...words], { encoding: 'utf8' }));
  });
  const result = { name: 'micro-membership', seed, commit: commit(), machine: machine(), rows };
  mkdirSync(new URL('../results/', import.meta.url), { recursive: true });
  writeFileSync(
    new URL('../results/micro-membership.json', import.meta.url),
    `${JSON.stringify(result, undefined, 2)}\n`,
  );
  console.table(rows);
}

async function measured(people: number, packs: number) {
  collect?.();
  const emptyBytes = process.memoryUsage.rss();
  const trees = Math.floor(packs * TREES);
  const uploads = packs - trees;
  const scale = (people * MEMBERSHIPS_A_PERSON) / sum(uploads, (rank) => (rank + 1) ** -SKEW);
  const sizes = Array.from({ length: uploads }, (_, rank) =>
    Math.min(people, Math.round(scale * (rank + 1) ** -SKEW)),
  );
  const audiences: Audience[] = sizes.map((_, pack) => ({
    id: `upload-${pack}`,
    name: `Upload ${pack}`,
    source: 'upload',
    file: String(pack),
    idSpace: 'ifa',
    hashed: 'sha256',
  }));
  const random = seededRandom(seed);
  for (let tree = 0; tree < trees; tree++) {
    const [one, other] = [random, random].map(({ next }) => `upload-${Math.floor(next() * uploads)}`);
    audiences.push({
      id: `tree-${tree}`,
      name: `Tree ${tree}`,
      source: 'tree',
      expression: { all: [one!], not: other! },
    });
  }

  const folder = mkdtempSync(join(tmpdir(), 'membership-'));
  const open = () => {
    const keeper = new PackKeeper({
      keyOf: (_, sha256) => Number.parseInt(sha256.slice(0, 12), 16),
      store: artefactFiles(folder),
      chunksOf: (file) => listOf(Number(file), sizes[Number(file)]!, people),
      stampOf: (file) => file,
      profiles: new Profiles(),
      tagsOf: () => [],
      fault: ({ packId, code, message }) => {
        throw new Error(`${packId}: ${code} ${message}`);
      },
      pause: () => new Promise((go) => setImmediate(go)),
    });
    return keeper;
  };
  const timed = async (act: () => Promise<unknown>) => {
    const holds = monitorEventLoopDelay({ resolution: 1 });
    holds.enable();
    const from = performance.now();
    await act();
    const seconds = (performance.now() - from) / 1000;
    // It looks once a millisecond, and counts that one too.
    return { seconds, longestMs: holds.max / 1e6 - 1, p99Ms: holds.percentile(99) / 1e6 - 1 };
  };
  const zone = zoneNamed('UTC');

  const reader = open();
  const read = await timed(() => reader.use(audiences, zone, NOW_MS));
  await reader.use([], zone, NOW_MS);
  collect?.();
  const keeper = open();
  const restored = await timed(() => keeper.use(audiences, zone, NOW_MS));
  collect?.();
  const memoryBytes = process.memoryUsage.rss() - emptyBytes;
  const small = audiences[uploads - 1]!;
  const swapped = await timed(async () => {
    async function* list() {
      yield Buffer.from(`${idOf(people + 1)}\n`);
    }
    if (small.source === 'upload') await keeper.takeMembers(small, 'add', list(), NOW_MS + 1000);
  });

  const { directory } = keeper;
  const known = Array.from({ length: QUESTIONS }, () => keyed(Math.floor(random.next() * people)));
  const strangers = Array.from({ length: QUESTIONS }, (_, index) => keyed(people + 2 + index));
  let found = 0;
  const ask = (ids: readonly { readonly key: string; readonly space: 'ifa' }[]): number => {
    const from = performance.now();
    found = 0;
    for (const id of ids) found += directory.packsOf(REQUEST, ALL, [id]).length;
    return (1e6 * (performance.now() - from)) / ids.length;
  };
  ask(known.slice(0, 20_000));
  const strangerNs = ask(strangers);
  const knownNs = ask(known);
  const packsFound = found / QUESTIONS;
  rmSync(folder, { recursive: true });
  return {
    people,
    packs,
    membershipsAPerson: sum(uploads, (rank) => sizes[rank]!) / people,
    packsFound,
    personNs: knownNs,
    nsAPackThatIsFound: knownNs / packsFound,
    strangerNs,
    tableBytesAPerson: keeper.tableBytes / people,
    memoryBytesAPerson: memoryBytes / people,
    readSeconds: read.seconds,
    readHoldP99Ms: read.p99Ms,
    readHoldLongestMs: read.longestMs,
    restoreSeconds: restored.seconds,
    restoreHoldP99Ms: restored.p99Ms,
    restoreHoldLongestMs: restored.longestMs,
    swapSeconds: swapped.seconds,
    swapHoldP99Ms: swapped.p99Ms,
    swapHoldLongestMs: swapped.longestMs,
    keyedHashUs: keyedHashUs(),
  };
}

/** A list of hashes, 4 KiB at a time: people a stride apart, so that each is there once. */
function* listOf(pack: number, size: number, people: number): Generator<Buffer> {
  const stride = 7919 + 10 * pack;
  let text = '';
  for (let member = 0; member < size; member++) {
    text += `${idOf((pack * 104_729 + member * stride) % people)}\n`;
    if (text.length < 4096) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

/** A hash of its own for each number below 2^32: two rounds of Feistel over 48 bits. */
function idOf(person: number): string {
  let [left, right] = [person >>> 24, person & 0xffffff];
  for (const factor of [0x9e3779, 0x85ebca, 0xc2b2ae])
    [left, right] = [right, left ^ ((Math.imul(right, factor) >>> 7) & 0xffffff)];
  return (left * 2 ** 24 + right).toString(16).padStart(12, '0').padEnd(64, 'a');
}

function keyed(person: number) {
  return { key: Buffer.from(idOf(person), 'hex').toString('base64url', 0, 12), space: 'ifa' as const };
}

function keyedHashUs(): number {
  const keys = personKeys([Buffer.from('a secret of this benchmark')]);
  const ids = Array.from({ length: 100_000 }, (_, person) => hash('sha256', String(person), 'hex'));
  let sink = 0;
  const from = performance.now();
  for (const id of ids) sink += keyNumber(keys.keyOf({ space: 'ifa', id }).key) % 2;
  if (sink === 0) throw new Error('every key is even');
  return (1000 * (performance.now() - from)) / ids.length;
}

function sum(count: number, of: (index: number) => number): number {
  let total = 0;
  for (let index = 0; index < count; index++) total += of(index);
  return total;
}
