/** A change after which bids fault is taken back by itself; one after which there is less to bid is not. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../src/config.ts';
import { ConfigurationBreaker } from '../../src/config-breaker.ts';
import { manualClock } from '../../src/core/clock.ts';
import { watchFolder } from '../../src/serve.ts';
import { makeLog } from '../../src/server/log.ts';
import { ask, testEngine } from '../fixture/engine.ts';

function polled(plan: { readonly before: number; readonly after: number; readonly seconds: number }) {
  const clock = manualClock(0);
  let faults = 0;
  const breaker = new ConfigurationBreaker<string>(() => faults, clock);
  const pass = (seconds: number, more: number): (string | undefined)[] =>
    Array.from({ length: seconds / 2 }, () => {
      clock.advance(2_000);
      faults += (2 * more) / 60;
      return breaker.poll();
    });
  pass(120, plan.before);
  breaker.changed('former');
  return pass(plan.seconds, plan.after).filter((one) => one !== undefined);
}

describe('a change that misbehaves', () => {
  it.each([
    ['is taken back, once', { before: 0, after: 600, seconds: 120 }, ['former']],
    ['is kept where nothing faults', { before: 0, after: 0, seconds: 120 }, []],
    ['is kept where a few faults may be chance', { before: 0, after: 15, seconds: 120 }, []],
    ['is kept where it was as bad before', { before: 400, after: 600, seconds: 120 }, []],
    [
      'is taken back where it is much worse than before',
      { before: 20, after: 600, seconds: 120 },
      ['former'],
    ],
  ])('%s', (_name, plan, expected) => {
    expect(polled(plan)).toEqual(expected);
  });

  it('is in use no more, although its files still lie there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bidwright-breaker-'));
    const book = join(folder, 'book.yaml');
    copyFileSync(join(import.meta.dirname, '../../config/wide-open/wide-open.yaml'), book);
    const engine = await testEngine(folder);
    const first = loadConfiguration(folder, { environment: {} });
    // What a bid faults with is not in the hands of a configuration that passed; the counter is, here.
    let faults = 0;
    const stop = watchFolder(folder, first, { ...engine, faults: () => faults }, makeLog('silent'), {
      everyMs: 20,
      prepare: (same) => same,
    });
    try {
      const isKnown = async (id: string): Promise<boolean> =>
        (await ask(engine, { id: 'x', imp: [{ id: '1', banner: { w: 300, h: 250 } }] }, id)).status !== 404;
      writeFileSync(
        book,
        readFileSync(book, 'utf8').replace('\nexchanges:\n', '\nexchanges:\n  - { id: brand-new }\n'),
      );
      await expect.poll(() => isKnown('brand-new')).toBe(true);
      faults = 50;
      await expect.poll(() => isKnown('brand-new')).toBe(false);
      expect(await isKnown('example')).toBe(true);
      // Another change has its own chance.
      writeFileSync(book, readFileSync(book, 'utf8').replace('brand-new', 'newer'));
      await expect.poll(() => isKnown('newer')).toBe(true);
    } finally {
      stop();
      await engine.close();
      rmSync(folder, { recursive: true });
    }
  });
});
