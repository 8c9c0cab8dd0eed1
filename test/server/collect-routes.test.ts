import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { START_MS, testEngine } from '../fixture/engine.ts';
import { handDoor } from './public-ports.ts';

const BOOK = fileURLToPath(new URL('../fixture/life-book', import.meta.url));
const KEY = 'shop-key-0123456789';

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine(BOOK);
});
afterEach(() => engine.close());

function collect(payload: string | Buffer, { query = '', ...headers }: Record<string, string> = {}) {
  return engine.publicApp.inject({
    method: 'POST',
    url: `/collect${query}`,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}`, ...headers },
    payload,
  });
}

const pixel = (query: string, headers: Record<string, string> = {}) =>
  engine.publicApp.inject({ url: `/collect.gif?${query}`, headers });

const event = (more: Record<string, unknown> = {}) => ({ event: 'page_view', user_id: 'ann', ...more });

async function profileOf(id: string) {
  const { pathname, search } = new URL(engine.consoleLink('http://127.0.0.1:8081'));
  const session = await engine.privateApp.inject(pathname + search);
  const cookie = String(session.headers['set-cookie']).split(';')[0]!;
  const answer = await engine.privateApp.inject({
    url: `/api/v1/people/${encodeURIComponent(id)}/profile`,
    headers: { cookie },
  });
  return answer.statusCode === 200 ? answer.json() : answer.statusCode;
}

describe('the address for first-party events', () => {
  it('keeps a list, and shows it in the person’s profile', async () => {
    const bought = event({
      event: 'purchase',
      event_id: 'e1',
      value: '39.90',
      currency: 'USD',
      item: 'RYE-1',
      time: (START_MS - 86_400_000) / 1000,
      properties: { country: 'DE', category: 'bread' },
    });
    const answer = await collect(JSON.stringify([bought, event(), bought]));
    expect([answer.statusCode, answer.json()]).toEqual([200, { accepted: 2, duplicates: 1, refused: {} }]);
    const profile = await profileOf('user.id:ann');
    expect(profile).toMatchObject({ lastSeenDay: '2026-11-23' });
    expect(profile.facts).toEqual(
      expect.arrayContaining([
        { fact: 'purchase', count: 1, days: 1, valueMicros: 39_900_000, lastDay: '2026-11-22' },
        expect.objectContaining({ fact: 'purchase item=RYE-1' }),
        expect.objectContaining({ fact: 'purchase category=bread' }),
        expect.objectContaining({ fact: 'country=DE' }),
        expect.objectContaining({ fact: 'page_view', lastDay: '2026-11-23' }),
      ]),
    );
    const tags = Object.fromEntries(
      profile.tags.map(({ name, value }: { name: string; value: unknown }) => [name, value]),
    );
    expect(tags).toMatchObject({
      country: 'DE',
      daypart: 'morning',
      recency: 1,
      frequency: 1,
      monetary: 39_900_000,
    });
    expect(await profileOf('ann')).toEqual(profile);
    expect(await profileOf('nobody')).toBe(404);
  });

  it('counts an event once, however often it is sent: by its id, or by its content where it names its time', async () => {
    const withId = JSON.stringify(event({ event_id: 'e1' }));
    const withTime = JSON.stringify(event({ time: START_MS - 1000 }));
    for (const body of [withId, withTime]) {
      expect((await collect(body)).json()).toMatchObject({ accepted: 1, duplicates: 0 });
      expect((await collect(body)).json()).toMatchObject({ accepted: 0, duplicates: 1 });
    }
    expect((await collect(JSON.stringify([event(), event()]))).json()).toMatchObject({ accepted: 2 });
  });

  it('takes one event a line, text from a page, and gzip', async () => {
    const lines = `${JSON.stringify(event())}\n\n${JSON.stringify(event({ event: 'search' }))}\n`;
    expect((await collect(lines, { 'content-type': 'application/x-ndjson' })).json()).toMatchObject({
      accepted: 2,
    });
    expect((await collect(lines, { 'content-type': 'text/plain' })).statusCode).toBe(200);
    expect((await collect(gzipSync(lines), { 'content-encoding': 'gzip' })).json()).toMatchObject({
      accepted: 2,
    });
  });

  it('keeps nothing of a list with a fault, and tells where each fault is', async () => {
    const answer = await collect(
      JSON.stringify([
        event(),
        event({ value: 'x' }),
        { event: 'Page View' },
        event({ currency: 'XXX', value: 1 }),
        7,
      ]),
    );
    expect(answer.statusCode).toBe(400);
    expect(
      answer.json().errors.map(({ path, code }: { path: string; code: string }) => `${path} ${code}`),
    ).toEqual([
      '[1].value not_an_amount',
      '[2].event not_an_event_name',
      '[2].user_id missing',
      '[3].currency currency_without_rate',
      '[4] not_an_event',
    ]);
    expect(await profileOf('ann')).toBe(404);
    const lines = `${JSON.stringify(event())}\n{"event":\n`;
    expect((await collect(lines)).json().errors[0]).toMatchObject({ path: 'line 2', code: 'not_json' });
    expect(await profileOf('ann')).toBe(404);
  });

  it.each([
    ['', {}, 400],
    ['[]', {}, 400],
    ['{"__proto__":{"event":"page_view"}}', {}, 400],
    [`[${'{"event":"page_view","user_id":"u"},'.repeat(1000)}{"event":"page_view","user_id":"u"}]`, {}, 400],
    ['{"event":"page_view","user_id":"u"}', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['{"event":"page_view","user_id":"u"}', { 'content-encoding': 'lz4' }, 415],
    ['{"event":"page_view","user_id":"u"}', { authorization: 'Bearer wrong-key-0123456789' }, 401],
    ['{"event":"page_view","user_id":"u"}', { authorization: '' }, 401],
    ['{"event":"page_view","user_id":"u","id_space":"passport"}', {}, 400],
    ['{"event":"page_view","user_id":"u","properties":{"mail":"ann@bakery.example"}}', {}, 400],
    ['{"event":"page_view","user_id":"u","properties":{"phone":"+49 170 1234567"}}', {}, 400],
    ['{"event":"page_view","user_id":"u","properties":["x"]}', {}, 400],
    ['{"event":"page_view","user_id":"u","time":"1997-01-01T00:00:00Z"}', {}, 400],
    ['{"event":"page_view","user_id":"u","time":"2030-01-01T00:00:00Z"}', {}, 400],
  ])('answers %s with %o by %i', async (body, headers, status) => {
    expect((await collect(body, headers as Record<string, string>)).statusCode).toBe(status);
  });

  it('keeps nothing of people whose call or event says that they may not be known, and counts them', async () => {
    const refusals: [string, Record<string, unknown>, string][] = [
      ['?gdpr=1', {}, 'gdpr'],
      ['?us_privacy=1YYN', {}, 'us_privacy'],
      ['?gpc=1', {}, 'us_privacy'],
      ['', { gdpr: 1 }, 'gdpr'],
      ['?gdpr=0', { us_privacy: '1YYN' }, 'us_privacy'],
      ['?gdpr_consent=nonsense', {}, 'gdpr'],
      ['?coppa=1', {}, 'coppa'],
    ];
    for (const [query, more, refusal] of refusals) {
      const answer = await collect(JSON.stringify(event(more)), { query });
      expect([query, answer.statusCode, answer.json()]).toEqual([
        query,
        200,
        { accepted: 0, duplicates: 0, refused: { [refusal]: 1 } },
      ]);
    }
    expect((await collect(JSON.stringify(event()), { query: '?us_privacy=1YNN' })).json()).toMatchObject({
      accepted: 1,
    });
  });

  it('joins all ids of an event to one person, whose profiles become one', async () => {
    const email = 'ann@bakery.example';
    await collect(
      JSON.stringify([event({ user_id: 'phone-1', event: 'search' }), event({ user_id: 'laptop-2' })]),
    );
    for (const user of ['phone-1', 'laptop-2'])
      await collect(JSON.stringify(event({ user_id: user, event: 'login', ids: [`email:${email}`] })));
    const profile = await profileOf('phone-1');
    const names = profile.facts.map(({ fact }: { fact: string }) => fact);
    expect(names).toEqual(expect.arrayContaining(['search', 'page_view', 'login']));
    for (const id of ['laptop-2', `email:${email}`]) expect(await profileOf(id)).toEqual(profile);
    const bad = await collect(JSON.stringify(event({ ids: ['passport:1'] })));
    expect([bad.statusCode, bad.json().errors[0].path]).toEqual([400, 'ids']);
  });

  it('takes pixels where the account allows them, and heeds a browser that objects', async () => {
    const answer = await pixel('event=add_to_cart&user_id=bob&item=RYE-1&event_id=e9');
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'image/gif']);
    await pixel('event=add_to_cart&user_id=cara', { 'sec-gpc': '1' });
    expect((await profileOf('bob')).facts.map(({ fact }: { fact: string }) => fact)).toContain('add_to_cart');
    expect(await profileOf('cara')).toBe(404);
    expect((await pixel('event=add_to_cart')).statusCode).toBe(400);
  });

  it('says so where events cannot be kept: 503, to be sent again', async () => {
    const { app, faults } = handDoor({
      collector: {
        takeEvents: () => Promise.reject(new Error('the disk is full')),
        takeEventPixel: () => Promise.reject(new Error('the disk is full')),
      },
    });
    const answers = [
      await app.inject({ method: 'POST', url: '/collect', payload: JSON.stringify(event()) }),
      await app.inject('/collect.gif?event=page_view&user_id=u'),
    ];
    expect(answers.map(({ statusCode, headers }) => [statusCode, headers['retry-after']])).toEqual([
      [503, '10'],
      [503, '10'],
    ]);
    expect(faults).toEqual(['/collect', '/collect.gif']);
  });

  it('takes nothing for an account that named no key', async () => {
    const other = await testEngine('wide-open');
    const answer = await other.publicApp.inject({
      method: 'POST',
      url: '/collect',
      headers: { authorization: 'Bearer undefined' },
      payload: JSON.stringify(event()),
    });
    const shown = await other.publicApp.inject('/collect.gif?event=page_view&user_id=u');
    expect([answer.statusCode, shown.statusCode]).toEqual([401, 403]);
    await other.close();
  });
});

describe('the dictionary of tags', () => {
  it('says what each tag means, when it was worked out, and when it ends; the key is shown to nobody', async () => {
    const { pathname, search } = new URL(engine.consoleLink('http://127.0.0.1:8081'));
    const session = await engine.privateApp.inject(pathname + search);
    const cookie = String(session.headers['set-cookie']).split(';')[0]!;
    const get = (url: string) => engine.privateApp.inject({ url, headers: { cookie } });
    const answer = (await get('/api/v1/tags')).json();
    expect(answer.tags.length).toBeGreaterThan(15);
    for (const tag of answer.tags) {
      expect(tag.definition.length).toBeGreaterThan(20);
      expect(tag.expiryMs).toBeGreaterThan(0);
    }
    expect(new Set(answer.tags.map(({ name }: { name: string }) => name)).size).toBe(answer.tags.length);
    expect(answer.refresh).toMatchObject({ people: 0, model: 'mbg_nbd' });
    expect((await get('/api/v1/account')).body).not.toContain(KEY);
  });
});
