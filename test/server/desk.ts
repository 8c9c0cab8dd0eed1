/** A private door with a session, over an engine that has lived a little. */
import { fileURLToPath } from 'node:url';
import type { LightMyRequestResponse } from 'fastify';
import { afterEach, beforeEach, expect } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, fire, testEngine } from '../fixture/engine.ts';

const BOOK = fileURLToPath(new URL('../fixture/life-book', import.meta.url));

export const REQUEST = {
  id: 'one',
  at: 1,
  imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }],
  site: { domain: 'news.example' },
};

export interface Desk {
  engine: TestEngine;
  cookie: string;
  get(url: string, headers?: Record<string, string>): Promise<LightMyRequestResponse>;
  explain(payload: object, headers?: Record<string, string>): Promise<LightMyRequestResponse>;
}

/** A new engine and a new session for every test of the file. */
export function freshDesk(): Desk {
  const desk: Desk = {
    engine: undefined as unknown as TestEngine,
    cookie: '',
    get: (url, headers = { cookie: desk.cookie }) => desk.engine.privateApp.inject({ url, headers }),
    explain: (payload, headers = {}) =>
      desk.engine.privateApp.inject({
        method: 'POST',
        url: '/api/v1/explain',
        headers: { cookie: desk.cookie, ...headers },
        payload,
      }),
  };
  beforeEach(async () => {
    desk.engine = await testEngine(BOOK);
    const { pathname, search } = new URL(desk.engine.consoleLink('http://127.0.0.1:8081'));
    const answer = await desk.engine.privateApp.inject(pathname + search);
    expect([answer.statusCode, answer.headers.location]).toEqual([303, './']);
    desk.cookie = String(answer.headers['set-cookie']).split(';')[0]!;
  });
  afterEach(() => desk.engine.close());
  return desk;
}

/** Three bids: one shown and clicked at 3.00, one lost, one that nobody tells of; and a request that no creative fits. */
export async function liveALittle(engine: TestEngine): Promise<void> {
  const bids = [];
  for (let number = 0; number < 3; number++)
    bids.push((await ask(engine, { ...REQUEST, id: `request-${number}` })).json.seatbid[0].bid[0]);
  await ask(engine, { ...REQUEST, imp: [{ id: '1', video: { mimes: ['video/mp4'] } }] });
  await fire(engine, bids[0].nurl, { AUCTION_PRICE: '3' });
  await fire(engine, bids[0].burl, { AUCTION_PRICE: '3' });
  const click = /https?:\/\/[^"']*\/t\/click[^"']*/.exec(bids[0].adm)![0].replaceAll('&amp;', '&');
  await fire(engine, click);
  await fire(engine, bids[1].lurl, { AUCTION_LOSS: '102' });
  engine.clock.advance(2000);
  await engine.tick();
}
