import { describe, expect, it } from 'vitest';
import { readUpload } from '../../src/campaign/audience/upload.ts';
import type { Configuration } from '../../src/config.ts';
import { formatFaults, loadConfiguration } from '../../src/config.ts';
import { packFileReader } from '../../src/config-read.ts';

const NOW_MS = Date.UTC(2026, 10, 23, 15);

function builtIn(name: string): Configuration {
  const loaded = loadConfiguration(`config/${name}`, { environment: {}, nowMs: NOW_MS, readPacks: true });
  expect(formatFaults([...(loaded.ok ? [] : loaded.faults), ...loaded.warnings])).toBe('');
  if (!loaded.ok) throw new Error(`${name} is not sound`);
  return loaded.configuration;
}

describe.each(['demo', 'wide-open'])('the configuration %s', (name) => {
  it('is sound, without a warning, and has the exchange of the contract', () => {
    const { exchanges } = builtIn(name);
    expect(exchanges).toEqual([
      expect.objectContaining({
        id: 'example',
        version: '2.6',
        dialect: 'openrtb-json',
        priceCodec: 'plain',
        priceUnit: 'cpm',
        currency: 'USD',
        billing: 'burl',
      }),
    ]);
  });

  it('loads nothing over http', () => {
    expect(JSON.stringify(builtIn(name).book.creatives)).not.toMatch(/http:\/\//);
  });
});

describe('the demo', () => {
  it('has packs of people that the simulator sends', () => {
    const { book, folder } = builtIn('demo');
    const read = packFileReader(folder);
    const sizes = book.audiences.flatMap((audience) => {
      if (audience.source !== 'upload' || audience.file === undefined) return [];
      const list = readUpload(
        read(audience.file) ?? Buffer.alloc(0),
        { ...audience, file: audience.file },
        (_, hash) => Number.parseInt(hash.slice(0, 12), 16),
      );
      return [[audience.id, list.keys.length]];
    });
    expect(Object.fromEntries(sizes)).toEqual({
      'cart-abandoners': 360,
      'harbor-customers': 480,
      'coffee-club': 150,
    });
  });
});

describe('wide-open', () => {
  it('has no limit and no rule', () => {
    const { book } = builtIn('wide-open');
    for (const line of book.lineItems)
      expect(line).toMatchObject({ targeting: {}, frequencyCaps: [], minimumGapSeconds: 0, anyDeal: true });
    for (const { budget } of [...book.lineItems, ...book.campaigns]) expect(budget).toBeUndefined();
  });

  it('has every format for every advertiser', () => {
    const { book } = builtIn('wide-open');
    for (const { id } of book.advertisers) {
      const formats = new Set(
        book.creatives.filter(({ advertiserId }) => advertiserId === id).map(({ format }) => format),
      );
      expect([...formats].sort()).toEqual(['audio', 'banner', 'native', 'video']);
    }
  });
});
