import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { recapMarkdown } from '../../src/insight/recap/markdown.ts';
import { recapPage } from '../../src/insight/recap/page.ts';
import type { RecapSources } from '../../src/insight/recap/recap.ts';
import { recapOf } from '../../src/insight/recap/recap.ts';
import type { ReportRow } from '../../src/state/port.ts';
import { freshDesk, liveALittle } from '../server/desk.ts';

const DAY_MS = 86_400_000;
const TO_MS = Date.UTC(2026, 10, 23);

function row(key: ReportRow['key'], conversions: number, spendMicros: number): ReportRow {
  return {
    key,
    bids: 0,
    wins: 0,
    losses: 0,
    billings: 0,
    impressions: 1000,
    clicks: 50,
    conversions,
    viewConversions: 0,
    conversionValueMicros: 2e6 * conversions,
    conversionsByTouchTime: conversions,
    retractions: 0,
    voidedClicks: 0,
    spendMicros,
    lateSpendMicros: 0,
    flagged: 0,
    contradictions: 0,
  };
}

const sources: RecapSources = {
  fromMs: TO_MS - 7 * DAY_MS,
  toMs: TO_MS,
  byDimension: {
    campaign: [row({ campaign: 'autumn' }, 200, 100e6)],
    line_item: [row({ line_item: 'bread' }, 100, 50e6), row({ line_item: 'cake' }, 100, 50e6)],
    creative: [
      row({ creative: 'rye' }, 150, 50e6),
      row({ creative: 'oat|*' }, 40, 40e6),
      row({ creative: 'tiny' }, 10, 10e6),
    ],
    exchange: [row({ exchange: 'example' }, 200, 100e6)],
    hour: [
      row({ hour: '2026-11-20T09:00Z' }, 101, 50e6),
      row({ hour: '2026-11-21T09:00Z' }, 0, 0),
      row({ hour: '2026-11-20T21:00Z' }, 99, 50e6),
    ],
  },
  before: [row({}, 100, 100e6)],
  changes: [
    {
      number: 1,
      atMs: TO_MS - DAY_MS,
      source: 'api',
      who: 'console',
      why: 'oat <b>sells</b>',
      objects: [{ list: 'creatives', id: 'oat', before: null, after: null }],
    },
  ],
};

describe('a recap', () => {
  it('tells what worked and what did not beyond chance, what carried it, and what to try', () => {
    const recap = recapOf(sources);
    expect(recap.measuredBy).toBe('conversions');
    expect([recap.period.conversions, recap.before.conversions, recap.period.cpaMicros]).toEqual([
      200, 100, 500_000,
    ]);
    expect(recap.worked.map(({ id }) => id)).toEqual(['rye']);
    expect(recap.failed.map(({ id }) => id)).toEqual(['oat|*']);
    expect(recap.carried.filter(({ dimension }) => dimension === 'creative').map(({ id }) => id)).toEqual([
      'rye',
      'oat|*',
      'tiny',
    ]);
    expect(recap.carried.filter(({ dimension }) => dimension === 'hour').map(({ id }) => id)).toEqual([
      '09:00 UTC',
      '21:00 UTC',
    ]);
    expect(recap.next[0]).toBe(
      'Make more creatives like rye (75 % of the conversions for 50 % of the money).',
    );
  });

  it('says nothing of chance, and that nothing stands out', () => {
    const even = [row({ creative: 'a' }, 21, 10e6), row({ creative: 'b' }, 19, 10e6)];
    const recap = recapOf({
      ...sources,
      byDimension: {
        campaign: [row({ campaign: 'c' }, 40, 20e6)],
        line_item: [],
        creative: even,
        exchange: [],
        hour: [],
      },
    });
    expect([recap.worked, recap.failed]).toEqual([[], []]);
    expect(recap.next).toEqual(['Nothing stands out beyond chance: try something new in an experiment.']);
  });

  it('is a page of Markdown that no name can break', () => {
    const text = recapMarkdown(recapOf(sources), 'EUR');
    expect(text).toContain('# 2026-11-16 to 2026-11-22');
    expect(text).toContain('| Conversions | 200 | 100 | +100 % |');
    expect(text).toContain('| Cost per conversion | 0.50 EUR | 1.00 EUR | -50 % |');
    expect(text).toContain('**oat\\|\\***');
    expect(text).toContain('oat \\<b\\>sells\\</b\\>');
  });

  it('is a page to print that no name can break', () => {
    const page = recapPage(recapOf(sources), 'EUR');
    expect(page).toContain('<td>Conversions</td><td>200</td><td>100</td><td>+100 %</td>');
    expect(page).toContain('oat &lt;b&gt;sells&lt;/b&gt;');
    expect(page).not.toContain('<b>sells');
    expect(page).toContain('@media print');
  });
});

describe('the API of recaps', () => {
  const desk = freshDesk();

  it('answers a browser with a page on which only its own style applies', async () => {
    const { cookie } = desk;
    const page = await desk.get('/api/v1/recap', { cookie, accept: 'text/html,application/xhtml+xml' });
    expect(page.headers['content-type']).toContain('text/html');
    const style = /<style>([\s\S]*)<\/style>/.exec(page.body)![1]!;
    const digest = createHash('sha256').update(style).digest('base64');
    expect(page.headers['content-security-policy']).toContain(`style-src 'sha256-${digest}'`);
    const json = await desk.get('/api/v1/recap', { cookie, accept: '*/*' });
    expect(json.headers['content-type']).toContain('json');
  });

  it('answers in JSON and in Markdown', async () => {
    await liveALittle(desk.engine);
    const recap = (await desk.get('/api/v1/recap')).json();
    expect(recap).toMatchObject({
      measuredBy: 'clicks',
      period: { impressions: 1, clicks: 1, spendMicros: 3000 },
      before: { impressions: 0 },
    });
    const page = await desk.get('/api/v1/recap?format=markdown');
    expect(page.headers['content-type']).toMatch(/^text\/markdown/);
    expect(page.body).toContain('| Clicks | 1 | 0 |');
    expect((await desk.get('/api/v1/recap?from=soon')).statusCode).toBe(400);
  });
});
