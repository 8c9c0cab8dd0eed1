/** Habits of known exchanges: each file is sound, what stands beside `like` wins, and a name that is none is told with those there are. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../src/config.ts';
import { profileNames } from '../../src/config-profiles.ts';

const SEALING = new Set(['google', 'google-json', 'openx']);

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function exchangesOf(yaml: string) {
  const folder = mkdtempSync(join(tmpdir(), 'profiles-'));
  folders.push(folder);
  writeFileSync(
    join(folder, 'book.yaml'),
    `account: { id: a, signalMissing: deny, currencyRates: { asOf: 2026-11-20, rates: { CNY: 0.14 } } }\nexchanges:\n${yaml}`,
  );
  return loadConfiguration(folder, { environment: {}, nowMs: Date.UTC(2026, 10, 23) });
}

describe('profiles of exchanges', () => {
  it('are sound, every one', () => {
    expect(profileNames().length).toBeGreaterThan(12);
    for (const name of profileNames()) {
      // Keys are between the exchange and the buyer; where they are needed, that is the one thing missing.
      const bare = exchangesOf(`  - { id: x, like: ${name} }\n`);
      const missing = bare.ok ? [] : bare.faults.map(({ key }) => key);
      expect(missing, name).toEqual(SEALING.has(name) ? ['exchanges[0].priceKeys'] : []);
      const keys = SEALING.has(name) ? ', priceKeys: { encryption: bm90IHNv, integrity: c2VjcmV0' + ' }' : '';
      const loaded = exchangesOf(`  - { id: x, like: ${name}${keys} }\n`);
      expect(loaded.ok ? [] : loaded.faults, name).toEqual([]);
      const aboutExchange = loaded.warnings.filter(({ key }) => key.startsWith('exchanges'));
      expect(aboutExchange, name).toEqual([]);
    }
  });

  it('are a beginning: what stands beside them wins', () => {
    const loaded = exchangesOf('  - { id: ours, like: unity, noBid: "204", seat: s1 }\n');
    expect(loaded.ok && loaded.configuration.exchanges[0]).toMatchObject({
      id: 'ours',
      name: 'Unity',
      noBid: '204',
      seat: 's1',
      tmaxDefaultMs: 200,
    });
  });

  it('must exist', () => {
    const loaded = exchangesOf('  - { id: x, like: goggle }\n');
    expect(loaded.ok).toBe(false);
    expect(!loaded.ok && loaded.faults.map(({ code, hint }) => ({ code, hint }))).toEqual([
      { code: 'unknown_profile', hint: expect.stringContaining('google') },
    ]);
    // No name leads out of the folder.
    expect(exchangesOf('  - { id: x, like: ../demo/demo }\n').ok).toBe(false);
  });
});
