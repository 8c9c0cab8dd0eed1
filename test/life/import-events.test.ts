import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import type { SendEvents } from '../../src/import-events.ts';
import { importEvents } from '../../src/import-events.ts';
import { START_MS, testEngine } from '../fixture/engine.ts';

const BOOK = fileURLToPath(new URL('../fixture/life-book', import.meta.url));
const BIN = fileURLToPath(new URL('../../bin/bidwright.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'bidwright-import-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, contents: string | Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, contents);
  return path;
}

const GOOD = [
  '\uFEFFevent,user_id,time,value,item,properties.category',
  'purchase,ann,2026-11-20T10:00:00Z,39.90,"RYE, large",bread',
  'page_view,bob,2026-11-21T10:00:00Z,,,',
  '',
].join('\r\n');

/** Imports into a bidder that keeps nothing; `breaksAfter` batches it takes no more. */
async function imported(path: string, breaksAfter = Number.POSITIVE_INFINITY) {
  const engine = await testEngine(BOOK);
  let batches = 0;
  const send: SendEvents = async (events) => {
    if (batches++ >= breaksAfter) return 'the bidder has gone away';
    const answer = await engine.publicApp.inject({
      method: 'POST',
      url: '/collect',
      headers: { authorization: 'Bearer shop-key-0123456789', 'content-type': 'application/json' },
      payload: JSON.stringify(events),
    });
    return answer.statusCode === 200 ? answer.json() : answer.body;
  };
  const { account } = engine.configuration.book;
  const first = await importEvents(path, account, START_MS, send);
  batches = 0;
  breaksAfter = Number.POSITIVE_INFINITY;
  const second = await importEvents(path, account, START_MS, send);
  await engine.close();
  return { first, second };
}

describe('a file of events', { timeout: 20_000 }, () => {
  it('is loaded once, however often it is imported', async () => {
    const { first, second } = await imported(file('good.csv', GOOD));
    expect(first).toEqual({ rows: 2, accepted: 2, duplicates: 0, refused: 0, faults: [] });
    expect(second).toMatchObject({ accepted: 0, duplicates: 2 });
  });

  it('may hold one JSON object a line, with consent of its own', async () => {
    const lines = [
      '{"event":"search","user_id":"ann"}',
      '{"event":"search","user_id":"bob","us_privacy":"1YYN"}',
    ];
    const { first } = await imported(file('good.ndjson', lines.join('\n')));
    expect(first).toMatchObject({ rows: 2, accepted: 1, refused: 1, faults: [] });
  });

  it('that broke off is finished by importing it again', async () => {
    const rows = Array.from({ length: 500 }, (_, row) => `page_view,u${row}`);
    const { first, second } = await imported(file('long.csv', ['event,user_id', ...rows].join('\n')), 1);
    expect(first).toMatchObject({ accepted: 200, faults: [{ message: 'the bidder has gone away' }] });
    expect(second).toMatchObject({ accepted: 300, duplicates: 200, faults: [] });
  });

  const row = 'page_view,ann\n'.repeat(3);
  it.each<[string, string | Buffer, string, RegExp]>([
    [
      'a value that is none',
      'event,user_id,value\npage_view,ann,1\npurchase,bob,much\n',
      'row 2.value',
      /not an amount/,
    ],
    ['too few cells', 'event,user_id,value\npage_view,ann,1\npurchase,bob\n', 'row 2', /length/i],
    ['an unknown column', 'event,user_id,email\npage_view,ann,x\n', 'row 1', /columns are/],
    ['a missing column', 'event,value\npage_view,1\n', 'row 1', /columns are/],
    ['a column twice', 'event,user_id,user_id\npage_view,a,b\n', 'row 1', /each once/],
    ['no rows', 'event,user_id\n', 'file', /no rows/],
    ['nothing at all', '', 'file', /no rows/],
    [
      'a quote that is never closed',
      `event,user_id\n${row}page_view,"ann\n${'x,y\n'.repeat(9000)}`,
      'row 4',
      /longer than|quote/i,
    ],
    [
      'a line of megabytes',
      `event,user_id\n${row}page_view,${'a'.repeat(3_000_000)}\n`,
      'row 4',
      /longer than/,
    ],
    [
      'JSON of megabytes',
      `{"event":"search","user_id":"a"}\n{"event":"${'a'.repeat(3_000_000)}"}\n`,
      'row 2',
      /longer than/,
    ],
    ['broken JSON', '{"event":"search","user_id":"a"}\n{"event":\n', 'row 2', /not JSON/],
    ['another encoding', Buffer.from('event,user_id\npage_view,J\u00fcrgen\n', 'latin1'), 'row 1', /UTF-8/],
    ['UTF-16', Buffer.from('\uFEFFevent,user_id\npage_view,ann\n', 'utf16le'), 'row 1', /UTF-8/],
    ['a formula for a name', 'event,user_id\n=HYPERLINK("x"),ann\n', 'row 1', /./],
    [
      'a person’s address',
      'event,user_id,properties.mail\npage_view,ann,ann@x.example\n',
      'row 1.properties',
      /address/,
    ],
  ])('with %s is refused whole, row and reason named', async (_, contents, path, reason) => {
    const { first, second } = await imported(file('bad', contents));
    expect(first).toMatchObject({ accepted: 0, duplicates: 0 });
    expect(first.faults[0]!.path).toMatch(new RegExp(`^${path}`));
    expect(first.faults[0]!.message).toMatch(reason);
    expect(second).toMatchObject({ accepted: 0, duplicates: 0 });
  });

  it('is taken by the command line into the data folder, and refused there with its row', async () => {
    const run = promisify(execFile);
    const environment = { ...process.env, BIDWRIGHT_DATA_DIR: join(directory, 'data') };
    const command = (path: string) =>
      run(process.execPath, [BIN, 'import', 'events', path, '--config', BOOK], { env: environment });
    const lines = readFileSync(file('now.csv', 'event,user_id\npage_view,ann\n'), 'utf8');
    expect((await command(file('now.csv', lines))).stdout).toContain('1 rows: 1 new, 0 known');
    expect((await command(file('now.csv', lines))).stdout).toContain('1 rows: 0 new, 1 known');
    const refused = await command(file('bad.csv', `${lines}9,ann\n`)).catch((error) => error);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('row 2.event names no event'),
    ]);
  });
});
