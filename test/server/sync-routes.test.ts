/** Cookie sync over the public door of a whole engine. */
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { testEngine } from '../fixture/engine.ts';
import { tcfText } from '../openrtb/privacy/tcf-text.ts';

const BOOK = fileURLToPath(new URL('../fixture/sync-book', import.meta.url));
const CONSENT = tcfText({ purposes: [1, 2, 3, 4], vendors: { ranges: [[1, 1_000]] } });
const YES = `gdpr=1&gdpr_consent=${CONSENT}`;
const NO = `gdpr=1&gdpr_consent=${tcfText({})}`;
const OWN = 'AbCdEfGhIjKlMnOpQrStUv';

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine(BOOK);
});
afterEach(() => engine.close());

function get(url: string, headers: Record<string, string> = {}) {
  return engine.publicApp.inject({ url, headers });
}
const withCookie = { cookie: `other=1; bwuid=${OWN}` };

function capped(user: Record<string, string>, exchange = 'example') {
  const request = {
    id: `r-${Math.abs(JSON.stringify(user).length)}`,
    at: 1,
    tmax: 1000,
    imp: [{ id: '1', secure: 1, banner: { format: [{ w: 300, h: 250 }] } }],
    site: { domain: 'news.example' },
    regs: { gdpr: 0 },
    user,
  };
  return engine.publicApp.inject({
    method: 'POST',
    url: `/openrtb2/${exchange}`,
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify(request),
  });
}

describe('/sync', () => {
  it('gives a browser a cookie, sees by one bounce that it is kept, and goes on with our id', async () => {
    const first = await get(`/sync?exchange=hosts&${YES}`);
    expect(first.statusCode).toBe(302);
    const cookie = String(first.headers['set-cookie']);
    expect(cookie).toMatch(
      /^bwuid=[\w-]{22}; Path=\/; Max-Age=7776000; Secure; HttpOnly; SameSite=None; Partitioned$/,
    );
    const back = new URL(String(first.headers.location));
    expect(back.origin + back.pathname).toBe('https://bid.example/sync');
    const second = await get(back.pathname + back.search, { cookie: cookie.split(';')[0]! });
    const there = new URL(String(second.headers.location));
    expect(there.origin + there.pathname).toBe('https://match.hosts.example/pixel');
    expect(Object.fromEntries(there.searchParams)).toEqual({
      dsp: 'bidwright',
      uid: cookie.slice(6, 28),
      gdpr: '1',
      gdpr_consent: CONSENT,
      us_privacy: '',
    });
    const lost = await get(back.pathname + back.search);
    expect(lost.statusCode).toBe(200);
    expect(lost.headers['content-type']).toBe('image/gif');
    expect(lost.headers['set-cookie']).toBeUndefined();
  });

  it.each([
    ['no signal at all', ''],
    ['a refusal', NO],
    ['consent that cannot be read', 'gdpr=1&gdpr_consent=rubbish'],
    ['an objection to sale', 'us_privacy=1YYN'],
    ['a GPP section with an objection', 'gpp=DBABLA~CAAQAAAAAABA.QA&gpp_sid=7'],
    ['a refusal beside a section that permits', `${NO}&gpp=DBABLA~CAAAAAAAAABA.QA&gpp_sid=7`],
  ])('neither sets a cookie nor leads anywhere: %s', async (_, signals) => {
    for (const path of ['/sync?exchange=hosts', '/setuid?exchange=tells&uid=t1']) {
      const answer = await get(`${path}&${signals}`, withCookie);
      expect(answer.statusCode).toBe(200);
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect(answer.headers.location).toBeUndefined();
    }
    expect(
      (await get(`/sync?exchange=hosts&${YES}`, { ...withCookie, 'sec-gpc': '1' })).headers.location,
    ).toBe(undefined);
  });

  it('leads nowhere but where a profile says, whatever the caller writes', async () => {
    for (const exchange of ['none', 'nobody', 'https://evil.example', '']) {
      const answer = await get(`/sync?exchange=${encodeURIComponent(exchange)}&${YES}`, withCookie);
      expect(answer.statusCode, exchange).toBe(400);
    }
    const hostile = encodeURIComponent('https://evil.example/#&uid=x');
    const answer = await get(
      `/sync?exchange=hosts&gdpr=0&us_privacy=1YNN&url=${hostile}&redirect=${hostile}&gdpr_consent=${hostile}`,
      withCookie,
    );
    const there = new URL(String(answer.headers.location));
    expect(there.host).toBe('match.hosts.example');
    expect(there.searchParams.get('uid')).toBe(OWN);
    expect(there.searchParams.get('gdpr_consent')).toBe('https://evil.example/#&uid=x');
  });

  it('visits every exchange that leads back once, in a chain that ends', async () => {
    const visited: string[] = [];
    let url = `/sync?${YES}`;
    for (let step = 0; step < 20; step++) {
      const answer = await get(url, withCookie);
      if (answer.statusCode === 200) break;
      expect(answer.statusCode).toBe(302);
      const there = new URL(String(answer.headers.location));
      visited.push(there.host);
      const wrapped = decodeURIComponent(there.search.replace(/^\?(r=)?/, ''));
      const back = new URL(wrapped.replace(/\$UID|\[UID\]/, `id-of-${visited.length}`));
      expect(back.host).toBe('bid.example');
      url = back.pathname + back.search;
    }
    expect(visited).toEqual(['ib.tells.example', 'sync.example.example']);
    expect((await get(`/setuid?exchange=tells&uid=t1&step=9&${YES}`, withCookie)).statusCode).toBe(200);
  });
});

describe('/setuid', () => {
  it('joins an exchange’s id to ours: a cap reached under one holds under the other', async () => {
    expect((await get(`/setuid?exchange=example&uid=their-id&${YES}`, withCookie)).statusCode).toBe(200);
    expect((await capped({ id: 'their-id' })).statusCode).toBe(200);
    expect((await capped({ buyeruid: OWN }, 'hosts')).statusCode).toBe(204);
    expect((await capped({ id: 'their-id' }, 'hosts')).statusCode).toBe(200);
  });

  it('takes no id that is none', async () => {
    for (const uid of ['', '$UID', '[UID]', '{{uid}}', '0', '00000000', 'x'.repeat(300), 'a b']) {
      const answer = await get(`/setuid?exchange=tells&uid=${encodeURIComponent(uid)}&${YES}`, withCookie);
      expect(answer.statusCode, uid).toBe(400);
    }
  });

  it('takes a cookie that is not of our making for none', async () => {
    const answer = await get(`/setuid?exchange=tells&uid=t1&${YES}`, { cookie: 'bwuid=short' });
    expect(String(answer.headers['set-cookie'])).toMatch(/^bwuid=(?!short)[\w-]{22};/);
  });
});
