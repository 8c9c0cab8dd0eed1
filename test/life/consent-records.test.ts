/** Consents that were recorded outside of requests, through a whole engine on disk: asked for, given, taken back, kept over a change of secret. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, START_MS, testEngine } from '../fixture/engine.ts';
import { metricOf } from '../fixture/metrics.ts';

/** Its one line item is capped, so it bids for people alone; it denies where nothing is said. */
const BOOK = fileURLToPath(new URL('../fixture/sync-book/book.yaml', import.meta.url));
const ADMIN = { authorization: 'Bearer admin-token-0123456789' };
const IFA = '6d92078a-8246-4ba4-ae5b-76104861e7dc';
const WITH_CONSENT = { id: 'lin', purposes: ['identity', 'audiences'], source: 'form 3' };

let folder: string;
let engine: TestEngine;
let serial: number;

async function open(settings: Readonly<Record<string, unknown>> = {}): Promise<void> {
  engine = await testEngine(join(folder, 'config'), {
    dataDir: join(folder, 'data'),
    settings: { adminToken: 'admin-token-0123456789', ...settings },
  });
}

beforeEach(async () => {
  serial = 0;
  folder = mkdtempSync(join(tmpdir(), 'bidwright-consent-'));
  mkdirSync(join(folder, 'config'));
  const book = readFileSync(BOOK, 'utf8').replace('vendorId: 755', 'vendorId: 755\n  consentRecords: [CHN]');
  writeFileSync(join(folder, 'config', 'book.yaml'), book);
  await open();
});
afterEach(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

const request = (more: { country?: string; user?: object; regs?: object; device?: object } = {}) => ({
  id: `r-${++serial}`,
  at: 1,
  tmax: 1000,
  imp: [{ id: '1', secure: 1, banner: { format: [{ w: 300, h: 250 }] } }],
  site: { domain: 'news.example' },
  device: { geo: { country: more.country ?? 'CHN' }, ...more.device },
  user: more.user ?? { id: 'lin' },
  ...(more.regs ? { regs: more.regs } : {}),
});

async function told(sent: object): Promise<{ permitted: boolean; refusal: string }> {
  const answer = await engine.explain('example', Buffer.from(JSON.stringify(sent)));
  if (!answer.ok) throw new Error(answer.message);
  return answer.explanation.identity;
}

async function record(...items: readonly object[]) {
  const answer = await engine.privateApp.inject({
    method: 'POST',
    url: '/api/v1/consents',
    headers: ADMIN,
    payload: { items },
  });
  return { status: answer.statusCode, body: answer.json() };
}

const lin = (more: object = {}) => ({ ...WITH_CONSENT, id: 'user.id@example:lin', ...more });

describe('where consent has to be recorded', () => {
  it('nobody is known without a record, and nothing is kept of them', async () => {
    expect(await told(request())).toMatchObject({ permitted: false, refusal: 'consent_missing' });
    expect((await ask(engine, request())).status).toBe(204);
    await engine.tick();
    expect(await metricOf(engine, 'identity_ids')).toBe(0);
  });

  it('a record permits what it is for, and stands in for signals that are not sent', async () => {
    expect(await record(lin({ purposes: ['identity'] }))).toEqual({ status: 200, body: { recorded: 1 } });
    expect(await told(request())).toMatchObject({ permitted: true, refusal: '' });
    expect((await ask(engine, request())).status).toBe(200);
    // Elsewhere the request itself has to say so.
    expect(await told(request({ country: 'USA' }))).toMatchObject({ refusal: 'signal_missing' });
  });

  it('a refusal in the request beats the record', async () => {
    await record(lin());
    expect(await told(request({ regs: { coppa: 1 } }))).toMatchObject({ refusal: 'coppa' });
    expect(await told(request({ device: { geo: { country: 'CHN' }, lmt: 1 } }))).toMatchObject({
      refusal: 'limit_tracking',
    });
    expect(await told(request({ regs: { gdpr: 1 } }))).toMatchObject({ refusal: 'gdpr' });
  });

  it('signals that permit do not replace the record', async () => {
    expect(await told(request({ regs: { gdpr: 0 } }))).toMatchObject({ refusal: 'consent_missing' });
  });

  it('what was said last counts, under whichever id, also where it is told late', async () => {
    await record(lin({ time: '2026-11-20T08:00:00Z' }));
    // Both ids are one person's from here on.
    await ask(engine, request({ user: { id: 'lin' }, device: { geo: { country: 'CHN' }, ifa: IFA } }));
    await record({
      id: `ifa:${IFA}`,
      purposes: [],
      time: '2026-11-22T08:00:00Z',
      source: 'form 3, taken back',
    });
    expect(await told(request())).toMatchObject({ permitted: false, refusal: 'consent_missing' });
    await record(lin({ time: '2026-11-21T08:00:00Z' }));
    expect(await told(request())).toMatchObject({ permitted: false });
    await record(lin({ time: '2026-11-23T08:00:00Z' }));
    expect(await told(request())).toMatchObject({ permitted: true });
  });

  it('is shown on demand, and outlives a restart', async () => {
    await record(lin());
    await engine.close();
    await open();
    expect(await told(request())).toMatchObject({ permitted: true });
    const shown = await engine.privateApp.inject({
      url: '/api/v1/people/user.id@example:lin/consent',
      headers: ADMIN,
    });
    expect(shown.json()).toEqual({
      items: [{ ...WITH_CONSENT, id: undefined, time: new Date(START_MS).toISOString() }].map(
        ({ purposes, time, source }) => ({ purposes, time, source }),
      ),
    });
  });

  it('goes with the person', async () => {
    await record(lin());
    const gone = await engine.privateApp.inject({
      method: 'DELETE',
      url: '/api/v1/people/user.id@example:lin',
      headers: ADMIN,
    });
    expect(gone.statusCode).toBe(200);
    expect(await record(lin())).toEqual({ status: 200, body: { recorded: 0 } });
    const shown = await engine.privateApp.inject({
      url: '/api/v1/people/user.id@example:lin/consent',
      headers: ADMIN,
    });
    expect(shown.json()).toEqual({ items: [] });
    expect(await told(request())).toMatchObject({ refusal: 'withdrawn' });
  });

  it('takes all of a list or nothing, and says which is at fault', async () => {
    const told = await record(
      lin(),
      { id: 'lin', purposes: [], source: 's' },
      lin({ time: '2027-01-01T00:00:00Z' }),
    );
    expect(told.status).toBe(400);
    expect(told.body.errors.map(({ path }: { path: string }) => path)).toEqual([
      'items[1].id',
      'items[2].time',
    ]);
    expect(await record(lin({ purposes: ['everything'] }))).toMatchObject({ status: 400 });
    expect((await ask(engine, request())).status).toBe(204);
  });
});

describe('a change of the secret of people', () => {
  const OLD = 'the secret of people that was, and is no more';
  const NEW = 'the secret of people that is now in force';

  it('leaves consent and caps with whoever has them, and drops what the former secret names once that is taken away', async () => {
    await engine.close();
    await open({ peopleSecret: OLD });
    await record(lin());
    const bid = await ask(engine, request());
    expect(bid.status).toBe(200);
    const { pathname, search } = new URL(
      bid.json.seatbid[0].bid[0].burl.replaceAll('${AUCTION_PRICE}', '1.5'),
    );
    await engine.publicApp.inject({ url: pathname + search });
    const shown = [...bid.json.seatbid[0].bid[0].adm.matchAll(/src="([^"]+)"/g)].map(
      (match) => new URL(match[1]),
    );
    for (const { pathname: path, search: query } of shown)
      await engine.publicApp.inject({ url: path + query });
    await engine.tick();
    expect((await ask(engine, request())).status).toBe(204);

    // During the change: found under the former hash, and given a new one when met.
    await engine.close();
    await open({ peopleSecret: NEW, peopleSecretFormer: OLD });
    expect(await told(request())).toMatchObject({ permitted: true, known: true });
    expect((await ask(engine, request())).status).toBe(204);
    engine.clock.advance(25 * 3_600_000);
    await engine.tick();
    expect((await ask(engine, request())).status).toBe(200);
    await engine.tick();

    // After it: consent was given again under the new secret, and nobody is known by the old one.
    await record(lin({ time: new Date(engine.clock.now()).toISOString() }));
    await engine.close();
    await open({ peopleSecret: NEW });
    expect(await told(request())).toMatchObject({ permitted: true });
  });

  it('keeps nothing that the former secret could be tried on once it was never used', async () => {
    await engine.close();
    rmSync(join(folder, 'data'), { recursive: true });
    await open({ peopleSecret: NEW });
    await record(lin());
    await ask(engine, request());
    await engine.close();
    const files = readdirSync(join(folder, 'data'), { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile(),
    );
    for (const file of files)
      expect(readFileSync(join(file.parentPath, file.name)).includes('user.id@example'), file.name).toBe(
        false,
      );
    await open({ peopleSecret: OLD });
    expect(await told(request())).toMatchObject({ refusal: 'consent_missing' });
  });
});
