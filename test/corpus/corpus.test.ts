import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, testEngine } from '../fixture/engine.ts';
import { record } from '../fixture/record.ts';
import { judge } from '../judge/judge.ts';
import type { Media, Miss } from './misses.ts';
import { MEDIA, missOf } from './misses.ts';
import { corpusPage } from './page.ts';

const SHARED = new URL('../../../shared/corpus/', import.meta.url);
const shared = existsSync(SHARED);

interface Row {
  readonly id: string;
  /** In our own files. */
  readonly name?: string;
  readonly kind: string;
  readonly departures?: readonly string[];
  readonly scope?: string;
  readonly request?: { readonly imp: readonly Record<string, unknown>[] };
  readonly raw?: string;
}

function rows(name: string, folder: URL = SHARED): Row[] {
  return readFileSync(new URL(name, folder), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

let engine: TestEngine;
beforeAll(async () => {
  engine = await testEngine('wide-open');
});
afterAll(() => engine.close());

type Counts = Record<Media, number>;

function noneYet(): Counts {
  return { banner: 0, video: 0, audio: 0, native: 0 };
}

function sharesOf(part: Counts, whole: Counts): Counts {
  const shares = noneYet();
  for (const media of MEDIA) shares[media] = part[media] / Math.max(1, whole[media]);
  return shares;
}

describe.skipIf(!shared)('requests that nobody here wrote (skipped where ../shared/corpus is absent)', () => {
  const all = shared ? rows('openrtb-requests.dev.ndjson') : [];
  const strict = all.filter((row) => row.kind === 'valid' && !row.departures?.length);

  it('answers every strictly valid one with 200 or 204, without a departure in any bid, and bids on what it can', async () => {
    const offered = noneYet();
    const answerable = noneYet();
    const bidOn = noneYet();
    const departures: string[] = [];
    const refused: string[] = [];
    const misses: Miss[] = [];
    let bids = 0;
    for (const { id, request } of strict) {
      const answer = await ask(engine, request);
      if (answer.status !== 200 && answer.status !== 204) refused.push(`${id}: ${answer.status}`);
      const answered = new Set<string>();
      if (answer.json) {
        for (const departure of judge(request, answer.json))
          departures.push(`${id}: ${departure.code} ${departure.path} ${departure.message}`);
        for (const seat of answer.json.seatbid)
          for (const bid of seat.bid) {
            answered.add(String(bid.impid));
            bids++;
          }
      }
      for (const impression of request?.imp ?? []) {
        const isBidOn = answered.has(String(impression.id));
        const miss = isBidOn || !request ? undefined : await missIn(id, request, impression);
        if (miss) misses.push(miss);
        for (const media of MEDIA) {
          if (impression[media] === undefined) continue;
          offered[media]++;
          if (isBidOn) bidOn[media]++;
          if (miss?.answerable !== false) answerable[media]++;
        }
      }
    }
    const share = sharesOf(bidOn, offered);
    const shareOfAnswerable = sharesOf(bidOn, answerable);
    const figures = {
      requests: strict.length,
      bids,
      refused: refused.length,
      departures: departures.length,
      offered,
      answerable,
      bidOn,
      share,
      shareOfAnswerable,
      misses,
    };
    record('corpus', 1, figures, corpusPage({ offered, answerable, bidOn }, misses));
    expect(refused).toEqual([]);
    expect(departures.slice(0, 20)).toEqual([]);
    expect(shareOfAnswerable.banner).toBeGreaterThanOrEqual(0.97);
    expect(shareOfAnswerable.video).toBeGreaterThanOrEqual(0.95);
    expect(shareOfAnswerable.audio).toBeGreaterThanOrEqual(0.95);
    expect(shareOfAnswerable.native).toBeGreaterThanOrEqual(0.95);
    // What counts as unanswerable is proved from the request alone, and must stay rare.
    expect(share.banner).toBeGreaterThanOrEqual(0.95);
    expect(share.native).toBeGreaterThanOrEqual(0.9);
  }, 120_000);

  /** The trace comes after the answer: a bid changes nothing for the next one in this book. */
  async function missIn(id: string, request: object, impression: Record<string, unknown>): Promise<Miss> {
    const trace = await engine.explain('example', Buffer.from(JSON.stringify(request)));
    return missOf(
      id,
      request as Record<string, unknown>,
      impression,
      trace.ok ? trace.explanation : undefined,
    );
  }

  it('answers what is malformed with 400 and no body, and never anything of 5xx', async () => {
    const wrong: string[] = [];
    for (const row of [...all, ...rows('openrtb-invalid-requests.dev.ndjson')]) {
      const answer = await ask(engine, row.raw ?? row.request);
      if (![200, 204, 400].includes(answer.status) || (answer.status === 400 && answer.body !== ''))
        wrong.push(`${row.id}: ${answer.status}`);
      const malformed =
        row.raw !== undefined ||
        row.departures?.some((departure) => /^(required|unique|exclusive):/.test(departure));
      if (malformed && answer.status !== 400)
        wrong.push(`${row.id}: ${answer.status} for ${row.departures?.join(' ') ?? 'no JSON'}`);
    }
    expect(wrong.slice(0, 20)).toEqual([]);
  }, 120_000);
});

describe('requests of our own making', () => {
  const OWN = new URL('../fixture/corpus/', import.meta.url);

  it('answers the valid ones with sound bids', async () => {
    let bids = 0;
    for (const row of rows('requests.ndjson', OWN)) {
      const answer = await ask(engine, row.request);
      expect([200, 204], row.name).toContain(answer.status);
      if (!answer.json) continue;
      bids++;
      expect(judge(row.request, answer.json), row.name).toEqual([]);
    }
    expect(bids).toBeGreaterThan(20);
  });

  it('answers the malformed ones with 400 and no body', async () => {
    for (const row of rows('malformed-requests.ndjson', OWN)) {
      const answer = await ask(engine, row.raw ?? row.request);
      expect({ name: row.name, status: answer.status, body: answer.body }).toEqual({
        name: row.name,
        status: 400,
        body: '',
      });
    }
  });
});
