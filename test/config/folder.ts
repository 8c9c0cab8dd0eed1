/** Folders of real files for the tests of the configuration; removed when the test ends. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

export type Files = Readonly<Record<string, string | Uint8Array>>;

export function folderOf(files: Files): string {
  const folder = mkdtempSync(join(tmpdir(), 'bidwright-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) writeInto(folder, name, content);
  return folder;
}

export function writeInto(folder: string, name: string, content: string | Uint8Array): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** A small book without a fault or a warning. */
export const SOUND: Files = {
  'account.yaml': 'account: { id: test, signalMissing: deny }\nexchanges: [{ id: example }]\n',
  'book/shoes.yaml': `
advertisers: [{ id: shoes, domains: [shoes.example] }]
campaigns: [{ id: spring, advertiserId: shoes }]
lineItems:
  - id: runners
    campaignId: spring
    bid: { strategy: fixed_cpm, priceCpmMicros: 2.5e6 }
    creatives: [{ id: banner }]
creatives:
  - id: banner
    advertiserId: shoes
    format: banner
    landingPage: https://www.shoes.example/run
    sizes: [{ width: 300, height: 250 }]
    imageUrl: https://cdn.shoes.example/a.png
`,
};
