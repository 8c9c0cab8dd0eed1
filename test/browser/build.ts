import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';

const ROOT = join(import.meta.dirname, '../..');

/** `npm test` builds the console before its tests; a test that is run alone may be the first to need it. */
export async function ensureBuilt(): Promise<void> {
  if (existsSync(join(ROOT, 'dist/console/index.html'))) return;
  await build({ configFile: join(ROOT, 'src/console/vite.config.ts'), logLevel: 'warn' });
}
