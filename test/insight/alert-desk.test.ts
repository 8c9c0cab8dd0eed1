import { describe, expect, it } from 'vitest';
import type { Alert } from '../../src/insight/alert/alert.ts';
import { about, HOUR_MS, isSameEpisode } from '../../src/insight/alert/alert.ts';
import { AlertDesk } from '../../src/insight/alert/desk.ts';

const SINCE_MS = Date.UTC(2026, 2, 1, 8);
const alertAt = (sinceMs: number, objectId = 'shoes'): Alert =>
  about('conversion_rate_down', 'line_item', objectId, sinceMs) as Alert;
const first = alertAt(SINCE_MS);

describe('an alert whose start is estimated anew', () => {
  it('is the same trouble for a day, of one object and one kind', () => {
    for (const [other, same] of [
      [alertAt(SINCE_MS + 3 * HOUR_MS), true],
      [alertAt(SINCE_MS - 24 * HOUR_MS), true],
      [alertAt(SINCE_MS + 25 * HOUR_MS), false],
      [alertAt(SINCE_MS, 'shoe'), false],
      [about('no_delivery', 'line_item', 'shoes', SINCE_MS), false],
    ] as const) {
      expect(isSameEpisode(first.id, other.id), other.id).toBe(same);
      expect(isSameEpisode(other.id, first.id), other.id).toBe(same);
    }
    expect(isSameEpisode('', 'a')).toBe(false);
  });

  it('stays acknowledged, and is told outside once', () => {
    const desk = new AlertDesk();
    expect(desk.news([first])).toEqual([first]);
    expect(desk.news([alertAt(SINCE_MS + HOUR_MS)])).toEqual([]);
    desk.acknowledge(alertAt(SINCE_MS + HOUR_MS).id, { atMs: SINCE_MS, note: 'the page is mended' });
    expect(desk.acknowledgementOf(alertAt(SINCE_MS + 5 * HOUR_MS).id)?.note).toBe('the page is mended');
    const later = alertAt(SINCE_MS + 60 * HOUR_MS);
    expect(desk.acknowledgementOf(later.id)).toBeUndefined();
    expect(desk.news([later])).toEqual([later]);
  });
});
