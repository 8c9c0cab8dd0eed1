import { describe, expect, test } from 'vitest';
import { openrtbJson } from '../../src/exchange/openrtb-json.ts';
import type { SharedRow } from './own-corpus.ts';
import { bodyOf, ownMalformed, ownRequests, sharedRows } from './own-corpus.ts';

describe('our own corpus', () => {
  test.each(ownRequests())('$name is read', ({ request }) => {
    expect(openrtbJson.decode(Buffer.from(JSON.stringify(request)))).toMatchObject({ ok: true });
  });

  test.each(ownMalformed())('$name is refused: $why', (row) => {
    expect(openrtbJson.decode(bodyOf(row))).toMatchObject({ ok: false, message: expect.stringMatching(/./) });
  });

  test('holds every medium, deals, several impressions, and both places of moved fields', () => {
    const text = JSON.stringify(ownRequests());
    for (const word of [
      '"banner"',
      '"video"',
      '"audio"',
      '"native"',
      '"deals"',
      '"dooh"',
      '"podid"',
      '"schain"',
    ]) {
      expect(text).toContain(word);
    }
    expect(text).toContain('"ext":{"gdpr"');
    expect(ownRequests().some(({ request }) => (request.imp as unknown[]).length > 2)).toBe(true);
    expect(new Set(ownRequests().map(({ name }) => name)).size).toBe(ownRequests().length);
  });
});

const requests = sharedRows('openrtb-requests.dev.ndjson');
const invalid = sharedRows('openrtb-invalid-requests.dev.ndjson');
const ABSENT = 'the collected corpus is not beside the checkout';

describe('the collected corpus', () => {
  test('every strictly valid request is read', ({ skip }) => {
    if (!requests) return skip(ABSENT);
    const strict = requests.filter((row) => row.kind === 'valid' && !row.departures);
    expect(strict.length).toBeGreaterThan(1000);
    expect(strict.map(outcomeOf).filter((outcome) => outcome !== 'read')).toEqual([]);
  });

  test('what lacks a required field, repeats an id or offers two properties is refused', ({ skip }) => {
    if (!requests || !invalid) return skip(ABSENT);
    const broken = [...requests, ...invalid].filter(breaksStructure);
    expect(broken.length).toBeGreaterThan(150);
    expect(
      broken.filter((row) => outcomeOf(row) === 'read').map(({ id, departures }) => ({ id, departures })),
    ).toEqual([]);
  });

  test('wrong types that can mean only one thing are repaired, the others are refused', ({ skip }) => {
    if (!requests || !invalid) return skip(ABSENT);
    const refused = [...requests, ...invalid]
      .filter((row) => row.departures && !breaksStructure(row) && outcomeOf(row) !== 'read')
      .map((row) => row.departures![0]!.replace(/\d+/g, 'n'));
    expect(refused.filter((departure) => !IRREPARABLE.has(departure))).toEqual([]);
  });

  test('no row makes the reader throw', ({ skip }) => {
    if (!requests || !invalid) return skip(ABSENT);
    const outcomes = [...requests, ...invalid].map(outcomeOf);
    expect(outcomes.length).toBe(requests.length + invalid.length);
  });
});

/** No object where one belongs, and words where a decision needs a number. */
const IRREPARABLE = new Set([
  'type:',
  'type:at',
  'type:device.connectiontype',
  'type:device.devicetype',
  'type:imp[n].ext',
  'type:regs.ext',
  'type:source',
  'type:tmax',
  'type:user.ext',
]);

function breaksStructure(row: SharedRow): boolean {
  return (row.departures ?? []).some((departure) => /^(required|unique|exclusive):/.test(departure));
}

function outcomeOf(row: SharedRow): string {
  const decoded = openrtbJson.decode(Buffer.from(row.raw ?? JSON.stringify(row.request)));
  return decoded.ok ? 'read' : `${row.id}: ${decoded.message}`;
}
