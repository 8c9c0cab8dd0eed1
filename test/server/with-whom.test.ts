/** From bids to what works with whom: circumstances go out in notices, come back with clicks, and are told by name. */

import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, fire, testEngine } from '../fixture/engine.ts';

const BOOK = fileURLToPath(new URL('../fixture/choice-book', import.meta.url));
const CLICK = /https?:\/\/[^"']*\/t\/click[^"']*/;

let engine: TestEngine;
let cookie: string;
beforeEach(async () => {
  engine = await testEngine(BOOK);
  const { pathname, search } = new URL(engine.consoleLink('http://127.0.0.1:8081'));
  const answer = await engine.privateApp.inject(pathname + search);
  cookie = String(answer.headers['set-cookie']).split(';')[0]!;
});
afterEach(() => engine.close());

async function show(id: string, domain: string, devicetype: number, isClicked: boolean): Promise<void> {
  const request = {
    id,
    at: 1,
    imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }],
    site: { domain },
    device: { devicetype },
  };
  const [bid] = (await ask(engine, request)).json.seatbid[0].bid;
  await fire(engine, bid.burl, { AUCTION_PRICE: '3' });
  if (isClicked) await fire(engine, CLICK.exec(bid.adm)![0].replaceAll('&amp;', '&'));
}

const get = (path: string) =>
  engine.privateApp.inject({ url: `/api/v1/line-items/${path}`, headers: { cookie } });

describe('what works with whom', () => {
  it('is told by publication, device and element, and adds up to what was shown', async () => {
    for (let number = 0; number < 40; number++)
      await show(`request-${number}`, 'cups.example', number % 4 === 0 ? 4 : 2, number % 4 === 0);
    const answer = (await get('cups/creatives/with-whom')).json();
    expect(answer).toMatchObject({ lineItemId: 'cups', reward: 'clicks', leftOut: 0 });
    const sumOf = (kind: string, value: string, slot: string | undefined) =>
      answer.rows
        .filter(
          (row: Record<string, unknown>) =>
            row['kind'] === kind && row['value'] === value && row['slot'] === slot,
        )
        .reduce((sum: number, row: { clicks: number }) => sum + row.clicks, 0);
    expect(sumOf('device', 'phone', undefined)).toBe(10);
    expect(sumOf('device', 'computer', undefined)).toBe(0);
    expect(sumOf('publication', 'cups.example', 'headline')).toBe(10);
    expect(sumOf('publication', 'cups.example', 'button')).toBe(10);
    const phone = answer.rows.find(
      (row: Record<string, unknown>) => row['value'] === 'phone' && row['slot'] === undefined,
    );
    expect(phone).toMatchObject({ creativeId: 'cup', impressions: 10, verdict: 'better', particular: false });
  });

  it('sets two slots against each other: what never came together says what its halves do', async () => {
    for (let number = 0; number < 60; number++)
      await show(`request-${number}`, 'cups.example', 2, number % 5 === 0);
    const answer = (await get('cups/creatives/cup/pairs?rows=headline&columns=button')).json();
    expect(answer).toMatchObject({ rows: ['wake', 'quiet'], columns: ['try', 'taste'], reward: 'clicks' });
    const cellOf = (row: string, column: string) =>
      answer.cells.find((cell: Record<string, unknown>) => cell['row'] === row && cell['column'] === column);
    const sum = answer.cells.reduce(
      (all: number, cell: { impressions: number }) => all + cell.impressions,
      0,
    );
    expect([sum, cellOf('quiet', 'taste').impressions]).toEqual([60, 0]);
    expect(cellOf('quiet', 'taste').rate.rate).toBeGreaterThan(0);
    const turned = (await get('cups/creatives/cup/pairs?rows=button&columns=headline')).json();
    expect(
      turned.cells.find(
        (cell: Record<string, unknown>) => cell['row'] === 'try' && cell['column'] === 'wake',
      ),
    ).toMatchObject({
      impressions: cellOf('wake', 'try').impressions,
    });
    const { creatives } = (await get('cups/creatives')).json();
    const [headline] = creatives[0].slots;
    expect(
      headline.elements
        .map((element: { clicks: number }) => element.clicks)
        .reduce((a: number, b: number) => a + b),
    ).toBe(12);
    for (const path of [
      'cups/creatives/cup/pairs?rows=headline&columns=headline',
      'cups/creatives/rye/pairs?rows=a&columns=b',
    ])
      expect((await get(path)).statusCode).toBe(404);
  });

  it('is asked of line items that are there', async () => {
    expect((await get('nothing/creatives/with-whom')).statusCode).toBe(404);
  });
});
