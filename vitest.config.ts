import { defineConfig } from 'vitest/config';

/** Folders whose tests start processes, browsers or whole simulated days. */
const HEAVY_FOLDERS = ['chaos', 'browser', 'life', 'fuzz', 'simulate'];

/** What takes seconds a file, but bears company: real stores, whole engines, random input. `npm run check` leaves it to `npm test`. */
const WIDE = [
  'bin',
  'contract',
  'corpus',
  'golden',
  'property',
  'state',
  'workers',
  'insight/alert-flight',
  'insight/series-watch',
  'server/hostile',
  'server/timing',
];

const heavyTests = HEAVY_FOLDERS.map(filesOf);
const wideTests = WIDE.map((place) => (place.includes('/') ? `test/${place}.test.ts` : filesOf(place)));

function filesOf(folder: string): string {
  return `test/${folder}/**/*.test.{ts,tsx}`;
}

/** They end what hangs; a busy machine is not a fault. */
const PARALLEL = { pool: 'threads', testTimeout: 60_000, hookTimeout: 60_000 } as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'check',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: [...heavyTests, ...wideTests],
          ...PARALLEL,
        },
      },
      { test: { name: 'wide', include: wideTests, ...PARALLEL } },
      {
        test: {
          name: 'heavy',
          include: heavyTests,
          // Processes of their own, one file at a time: these tests send signals, measure time and fill both cores.
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
