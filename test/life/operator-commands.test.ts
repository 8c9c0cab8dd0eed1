/** What an operator types, as it is typed: the programs run, on real ports, folders and stores. */
import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'bidwright-operator-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const KEYS =
  '{ encryption: skU7Ax_NL5pPAFyKdkfZjZz2-VhIN8bjj1rVFOaJ_5o=, integrity: arO23ykdNqUQ5LEoQ0FVmPkBd7xB5CO89PDZlSjpFxo= }';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return promisify(execFile)(process.execPath, ['src/main.ts', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    (error) => ({ code: error.code, out: error.stdout, err: error.stderr }),
  );
}

function bookWith(exchange: string): string {
  const book = mkdtempSync(join(folder, 'book-'));
  const open = readFileSync(join(ROOT, 'config/wide-open/wide-open.yaml'), 'utf8');
  writeFileSync(join(book, 'book.yaml'), open.replace('\nexchanges:\n', `\nexchanges:\n  - ${exchange}\n`));
  return book;
}

describe('bidwright onboard', () => {
  it.each([
    ['google-json', `{ id: mine, like: google-json, priceKeys: ${KEYS} }`, 'google-hmac-sha1 cpi_micros'],
    ['unity', '{ id: mine, like: unity }', '200, nbr'],
  ])('tries the bidder as %s would', async (_name, exchange, told) => {
    const out = join(folder, `${_name}.html`);
    const done = await run(['onboard', '--exchange', 'mine', '--config', bookWith(exchange), '--out', out]);
    expect(done.out).toContain(told);
    // Times depend on the machine; all else must pass.
    const failed = done.out.match(/^FAILED .*$/gm) ?? [];
    expect(failed.filter((line) => !line.includes('in time'))).toEqual([]);
    expect(done.out.match(/^passed /gm)?.length).toBeGreaterThan(8);
    const html = readFileSync(out, 'utf8');
    expect(html).toContain('<h2>Questionnaire</h2>');
    expect(html).not.toMatch(/(?:src|href)=/);
  });

  it('says what is wrong: nothing that could be judged, an exchange that is none', async () => {
    const none = await run(['onboard', '--exchange', 'nobody', '--config', 'config/wide-open']);
    expect(none).toMatchObject({ code: 1, err: expect.stringContaining('there are example') });
    const sample = join(folder, 'unsold.json');
    writeFileSync(
      sample,
      JSON.stringify({
        id: 'u',
        imp: [{ id: '1', bidfloor: 1, bidfloorcur: 'XTS', banner: { w: 3, h: 3 } }],
      }),
    );
    const unsold = await run([
      'onboard',
      '--exchange',
      'example',
      '--config',
      'config/wide-open',
      '--request',
      sample,
      '--out',
      join(folder, 'x.html'),
    ]);
    expect(unsold.code).toBe(1);
    expect(unsold.out).toMatch(/FAILED +answers are valid: 1 requests, 0 bids/);
  });
});

describe('bidwright doctor', () => {
  const verdicts = ({ out }: Ran): Record<string, string> =>
    Object.fromEntries(
      JSON.parse(out).map((one: { about: string; verdict: string }) => [one.about, one.verdict]),
    );

  it('finds a good folder good, and a bad one, a taken port and a store that is away bad', async () => {
    const settings = (dataDir: string, more: Readonly<Record<string, string>> = {}) => ({
      BIDWRIGHT_DATA_DIR: dataDir,
      BIDWRIGHT_PUBLIC_PORT: '0',
      BIDWRIGHT_PRIVATE_PORT: '0',
      ...more,
    });
    const doctor = (environment: Readonly<Record<string, string>>) =>
      run(['doctor', '--config', 'config/wide-open', '--json'], environment);
    const well = await doctor(settings(join(folder, 'data')));
    expect(verdicts(well)).toMatchObject({ node: 'good', 'data folder': 'good', 'public port': 'good' });
    expect(well.code).toBe(0);

    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const taken = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const ill = await doctor(
      settings(join(file, 'data'), {
        BIDWRIGHT_PUBLIC_PORT: String(port),
        BIDWRIGHT_PUBLIC_HOST: '127.0.0.1',
        BIDWRIGHT_REDIS_URL: `redis://127.0.0.1:${port}`,
        BIDWRIGHT_PUBLIC_URL: `https://bidder.invalid:${port}`,
      }),
    );
    taken.close();
    expect(verdicts(ill)).toMatchObject({
      'data folder': 'bad',
      'public port': 'bad',
      'public address': 'bad',
      store: 'bad',
    });
    expect(ill.code).toBe(1);
  });
});

describe('bidwright send', () => {
  const publicPort = 20_000 + (process.pid % 20_000);
  let bidder: ChildProcess;
  beforeAll(async () => {
    mkdirSync(join(folder, 'sent'));
    bidder = spawn(process.execPath, ['src/main.ts', 'serve', '--config', 'config/wide-open'], {
      cwd: ROOT,
      env: {
        ...process.env,
        BIDWRIGHT_DATA_DIR: join(folder, 'sent'),
        BIDWRIGHT_PUBLIC_PORT: String(publicPort),
        BIDWRIGHT_PRIVATE_PORT: String(publicPort + 1),
        BIDWRIGHT_ADMIN_TOKEN: 'a-token-for-tests',
      },
    });
    await new Promise<void>((resolve, reject) => {
      bidder.stdout?.on('data', (text) => String(text).includes('Console') && resolve());
      bidder.once('exit', (code) => reject(new Error(`the bidder ended with ${code}`)));
    });
  });
  afterAll(() => void bidder?.kill('SIGTERM'));

  it('says what was bid, what is malformed, and with the token why there was no bid', async () => {
    const to = ['send', '--to', `http://127.0.0.1:${publicPort}`];
    // Just started it may still turn somebody away: by its own work, it has let them wait.
    let bid = await run(to);
    for (let again = 0; again < 5 && bid.out.startsWith('204'); again++) bid = await run(to);
    expect(bid).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^200 in .*answered\n +impression 1: [\d.]+ USD CPM for creative /),
    });

    const file = join(folder, 'request.json');
    writeFileSync(file, '{"id":"x"}');
    expect(await run([...to, '--request', file])).toMatchObject({
      code: 1,
      out: expect.stringContaining('400'),
    });
    expect(await run([...to, '--exchange', 'nobody'])).toMatchObject({
      code: 1,
      out: expect.stringContaining('no such exchange'),
    });

    writeFileSync(
      file,
      JSON.stringify({ id: 'x', cur: ['XTS'], imp: [{ id: '1', banner: { w: 300, h: 250 } }] }),
    );
    const why = await run([
      ...to,
      '--request',
      file,
      '--private',
      `http://127.0.0.1:${publicPort + 1}`,
      '--token',
      'a-token-for-tests',
    ]);
    expect(why).toMatchObject({ code: 0, out: expect.stringMatching(/204 in .*no bid\n +because: \w+/) });
  });

  it('says that nobody answers', async () => {
    expect(await run(['send', '--to', 'http://127.0.0.1:9'])).toMatchObject({ code: 1 });
  });
});
