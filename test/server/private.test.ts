import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { problemSchema } from '../../src/server/api.ts';
import { freshDesk, REQUEST } from './desk.ts';

const desk = freshDesk();

describe('the private door', () => {
  it('opens to a session, whose link works once and whose cookie no script reads', async () => {
    const { pathname, search } = new URL(desk.engine.consoleLink('http://127.0.0.1:8081'));
    const first = await desk.engine.privateApp.inject(pathname + search);
    expect(String(first.headers['set-cookie'])).toMatch(/HttpOnly; SameSite=Strict/);
    expect((await desk.engine.privateApp.inject(pathname + search)).statusCode).toBe(401);
    expect((await desk.get('/api/v1/account')).statusCode).toBe(200);
  });

  it('stays shut to everybody else, but for health', async () => {
    const spec = (await desk.get('/api/v1/openapi.json')).json();
    const paths = Object.keys(spec.paths).map((path) => path.replace('{id}', 'x'));
    expect(paths.length).toBeGreaterThan(18);
    const changed = `${desk.cookie.slice(0, -1)}${desk.cookie.endsWith('A') ? 'B' : 'A'}`;
    for (const path of [...paths, '/', '/metrics', '/nothing', '/index.html', '/api/v1/openapi.json'])
      for (const headers of [
        {},
        { cookie: changed },
        { authorization: 'Bearer wrong' },
        { cookie: 'bidwright_session=9999999999999.' },
      ])
        expect([path, (await desk.get(path, headers as Record<string, string>)).statusCode]).toEqual([
          path,
          401,
        ]);
    expect((await desk.get('/healthz', {})).json()).toMatchObject({ status: 'ok' });
    expect((await desk.get('/readyz', {})).json()).toMatchObject({ ready: true });
    // The console, which asks for a token; where it is not built, words in its place.
    expect((await desk.get('/', { accept: 'text/html' })).body).toMatch(/Open the link|id="console"/);
    expect((await desk.get('/metrics', { accept: 'text/html' })).body).toContain('Open the link');
  });

  it('does not let another site act through a session', async () => {
    const explain = (site: string) =>
      desk.engine.privateApp.inject({
        method: 'POST',
        url: '/api/v1/explain',
        headers: { cookie: desk.cookie, 'sec-fetch-site': site },
        payload: { request: REQUEST },
      });
    expect((await explain('cross-site')).statusCode).toBe(403);
    expect((await explain('same-site')).statusCode).toBe(403);
    expect((await explain('same-origin')).statusCode).toBe(200);
  });

  it('sends headers that keep a page to itself', async () => {
    for (const url of ['/', '/api/v1/account', '/nothing']) {
      const { headers } = await desk.get(url);
      expect(headers['content-security-policy']).toContain("default-src 'self'");
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
      });
    }
  });

  it('is not ready while it drains', async () => {
    desk.engine.drain();
    const answer = await desk.get('/readyz', {});
    expect([answer.statusCode, answer.json().checks.draining]).toEqual([503, true]);
    expect((await desk.get('/healthz', {})).statusCode).toBe(200);
  });

  it('speaks problems', async () => {
    for (const [url, status, path] of [
      ['/nothing', 404, undefined],
      ['/api/v1/campaigns/nothing', 404, undefined],
      ['/api/v1/funnel', 400, 'line_item'],
      ['/api/v1/funnel?line_item=nothing', 404, undefined],
      ['/api/v1/reports?dimensions=campaign,colour', 400, 'dimensions'],
      ['/api/v1/reports?from=yesterday', 400, 'from'],
      ['/api/v1/reports?from=2026-11-24&to=2026-11-22', 400, 'from'],
    ] as const) {
      const answer = await desk.get(url);
      expect([url, answer.statusCode, answer.headers['content-type']]).toEqual([
        url,
        status,
        'application/problem+json',
      ]);
      expect(Value.Check(problemSchema, answer.json())).toBe(true);
      expect(answer.json().errors[0]?.path).toBe(path);
    }
    const explained = await desk.engine.privateApp.inject({
      method: 'POST',
      url: '/api/v1/explain',
      headers: { cookie: desk.cookie },
      payload: { exchange: 'nobody', request: {} },
    });
    expect([explained.statusCode, explained.json().title]).toEqual([400, expect.stringContaining('nobody')]);
  });
});
