import { describe, expect, it } from 'vitest';
import { zoneNamed } from '../../src/core/zone.ts';

const HOUR = 3_600_000;

describe('civil time', () => {
  it('knows days of 23 and 25 hours', () => {
    const zone = zoneNamed('America/New_York');
    const spring = zone.bounds('2026-03-08');
    const autumn = zone.bounds('2026-11-01');
    expect(spring.endMs - spring.startMs).toBe(23 * HOUR);
    expect(autumn.endMs - autumn.startMs).toBe(25 * HOUR);
  });

  it('gives the day and the hour of the week, on both sides of midnight and of a change of clocks', () => {
    const zone = zoneNamed('America/New_York');
    expect(zone.at(Date.UTC(2026, 2, 8, 4, 59))).toMatchObject({
      day: '2026-03-07',
      hourOfWeek: 5 * 24 + 23,
    });
    expect(zone.at(Date.UTC(2026, 2, 8, 5, 0))).toMatchObject({ day: '2026-03-08', hourOfWeek: 6 * 24 });
    expect(zone.at(Date.UTC(2026, 2, 8, 7, 0))).toMatchObject({ hourOfWeek: 6 * 24 + 3 });
    expect(zoneNamed('Asia/Kathmandu').at(Date.UTC(2026, 0, 1, 18, 15)).day).toBe('2026-01-02');
  });

  it('starts each civil day exactly once over seven years, half-hour zones and skipped midnights too', () => {
    for (const name of [
      'America/New_York',
      'Europe/Berlin',
      'Australia/Lord_Howe',
      'America/Santiago',
      'Africa/Cairo',
      'Asia/Kolkata',
    ]) {
      const zone = zoneNamed(name);
      let end = zone.bounds('2024-01-01').endMs;
      for (let days = 0; days < 2500; days++) {
        const next = zone.at(end);
        expect(next.dayStartMs, `${name} ${next.day}`).toBe(end);
        expect(zone.at(end - 1).day, name).not.toBe(next.day);
        end = next.dayEndMs;
      }
    }
  });

  it('refuses a zone that the tz database lacks', () => {
    expect(() => zoneNamed('Mars/Olympus')).toThrow(RangeError);
  });
});
