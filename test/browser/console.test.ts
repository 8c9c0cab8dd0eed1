/** A buyer's first five minutes, on the real demo in a real browser. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Visit } from './browser.ts';
import { CHROMIUM_PATH, openBrowser, visit, WIDTHS } from './browser.ts';
import { ensureBuilt } from './build.ts';
import type { Demo } from './demo.ts';
import { startDemo } from './demo.ts';

if (CHROMIUM_PATH === undefined) console.warn('Skipped: the console on the demo needs Chromium.');

const PATIENCE = { timeout: 60_000 };

describe.skipIf(CHROMIUM_PATH === undefined)('the console on the demo', () => {
  let demo: Demo;
  let browser: Browser;
  let atDesk: Visit;

  beforeAll(async () => {
    await ensureBuilt();
    demo = await startDemo();
    browser = await openBrowser();
    atDesk = await visit(browser, WIDTHS.desk);
    await atDesk.page.goto(demo.link);
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  it('signs in by the printed link, which leaves the address and works once', async () => {
    const { page } = atDesk;
    await page.getByRole('status').filter({ hasText: 'Live' }).waitFor(PATIENCE);
    expect(new URL(page.url()).search).toBe('');

    const stranger = await visit(browser, WIDTHS.desk);
    const answer = await stranger.page.goto(demo.link);
    expect(answer?.status()).toBe(401);
    await stranger.context.close();
  });

  it('shows spend that moves, and a clock that does', async () => {
    const { page } = atDesk;
    const [spend, clock] = [await textOf(page, SPEND), await textOf(page, '.clock')];
    await expect.poll(() => textOf(page, SPEND), PATIENCE).not.toBe(spend);
    await expect.poll(() => textOf(page, '.clock'), PATIENCE).not.toBe(clock);
    expect(await textOf(page, SPEND)).toMatch(/^<?\$\d/);
    await expect.poll(() => page.locator('.sparkline polyline').count(), PATIENCE).toBeGreaterThanOrEqual(4);
  });

  it('opens a campaign, a line item’s funnel, and says what would help', async () => {
    await expectFunnel(atDesk.page, 'Winter boots, prospecting', 'Only at a bargain');
    expect(await atDesk.page.locator('.stage-name').allTextContents()).toEqual([
      'Requests',
      'Targeting',
      'Creative fit',
      'Frequency caps',
      'Pacing',
      'Budget',
      'Value',
      'Price',
      'Auction',
      'Delivery',
    ]);
  });

  it('changes a line item where it stands, says what is wrong with an entry, and goes back by the history', async () => {
    const { page } = atDesk;
    const form = page.getByRole('form', { name: 'Change Only at a bargain' });
    const most = form.getByLabel('Maximum bid (CPM)');
    await most.fill('much');
    await form.getByText('is no number').waitFor(PATIENCE);
    expect(await form.getByRole('button', { name: 'Keep' }).isDisabled()).toBe(true);
    await most.fill('2.5');
    await form.getByLabel('Why').fill('a browser’s wish');
    await form.getByRole('button', { name: 'Keep' }).click();
    await form.getByText('Changed.').waitFor(PATIENCE);
    await form.getByRole('button', { name: 'Pause' }).click();
    await form.getByRole('button', { name: 'Resume' }).waitFor(PATIENCE);
    await open(page, 'history');
    const first = page.locator('[data-change="1"]');
    await first.getByText('bid.maxCpmMicros').waitFor(PATIENCE);
    expect(await first.innerText()).toMatch(/2\.5[\s\S]*What came of it/);
    await page.locator('[data-change="2"]').getByRole('button', { name: 'Undo' }).click();
    await page.locator('[data-change="3"]').getByText('undoes 2').waitFor(PATIENCE);
    await open(page, 'line-items/hikers-bargain');
    await form.getByRole('button', { name: 'Pause' }).waitFor(PATIENCE);
    expect(await most.inputValue()).toBe('2.5');
  });

  it('explains a request', async () => {
    await expectTrace(atDesk.page);
  });

  it('says what is wrong with a request that cannot be read', async () => {
    const { page } = atDesk;
    await page.getByLabel('Bid request').fill('{"id": ');
    await page.getByRole('button', { name: 'Explain', exact: true }).click();
    await page.getByText('Not JSON').waitFor(PATIENCE);
  });

  it('sets a line item’s creatives side by side, two slots against each other, and shows a look', async () => {
    await expectCreatives(atDesk.page);
  });

  it('tells who is in the packs, whom of them requests show, and what they share', async () => {
    await expectAudiences(atDesk.page);
  });

  it('states the bound of overspend as formula and number', async () => {
    const { page } = atDesk;
    await open(page, 'overview');
    await expect.poll(() => textOf(page, '.bound-number'), PATIENCE).toMatch(/^\$\d/);
    expect(await textOf(page, '.bound-formula')).toMatch(/overspend/);
    await page.locator('.owner').first().waitFor(PATIENCE);
    expect(await isWiderThanItsWindow(page)).toBe(false);
  });

  it('does all of it on a telephone', async () => {
    // The session is a cookie, so a second window of the same visitor needs no second link.
    const page = await atDesk.context.newPage();
    await page.setViewportSize(WIDTHS.telephone);
    await page.goto(new URL('/', demo.link).href);
    await page.getByRole('status').filter({ hasText: 'Live' }).waitFor(PATIENCE);
    await expectFunnel(page, 'Winter boots, prospecting', 'Only at a bargain');
    await expectTrace(page);
    await expectCreatives(page);
    await expectAudiences(page);
    expect(await isWiderThanItsWindow(page)).toBe(false);
  });

  it('kept to its policy and to this machine all the while', () => {
    expect(atDesk.troubles).toEqual([]);
  });
});

const SPEND = '[data-tile="spend"] .tile-value';

async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).innerText()).trim();
}

async function expectFunnel(page: Page, campaign: string, line: string): Promise<void> {
  const campaignButton = page.getByRole('button', { name: campaign });
  await campaignButton.click();
  expect(await campaignButton.getAttribute('aria-expanded')).toBe('true');
  await page.getByRole('button', { name: line }).click();
  const funnel = page.getByRole('region', { name: `Funnel of ${line}` });
  await funnel.getByText('Largest loss').waitFor(PATIENCE);
  expect((await funnel.locator('.remedy').first().innerText()).length).toBeGreaterThan(10);
  expect(await funnel.locator('.stage').count()).toBe(10);
}

async function expectCreatives(page: Page): Promise<void> {
  await open(page, 'creatives');
  const creatives = page.getByRole('region', { name: 'Creatives' });
  await creatives.getByLabel('Line item').selectOption({ label: 'Dayparts, with bid multipliers' });
  await creatives.locator('[data-name="cup-of-the-day"]').waitFor(PATIENCE);
  expect(await creatives.locator('.creatives-creative').count()).toBe(3);
  await creatives.locator('.matrix-cell').first().click(PATIENCE);
  const look = creatives.frameLocator('iframe').locator('body');
  await expect.poll(async () => (await look.innerText()).length, PATIENCE).toBeGreaterThan(5);
  await creatives.getByText('What works with whom').waitFor(PATIENCE);
}

async function expectAudiences(page: Page): Promise<void> {
  await open(page, 'audiences');
  const audiences = page.getByRole('region', { name: 'Audience packs' });
  const club = audiences.locator('[data-audience="coffee-club"]');
  await club.waitFor(PATIENCE);
  expect(await club.innerText()).toMatch(
    /Coffee club members[\s\S]*Upload[\s\S]*Fresh[\s\S]*150[\s\S]*weight/,
  );
  const readers = audiences.locator('[data-audience="saving-goals"]');
  // Members of a segment come to be known by requests alone.
  await expect.poll(async () => /\t\d+/.test(await readers.innerText()), PATIENCE).toBe(true);
  const cell = audiences.locator('[data-row="coffee-club"] [data-column="harbor-customers"]');
  await expect.poll(() => cell.innerText(), PATIENCE).toMatch(/%/);
}

async function expectTrace(page: Page): Promise<void> {
  await open(page, 'troubleshoot');
  await page.getByRole('button', { name: 'Fill in an example' }).click();
  await page.getByRole('button', { name: 'Explain', exact: true }).click();
  await page.locator('.verdict').waitFor(PATIENCE);
  expect(await page.locator('.verdict').innerText()).toMatch(/bid/i);
  expect(await page.locator('.trace-line').count()).toBeGreaterThan(1);
}

function open(page: Page, screen: string): Promise<unknown> {
  return page.goto(new URL(`#/${screen}`, page.url()).href);
}

function isWiderThanItsWindow(page: Page): Promise<boolean> {
  return page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
}
