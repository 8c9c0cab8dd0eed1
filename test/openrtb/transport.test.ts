import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { testEngine } from '../fixture/engine.ts';
import { TRANSPORT } from './transport-cases.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await testEngine('wide-open');
});
afterAll(() => engine.close());

test.each(TRANSPORT.map((row) => [row.sent, row.outcome, row] as const))(
  '%s: %s',
  async (_sent, outcome, row) => {
    for (const [payload, headers] of row.bodies) {
      const answer = await engine.publicApp.inject({
        method: 'POST',
        url: '/openrtb2/example',
        headers,
        payload,
      });
      expect([answer.statusCode, headers]).toEqual([outcome === 'read' ? 200 : 400, headers]);
      if (outcome === 'refused') expect(answer.body).toBe('');
    }
  },
);
