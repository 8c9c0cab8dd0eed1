/** Every screen, light and dark, wide and narrow: no serious finding of axe, nothing wider than its window, no word missing, nothing from outside. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCREENS } from '../../src/console/route-model.ts';
import type { Visit } from './browser.ts';
import { CHROMIUM_PATH, openBrowser, visit, WIDTHS } from './browser.ts';
import { ensureBuilt } from './build.ts';
import type { Demo } from './demo.ts';
import { startDemo } from './demo.ts';

if (CHROMIUM_PATH === undefined) console.warn('Skipped: what screens are like to everybody needs Chromium.');

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PATIENCE = { timeout: 30_000 };
const PAGES = [...SCREENS, 'line-items/hikers-even'];

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
}

describe.skipIf(CHROMIUM_PATH === undefined)('every screen of the console', () => {
  let demo: Demo;
  let browser: Browser;
  let visitor: Visit;

  beforeAll(async () => {
    await ensureBuilt();
    demo = await startDemo();
    browser = await openBrowser();
    visitor = await visit(browser, WIDTHS.desk);
    await visitor.page.goto(demo.link);
    await visitor.page.locator('.connection[data-state="live"]').waitFor(PATIENCE);
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  for (const colorScheme of ['light', 'dark'] as const)
    it(`can be used by everybody, ${colorScheme}`, async () => {
      const { page } = visitor;
      await page.emulateMedia({ colorScheme });
      const found: string[] = [];
      for (const screen of PAGES) {
        await open(page, screen);
        found.push(...(await findings(page)).map((text) => `${screen}: ${text}`));
      }
      expect(found).toEqual([]);
    });

  it('fits a telephone, and its menu leads on by keyboard', async () => {
    const { page } = visitor;
    await page.setViewportSize(WIDTHS.telephone);
    const wide: string[] = [];
    for (const screen of PAGES) {
      await open(page, screen);
      if (await page.evaluate('document.documentElement.scrollWidth > innerWidth')) wide.push(screen);
    }
    expect(wide).toEqual([]);
    await page.getByRole('button', { name: 'Menu' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'History' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'History' }).waitFor(PATIENCE);
    expect(await page.title()).toBe('History · Bidwright');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await page.setViewportSize(WIDTHS.desk);
  });

  it('speaks Chinese where that is asked for, and remembers', async () => {
    const { page } = visitor;
    await page.getByLabel('Language').selectOption('zh');
    for (const screen of SCREENS) {
      await open(page, screen);
      expect(await page.locator('h1').innerText(), screen).toMatch(/[\u4e00-\u9fff]/);
      expect(await page.locator('#main h2').allInnerTexts(), screen).not.toContain('');
    }
    expect(await page.evaluate('document.documentElement.lang')).toBe('zh-CN');
    await page.reload();
    await page.getByRole('heading', { level: 1, name: '设置' }).waitFor(PATIENCE);
    await page.getByLabel('语言').selectOption('en');
  });

  it('keeps the appearance that was chosen', async () => {
    const { page } = visitor;
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await ground();
    await page.getByLabel('Appearance').selectOption('dark');
    expect(await ground()).not.toBe(light);
    await page.reload();
    await page.locator('h1').waitFor(PATIENCE);
    expect(await ground()).not.toBe(light);
    await page.getByLabel('Appearance').selectOption('system');
    expect(await ground()).toBe(light);
  });

  it('lets a viewer’s token look and offers it no change; signing out ends it', async () => {
    const { page } = visitor;
    await open(page, 'settings');
    const tokens = page.getByRole('region', { name: 'API tokens' });
    await tokens.getByLabel('Name').fill('a visitor');
    await tokens.getByRole('button', { name: 'Make a token' }).click();
    const token = await tokens.locator('.token').innerText(PATIENCE);

    const other = await visit(browser, WIDTHS.desk);
    await other.page.goto(new URL('/', demo.link).href);
    await other.page.getByLabel('API token').fill('wrong');
    await other.page.getByRole('button', { name: 'Sign in' }).click();
    await other.page.getByText('This token opens nothing').waitFor(PATIENCE);
    await other.page.getByLabel('API token').fill(token);
    await other.page.getByRole('button', { name: 'Sign in' }).click();
    await other.page.locator('.connection[data-state="live"]').waitFor(PATIENCE);
    await open(other.page, 'line-items/hikers-even');
    await other.page.getByText('Read only').waitFor(PATIENCE);
    await other.page.getByRole('region', { name: 'Bid landscape' }).waitFor(PATIENCE);
    expect(await other.page.getByRole('button', { name: 'Keep' }).count()).toBe(0);
    expect(await other.page.evaluate('JSON.stringify(localStorage)')).not.toContain(token);
    await other.page.getByRole('button', { name: 'Sign out' }).click();
    await other.page.getByLabel('API token').waitFor(PATIENCE);
    expect(await other.page.evaluate('JSON.stringify(sessionStorage)')).not.toContain(token);
    await other.context.close();
  });

  it('shows a request as text whatever is in its fields', async () => {
    const { page } = visitor;
    await open(page, 'troubleshoot');
    await page.getByRole('button', { name: 'Fill in an example' }).click();
    const box = page.getByLabel('Bid request');
    const request = hostile(JSON.parse(await box.inputValue())) as { imp: { id: string }[] };
    await box.fill(JSON.stringify(request));
    await page.getByRole('button', { name: 'Explain', exact: true }).click();
    await page.locator('.verdict-request').filter({ hasText: '<img src=x' }).waitFor(PATIENCE);
    await page.getByRole('button', { name: 'Take a sampled request' }).click();
    await expect.poll(() => box.inputValue(), PATIENCE).not.toContain('<img src=x');
    expect(await page.locator('#console img').count()).toBe(0);
    expect(await page.evaluate('window.ran')).toBeUndefined();
  });

  it('kept to its policy and to this machine all the while', () => {
    expect(visitor.troubles.filter((text) => !text.includes('409 (Conflict)'))).toEqual([]);
  });
});

/** The same request, each text that nothing is decided by in its place an attacker's. */
function hostile(value: unknown, key = ''): unknown {
  if (typeof value === 'string')
    return KEPT.has(key) ? value : '<img src=x onerror="window.ran=1"><script>window.ran=1</script>';
  if (Array.isArray(value)) return value.map((one) => hostile(one, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, hostile(one, name)]));
}

/** With another currency or address a request is refused before it is looked at. */
const KEPT = new Set(['cur', 'bidfloorcur', 'ip', 'mimes']);

async function open(page: Page, screen: string): Promise<void> {
  await page.goto(new URL(`#/${screen}`, page.url()).href);
  await page.locator('#main .card').first().waitFor(PATIENCE);
  // Answers fill the cards; a screen that still counts is looked at as it is.
  await page.waitForTimeout(600);
}

async function findings(page: Page): Promise<readonly string[]> {
  // Into the page's own world as a debugger would: its policy admits no script from elsewhere, and stays on.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate<{ violations: readonly Finding[] }>(
    "axe.run(document, { resultTypes: ['violations'], iframes: false })",
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id} ${nodes
          .map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary}`)
          .slice(0, 2)
          .join(' | ')}`,
    );
}
