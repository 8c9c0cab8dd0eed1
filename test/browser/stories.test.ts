/**
 * What the demo has to tell, as a buyer meets it: a line item that does not spend and is fixed, and the way back; a day's budget spread evenly; caps
 * of a retargeting pack; elements of a template against each other; learning that ends; an experiment that reaches significance; and a landing page
 * that breaks, with an alert that says so. The demo runs at twice its pace, from seed 1 and a morning.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Visit } from './browser.ts';
import { CHROMIUM_PATH, openBrowser, visit, WIDTHS } from './browser.ts';
import { ensureBuilt } from './build.ts';
import type { Demo } from './demo.ts';
import { startDemo } from './demo.ts';

if (CHROMIUM_PATH === undefined) console.warn('Skipped: the stories of the demo need Chromium.');

/** Six hours of the demo's clock have to pass before a fall of conversions is told from chance. */
const IS_LONG = process.env['BIDWRIGHT_STORIES'] === 'long';
const PATIENCE = { timeout: 60_000 };
/** For what the world needs time to bring about. */
const LONG = { timeout: 360_000, interval: 1000 };

describe.skipIf(CHROMIUM_PATH === undefined)('the stories of the demo', { timeout: 420_000 }, () => {
  let demo: Demo;
  let browser: Browser;
  let visitor: Visit;
  let page: Page;

  beforeAll(async () => {
    await ensureBuilt();
    demo = await startDemo([
      ...['--speed', '120', '--rate', '300', '--seed', '1'],
      // Ten in the morning in New York, whenever the test runs: at night there is little to see.
      ...['--start', '2030-03-12T14:00:00Z'],
    ]);
    browser = await openBrowser();
    visitor = await visit(browser, WIDTHS.desk);
    page = visitor.page;
    await page.goto(demo.link);
    await page.locator('.connection[data-state="live"]').waitFor(PATIENCE);
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  const open = (screen: string): Promise<unknown> =>
    page.goto(new URL(`#/${screen}`, new URL('/', page.url())).href);
  const fact = async (name: string): Promise<string> =>
    (await page.locator('.facts div').filter({ hasText: name }).first().locator('dd').innerText()).trim();

  it('a line item does not spend; what alone would unlock it is worked out and applied, and it spends', async () => {
    await open('troubleshoot/hikers-bargain');
    const funnel = page.getByRole('region', { name: 'Funnel of Only at a bargain' });
    await funnel.getByText('Largest loss').waitFor(PATIENCE);
    await page.getByText('$0.00 spent, 0 wins').waitFor(PATIENCE);
    // Samples come in a few at a time.
    const bid = page.locator('[data-key="bid"]');
    await expect
      .poll(
        async () => {
          const again = page.getByRole('button', { name: 'Work it out again' });
          if ((await bid.count()) === 0 && (await again.count()) > 0) await again.click();
          return bid.count();
        },
        { ...LONG, interval: 3000 },
      )
      .toBe(1);
    expect(await bid.innerText()).toMatch(/A higher bid would bring [\d,]+ impressions a day more/);
    await bid.getByRole('button', { name: 'Apply …' }).click();
    await bid.getByRole('button', { name: 'Apply this change' }).click();
    await bid.getByText('Applied as change 1.').waitFor(PATIENCE);
    await open('line-items/hikers-bargain');
    await expect.poll(() => fact('Wins'), LONG).not.toBe('0');
    await page.locator('.chart-marks').first().getByText('bid.maxCpmMicros').waitFor(PATIENCE);
  });

  it('the change is undone in the history, which is a change too', async () => {
    await open('history');
    const first = page.locator('[data-change="1"]');
    await first.getByText('troubleshooter').waitFor(PATIENCE);
    await first.getByRole('button', { name: 'Undo' }).click();
    await page.locator('[data-change="2"]').getByText('undoes 1').waitFor(PATIENCE);
    await open('line-items/hikers-bargain');
    const form = page.getByRole('form', { name: 'Change Only at a bargain' });
    await expect.poll(() => form.getByLabel('Maximum bid (CPM)').inputValue(), PATIENCE).toBe('0.02');
  });

  it('a day’s budget is spread evenly, drawn against its plan', async () => {
    await open('line-items/hikers-even');
    const chart = page.getByRole('region', { name: 'Spend over the day' });
    await expect.poll(() => chart.locator('polyline').count(), LONG).toBe(2);
    await chart.getByText('As a table').click();
    expect(await chart.locator('tbody tr').count()).toBeGreaterThan(0);
    await page
      .getByRole('region', { name: 'Bid landscape' })
      .locator('.table tbody tr')
      .first()
      .waitFor(PATIENCE);
  });

  it('a forecast follows what is entered, and nothing is changed by it', async () => {
    await open('line-items/hikers-even');
    const form = page.getByRole('form', { name: 'Change Even pacing over the day' });
    await form.getByLabel('Daily budget').fill('24');
    const forecast = page.getByRole('region', { name: 'Forecast per day' });
    await forecast.getByText('With your change').waitFor(PATIENCE);
    await page.reload();
    await expect.poll(() => form.getByLabel('Daily budget').inputValue(), PATIENCE).toBe('12');
  });

  it('a retargeting pack is capped, two an hour and five a day', async () => {
    await open('troubleshoot/cart-return');
    const caps = page.locator('.stage').filter({ hasText: 'Frequency caps' });
    await expect.poll(() => caps.locator('.stage-lost').innerText(), LONG).toMatch(/−\d/);
  });

  it('an element of a template comes to be the likely best of its slot', async () => {
    await open('creatives');
    await page.getByLabel('Line item').selectOption({ label: 'Dayparts, with bid multipliers' });
    const best = page.locator('.creatives-element td:nth-child(4)');
    await expect
      .poll(
        async () => Math.max(0, ...(await best.allInnerTexts()).map((text) => Number.parseFloat(text))),
        LONG,
      )
      .toBeGreaterThan(60);
    await page.locator('.matrix-cell').first().waitFor(PATIENCE);
  });

  it('learning ends after fifty results', async () => {
    await open('line-items/hikers-orders');
    const strategy = page.locator('#card-strategy');
    await strategy.waitFor(PATIENCE);
    await expect
      .poll(async () => Number.parseInt(await fact('Results'), 10), LONG)
      .toBeGreaterThanOrEqual(50);
    await expect.poll(() => strategy.getByText('Learning:').count(), PATIENCE).toBe(0);
  });

  it('an experiment reaches significance, with its sample ratio sound', async () => {
    await open('experiments');
    const lift = page.locator('#card-experiment-visits-lift');
    await lift.getByText('People are divided as intended').waitFor(PATIENCE);
    await expect.poll(() => lift.getByText('significant', { exact: true }).count(), LONG).toBeGreaterThan(0);
  });

  it.runIf(IS_LONG)('a landing page breaks, and an alert says so, since when, how sure and why', async () => {
    await open('alerts');
    const alert = page.locator('[data-kind="conversion_rate_down"], [data-kind="tracking_silent"]').first();
    await alert.waitFor(LONG);
    expect(await alert.innerText()).toMatch(
      /since[\s\S]*sure[\s\S]*30 days[\s\S]*Probable cause[\s\S]*Remedy/,
    );
  });

  it('kept to its policy and to this machine all the while', () => {
    expect(visitor.troubles).toEqual([]);
  });
});
