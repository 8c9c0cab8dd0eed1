/** The book as a file and back: nothing is lost on the way, what would differ is said first, and one undo takes all of it back. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { testEngine } from '../fixture/engine.ts';

const TOKEN = 'operator-token-1';
const BOOK = `
account: { id: transfers, currency: USD, timeZone: UTC, signalMissing: allow }
exchanges: [{ id: example, seat: bidwright }]
advertisers: [{ id: a, domains: [a.example] }, { id: b, domains: [b.example] }]
conversionActions: [{ id: order, advertiserId: a, key: a-secret-of-sixteen }]
campaigns:
  - { id: campaign-a, name: '=HYPERLINK("https://evil.example";"x")', advertiserId: a, budget: { dailyMicros: 5e6 } }
  - { id: campaign-b, name: '2026', advertiserId: b }
lineItems:
  - { id: line-a, campaignId: campaign-a, bid: { strategy: fixed_cpm, priceCpmMicros: 4e6 }, creatives: [{ id: creative-a }], targeting: { site: { include: [news.example] } } }
  - { id: line-b, campaignId: campaign-b, bid: { strategy: max_cpm, maxCpmMicros: 4e6 }, creatives: [{ id: creative-b }] }
creatives:
  - { id: creative-a, advertiserId: a, format: banner, sizes: [{ width: 300, height: 250 }], html: '<a href="{clickUrl}">A; "quoted", line</a>', landingPage: 'https://a.example/' }
  - { id: creative-b, advertiserId: b, format: banner, sizes: [{ width: 300, height: 250 }], html: '<a href="{clickUrl}">B</a>', landingPage: 'https://b.example/' }
audiences: []
`;
const LISTS = [
  'exchanges',
  'advertisers',
  'campaigns',
  'line-items',
  'creatives',
  'audiences',
  'conversion-actions',
  'experiments',
];

let engine: TestEngine;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bidwright-transfer-'));
  writeFileSync(join(folder, 'book.yaml'), BOOK);
  engine = await testEngine(folder, { settings: { adminToken: TOKEN } });
});
afterEach(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

async function api(
  method: 'GET' | 'POST',
  path: string,
  payload?: object | string,
  headers = {},
  token = TOKEN,
) {
  const answer = await engine.privateApp.inject({
    method,
    url: `/api/v1${path}`,
    headers: {
      authorization: `Bearer ${token}`,
      ...(typeof payload === 'string' && { 'content-type': 'text/csv' }),
      ...headers,
    },
    ...(payload === undefined ? {} : { payload }),
  });
  const isJson = String(answer.headers['content-type']).includes('json');
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: answer.body,
    json: isJson ? answer.json() : undefined,
  };
}

const NOTHING = { added: [], changed: [], removed: [] };
const exported = async () => (await api('GET', '/export')).json;

describe('what is exported', () => {
  it('comes back as no difference, whole and list by list, and makes no change', async () => {
    const book = await exported();
    expect(Object.keys(book.lists)).toEqual(LISTS);
    expect(JSON.stringify(book)).not.toContain('a-secret-of-sixteen');
    const whole = await api('POST', '/import?mode=replace', book);
    expect(whole.json).toMatchObject(NOTHING);
    expect([whole.json.unchanged, whole.json.change]).toEqual([10, undefined]);
    for (const list of LISTS) {
      const csv = await api('GET', `/export?list=${list}&format=csv`);
      expect(csv.headers['content-disposition']).toContain(`${list}.csv`);
      const back = await api('POST', `/import?list=${list}&mode=replace`, csv.body);
      expect(back.json, list).toMatchObject(NOTHING);
    }
    expect((await api('GET', '/changes')).json.items).toEqual([]);
  });

  it('holds nothing that a spreadsheet would work out', async () => {
    const { body } = await api('GET', '/export?list=campaigns&format=csv');
    expect(body).toContain(`"'=HYPERLINK(`);
    expect(body).not.toMatch(/(?:^|,)"?[=+@]/m);
  });

  it('needs a list for CSV, and is not sent twice to who has it', async () => {
    expect((await api('GET', '/export?format=csv')).status).toBe(400);
    const { headers } = await api('GET', '/export');
    const again = await api('GET', '/export', undefined, { 'if-none-match': String(headers['etag']) });
    expect(again.status).toBe(304);
  });
});

describe('what is imported', () => {
  it('is shown key by key first, then taken as one change that one undo takes back', async () => {
    const before = await exported();
    const book = structuredClone(before);
    const { campaigns } = book.lists;
    const [first] = book.lists['line-items'];
    first.status = 'paused';
    first.bid.priceCpmMicros = 5e6;
    campaigns.push({ id: 'new', advertiserId: 'b' });
    book.lists['line-items'] = [first];
    const asked = '/import?mode=replace&validate_only=true';
    const preview = await api('POST', asked, book);
    expect(preview.status).toBe(200);
    expect(preview.json.added).toMatchObject([{ kind: 'campaigns', id: 'new' }]);
    expect(preview.json.changed).toEqual([
      {
        kind: 'line-items',
        id: 'line-a',
        keys: [
          { key: 'bid.priceCpmMicros', before: 4e6, after: 5e6 },
          { key: 'status', before: 'active', after: 'paused' },
        ],
      },
    ]);
    expect(preview.json.removed).toMatchObject([{ kind: 'line-items', id: 'line-b' }]);
    expect(await exported()).toEqual(before);
    const match = { 'if-match': String(preview.headers['etag']) };
    const taken = await api('POST', '/import?mode=replace&reason=autumn', book, match);
    expect([taken.status, taken.json.change]).toEqual([200, 1]);
    expect((await api('POST', '/import?mode=replace', before, match)).status).toBe(412);
    const [latest] = (await api('GET', '/changes')).json.items;
    expect([latest.why, latest.objects.length]).toEqual(['autumn', 3]);
    expect((await api('POST', '/changes/1/undo')).status).toBe(200);
    expect(await exported()).toEqual(before);
    // The secret that no export shows is still there.
    expect(engine.configuration.book.conversionActions[0]!.key).toBe('a-secret-of-sixteen');
  });

  it('warns of what would be learned anew', async () => {
    const csv =
      'id,campaignId,bid.strategy,bid.maxCpmMicros,creatives\nline-a,campaign-a,max_cpm,4000000,"[{""id"":""creative-a""}]"\n';
    const { json } = await api('POST', '/import?list=line-items&validate_only=true', csv);
    expect(json.relearning).toMatchObject([{ kind: 'line-items', id: 'line-a', path: 'bid.strategy' }]);
    expect(json.changed[0].keys.map(({ key }: { key: string }) => key)).toContain('targeting.site');
  });

  it('with faults changes nothing, and every one is told by row, column and value', async () => {
    const csv = [
      'id;advertiserId;status;budget.dailyMicros',
      'good;a;active;1000000',
      'bad;a;asleep;-5',
      'lost;nobody;;',
      'good;a;;',
    ].join('\n');
    const { status, json } = await api('POST', '/import?list=campaigns', csv);
    expect(status).toBe(422);
    const told = json.errors.map(({ row, column }: { row: number; column: string }) => [row, column]);
    expect(told).toContainEqual([3, 'status']);
    expect(told).toContainEqual([3, 'budget.dailyMicros']);
    expect(told).toContainEqual([5, 'id']);
    expect(json.errors[0].value).toContain('asleep');
    const dangling = await api('POST', '/import?list=campaigns', 'id,advertiserId\ngood,a\nlost,nobody\n');
    expect(dangling.json.errors[0]).toMatchObject({
      kind: 'campaigns',
      id: 'lost',
      row: 3,
      column: 'advertiserId',
    });
    expect((await api('GET', '/campaigns')).json.items.length).toBe(2);
  });

  it('that is no export is refused in words', async () => {
    for (const body of [
      {},
      { version: 1 },
      { version: 2, lists: {} },
      { version: 1, lists: { cats: [] } },
      { version: 1, lists: { campaigns: [7] } },
    ])
      expect((await api('POST', '/import', body)).status).toBe(422);
    for (const csv of ['', 'id,"open', '__proto__.x,id\n1,2', 'id,id\n1,2', 'id\n1,2'])
      expect([200, 422]).toContain((await api('POST', '/import?list=campaigns', csv)).status);
    expect((await api('POST', '/import', 'id\n1')).json.errors[0].column).toBe('list');
    expect((await api('GET', '/changes')).json.items).toEqual([]);
  });
});

describe('a token', () => {
  async function tokenOf(role: string, advertisers?: readonly string[]) {
    const made = await api('POST', '/tokens', {
      name: `a ${role}`,
      role,
      ...(advertisers && { advertisers }),
    });
    return made.json.token as string;
  }

  it('of one advertiser has that one’s objects out and in, and removes no other’s', async () => {
    const token = await tokenOf('admin', ['a']);
    const { json: book } = await api('GET', '/export', undefined, {}, token);
    expect(JSON.stringify(book)).not.toMatch(/campaign-b|line-b|creative-b|bidwright/);
    const emptied = { version: 1, lists: { 'line-items': [] } };
    const preview = await api('POST', '/import?mode=replace&validate_only=true', emptied, {}, token);
    expect(preview.json.removed.map(({ id }: { id: string }) => id)).toEqual(['line-a']);
    for (const campaign of [
      { id: 'campaign-b', advertiserId: 'b', name: 'taken' },
      { id: 'campaign-b', advertiserId: 'a' },
      { id: 'campaign-a', advertiserId: 'b' },
      { id: 'made', advertiserId: 'b' },
    ]) {
      const answer = await api(
        'POST',
        '/import',
        { version: 1, lists: { campaigns: [campaign] } },
        {},
        token,
      );
      expect(answer.status, JSON.stringify(campaign)).toBe(403);
    }
  });

  it('writes only what its role writes singly', async () => {
    const token = await tokenOf('trader');
    const book = await exported();
    expect((await api('POST', '/import', book, {}, token)).status).toBe(200);
    book.lists.exchanges[0].seat = 'other';
    const refused = await api('POST', '/import', book, {}, token);
    expect([refused.status, refused.json.errors[0]]).toMatchObject([
      403,
      { kind: 'exchanges', code: 'role' },
    ]);
    expect((await api('POST', '/import', book, {}, await tokenOf('viewer'))).status).toBe(403);
  });
});
