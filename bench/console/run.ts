/**
 * What the console costs a browser: bytes of the bundle, time to the first paint and to a table that answers, and the heap over an
 * hour of live updates, told sixty times as fast by a bidder that is made up, so that the page alone is measured.
 *
 *   node bench/console/run.ts [--updates 3600] [--seed 1]
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { CDPSession, Page } from 'playwright-core';
import { openBrowser, WIDTHS } from '../../test/browser/browser.ts';
import { ensureBuilt } from '../../test/browser/build.ts';
import { startFixture } from '../../test/console/fixture-server.ts';
import { commit, machine } from '../machine.ts';

const FILE = new URL('../results/console.json', import.meta.url);
const ASSETS = new URL('../../dist/console/assets/', import.meta.url);
const VISITS = 7;
const LOOKS = 12;

const { values } = parseArgs({
  options: { updates: { type: 'string', default: '3600' }, seed: { type: 'string', default: '1' } },
});
const [updates, seed] = [Number(values.updates), Number(values.seed)];

await ensureBuilt();
const sizes = bundleSizes();
const fixture = await startFixture(0, seed, 1000 / 60);
const browser = await openBrowser();
const paints = { firstPaintMs: [] as number[], tableMs: [] as number[] };
for (let visit = 0; visit < VISITS; visit++) {
  const context = await browser.newContext({ viewport: WIDTHS.desk });
  const page = await context.newPage();
  await page.goto(fixture.url);
  await page.locator('.row-campaign').first().waitFor();
  const [paint, table] = await page.evaluate<[number, number]>(
    "[performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0, performance.now()]",
  );
  paints.firstPaintMs.push(paint);
  paints.tableMs.push(table);
  await context.close();
}
const heap = await heapOver(updates);
await browser.close();
await fixture.close();

const figures = {
  ...sizes.totals,
  firstPaintMs: median(paints.firstPaintMs),
  interactiveTableMs: median(paints.tableMs),
  updates,
  heapFirstMib: heap[0]!,
  heapLastMib: heap.at(-1)!,
  heapSlopeKibPerHundredUpdates: slope(heap, updates),
};
const result = {
  name: 'console',
  seed,
  commit: commit(),
  machine: machine(),
  figures,
  screens: sizes.screens,
  heapMib: heap,
};
writeFileSync(FILE, `${JSON.stringify(result, undefined, 2)}\n`);
console.log(JSON.stringify(figures));

function bundleSizes() {
  const files = readdirSync(ASSETS).map((name) => {
    const bytes = readFileSync(new URL(name, ASSETS));
    return { name: name.replace(/-[\w-]{8}(?=\.\w+$)/, ''), raw: bytes.length, gzip: gzipSync(bytes).length };
  });
  const html = readFileSync(new URL('../index.html', ASSETS), 'utf8');
  const first = readdirSync(ASSETS).filter((name) => html.includes(name) && !name.endsWith('.svg'));
  const sum = (names: readonly string[]) =>
    names.reduce((total, name) => total + gzipSync(readFileSync(new URL(name, ASSETS))).length, 0);
  return {
    totals: {
      bundleBytes: files.reduce((total, { raw }) => total + raw, 0),
      bundleGzipBytes: files.reduce((total, { gzip }) => total + gzip, 0),
      beforeFirstScreenGzipBytes: sum(first),
    },
    screens: files.sort((a, b) => b.gzip - a.gzip),
  };
}

/** After a collection each time, so that what is left is what is kept. */
async function heapOver(count: number): Promise<readonly number[]> {
  const context = await browser.newContext({ viewport: WIDTHS.desk });
  const page = await context.newPage();
  await page.goto(fixture.url);
  await page.locator('.connection[data-state="live"]').waitFor();
  const session = await context.newCDPSession(page);
  const found: number[] = [];
  for (let look = 0; look <= LOOKS; look++) {
    if (look > 0) await passed(page, count / LOOKS);
    found.push(await heapMib(session));
  }
  await context.close();
  return found;
}

async function passed(page: Page, count: number): Promise<void> {
  await page.waitForTimeout((count * 1000) / 60);
}

async function heapMib(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return Math.round((usedSize / 2 ** 20) * 100) / 100;
}

/** Least squares, without the first look: what a page fills once is no leak. */
function slope(heapMib: readonly number[], count: number): number {
  const points = heapMib.slice(1).map((y, index) => [index, y] as const);
  const mean = (of: (point: readonly [number, number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [mx, my] = [mean(([x]) => x), mean(([, y]) => y)];
  const rise =
    points.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) /
    points.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
  return Math.round(((rise * 1024) / (count / LOOKS / 100)) * 100) / 100;
}

function median(all: readonly number[]): number {
  return Math.round(all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!);
}
