/** The book and the request of the quickstart do what the page says. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../src/config.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, testEngine } from '../fixture/engine.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/quickstart.md'), 'utf8');
const block = (language: string): string => {
  const found = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1];
  if (found === undefined) throw new Error(`the quickstart has no block of ${language}`);
  return found;
};

describe('the quickstart', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bidwright-quickstart-'));
  let engine: TestEngine;
  beforeAll(async () => {
    writeFileSync(join(folder, 'book.yaml'), block('yaml'));
    engine = await testEngine(folder);
  });
  afterAll(async () => {
    await engine.close();
    rmSync(folder, { recursive: true });
  });

  it('has a book without a remark', () => {
    const loaded = loadConfiguration(folder);
    expect(loaded.ok && loaded.warnings).toEqual([]);
  });

  it('has a request that is bid on, and one change that ends that', async () => {
    const request = JSON.parse(block('json'));
    expect((await ask(engine, request, 'my-exchange')).status).toBe(200);
    request.device.geo.country = 'FRA';
    const told = await engine.explain('my-exchange', Buffer.from(JSON.stringify(request)));
    expect(told.ok && told.explanation.impressions[0]!.lines[0]).toMatchObject({ verdict: 'not_targeted' });
  });

  it('has a key that orders can be reported with', async () => {
    const key = /Bearer (\S+)'/.exec(page)![1]!;
    const bid = (await ask(engine, JSON.parse(block('json')), 'my-exchange')).json.seatbid[0].bid[0];
    const click = new URL(/href="([^"]+)"/.exec(bid.adm)![1]!.replaceAll('&amp;', '&'));
    const led = await engine.publicApp.inject({ url: click.pathname + click.search });
    const clickId = new URL(String(led.headers.location)).searchParams.get('bwclid')!;
    const body = /-d '(\{.*\})'/.exec(page)![1]!.replace('BWCLID', clickId);
    const answer = await engine.publicApp.inject({
      method: 'POST',
      url: '/conversion',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      payload: body,
    });
    expect(answer.statusCode, answer.body).toBeLessThan(300);
  });
});
