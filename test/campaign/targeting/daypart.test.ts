import { describe, expect, test } from 'vitest';
import type { DaypartRule } from '../../../src/campaign/targeting/daypart.ts';
import { daypart, daypartMultiplier } from '../../../src/campaign/targeting/daypart.ts';
import { fullBitset, hasBit } from '../../../src/core/bitset.ts';
import { zoneNamed } from '../../../src/core/zone.ts';
import { probeOf } from './probe.ts';

const berlin = { zone: zoneNamed('Europe/Berlin') };
const newYork = { zone: zoneNamed('America/New_York') };
const kathmandu = { zone: zoneNamed('Asia/Kathmandu') };

const at = (iso: string, utcoffset?: number) =>
  probeOf({
    nowMs: Date.parse(iso),
    request: utcoffset === undefined ? {} : { device: { geo: { utcoffset } } },
  });

describe('hours of the week', () => {
  const office: DaypartRule = { slots: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], hours: '8-20' }] };

  test.each([
    // 2026-03-18 is a Wednesday; Berlin is an hour ahead of UTC.
    ['2026-03-18T07:00:00Z', berlin, 1],
    ['2026-03-18T06:59:59Z', berlin, 0],
    ['2026-03-18T18:59:59Z', berlin, 1],
    ['2026-03-18T19:00:00Z', berlin, 0],
    ['2026-03-21T12:00:00Z', berlin, 0],
    ['2026-03-18T12:00:00Z', newYork, 1],
    ['2026-03-18T11:59:59Z', newYork, 0],
    // Kathmandu is 5:45 ahead: 08:00 there is 02:15 UTC.
    ['2026-03-18T02:15:00Z', kathmandu, 1],
    ['2026-03-18T02:14:59Z', kathmandu, 0],
  ])('%s', (iso, line, factor) => {
    expect(daypartMultiplier(office, at(iso), line)).toBe(factor);
    expect(daypart.accepts(office, at(iso), line)).toBe(factor > 0);
  });

  test('the same hour of the clock before and after clocks change', () => {
    // Berlin changes on 29 March 2026: 08:00 is 07:00 UTC before and 06:00 UTC after.
    expect(daypartMultiplier(office, at('2026-03-27T06:30:00Z'), berlin)).toBe(0);
    expect(daypartMultiplier(office, at('2026-03-30T06:30:00Z'), berlin)).toBe(1);
  });

  test('the hour that is skipped, and the one that comes twice', () => {
    const early: DaypartRule = { slots: [{ hours: '2-3' }] };
    const during = (iso: string): boolean => daypart.accepts(early, at(iso), berlin);
    // 29 March: 01:59:59 is followed by 03:00:00.
    expect([during('2026-03-29T00:59:59Z'), during('2026-03-29T01:00:00Z')]).toEqual([false, false]);
    // 25 October: 02:00 to 03:00 passes twice.
    const twice = [
      '2026-10-24T23:59:59Z',
      '2026-10-25T00:00:00Z',
      '2026-10-25T01:59:59Z',
      '2026-10-25T02:00:00Z',
    ];
    expect(twice.map(during)).toEqual([false, true, true, false]);
  });

  test('a night runs into the next day, and a Sunday night into Monday', () => {
    const night: DaypartRule = { slots: [{ days: ['sun'], hours: '22-6', multiplier: 0.5 }] };
    const utc = { zone: zoneNamed('UTC') };
    const factors = [
      '2026-03-22T21:59:00Z',
      '2026-03-22T22:00:00Z',
      '2026-03-23T05:59:00Z',
      '2026-03-23T06:00:00Z',
    ];
    expect(factors.map((iso) => daypartMultiplier(night, at(iso), utc))).toEqual([0, 0.5, 0.5, 0]);
  });

  test('where two slots overlap the later one counts', () => {
    const rule: DaypartRule = { slots: [{}, { days: ['wed'], hours: '12-13', multiplier: 1.2 }] };
    const utc = { zone: zoneNamed('UTC') };
    expect(daypartMultiplier(rule, at('2026-03-18T12:30:00Z'), utc)).toBe(1.2);
    expect(daypartMultiplier(rule, at('2026-03-18T13:30:00Z'), utc)).toBe(1);
  });
});

describe("the user's zone", () => {
  const evening: DaypartRule = { zone: 'user', slots: [{ days: ['wed'], hours: '18-24' }] };

  test.each([
    ['2026-03-18T17:00:00Z', 60, true],
    ['2026-03-18T16:59:59Z', 60, false],
    ['2026-03-18T22:59:59Z', 60, true],
    ['2026-03-18T23:00:00Z', 60, false],
    ['2026-03-19T01:00:00Z', -300, true],
    ['2026-03-18T12:30:00Z', 330, true],
    ['2026-03-18T12:29:59Z', 330, false],
    ['2026-03-18T18:00:00Z', undefined, false],
    ['2026-03-18T18:00:00Z', 99_999, false],
  ])('%s at %s minutes from UTC', (iso, offset, accepts) => {
    expect(daypart.accepts(evening, at(iso, offset), berlin)).toBe(accepts);
  });
});

test('one index follows the clock from quarter to quarter', () => {
  const rule: DaypartRule = { slots: [{ hours: '8-9' }] };
  const lines = [berlin, newYork, kathmandu];
  const index = daypart.index([rule, rule, rule], lines);
  const seen = new Set<string>();
  for (
    let nowMs = Date.parse('2026-03-28T00:00:00Z');
    nowMs < Date.parse('2026-03-30T00:00:00Z');
    nowMs += 300_000
  ) {
    const probe = { ...at('2026-03-28T00:00:00Z'), nowMs };
    const candidates = fullBitset(3);
    index.narrow(probe, candidates);
    const found = lines.map((_, number) => hasBit(candidates, number));
    expect(found).toEqual(lines.map((line) => daypart.accepts(rule, probe, line)));
    seen.add(found.join());
  }
  expect(seen.size).toBe(4);
});
