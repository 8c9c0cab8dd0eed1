/**
 * The pictures that README shows, from the demo: `node test/browser/screenshots.ts [minutes]`. It lets the demo run for so long, so that there is
 * something to see.
 */
import { openBrowser, WIDTHS } from './browser.ts';
import { ensureBuilt } from './build.ts';
import { startDemo } from './demo.ts';

const MINUTES = Number(process.argv[2] ?? '3');
const FOLDER = new URL('../../docs/images/', import.meta.url);

await ensureBuilt();
const demo = await startDemo(['--seed', '1']);
const browser = await openBrowser();
try {
  const context = await browser.newContext({ viewport: WIDTHS.desk, locale: 'en-US', colorScheme: 'light' });
  const page = await context.newPage();
  await page.goto(demo.link);
  await page.locator('.connection[data-state="live"]').waitFor();
  await page.waitForTimeout(MINUTES * 60_000);
  const shoot = async (name: string, screen: string, colorScheme: 'light' | 'dark', waitMs: number) => {
    await page.emulateMedia({ colorScheme });
    await page.goto(new URL(`/#/${screen}`, page.url()).href);
    await page.waitForTimeout(waitMs);
    await page.screenshot({ path: new URL(`${name}.png`, FOLDER).pathname });
  };
  await shoot('console-light', 'overview', 'light', 2000);
  await shoot('console-dark', 'line-items/hikers-orders', 'dark', 9000);
  await shoot('console-troubleshooter', 'troubleshoot/hikers-bargain', 'light', 9000);
  await page.setViewportSize(WIDTHS.telephone);
  await shoot('console-telephone', 'overview', 'light', 2000);
} finally {
  await browser.close();
  await demo.stop();
}
