/** Imports point down. The floors, the families and the reasons why; DESIGN of the rooms is in ARCHITECTURE.md. */
import { posix } from 'node:path';
import type { Edge, Fault, SourceFile, SourceTree } from './source-tree.ts';

/** From the ground up. Rooms of one floor do not see each other. */
export const FLOORS: readonly (readonly string[])[] = [
  ['core'],
  ['openrtb'],
  ['campaign', 'policy', 'state'],
  ['bidding'],
  ['learning', 'exchange'],
  ['insight'],
  ['simulate', 'server'],
  ['console'],
  ['roof'],
];

/** Files directly in src, and the commands of the command line: they run, build and read everything else. */
const ROOF_FOLDERS = new Set(['cli']);

/**
 * Folders where each variant is a file of its own, and what variants may share. A variant is the first name below the
 * folder, so `exchange/price/aes.ts` belongs to `price`. `index.ts` is the family's list and sees all of them.
 * A new interface or shared builder of a family is a line here.
 */
export const FAMILIES: readonly { readonly folder: string; readonly shared: readonly string[] }[] = [
  {
    folder: 'src/campaign/targeting',
    shared: ['dimension.ts', 'residual.ts', 'value-columns.ts', 'value-dimension.ts'],
  },
  // Audio is answered as video is, and so is the video of a native advertisement.
  { folder: 'src/bidding/media', shared: ['media.ts', 'timed.ts', 'timed-markup.ts', 'companions.ts'] },
  // Policies differ in how they read what is known; how a choice is drawn and compared is common to them.
  {
    folder: 'src/policy/bandit',
    shared: [
      'policy.ts',
      'choose.ts',
      'combine.ts',
      'rates.ts',
      'greatest-beta.ts',
      'greatest-normal.ts',
      'evidence.ts',
      'change.ts',
      'believe.ts',
      'hopeless.ts',
    ],
  },
  { folder: 'src/policy/control', shared: ['multiplier.ts', 'spend-curve.ts', 'budget.ts', 'target.ts'] },
  { folder: 'src/policy/pacing', shared: ['controller.ts', 'curve.ts'] },
  {
    folder: 'src/policy/price',
    shared: [
      'pricer.ts',
      'bins.ts',
      'isotonic.ts',
      'product-limit.ts',
      'win-rate.ts',
      'landscape.ts',
      'explore.ts',
    ],
  },
  { folder: 'src/policy/predict', shared: ['predictor.ts'] },
  // A model of worth is put together from how often and how much; tags are worked out from the same customers.
  {
    folder: 'src/policy/value',
    shared: ['customer.ts', 'bg-nbd.ts', 'gamma-gamma.ts', 'nelder-mead.ts', 'special.ts', 'rfm.ts'],
  },
  { folder: 'src/policy/frequency', shared: ['cap.ts'] },
  // A clearing price is read by whichever codec the profile names, so the codecs' list is open to it.
  { folder: 'src/exchange', shared: ['dialect.ts', 'price/index.ts'] },
  { folder: 'src/exchange/price', shared: ['codec.ts'] },
];

/** Edges that break a rule on purpose: [from, to, why]. An entry that no file needs any more fails the test. */
export const EXCEPTIONS: readonly (readonly [from: string, to: string, why: string])[] = [];

const BACKEND = /^src\/state\/(memory|sqlite|redis)/;

const WHY = {
  ladder: 'imports go down only, so that a room can be read, tested and replaced without those above it',
  room: 'a room without a floor escapes the ladder; give it one here and in ARCHITECTURE.md',
  sameFloor: 'rooms of one floor are independent; what both need belongs one floor lower',
  cycle:
    'files in a cycle can only be understood, loaded and moved together; types count, for a reader follows them too',
  learning:
    'bidding and learning meet in one immutable snapshot; anything else would let a bid change under its feet',
  backend: 'a backend is chosen in compose.ts alone; code that names one cannot run on the other',
  family: 'a variant stands alone, so that adding or deleting one is one file and one line',
  outside: 'src is what ships; tests and benchmarks look at it, never the other way',
  console: 'the console runs in a browser and knows the server only by the shapes of its answers',
  missing: 'Node resolves the path as it is written, ending included',
} as const;

export function ladderFaults(
  tree: SourceTree,
  exceptions: readonly (readonly [string, string, string])[] = EXCEPTIONS,
): Fault[] {
  const used = new Set<string>();
  const faults: Fault[] = [];
  for (const file of sources(tree)) {
    for (const edge of file.edges) {
      const breach = edgeBreach(tree, file.path, edge);
      if (!breach) continue;
      const excepted = exceptions.find(([from, to]) => from === file.path && to === edge.target);
      if (excepted) used.add(excepted.join());
      else faults.push(faultOf(file.path, edge, breach));
    }
  }
  for (const exception of exceptions) {
    if (used.has(exception.join())) continue;
    faults.push({
      path: 'test/house/import-ladder.ts',
      line: 1,
      what: `the exception ${exception[0]} → ${exception[1]} is not needed`,
      why: 'an exception that outlives its cause hides the next breach',
    });
  }
  return [...faults, ...cycleFaults(tree)];
}

