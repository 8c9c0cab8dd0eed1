/** Previews of templates over the private door. */
import { fileURLToPath } from 'node:url';
import { Value } from 'typebox/value';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { problemSchema } from '../../src/server/api.ts';
import { previewSchema } from '../../src/server/preview-routes.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, testEngine } from '../fixture/engine.ts';

const BOOK = fileURLToPath(new URL('../golden/books/patisserie.yaml', import.meta.url));

describe('a preview', () => {
  let engine: TestEngine;
  let cookie: string;
  beforeEach(async () => {
    engine = await testEngine(BOOK);
    const { pathname, search } = new URL(engine.consoleLink('http://127.0.0.1:8081'));
    const answer = await engine.privateApp.inject(pathname + search);
    cookie = String(answer.headers['set-cookie']).split(';')[0]!;
  });
  afterEach(() => engine.close());
  const get = (path: string) =>
    engine.privateApp.inject({ url: `/api/v1/creatives/${path}`, headers: { cookie } });

  it('tells slots, variants and the number of combinations, and shows one of them', async () => {
    const answer = (await get('loaf-of-the-day/preview')).json();
    expect(Value.Errors(previewSchema, answer)).toEqual([]);
    expect(answer).toMatchObject({
      format: 'banner',
      combinations: 1,
      elements: { headline: 'patient', tone: 'crust', item: 'rye' },
      allowed: true,
      landingPage: 'https://bakery.example/shop/rye',
      contentType: 'text/html; charset=utf-8',
      width: 300,
      height: 250,
    });
    expect(
      answer.slots.map(({ id, variants }: { id: string; variants: object[] }) => [id, variants.length]),
    ).toEqual([
      ['headline', 2],
      ['tone', 1],
      ['item', 1],
    ]);
    expect(answer.markup).toContain('Twenty hours of &quot;patience&quot;');
  });

  it('has the crid that bids have', async () => {
    const { crid } = (await get('loaf-of-the-day/preview')).json();
    const bid = (
      await ask(engine, {
        id: '1',
        at: 1,
        imp: [{ id: '1', banner: { w: 300, h: 250 } }],
        site: { domain: 'n.example' },
      })
    ).json;
    expect(bid.seatbid[0].bid[0].crid).toBe(crid);
  });

  it('shows what was asked for, and says when it is forbidden', async () => {
    const answer = (await get('loaf-of-the-day/preview?headline=loud')).json();
    expect(answer).toMatchObject({ elements: { headline: 'loud' }, allowed: false });
    expect(answer.markup).toContain('Buy now');
    const button = (await get('loaf-story/preview?button=rude')).json();
    expect(JSON.parse(button.markup).assets).toContainEqual({ id: 5, data: { value: 'Eat' } });
    const film = (await get('loaf-film/preview?film=old')).json();
    expect(film.markup).toContain('http://cdn.bakery.example/old.mp4');
    expect(film.markup).toContain('renderingMode="end-card"');
  });

  it('refuses slots and variants that are not there, with a hint', async () => {
    const answer = await get('loaf-of-the-day/preview?headline=lout&tune=crust');
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([400, 'application/problem+json']);
    expect(Value.Check(problemSchema, answer.json())).toBe(true);
    expect(
      answer
        .json()
        .errors.map(({ path, code, hint }: Record<string, string>) => [path, code, hint?.includes('?')]),
    ).toEqual([
      ['tune', 'unknown_slot', true],
      ['headline', 'unknown_variant', true],
    ]);
    expect((await get('nothing/preview')).statusCode).toBe(404);
    expect((await get('loaf-of-the-day/preview?_size=big')).statusCode).toBe(400);
  });

  it('is a page for a frame, out of reach of the console', async () => {
    for (const id of ['loaf-of-the-day', 'loaf-story', 'loaf-film']) {
      const page = await get(`${id}/preview?_page=1`);
      expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(page.headers['content-security-policy']).toMatch(/^sandbox allow-scripts; default-src 'none';/);
      expect(page.body).toMatch(/^<!doctype html>/);
    }
    expect((await get('loaf-story/preview?_page=1')).body).toContain('Long-night rye: four hours of fire');
    expect((await get('loaf-film/preview?_page=1')).body).toContain('End card, 300 × 250');
    const shut = await engine.privateApp.inject('/api/v1/creatives/loaf-film/preview?_page=1');
    expect(shut.statusCode).toBe(401);
  });
});
