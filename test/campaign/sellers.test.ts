import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { readSellers, SellerDirectory } from '../../src/campaign/sellers.ts';

describe('ads.txt', () => {
  it('is read as publishers write it', () => {
    const { records, faults } = readSellers(
      [
        '\uFEFF# our sellers',
        'Exchange.example , 1234, direct, f08c47fec0942fa0 # ours',
        'exchange.example,5678,RESELLER;extension',
        '',
        'OWNERDOMAIN=news.example',
        'subdomain = shop.news.example',
        'placeholder.example.com, placeholder, DIRECT, placeholder',
        'no comma here',
        'exchange.example,, DIRECT',
        'exchange.example, 9, PARTNER',
      ].join('\r\n'),
    );
    expect(records).toEqual([
      { system: 'exchange.example', seller: '1234', relation: 'DIRECT' },
      { system: 'exchange.example', seller: '5678', relation: 'RESELLER' },
    ]);
    expect(faults.map(({ line }) => line)).toEqual([8, 9, 10]);
  });

  it('covers subdomains, and nothing of another domain', () => {
    const directory = new SellerDirectory();
    directory.add('news.example', readSellers('x.example, 1, RESELLER\nx.example, 1, DIRECT').records);
    expect(directory.of('www.news.example')?.relation('x.example', '1')).toBe('DIRECT');
    expect(directory.of('news.example')?.relation('x.example', '2')).toBeUndefined();
    for (const domain of ['example', 'badnews.example', '', 'news.example.evil.example'])
      expect(directory.of(domain)).toBeUndefined();
  });

  test.prop([fc.string({ unit: 'binary' })], { seed: 20261123 })(
    'never throws, whatever it holds',
    (text) => {
      const { records } = readSellers(text);
      for (const { seller } of records) expect(seller).not.toBe('');
    },
  );
});
