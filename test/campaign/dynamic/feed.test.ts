import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFeed } from '../../../src/campaign/dynamic/feed.ts';
import type { FeedSettings } from '../../../src/campaign/dynamic/schema.ts';

const settings: FeedSettings = {
  file: 'shop.csv',
  id: 'id',
  columns: { name: 'text', price: 'price', link: 'url' },
  currency: 'USD',
  stockColumn: 'stock',
  approval: {},
};
const read = (text: string, given: Partial<FeedSettings> = {}) =>
  readFeed(Buffer.from(text), { ...settings, ...given }, 'en');
const HEADER = 'id,name,price,stock,link\n';

describe('a feed', () => {
  it('reads what shops export: quotes, semicolons, byte order marks, Windows line ends, spare columns', () => {
    const csv =
      '\ufeffid;name;price;stock;link;colour\r\na-1;"Boots; ""Alp""";89.9;3;https://s.example/a;red\r\n\r\n';
    expect(read(csv)).toEqual({
      rows: [
        {
          id: 'a-1',
          values: { name: 'Boots; "Alp"', price: '$89.90', link: 'https://s.example/a' },
          insecure: false,
        },
      ],
      outOfStock: 0,
      bad: [],
    });
  });

  it('reads a list of objects, with prices as numbers and currencies of their own', () => {
    const rows = [{ id: 1, name: 'Tent', price: 199, stock: true, link: 'http://s.example/t', in: 'eur' }];
    const feed = read(JSON.stringify(rows), { file: 'shop.json', currencyColumn: 'in' });
    expect(feed.rows).toMatchObject([{ id: '1', insecure: true, values: { price: '€199.00' } }]);
  });

  it('never shows what is sold out', () => {
    const stocks = ['0', '-2', 'out_of_stock', 'no', '', 'Out of stock'];
    const csv = stocks.map((stock, index) => `x${index},Name,1,${stock},https://s.example/\n`).join('');
    expect(read(HEADER + csv)).toMatchObject({ rows: [], outOfStock: stocks.length, bad: [] });
  });

  it('leaves bad rows out, and says which and why', () => {
    const csv = `${HEADER}a,One,1,1,https://s.example/\nb,Two,cheap,1,https://s.example/\nc,,1,1,https://s.example/\na,Again,1,1,https://s.example/\nd,Three,1,some,https://s.example/\ne,Four,1,1,javascript:alert(1)\n,Five,1,1,https://s.example/\n`;
    const { rows, bad } = read(csv);
    expect(rows.map(({ id }) => id)).toEqual(['a']);
    expect(bad.map(({ row, message }) => `${row} ${message}`)).toEqual([
      '3 price is not a price',
      '4 name is empty',
      '5 repeats the id a',
      '6 says in stock neither a number nor in_stock or out_of_stock',
      '7 link is not a web address',
      '8 has no id that can be used in id',
    ]);
  });

  it('names columns that are missing', () => {
    expect(read('id,name\na,b\n').bad).toMatchObject([
      { row: 0, message: 'has no column price, link, stock' },
    ]);
  });

  it('takes any bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, json) => {
        readFeed(bytes, { ...settings, file: json ? 'a.json' : 'a.csv' }, 'en');
        readFeed(Buffer.concat([Buffer.from(HEADER), bytes]), settings, 'en');
      }),
    );
  });
});
