/** `npm test`: brings what the tests need from the system, then runs every check there is, and says how it went. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { NEEDS, provide, thisMachine } from './setup/system-packages.ts';

const ROOT = join(import.meta.dirname, '..');
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');

interface Step {
  readonly name: string;
  readonly command: readonly string[];
}

interface Outcome {
  readonly name: string;
  readonly passed: boolean;
  readonly seconds: number;
  /** What failed, by file and test, and what became of it alone. */
  readonly remarks: readonly string[];
}

const STEPS: readonly Step[] = [
  { name: 'types', command: npmScript('types') },
  { name: 'lint', command: npmScript('lint') },
  // The browser tests look at the pages as they are now, not as they were when npm installed.
  { name: 'console build', command: npmScript('prepare') },
];

/** Projects of vitest.config.ts: [the step's name, the project]. */
const PROJECTS: readonly (readonly [name: string, project: string])[] = [
  ['quick tests', 'check'],
  ['wide tests', 'wide'],
  ['heavy tests', 'heavy'],
];

/** More files that fail than these are no disturbance. */
const ALONE_MAX = 3;

main();

function main(): void {
  const say = (line: string): void => console.log(line);
  const mayInstall = process.env['BIDWRIGHT_TEST_INSTALL'] !== 'no';
  const unmet = provide(NEEDS, thisMachine(mayInstall, say));
  const outcomes = [...STEPS.map(run), ...PROJECTS.map(([name, project]) => test(name, project))];

  say('\nSummary');
  for (const { name, passed, seconds, remarks } of outcomes) {
    say(`  ${passed ? 'passed' : 'FAILED'}  ${name} (${seconds.toFixed(1)} s)`);
    for (const remark of remarks) say(`          ${remark}`);
  }
  for (const need of unmet) say(`  skipped ${need.without}: no ${need.name}`);
  process.exitCode = outcomes.every(({ passed }) => passed) ? 0 : 1;
}

/** A step that fails does not keep the next from telling what it knows. */
function run({ name, command }: Step): Outcome {
  console.log(`\n--- ${name}`);
  const startedMs = performance.now();
  const passed = succeeds(command);
  return { name, passed, seconds: (performance.now() - startedMs) / 1000, remarks: [] };
}

/**
 * A project of tests. Files that failed run once more, alone: what fails again is a fault of the code, what passes then was
 * disturbed by its company, which is said too.
 */
function test(name: string, project: string): Outcome {
  console.log(`\n--- ${name}`);
  const startedMs = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'bidwright-tests-'));
  try {
    const first = vitest(project, [], join(folder, 'first.json'));
    const files = [...first.failed.keys()];
    const again =
      files.length > 0 && files.length <= ALONE_MAX
        ? vitest(project, ['--no-file-parallelism', ...files], join(folder, 'again.json'))
        : first;
    return {
      name,
      passed: first.passed || again.passed,
      seconds: (performance.now() - startedMs) / 1000,
      remarks: [...first.failed].flatMap(([file, tests]) =>
        tests.map((title) => {
          const alone = again.failed.get(file)?.includes(title) ? 'failed' : 'failed at first, passed alone';
          return `${alone}: ${file}: ${title}`;
        }),
      ),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Told {
  readonly passed: boolean;
  /** Titles of failed tests by file; of a file that did not load, its message. */
  readonly failed: ReadonlyMap<string, readonly string[]>;
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

function vitest(project: string, more: readonly string[], reportFile: string): Told {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  const passed = succeeds([process.execPath, VITEST, 'run', '--project', project, ...reporters, ...more]);
  if (!existsSync(reportFile)) return { passed, failed: new Map() };
  const report = JSON.parse(readFileSync(reportFile, 'utf8')) as Report;
  const failed = report.testResults
    .filter(({ status }) => status === 'failed')
    .map(({ name, message, assertionResults }): [string, string[]] => {
      const titles = assertionResults
        .filter(({ status }) => status === 'failed')
        .map(({ fullName }) => fullName);
      return [relative(ROOT, name), titles.length > 0 ? titles : [message]];
    });
  return { passed, failed: new Map(failed) };
}

function succeeds([program, ...args]: readonly string[]): boolean {
  const { status, error } = spawnSync(program!, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) console.error(error.message);
  return status === 0;
}

/** Through the npm that runs us, where there is one: it knows the pinned Node. */
function npmScript(script: string): string[] {
  const npm = process.env['npm_execpath'];
  const runner =
    npm !== undefined && /\.c?js$/.test(npm) && existsSync(npm) ? [process.execPath, npm] : ['npm'];
  return [...runner, 'run', '--silent', script];
}
