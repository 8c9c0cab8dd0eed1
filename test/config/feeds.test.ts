/** Templates and their feeds as a buyer writes them: what is wrong is told by file and line, and what changes is seen. */
import { describe, expect, it } from 'vitest';
import { compose } from '../../src/compose.ts';
import type { Loaded } from '../../src/config.ts';
import { loadConfiguration } from '../../src/config.ts';
import { watchConfiguration } from '../../src/config-watch.ts';
import { manualClock } from '../../src/core/clock.ts';
import { ask, fire } from '../fixture/engine.ts';
import { folderOf, SOUND, writeInto } from './folder.ts';

const clock = manualClock(Date.UTC(2026, 10, 23, 15));
const OPTIONS = { environment: {}, flags: { publicUrl: 'https://bid.example', logLevel: 'silent' } };

const FEED =
  'sku,name,price,stock,page\nboots,Boots,89,4,https://shoes.example/boots\ntent,Tent,199,1,https://shoes.example/tent\n';

/** Lines that begin with four spaces belong to the creative. */
const creative = (html: string, dynamic: string) => `creatives:
  - id: dyn
    advertiserId: shoes
    format: banner
    anySize: true
    landingPage: https://shoes.example/
    html: '${html}'
    dynamic:
${dynamic}
`;
const SLOTS = `      slots:
        - id: head
          type: text
          variants: [{ id: a, value: One }, { id: b, value: Two }]`;
const WITH_FEED = `${SLOTS}
      landingPage: "{{item.page}}"
      feed:
        file: shop.csv
        id: sku
        columns: { name: text, price: price, page: url }
        currency: USD
        stockColumn: stock`;
const LINE = `lineItems:
  - { id: line, campaignId: spring, pacing: asap, bid: { strategy: fixed_cpm, priceCpmMicros: 9e6 }, creatives: [{ id: dyn }] }
`;
const LINK = '<a href="{clickUrl}">{{head}}</a>';
const PRODUCT = '<a href="{clickUrl}">{{head}} {{item.name}} {{item.price}}</a>';

function folder(html: string, dynamic: string, feed = FEED): string {
  return folderOf({ ...SOUND, 'book.yaml': creative(html, dynamic) + LINE, 'shop.csv': feed });
}

function load(path: string): Loaded {
  return loadConfiguration(path, { ...OPTIONS, nowMs: clock.now() });
}

function told(path: string): string[] {
  const loaded = load(path);
  return [...(loaded.ok ? [] : loaded.faults), ...loaded.warnings]
    .filter(({ file }) => file.endsWith('book.yaml') || file.endsWith('shop.csv'))
    .map(({ file, line, code, message }) => `${file.split('/').at(-1)}:${line} ${code} ${message}`);
}

