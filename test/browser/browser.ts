/** A Chromium of our own for the pages' tests: a fresh profile, no way out of the machine, and a record of what went wrong. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { CHROMIUM, locate } from '../setup/system-packages.ts';

export const CHROMIUM_PATH = locate(CHROMIUM);

export const WIDTHS = { desk: { width: 1280, height: 900 }, telephone: { width: 390, height: 844 } } as const;

export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Of all pages of the context: console errors, uncaught errors, breaches of the policy, and requests to anywhere but this machine. */
  readonly troubles: string[];
}

/** Playwright gives each launch a new profile and deletes it at the end. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    ...(CHROMIUM_PATH === undefined ? {} : { executablePath: CHROMIUM_PATH }),
    headless: true,
    chromiumSandbox: false,
    args: [
      '--disable-gpu',
      '--disable-background-networking',
      '--no-first-run',
      '--lang=en-US',
      // Names lead nowhere: a page that asks for one fails, and says so in `troubles`.
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  });
}

export async function visit(browser: Browser, viewport: { width: number; height: number }): Promise<Visit> {
  const context = await browser.newContext({ viewport, locale: 'en-US', colorScheme: 'light' });
  const troubles: string[] = [];
  context.on('console', (message) => {
    if (message.type() === 'error') troubles.push(`console: ${message.text()}`);
  });
  context.on('weberror', (fault) => troubles.push(`uncaught: ${fault.error().message}`));
  context.on('request', (request) => {
    const { hostname } = new URL(request.url());
    if (hostname !== '127.0.0.1') troubles.push(`went to ${request.url()}`);
  });
  await context.exposeFunction('reportBreach', (text: string) => void troubles.push(`policy: ${text}`));
  await context.addInitScript(WATCH_POLICY);
  return { context, page: await context.newPage(), troubles };
}

/** Runs in the page, as text: these tests are type-checked without the browser's names. */
const WATCH_POLICY = `document.addEventListener('securitypolicyviolation', (event) =>
  window.reportBreach(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample));`;
