/**
 * Broken folders and what an operator reads about each. The text is compared whole: every fault, its place, its hint.
 * `npx vitest run test/config -u` writes the texts anew; read the difference before keeping it.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../src/config.ts';
import { formatFaults } from '../../src/config-faults.ts';

const BROKEN = 'test/config/broken';
const folders = readdirSync(BROKEN, { withFileTypes: true }).filter((entry) => entry.isDirectory());

const ENVIRONMENT = { BIDWRIGHT_PUBLIC_PRT: '1', PATH: '/bin' };

describe('a broken configuration', () => {
  it.each(folders.map(({ name }) => name))('is refused with all its faults: %s', async (name) => {
    const loaded = loadConfiguration(join(BROKEN, name), {
      environment: ENVIRONMENT,
      nowMs: Date.UTC(2026, 3, 1),
    });
    expect(loaded.ok).toBe(false);
    if (loaded.ok) return;
    await expect(formatFaults([...loaded.faults, ...loaded.warnings])).toMatchFileSnapshot(
      `broken/${name}/expected.txt`,
    );
  });
});