function* sources(tree: SourceTree): Generator<SourceFile> {
  for (const file of tree.values()) if (file.path.startsWith('src/')) yield file;
}

function faultOf(path: string, edge: Edge, breach: keyof typeof WHY): Fault {
  return {
    path,
    line: edge.line,
    what: `imports ${edge.target ?? edge.specifier}${edge.typeOnly ? ' (type)' : ''}`,
    why: WHY[breach],
  };
}

/** Which rule an edge breaks; the most telling one first. */
function edgeBreach(tree: SourceTree, from: string, edge: Edge): keyof typeof WHY | undefined {
  const to = edge.target;
  if (to === undefined) return undefined;
  if (!to.startsWith('src/')) return /^(test|bench)\//.test(to) ? 'outside' : undefined;
  if (!tree.has(to)) return isSource(to) ? 'missing' : undefined;
  if (!isSource(to)) return undefined;
  return betweenRooms(from, to, edge) ?? toBackend(from, to) ?? betweenVariants(from, to);
}

function betweenRooms(from: string, to: string, edge: Edge): keyof typeof WHY | undefined {
  const [fromRoom, toRoom] = [roomOf(from), roomOf(to)];
  if (fromRoom === toRoom) return undefined;
  if (fromRoom === 'console') return to === 'src/server/api.ts' && edge.typeOnly ? undefined : 'console';
  const [fromFloor, toFloor] = [floorOf(fromRoom), floorOf(toRoom)];
  if (fromFloor < 0 || toFloor < 0) return 'room';
  if (fromRoom === 'bidding' && toRoom === 'learning') return 'learning';
  if (fromRoom === 'learning' && toRoom === 'bidding') {
    return to === 'src/bidding/snapshot.ts' ? undefined : 'learning';
  }
  if (toRoom === 'console') return 'console';
  if (fromFloor === toFloor) return 'sameFloor';
  return fromFloor > toFloor ? undefined : 'ladder';
}

/** A backend is seen by the files of the composition root and by its own. */
function toBackend(from: string, to: string): keyof typeof WHY | undefined {
  const backend = BACKEND.exec(to)?.[1];
  if (backend === undefined || /^src\/compose(?:-[a-z]+)?\.ts$/.test(from)) return undefined;
  return BACKEND.exec(from)?.[1] === backend ? undefined : 'backend';
}

function betweenVariants(from: string, to: string): keyof typeof WHY | undefined {
  const family = familyOf(from);
  if (!family || !to.startsWith(`${family.folder}/`)) return undefined;
  const [fromName, toName] = [from, to].map((path) => path.slice(family.folder.length + 1)) as [
    string,
    string,
  ];
  if (fromName === 'index.ts' || family.shared.includes(toName)) return undefined;
  return variantOf(fromName) === variantOf(toName) ? undefined : 'family';
}

/** Every folder of policy is a family, listed or not; the innermost one counts. */
function familyOf(path: string): (typeof FAMILIES)[number] | undefined {
  const listed = FAMILIES.filter(({ folder }) => path.startsWith(`${folder}/`));
  if (listed.length > 0) return listed.reduce((a, b) => (b.folder.length > a.folder.length ? b : a));
  const policy = /^src\/policy\/[^/]+(?=\/)/.exec(path)?.[0];
  return policy === undefined ? undefined : { folder: policy, shared: [] };
}

function variantOf(name: string): string {
  return name.split('/')[0]!.replace(/\.tsx?$/, '');
}

function roomOf(path: string): string {
  const [, room, ...rest] = path.split('/');
  return rest.length === 0 || ROOF_FOLDERS.has(room!) ? 'roof' : room!;
}

function floorOf(room: string): number {
  return FLOORS.findIndex((rooms) => rooms.includes(room));
}

function isSource(path: string): boolean {
  return /^\.tsx?$/.test(posix.extname(path));
}

/** One fault for each group of files that reach each other. */
function cycleFaults(tree: SourceTree): Fault[] {
  const faults: Fault[] = [];
  const reported = new Set<string>();
  for (const file of sources(tree)) {
    if (reported.has(file.path)) continue;
    const cycle = shortestCycle(tree, file.path);
    if (!cycle) continue;
    for (const path of cycle) reported.add(path);
    faults.push({
      path: file.path,
      line: 1,
      what: `is in a cycle: ${[...cycle, file.path].join(' → ')}`,
      why: WHY.cycle,
    });
  }
  return faults;
}

/** Breadth first from a file until it meets itself. */
function shortestCycle(tree: SourceTree, start: string): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const path of queue) {
    for (const { target } of tree.get(path)?.edges ?? []) {
      if (target === start) return pathTo(path, start, cameFrom);
      if (target === undefined || cameFrom.has(target) || !tree.has(target)) continue;
      cameFrom.set(target, path);
      queue.push(target);
    }
  }
  return undefined;
}

function pathTo(end: string, start: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const path = [end];
  while (path[0] !== start) path.unshift(cameFrom.get(path[0]!)!);
  return path;
}
