import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';

const ROOT = join(import.meta.dirname, '../..');
const SOURCE = join(ROOT, 'src/console');
const PAGE = join(ROOT, 'dist/console/index.html');

/** `npm test` builds the console before its tests; one that is run alone, or after a change, builds it itself. */
export async function ensureBuilt(): Promise<void> {
  if (existsSync(PAGE) && statSync(PAGE).mtimeMs > latestChangeMs()) return;
  await build({ configFile: join(SOURCE, 'vite.config.ts'), logLevel: 'warn' });
}

function latestChangeMs(): number {
  const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' });
  return Math.max(...files.map((file) => statSync(join(SOURCE, file)).mtimeMs));
}
