/** A server under test as a process of its own, with what the kernel says it used. */

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface Served {
  readonly pid: number;
  readonly port: number;
  /** What it has printed so far. */
  output(): string;
  stop(): Promise<void>;
}

/** Starts `node ARGUMENTS`; `ready` finds the port in what it prints. */
export async function serve(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  ready: (output: string) => number | undefined,
  /** Of the checkout that is started; the present one where absent. */
  folder?: string,
): Promise<Served> {
  const child = spawn(process.execPath, words, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(folder === undefined ? {} : { cwd: folder }),
  });
  let output = '';
  const port = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no sign of life in ${START_SECONDS_MAX} s:\n${output}`)),
      1000 * START_SECONDS_MAX,
    );
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const found = ready(output);
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('exit', (code) => reject(new Error(`ended with ${code}:\n${output}`)));
  });
  return { pid: child.pid ?? 0, port, output: () => output, stop: () => stopChild(child) };
}

/** Five million people on lists are read in that time. */
const START_SECONDS_MAX = 240;

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await gone;
  clearTimeout(timer);
}

/** Time on a processor of all threads, microseconds, and resident memory, bytes, from /proc. */
export function usage(pid: number): { cpuUs: number; residentBytes: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  let cpuUs = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    // Nanoseconds where `stat` counts hundredths of a second.
    const run = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0];
    cpuUs += Number(run) / 1000;
  }
  return { cpuUs, residentBytes: Number(fields[21]) * 4096 };
}
