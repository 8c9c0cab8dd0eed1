/** A release cut in a small repository of its own, with the real git and npm. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cutChangelog, nextVersion, pagesVersion, withPackageVersion } from '../../bin/release-text.ts';

const ROOT = join(import.meta.dirname, '../..');
const CHANGELOG =
  '# Changelog\n\n## Unreleased\n\n### Bidding\n\n- Bids.\n\n## 0.0.9 (2026-01-01)\n\n- Before.\n';
const GIT = {
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.com',
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bidwright-release-'));
  for (const path of ['bin/release.ts', 'bin/release-text.ts', 'src/core/clock.ts'])
    cpSync(join(ROOT, path), join(folder, path));
  const lock = {
    name: 'bidwright',
    version: '0.1.0',
    lockfileVersion: 3,
    packages: {
      '': { name: 'bidwright', version: '0.1.0', dependencies: { other: '0.1.0' } },
      'node_modules/other': { version: '0.1.0', license: 'MIT' },
    },
  };
  write('package.json', {
    name: 'bidwright',
    version: '0.1.0',
    type: 'module',
    dependencies: { other: '0.1.0' },
  });
  write('package-lock.json', lock);
  write('CHANGELOG.md', CHANGELOG);
  mkdirSync(join(folder, 'docs'));
  write('docs/README.md', '# Documentation\n\nThese pages hold for version 0.1.0.\n');
  write('.gitignore', 'dist/\n');
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('commit', '-q', '-m', 'first');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, content: string | object): void {
  writeFileSync(
    join(folder, path),
    typeof content === 'string' ? content : `${JSON.stringify(content, undefined, 2)}\n`,
  );
}
const read = (path: string): string => readFileSync(join(folder, path), 'utf8');

function git(...given: string[]): string {
  return execFileSync('git', given, { cwd: folder, encoding: 'utf8', env: { ...process.env, ...GIT } });
}

function release(...given: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['bin/release.ts', '--skip-checks', ...given],
    {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, ...GIT },
    },
  );
  return { status, stdout, stderr };
}

describe('a release', () => {
  it('that is dry says all and writes nothing', () => {
    const told = release('minor', '--dry-run');
    expect([told.status, told.stderr.includes('no release')]).toEqual([0, false]);
    expect(told.stdout).toContain('0.1.0 → 0.2.0');
    expect(told.stdout).toContain('tag v0.2.0');
    expect(told.stdout).toContain('- Bids.');
    expect(told.stdout).toMatch(/bill of materials: [1-9]/);
    expect(git('status', '--porcelain')).toBe('');
    expect([git('tag').trim(), read('CHANGELOG.md'), existsSync(join(folder, 'dist'))]).toEqual([
      '',
      CHANGELOG,
      false,
    ]);
  });

  it('changes the version everywhere, cuts the changelog and tags', () => {
    expect(release('0.2.0').status).toBe(0);
    expect(JSON.parse(read('package.json')).version).toBe('0.2.0');
    const lock = JSON.parse(read('package-lock.json'));
    expect([lock.version, lock.packages[''].version]).toEqual(['0.2.0', '0.2.0']);
    // Whatever else happens to have the same number stays.
    expect(lock.packages['node_modules/other'].version).toBe('0.1.0');
    expect(pagesVersion(read('docs/README.md'))).toBe('0.2.0');
    expect(read('CHANGELOG.md')).toMatch(
      /## Unreleased\n\n## 0\.2\.0 \(\d{4}-\d\d-\d\d\)\n\n### Bidding\n\n- Bids\.\n\n## 0\.0\.9/,
    );
    expect(git('log', '-1', '--format=%s').trim()).toBe('Release 0.2.0');
    expect(git('tag', '-l', '--format=%(contents)', 'v0.2.0')).toContain('### Bidding\n\n- Bids.');
    const bill = JSON.parse(read('dist/bidwright-0.2.0.cdx.json'));
    expect(bill.metadata.component.version).toBe('0.2.0');
    expect(git('status', '--porcelain')).toBe('');
    const again = release('patch');
    expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('nothing under')]);
  });

  it('is refused where something is not committed, or the version is none', () => {
    write('stray.txt', 'x');
    const dirty = release('--dry-run');
    expect([dirty.status, dirty.stderr]).toEqual([1, expect.stringContaining('stray.txt')]);
    rmSync(join(folder, 'stray.txt'));
    for (const asked of ['0.1.0', '0.0.9', 'next', '1.0'])
      expect([asked, release(asked).status]).toEqual([asked, 1]);
    git('tag', 'v0.1.1');
    expect(release('patch').stderr).toContain('v0.1.1');
  });
});

it('texts of a release', () => {
  expect(['patch', 'minor', 'major', '1.0.0'].map((asked) => nextVersion('0.9.9', asked))).toEqual([
    '0.9.10',
    '0.10.0',
    '1.0.0',
    '1.0.0',
  ]);
  expect(() => cutChangelog('# Changelog\n\n## Unreleased\n', '1.0.0', '2026-11-24')).toThrow(
    'nothing under',
  );
  expect(() => withPackageVersion('{}', '1.0.0', '1.0.1')).toThrow('no version');
});
