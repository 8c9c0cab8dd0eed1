import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openrtbJson } from '../../src/exchange/openrtb-json.ts';
import { outcomeOf, soundRequest, TOLERANCE, tolerancePage } from './tolerance-cases.ts';

test('the sound request is sound', () => {
  expect(openrtbJson.decode(Buffer.from(JSON.stringify(soundRequest())))).toMatchObject({
    ok: true,
    warnings: [],
  });
});

test.each(TOLERANCE.map((row) => [row.sent, row.outcome, row] as const))('%s: %s', (_sent, outcome, row) => {
  expect(outcomeOf(row)).toBe(outcome);
});

test('the page in docs says the same as the table', () => {
  const page = readFileSync(new URL('../../docs/openrtb-tolerance.md', import.meta.url), 'utf8');
  expect(page, 'run: node test/openrtb/tolerance-page.ts').toBe(tolerancePage());
});
