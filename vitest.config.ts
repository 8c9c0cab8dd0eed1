import { defineConfig } from 'vitest/config';

/** Folders whose tests start processes, browsers or whole simulated days. */
const HEAVY_FOLDERS = ['chaos', 'browser', 'life', 'fuzz', 'simulate'];

const heavyTests = HEAVY_FOLDERS.map((folder) => `test/${folder}/**/*.test.{ts,tsx}`);

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'check',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: heavyTests,
          pool: 'threads',
          // They end what hangs; a busy machine is not a fault.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
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
