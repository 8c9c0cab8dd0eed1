/** Every case of the privacy table through a whole engine: who is not permitted gets no capped bid, and leaves no id behind. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, testEngine } from '../fixture/engine.ts';
import { metricOf } from '../fixture/metrics.ts';
import { olderPlaces, PRIVACY_ROWS } from '../openrtb/privacy-cases.ts';

/** Its one line item is capped, so it bids for people alone; it denies where nothing is said. */
const BOOK = fileURLToPath(new URL('../fixture/sync-book', import.meta.url));

let engine: TestEngine;
beforeAll(async () => {
  engine = await testEngine(BOOK, { settings: { adminToken: 'admin-token-0123456789' } });
});
afterAll(() => engine.close());

let serial = 0;
describe.each(['2.6', '2.5'] as const)('signals at their places of %s', (version) => {
  it.each(PRIVACY_ROWS)('%s', async (_name, signals, expected) => {
    const { regs, user, device } = version === '2.6' ? signals : olderPlaces(signals);
    const before = (await metricOf(engine, 'identity_ids')) ?? -1;
    const person = `person-${++serial}`;
    const answer = await ask(engine, {
      id: person,
      at: 1,
      tmax: 1000,
      imp: [{ id: '1', secure: 1, banner: { format: [{ w: 300, h: 250 }] } }],
      site: { domain: 'news.example' },
      ...(regs ? { regs } : {}),
      device: { ...device, ifa: `6d92078a-8246-4ba4-ae5b-${String(serial).padStart(12, '0')}` },
      user: { ...user, id: person },
    });
    const isPermitted = expected === 'all' || expected === 'basic' || expected === 'coarse';
    expect(answer.status).toBe(isPermitted ? 200 : 204);
    expect(await metricOf(engine, 'identity_ids')).toBe(before + (isPermitted ? 2 : 0));
  });
});
