/** Where and from what a figure was measured; every result carries it. */
import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

export interface Machine {
  readonly processor: string;
  readonly processors: number;
  readonly memoryGib: number;
  readonly node: string;
}

export function machine(): Machine {
  const all = cpus();
  return {
    processor: all[0]?.model ?? 'unknown',
    processors: all.length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
}

/** Short commit of the working tree, with `+` where files differ from it; `unknown` outside a checkout. */
export function commit(): string {
  try {
    const run = (...words: string[]) =>
      execFileSync('git', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    const changed = run(
      'status',
      '--porcelain',
      '--untracked-files=no',
      '--',
      'src',
      'config',
      'package.json',
      'bench/eval',
    );
    return run('rev-parse', '--short', 'HEAD') + (changed === '' ? '' : '+');
  } catch {
    return 'unknown';
  }
}
