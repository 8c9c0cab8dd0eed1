/** `npm test`: brings what the tests need from the system, then runs every check there is, and says how it went. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
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
}

const STEPS: readonly Step[] = [
  { name: 'types', command: npmScript('types') },
  { name: 'lint', command: npmScript('lint') },
  // The browser tests look at the pages as they are now, not as they were when npm installed.
  { name: 'console build', command: npmScript('prepare') },
  { name: 'tests', command: [process.execPath, VITEST, 'run', '--project', 'check'] },
  { name: 'heavy tests', command: [process.execPath, VITEST, 'run', '--project', 'heavy'] },
];

main();

function main(): void {
  const say = (line: string): void => console.log(line);
  const mayInstall = process.env['BIDWRIGHT_TEST_INSTALL'] !== 'no';
  const unmet = provide(NEEDS, thisMachine(mayInstall, say));
  const outcomes = STEPS.map(run);

  say('\nSummary');
  for (const { name, passed, seconds } of outcomes) {
    say(`  ${passed ? 'passed' : 'FAILED'}  ${name} (${seconds.toFixed(1)} s)`);
  }
  for (const need of unmet) say(`  skipped ${need.without}: no ${need.name}`);
  process.exitCode = outcomes.every(({ passed }) => passed) ? 0 : 1;
}

/** A step that fails does not keep the next from telling what it knows. */
function run({ name, command: [program, ...args] }: Step): Outcome {
  console.log(`\n--- ${name}`);
  const startedMs = performance.now();
  const { status, error } = spawnSync(program!, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) console.error(error.message);
  return { name, passed: status === 0, seconds: (performance.now() - startedMs) / 1000 };
}

/** Through the npm that runs us, where there is one: it knows the pinned Node. */
function npmScript(script: string): string[] {
  const npm = process.env['npm_execpath'];
  const runner =
    npm !== undefined && /\.c?js$/.test(npm) && existsSync(npm) ? [process.execPath, npm] : ['npm'];
  return [...runner, 'run', '--silent', script];
}
