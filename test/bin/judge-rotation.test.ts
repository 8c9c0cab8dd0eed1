import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, fire, testEngine } from '../fixture/engine.ts';

const ROOT = join(import.meta.dirname, '../..');
const BOOK = join(ROOT, 'test/fixture/choice-book');
const CLICK = /https?:\/\/[^"']*\/t\/click[^"']*/;

let dataDir: string;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'bidwright-judge-'));
  const engine = await testEngine(BOOK, { dataDir });
  for (let number = 0; number < 360; number++) {
    const [bid] = (
      await ask(engine, {
        id: `request-${number}`,
        at: 1,
        imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }],
        site: { domain: 'news.example' },
      })
    ).json.seatbid[0].bid;
    await fire(engine, bid.burl, { AUCTION_PRICE: '3' });
    if (bid.adid === 'rye') await fire(engine, CLICK.exec(bid.adm)![0].replaceAll('&amp;', '&'));
  }
  await engine.close();
}, 60_000);
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

function judge(...words: readonly string[]): { code: number | null; out: string; err: string } {
  const given = ['judge-rotation', '--config', BOOK, '--data', dataDir, ...words];
  const run = spawnSync(process.execPath, [join(ROOT, 'src/main.ts'), ...given], { encoding: 'utf8' });
  return { code: run.status, out: run.stdout, err: run.stderr };
}

describe('bidwright judge-rotation', () => {
  it('tells on a stopped bidder’s data what a draft would have earned', () => {
    const { code, out } = judge('--line-item', 'loaves', '--only', 'rye');
    expect([code, out]).toEqual([0, expect.stringContaining('The draft would have earned more.')]);
    expect(out).toMatch(/^loaves, draft only rye: 360 showings/);
    expect(JSON.parse(judge('--line-item', 'loaves', '--rotation', 'even', '--json').out)).toMatchObject({
      draft: 'even',
      conclusion: 'undecided',
    });
  });

  it('says what it cannot judge', () => {
    expect(judge('--line-item', 'nothing', '--rotation', 'even')).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is no line item nothing'),
    });
    expect(judge('--line-item', 'loaves')).toMatchObject({
      code: 1,
      err: expect.stringContaining('rotation=thompson'),
    });
  });
});
