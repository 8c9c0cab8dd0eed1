/** `npm start` for a test: the demo on free ports, with a data folder that ends with it. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

export interface Demo {
  /** The link that signs in, once. */
  readonly link: string;
  stop(): Promise<void>;
}

/** `words`: options of the command, `--speed 120`. */
export async function startDemo(words: readonly string[] = []): Promise<Demo> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bidwright-browser-'));
  const child = spawn(process.execPath, [join(ROOT, 'src/main.ts'), 'demo', ...words], {
    cwd: ROOT,
    env: {
      ...process.env,
      BIDWRIGHT_PUBLIC_PORT: String(await freePort()),
      BIDWRIGHT_PRIVATE_PORT: String(await freePort()),
      BIDWRIGHT_DATA_DIR: dataDir,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = async (): Promise<void> => {
    await ended(child);
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    return { link: await consoleLink(child), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What the demo prints for people, and everything it said where it ends without. */
function consoleLink(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const listen = (chunk: Buffer): void => {
      said += chunk.toString();
      const link = /^Console\s+(http\S+)/m.exec(said)?.[1];
      if (link !== undefined) resolve(link);
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the demo ended with ${code}:\n${said}`)));
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
