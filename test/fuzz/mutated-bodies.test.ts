import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { testEngine } from '../fixture/engine.ts';
import { record } from '../fixture/record.ts';
import { bodies, bodyCount, bytesHeld, mutate, SEED } from './mutate.ts';

const BODIES = bodyCount(100_000);
const ALLOWED = new Set([200, 204, 400]);

describe(`${BODIES} mutated bodies (seed ${SEED})`, () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await testEngine('wide-open');
  });
  afterAll(() => engine.close());

  it('meet only the statuses that an exchange expects, without a fault, and leave memory flat', async () => {
    const all = bodies();
    const random = seededRandom(SEED);
    const statuses = new Map<number, number>();
    const halfway: number[] = [];
    for (let count = 0; count < BODIES; count++) {
      const payload = mutate(all[count % all.length]!, all, random);
      const answer = await engine.publicApp.inject({
        method: 'POST',
        url: '/openrtb2/example',
        headers: { 'content-type': 'application/json' },
        payload,
      });
      statuses.set(answer.statusCode, (statuses.get(answer.statusCode) ?? 0) + 1);
      if (!ALLOWED.has(answer.statusCode))
        throw new Error(
          `seed ${SEED}, body ${count}: status ${answer.statusCode} for ${payload.toString('base64')}`,
        );
      if (answer.statusCode === 400 && answer.body !== '')
        throw new Error(`seed ${SEED}, body ${count}: a 400 with a body`);
      if (count % 2000 === 0) {
        engine.clock.advance(60_000);
        await engine.tick();
      }
      if (count % Math.floor(BODIES / 10) === 0) halfway.push(bytesHeld());
    }
    const early = Math.min(...halfway.slice(2, 5));
    const late = Math.min(...halfway.slice(-3));
    record('mutated-bodies', SEED, {
      bodies: BODIES,
      statuses: Object.fromEntries(statuses),
      faults: engine.faults(),
      memoryGrowthMib: (late - early) / 2 ** 20,
    });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    // Each kind of answer was seen, so the bodies really reached both sides of the parser.
    expect(statuses.get(200) ?? 0).toBeGreaterThan(BODIES / 100);
    expect(statuses.get(400) ?? 0).toBeGreaterThan(BODIES / 100);
    expect(engine.faults()).toBe(0);
    expect(
      late - early,
      `memory in MiB by tenths: ${halfway.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(' ')}`,
    ).toBeLessThan(24 * 2 ** 20);
  }, 600_000);
});
