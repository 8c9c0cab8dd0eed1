/** Builds the console into dist/console. Paths hang on this file, so the build may be started from anywhere. */
import { resolve } from 'node:path';
import preact from '@preact/preset-vite';
import { defineConfig } from 'vite';

const ROOT = import.meta.dirname;

export default defineConfig({
  root: ROOT,
  // The page may be served below a path of a reverse proxy.
  base: './',
  publicDir: false,
  plugins: [preact()],
  build: {
    outDir: resolve(ROOT, '../../dist/console'),
    emptyOutDir: true,
    target: 'es2022',
    // `default-src 'self'` admits no data: addresses and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // `npx vite --config src/console/vite.config.ts` beside a running bidder.
    proxy: { '/api': 'http://127.0.0.1:8081' },
  },
});
