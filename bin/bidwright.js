#!/usr/bin/env node
/**
 * Runs src/main.ts on a Node that can: this one, or else the one that package.json pins. Plain JavaScript on purpose,
 * since an older Node has to be able to read it.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The first Node that strips types without a flag and has all that we use of `node:sqlite`. */
const MAJOR_MIN = 24;
const MAIN = new URL('../src/main.ts', import.meta.url);
const FORWARDED = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'];

if (Number.parseInt(process.versions.node, 10) >= MAJOR_MIN) await import(MAIN.href);
else runOnPinnedNode();

function runOnPinnedNode() {
  const node = pinnedNode();
  if (node === undefined) {
    console.error(
      `bidwright needs Node ${MAJOR_MIN} or newer; this is ${process.version}, and the pinned one is not installed (npm ci)`,
    );
    process.exitCode = 1;
    return;
  }
  const child = spawn(node, [fileURLToPath(MAIN), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of FORWARDED) process.on(signal, () => forward(child, signal));
  child.on('error', (error) => {
    console.error(`bidwright: ${node}: ${error.message}`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    // Dies of the same signal, so that whoever waits for us sees what happened.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** A terminal sends Ctrl-C to both of us; a second one would tell the child to stop draining. */
function forward(child, signal) {
  if (signal === 'SIGINT' && process.stdin.isTTY) return;
  child.kill(signal);
}

function pinnedNode() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'));
    const program = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(program) ? program : undefined;
  } catch {
    return undefined;
  }
}
