/** The console when things go wrong: a bidder that goes away, a session that ends, names that an attacker chose. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HOSTILE } from '../console/fixture-book.ts';
import type { Fixture } from '../console/fixture-server.ts';
import { startFixture } from '../console/fixture-server.ts';
import type { Visit } from './browser.ts';
import { CHROMIUM_PATH, openBrowser, visit, WIDTHS } from './browser.ts';
import { ensureBuilt } from './build.ts';

if (CHROMIUM_PATH === undefined) console.warn('Skipped: the console’s faults need Chromium.');

const PATIENCE = { timeout: 30_000 };

describe.skipIf(CHROMIUM_PATH === undefined)('the console in trouble', () => {
  let browser: Browser;
  let fixture: Fixture;
  let visitor: Visit;

  beforeAll(async () => {
    await ensureBuilt();
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    fixture = await startFixture();
    visitor = await visit(browser, WIDTHS.desk);
    await visitor.page.goto(fixture.url);
    await connection('Live');
  });
  afterEach(async () => {
    await visitor.context.close();
    await fixture.close();
  });

  const connection = (words: string): Promise<void> =>
    visitor.page.locator('.connection').filter({ hasText: words }).waitFor(PATIENCE);

  const open = (screen: string): Promise<unknown> => visitor.page.goto(`${fixture.url}#/${screen}`);

  it('comes back by itself after the stream breaks', async () => {
    fixture.breakStreams();
    await connection('Reconnecting');
    await connection('Live');
  });

  it('keeps what it knew while the bidder is away', async () => {
    const spend = visitor.page.locator('[data-tile="spend"] .tile-value');
    await fixture.close();
    await connection('Reconnecting');
    expect(await spend.innerText()).toMatch(/^\$\d/);
    expect(await visitor.page.locator('.row-campaign').count()).toBe(4);
    fixture = await startFixture(Number(new URL(fixture.url).port));
    await connection('Live');
  });

  it('tells an ended session from a lost bidder', async () => {
    fixture.endSession();
    fixture.breakStreams();
    await connection('Signed out');
    await visitor.page.getByRole('region', { name: 'Sign in' }).getByText('Open the link').waitFor(PATIENCE);
    expect(await visitor.page.getByLabel('API token').getAttribute('type')).toBe('password');
  });

  it('shows hostile names and answers as text', async () => {
    const { page, troubles } = visitor;
    const seen = (selector: string): Promise<void> =>
      page.locator(selector).filter({ hasText: '<img src=x' }).first().waitFor(PATIENCE);
    await page.getByRole('button', { name: '<img src=x' }).waitFor(PATIENCE);
    await seen('.alert-cause');
    await open('history');
    await seen('.change-why');
    await open('creatives');
    await seen('.matrix-name');
    await open('audiences');
    await page.locator('[data-audience="old-list"]').filter({ hasText: 'A list' }).waitFor(PATIENCE);
    expect(await page.locator('#console img').count()).toBe(0);
    await open('troubleshoot');
    await page.getByLabel('Bid request').fill(JSON.stringify({ id: HOSTILE }));
    await page.getByRole('button', { name: 'Explain', exact: true }).click();
    await page.locator('.verdict-request').filter({ hasText: '<img src=x' }).waitFor(PATIENCE);
    expect(await page.locator('#console img').count()).toBe(0);
    // No mark that turns the direction of writing is left.
    expect(await page.locator('#console').innerText()).not.toContain('\u202e');
    expect(troubles).toEqual([]);
  });

  it('hands the bidder’s own words on when it refuses', async () => {
    const { page } = visitor;
    await open('troubleshoot');
    await page.getByRole('button', { name: 'Fill in an example' }).click();
    await page.getByLabel('Exchange').fill('nowhere');
    await page.getByRole('button', { name: 'Explain', exact: true }).click();
    await page.getByText('There is no exchange nowhere.').waitFor(PATIENCE);
  });

  it('is usable by keyboard alone', async () => {
    const { page } = visitor;
    const campaign = page.getByRole('button', { name: 'Juniper Outdoor' });
    await page.getByRole('button', { name: 'Northwind Coffee' }).focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await campaign.getAttribute('aria-expanded')).toBe('true');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.getByRole('region', { name: 'Funnel of Retargeting' }).waitFor(PATIENCE);
  });

  it('does not move what is being read when figures change', async () => {
    const { page } = visitor;
    const places = (): Promise<string> =>
      page.evaluate(
        `JSON.stringify([...document.querySelectorAll('.tile, .row > *, .card')].map((element) => {
          const { x, y, width, height } = element.getBoundingClientRect();
          return [x, y, width, height].map(Math.round);
        }))`,
      );
    const spend = page.locator('[data-tile="spend"] .tile-value');
    await page.locator('.owner').first().waitFor(PATIENCE);
    const [before, amount] = [await places(), await spend.innerText()];
    await expect.poll(() => spend.innerText(), PATIENCE).not.toBe(amount);
    expect(await places()).toBe(before);
  });
});
