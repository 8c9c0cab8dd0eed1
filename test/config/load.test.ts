import { symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Loaded, LoadOptions } from '../../src/config.ts';
import { loadConfiguration } from '../../src/config.ts';
import { formatFaults } from '../../src/config-faults.ts';
import type { Files } from './folder.ts';
import { folderOf, SOUND } from './folder.ts';

const QUIET: LoadOptions = { environment: {}, nowMs: Date.UTC(2026, 3, 1) };

function load(files: Files, options: LoadOptions = {}): Loaded {
  return loadConfiguration(folderOf(files), { ...QUIET, ...options });
}

function sound(loaded: Loaded): Extract<Loaded, { ok: true }> {
  if (!loaded.ok) throw new Error(formatFaults(loaded.faults));
  return loaded;
}

function codes(loaded: Loaded): string[] {
  return [...(loaded.ok ? [] : loaded.faults), ...loaded.warnings].map(({ code, key }) =>
    `${code} ${key}`.trim(),
  );
}

describe('a sound folder', () => {
  it('is read without a word, with every default filled in', () => {
    const loaded = sound(load(SOUND));
    expect(loaded.warnings).toEqual([]);
    const { book, exchanges, settings } = loaded.configuration;
    expect(book.account).toMatchObject({ currency: 'USD', timeZone: 'UTC' });
    expect(book.lineItems[0]).toMatchObject({
      status: 'active',
      pacing: 'even',
      rotation: 'even',
      frequencyCaps: [],
      minimumGapSeconds: 0,
    });
    expect(book.lineItems[0]?.bid).toEqual({ strategy: 'fixed_cpm', priceCpmMicros: 2_500_000 });
    expect(exchanges[0]?.holdSeconds).toEqual({ banner: 300, video: 900, audio: 900, native: 600 });
    expect(settings).toMatchObject({
      publicPort: 8080,
      privateHost: '127.0.0.1',
      publicUrl: 'http://localhost:8080',
      dataDir: resolve('data'),
    });
  });

  it('may be one JSON file', () => {
    const folder = folderOf({
      'all.json':
        '\ufeff{\n\t"account": { "id": "a", "signalMissing": "allow" },\n\t"exchanges": [{ "id": "x" }]\n}',
    });
    expect(sound(loadConfiguration(join(folder, 'all.json'), QUIET)).configuration.exchanges).toHaveLength(1);
  });

  it('joins lists over files, and takes what others include once', () => {
    const loaded = sound(
      load({
        ...SOUND,
        'a.yaml': 'include: [book, b.yaml, ./a.yaml]\nadvertisers:\n# - id: later\n',
        'b.yaml': 'include: [a.yaml]\nexchanges: [{ id: second }]',
        'notes.txt': 'not: [yaml',
        '.hidden.yaml': 'not: [yaml',
      }),
    );
    expect(loaded.configuration.exchanges.map(({ id }) => id)).toEqual(['second', 'example']);
    expect(loaded.configuration.book.advertisers).toHaveLength(1);
  });

  it('understands merge keys and aliases', () => {
    const creatives = `
creatives:
  - &base { id: one, advertiserId: shoes, format: banner, landingPage: https://shoes.example/, anySize: true, imageUrl: https://shoes.example/a.png }
  - { <<: *base, id: two }
`;
    const { creatives: read } = sound(load({ ...SOUND, 'more.yaml': creatives })).configuration.book;
    expect(read.map(({ id }) => id)).toEqual(['banner', 'one', 'two']);
    expect(read[2]).toMatchObject({ anySize: true });
  });

  it('has a hash of its content, not of its place', () => {
    const hashes = [SOUND, SOUND, { ...SOUND, 'x.yaml': '# a word\n' }].map(
      (files) => sound(load(files)).configuration.hash,
    );
    expect(hashes[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
  });

  it('keeps the path of a pack relative to the folder', () => {
    const pack = 'audiences: [{ id: p, source: upload, file: lists/a.csv, idSpace: user.id }]';
    const { book } = sound(
      load({ ...SOUND, 'packs/p.yaml': pack, 'packs/lists/a.csv': 'id\nx\n' }),
    ).configuration;
    expect(book.audiences[0]).toMatchObject({ file: join('packs', 'lists', 'a.csv') });
  });

  it('is told of rows of packs when it asks', () => {
    const files = {
      ...SOUND,
      'p.yaml': 'audiences: [{ id: p, source: upload, file: a.csv, idSpace: user.id, hashed: sha256 }]',
      'a.csv': `id\n${'a'.repeat(64)}\njoe@example.com\n`,
    };
    expect(codes(load(files))).toEqual(['unused audiences[0].id']);
    const loaded = load(files, { readPacks: true });
    if (loaded.ok) throw new Error('a list that is refused was let pass');
    const bad = loaded.faults.find(({ code }) => code === 'mixed_hashes');
    expect(bad).toMatchObject({ line: 3, key: 'p', message: expect.stringContaining('SHA-256') });
    expect(formatFaults([...loaded.faults, ...loaded.warnings])).not.toContain('joe@');
  });
});

describe('a setting', () => {
  const files: Files = {
    ...SOUND,
    'server.yaml': 'settings: { publicPort: 1001, privatePort: 1002, logLevel: warn }',
  };

  it('comes from flags before the environment before YAML before its default', () => {
    const { settings } = sound(
      load(files, {
        environment: {
          BIDWRIGHT_PUBLIC_PORT: '2001',
          BIDWRIGHT_PRIVATE_PORT: '2002',
          BIDWRIGHT_ADMIN_TOKEN: '',
        },
        flags: { publicPort: '3001', seed: undefined },
      }),
    ).configuration;
    expect(settings).toMatchObject({
      publicPort: 3001,
      privatePort: 2002,
      logLevel: 'warn',
      drainMs: 10_000,
      drainNoticeMs: 3_000,
      publicUrl: 'http://localhost:3001',
    });
    expect(settings.adminToken).toBeUndefined();
  });

  it('that is secret may stand in a file of its own', () => {
    const folder = folderOf({ token: 'a-token-from-a-file\n' });
    const { settings } = sound(
      load(files, { environment: { BIDWRIGHT_ADMIN_TOKEN_FILE: join(folder, 'token') } }),
    ).configuration;
    expect(settings.adminToken).toBe('a-token-from-a-file');
  });

  it.each([
    [{ BIDWRIGHT_PUBLIC_PORT: '80 80' }, {}, 'wrong_type BIDWRIGHT_PUBLIC_PORT'],
    [{ BIDWRIGHT_PUBLIC_PORT: '0x50' }, {}, 'wrong_type BIDWRIGHT_PUBLIC_PORT'],
    [{ BIDWRIGHT_PUBLIC_PORT: '70000' }, {}, 'out_of_range BIDWRIGHT_PUBLIC_PORT'],
    [{ BIDWRIGHT_LOG_LEVEL: 'loud' }, {}, 'not_one_of BIDWRIGHT_LOG_LEVEL'],
    [{ BIDWRIGHT_ADMIN_TOKEN_FILE: '/no/such/file' }, {}, 'not_found BIDWRIGHT_ADMIN_TOKEN_FILE'],
    [
      { BIDWRIGHT_ADMIN_TOKEN_FILE: 'package.json', BIDWRIGHT_ADMIN_TOKEN: 'longer-than-8' },
      {},
      'given_twice BIDWRIGHT_ADMIN_TOKEN_FILE',
    ],
    [{}, { publicPrt: 1 }, 'unknown_key --public-prt'],
    [{}, { publicUrl: 'https://' }, 'wrong_form --public-url'],
    [{}, { publicUrl: 'https://[' }, 'not_an_address --public-url'],
  ])('is refused: %o %o', (environment, flags, fault) => {
    expect(codes(load(files, { environment, flags }))).toContain(fault);
  });

  it('never shows a secret', () => {
    const loaded = load(SOUND, {
      environment: { BIDWRIGHT_ADMIN_TOKEN: 'hunter2' },
      flags: { signingSecret: 'hunter3' },
    });
    expect(loaded.ok).toBe(false);
    if (loaded.ok) return;
    expect(loaded.faults).toHaveLength(2);
    expect(formatFaults(loaded.faults)).not.toContain('hunter');
  });
});

describe('what cannot be read', () => {
  it.each<[string, Files, string]>([
    ['a nest of aliases', { 'a.yaml': bomb() }, 'too_many_values'],
    ['a deep nest', { 'a.yaml': `account: ${'['.repeat(200)}${']'.repeat(200)}` }, 'too_deep'],
    ['a nest beyond the stack', { 'a.yaml': '['.repeat(200_000) }, 'too_deep'],
    ['ten megabytes', { 'a.yaml': `# ${'x'.repeat(10_000_000)}` }, 'too_large'],
    ['another encoding', { 'a.yaml': Buffer.from('account: { id: "Köln" }', 'latin1') }, 'encoding'],
    ['JSON without a comma', { 'a.json': '{ "campaigns": [ { "id": "a" "b" } ] }' }, 'syntax'],
    ['a tag', { 'a.yaml': 'account: !secret x' }, 'unknown_tag account'],
    ['a key that is a list', { 'a.yaml': '? [a]\n: 1' }, 'wrong_key'],
    ['two documents', { 'a.yaml': 'account: { id: a }\n---\naccount: { id: b }' }, 'syntax'],
    ['an account named __proto__', { 'a.yaml': '__proto__: { account: 1 }' }, 'unknown_key __proto__'],
    ['nothing', {}, 'missing account'],
    ['comments alone', { 'a.yaml': '# nothing yet\n' }, 'missing account'],
  ])('is told of: %s', (_, files, expected) => {
    const loaded = load(files);
    expect(loaded.ok).toBe(false);
    expect(codes(loaded).some((code) => code === expected || code === expected.split(' ')[0])).toBe(true);
  });

  it('is a folder that is not there', () => {
    expect(codes(loadConfiguration('/no/such/folder', QUIET))).toEqual(['not_found']);
  });

  it('does not hide faults of the other files, nor invent missing objects', () => {
    const loaded = load({
      'a.yaml': 'account: [',
      'b.yaml': 'campaigns: [{ id: c, advertiserId: in-the-broken-file, flight: { start: 2026-02-31 } }]',
    });
    expect(codes(loaded)).toEqual(['syntax', 'not_a_date campaigns[0].flight.start']);
  });

  it('may link to itself', () => {
    const folder = folderOf(SOUND);
    symlinkSync(folder, join(folder, 'book', 'up'));
    symlinkSync(join(folder, 'account.yaml'), join(folder, 'again.yaml'));
    expect(sound(loadConfiguration(folder, QUIET)).warnings).toEqual([]);
    symlinkSync('loop.yaml', join(folder, 'loop.yaml'));
    expect(codes(loadConfiguration(folder, QUIET))).toEqual(['not_found']);
  });

  it('may be a pack that a link leads out of the folder', () => {
    const outside = folderOf({ 'secret.csv': 'x' });
    const folder = folderOf({
      ...SOUND,
      'p.yaml': 'audiences: [{ id: p, source: upload, file: in.csv, idSpace: ifa }]',
    });
    symlinkSync(join(outside, 'secret.csv'), join(folder, 'in.csv'));
    expect(codes(loadConfiguration(folder, QUIET))).toEqual(['outside_folder audiences[0].file']);
  });

  it('cannot write on the terminal', () => {
    const text = formatFaults(
      (load({ 'a.yaml': 'account: { id: "\\e[2J\\u202e" }' }) as Extract<Loaded, { ok: false }>).faults,
    );
    for (const character of ['\u001b', '\u202e']) expect(text).not.toContain(character);
  });
});

describe('faults as text', () => {
  it('are coloured when asked', () => {
    const fault = {
      file: 'a.yaml',
      line: 1,
      column: 2,
      key: 'k',
      value: '',
      message: 'is missing',
      hint: '',
      severity: 'error',
      code: 'missing',
    } as const;
    expect(formatFaults([fault])).toBe('a.yaml:1:2: error: k is missing [missing]\n1 error\n');
    expect(formatFaults([fault], { color: true })).toContain('\u001b[31merror\u001b[0m');
    expect(formatFaults([])).toBe('');
  });
});

/** Nine levels of nine: 387 million values from a few hundred bytes. */
function bomb(): string {
  const levels = 'abcdefghi'.split('');
  const lines = levels.map((name, index) => {
    const inner = index === 0 ? '"lol"' : `*${levels[index - 1]}`;
    return `x-${name}: &${name} [${Array(9).fill(inner).join(', ')}]`;
  });
  return lines.join('\n');
}

it('does not read a file that is too large for a secret', () => {
  const folder = folderOf({});
  writeFileSync(join(folder, 'big'), 'x'.repeat(20_000));
  expect(codes(load(SOUND, { environment: { BIDWRIGHT_ADMIN_TOKEN_FILE: join(folder, 'big') } }))).toEqual([
    'too_large BIDWRIGHT_ADMIN_TOKEN_FILE',
  ]);
});
