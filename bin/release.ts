/**
 * Cuts a release: number, changelog, checks, bill of materials, commit and annotated tag. Nothing is pushed: that is the last look of whoever releases.
 *
 *   npm run release -- [patch|minor|major|X.Y.Z] [--dry-run] [--skip-checks]
 *
 * `--dry-run` does all of it but writing: it says what each file would become. Refuses where git knows of changes that are not committed.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/core/clock.ts';
import { cutChangelog, nextVersion, tagText, withPackageVersion, withPagesVersion } from './release-text.ts';

const SBOM_BYTES_MAX = 64 * 2 ** 20;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'dry-run': { type: 'boolean', default: false },
    'skip-checks': { type: 'boolean', default: false },
  },
});

function run(command: string, ...given: readonly string[]): string {
  return execFileSync(command, given, {
    encoding: 'utf8',
    maxBuffer: SBOM_BYTES_MAX,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function release(): void {
  const isDry = values['dry-run'];
  const dirty = run('git', 'status', '--porcelain').trim();
  if (dirty !== '') throw new Error(`there is what is not committed:\n${dirty}`);
  const read = (path: string): string => readFileSync(path, 'utf8');
  const current = String(JSON.parse(read('package.json')).version);
  const version = nextVersion(current, positionals[0] ?? 'patch');
  const tag = `v${version}`;
  if (run('git', 'tag', '--list', tag).trim() !== '') throw new Error(`there is a tag ${tag} already`);
  const day = new Date(systemClock.now()).toISOString().slice(0, 10);
  const { changelog, notes } = cutChangelog(read('CHANGELOG.md'), version, day);
  const files: Readonly<Record<string, string>> = {
    'package.json': withPackageVersion(read('package.json'), current, version),
    'package-lock.json': withPackageVersion(read('package-lock.json'), current, version),
    'CHANGELOG.md': changelog,
    'docs/README.md': withPagesVersion(read('docs/README.md'), version),
  };
  say(`${current} → ${version}, ${day}`);
  if (values['skip-checks']) say('checks: left out');
  else {
    say('checks: npm test');
    execFileSync('npm', ['test'], { stdio: 'inherit' });
  }
  // As it will be: the bill names the version that it is of.
  const bill = JSON.parse(run('npm', 'sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'));
  bill.metadata.component.version = version;
  const components: number = bill.components?.length ?? 0;
  if (components === 0) throw new Error('the bill of materials is empty; is package-lock.json there?');
  const text = tagText(version, notes, components);
  say(`bill of materials: ${components} components → dist/bidwright-${version}.cdx.json`);
  say(`tag ${tag}:\n${text.replace(/^/gm, '  ')}`);
  if (isDry) {
    for (const [path, next] of Object.entries(files))
      say(`${path}: ${changedLines(read(path), next)} lines would change`);
    say('dry run: nothing was written');
    return;
  }
  for (const [path, next] of Object.entries(files)) writeFileSync(path, next);
  mkdirSync('dist', { recursive: true });
  writeFileSync(`dist/bidwright-${version}.cdx.json`, `${JSON.stringify(bill, undefined, 2)}\n`);
  run('git', 'add', ...Object.keys(files));
  run('git', 'commit', '-q', '-m', `Release ${version}`);
  // Its headings begin with what git takes for a comment.
  run('git', 'tag', '-a', tag, '--cleanup=whitespace', '-m', text);
  say(`committed and tagged; look at it, then: git push --follow-tags`);
}

function changedLines(before: string, after: string): number {
  const known = new Map<string, number>();
  for (const line of before.split('\n')) known.set(line, (known.get(line) ?? 0) + 1);
  let changed = 0;
  for (const line of after.split('\n')) {
    const left = known.get(line) ?? 0;
    if (left === 0) changed++;
    else known.set(line, left - 1);
  }
  return changed;
}

try {
  release();
} catch (error) {
  process.stderr.write(`no release: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