describe('a template in a book', () => {
  it('is sound where its feed and its slots are', () => {
    expect(told(folder(PRODUCT, WITH_FEED))).toEqual([]);
    const loaded = load(folder(PRODUCT, WITH_FEED));
    expect(loaded.ok && loaded.configuration.feeds.get('dyn')?.map(({ id }) => id)).toEqual([
      'boots',
      'tent',
    ]);
  });

  it('with a slot in an unsafe place is refused where it stands', () => {
    expect(told(folder('<a href={{head}}>x</a>', SLOTS))).toEqual([
      'book.yaml:7 unsafe_slot has {{head}} (column 9), which stands in an attribute without quotes',
    ]);
  });

  it('is warned of for each thing its buyer will not expect', () => {
    const lint = (html: string, dynamic: string, feed?: string) =>
      told(folder(html, dynamic, feed)).map((text) => text.split(' ').slice(0, 2).join(' '));
    expect(lint('<b>{{head}}</b>', SLOTS)).toEqual(['book.yaml:7 no_click_url']);
    expect(lint('<a href="{clickUrl}">x</a>', SLOTS)).toEqual([
      'book.yaml:9 dead_setting',
      'book.yaml:10 unused_slot',
    ]);
    expect(lint(LINK, `${SLOTS}\n      forbid: [{ head: [a, b] }]`)).toEqual(['book.yaml:13 no_combination']);
    const picture = SLOTS.replace('type: text', 'type: image').replaceAll(
      /value: \w+/g,
      'value: http://c.example/p.png',
    );
    expect(lint('<a href="{clickUrl}"><img src="{{head}}" alt=""></a>', picture)).toEqual([
      'book.yaml:12 insecure_asset',
      'book.yaml:12 insecure_asset',
    ]);
    const long = SLOTS.replace('value: Two', `value: ${'long '.repeat(390)}x`);
    expect(lint(`<a href="{clickUrl}">${'{{head}}'.repeat(40)}</a>`, long)).toEqual(['book.yaml:7 oversize']);
    expect(lint(LINK, WITH_FEED.replace(/\n.*landingPage.*/, ''))).toEqual(['book.yaml:14 unused_slot']);
    expect(lint(PRODUCT, WITH_FEED, FEED.replaceAll(/,[14],/g, ',0,'))).toEqual(['book.yaml:15 empty_feed']);
  });

  it('says of native texts that are too long for most placements', () => {
    const native = `creatives:
  - id: dyn
    advertiserId: shoes
    format: native
    landingPage: https://shoes.example/
    title: "{{head}}"
    data: { "12": "{{head}}" }
    dynamic:
${SLOTS.replace('Two', 'Seventeen letters')}
${LINE}`;
    expect(told(folderOf({ ...SOUND, 'book.yaml': native }))).toEqual([
      'book.yaml:7 long_for_native comes to 17 characters with its longest values',
    ]);
  });

  it('says so too of native texts without slots', () => {
    const native = `creatives:
  - id: plain
    advertiserId: shoes
    format: native
    landingPage: https://shoes.example/
    title: ${'x'.repeat(91)}
    data: { "1": ${'y'.repeat(25)}, "2": ${'z'.repeat(141)}, "12": Buy }
${LINE.replaceAll('dyn', 'plain')}`;
    expect(told(folderOf({ ...SOUND, 'book.yaml': native }))).toEqual([
      'book.yaml:6 long_for_native comes to 91 characters',
      'book.yaml:7 long_for_native comes to 141 characters',
    ]);
  });

  it('leaves out rows that are broken or lead elsewhere, and refuses a feed without its columns', () => {
    const feed = `${FEED}sock,Sock,cheap,1,https://shoes.example/sock\nevil,Evil,1,1,https://evil.example/\n`;
    const path = folder(PRODUCT, WITH_FEED, feed);
    expect(told(path)).toEqual([
      'shop.csv:0 bad_row evil leads to evil.example, which is not the advertiser’s',
      'shop.csv:4 bad_row price is not a price',
    ]);
    const loaded = load(path);
    expect(loaded.ok && loaded.configuration.feeds.get('dyn')).toHaveLength(2);
    expect(told(folder(PRODUCT, WITH_FEED, 'sku,name\na,b\n'))).toEqual([
      'shop.csv:0 bad_feed has no column price, page, stock',
    ]);
    expect(told(folder(PRODUCT, WITH_FEED.replace('shop.csv', 'none.csv')))).toEqual([
      'book.yaml:15 not_found names a file that is not there',
    ]);
  });

  it('may be a list in JSON, under a name that tells it from configuration', () => {
    const rows = [{ sku: 'boots', name: 'Boots', price: 89, stock: 1, page: 'https://shoes.example/boots' }];
    const book = (file: string) => ({
      ...SOUND,
      'book.yaml': creative(PRODUCT, WITH_FEED.replace('shop.csv', file)) + LINE,
    });
    const named = folderOf({ ...book('shop.feed.json'), 'shop.feed.json': JSON.stringify(rows) });
    expect(told(named)).toEqual([]);
    expect(told(folderOf(book('shop.json')))).toEqual(['book.yaml:15 feed_name is named like configuration']);
  });

  it('leads to the advertiser’s own pages alone', () => {
    const page = `${SLOTS}\n      landingPage: "https://evil.example/?h={{head}}"`;
    expect(told(folder(LINK, page))).toEqual([
      'book.yaml:13 foreign_landing_page is on none of the advertiser’s domains',
    ]);
  });

  it('stops to show what is sold out when the file says so, and still knows where it led', async () => {
    const path = folder(PRODUCT, WITH_FEED);
    const first = load(path);
    if (!first.ok) throw new Error('not sound');
    const engine = compose(first.configuration, { clock, random: 3, state: 'memory' });
    const changes: Loaded[] = [];
    const watch = watchConfiguration(path, first, (loaded) => changes.push(loaded), clock, OPTIONS);
    const products = async () => {
      const shown = new Map<string, string>();
      for (let index = 0; index < 40; index++) {
        const request = {
          id: `r${index}`,
          at: 1,
          imp: [{ id: '1', banner: { w: 300, h: 250 } }],
          site: { domain: 'n.example' },
        };
        const { adm, crid } = (await ask(engine, request)).json.seatbid[0].bid[0];
        shown.set(/Boots \$89.00|Tent \$199.00/.exec(adm)?.[0] ?? adm, adm);
        expect(crid).toMatch(/^dyn\.[0-9a-f]{16}$/);
      }
      return shown;
    };
    const before = await products();
    expect([...before.keys()].toSorted()).toEqual(['Boots $89.00', 'Tent $199.00']);
    writeInto(path, 'shop.csv', FEED.replace(',4,', ',0,'));
    expect(watch.poll()).toBe('changed');
    expect(changes[0]?.ok && changes[0].configuration.feeds.get('dyn')).toHaveLength(1);
    if (changes[0]?.ok) await engine.reconfigure(changes[0].configuration);
    expect([...(await products()).keys()]).toEqual(['Tent $199.00']);
    const click = (adm: string | undefined) =>
      fire(engine, /https:[^"]*\/t\/click[^"]*/.exec(adm ?? '')![0].replaceAll('&amp;', '&'));
    expect((await click(before.get('Tent $199.00'))).headers.location).toMatch(
      /^https:\/\/shoes.example\/tent\?/,
    );
    // Sold out: the creative's own landing page.
    expect((await click(before.get('Boots $89.00'))).headers.location).toMatch(
      /^https:\/\/shoes.example\/\?/,
    );
    await engine.close();
  });
});
