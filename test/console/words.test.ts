import { describe, expect, it } from 'vitest';
import { en } from '../../src/console/words/en.ts';
import { fill, placesOf } from '../../src/console/words/fill.ts';
import { zh, zhTerms } from '../../src/console/words/zh.ts';
import { FUNNEL_STAGES, REASONS } from '../../src/core/reason.ts';
import { ALERT_KINDS } from '../../src/insight/alert/alert.ts';
import { STEERING_STATUSES } from '../../src/learning/steering-status.ts';

describe('the words of the pages', () => {
  it('have the same keys and the same places for values in each language', () => {
    expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
    for (const [key, text] of Object.entries(en)) {
      const other = zh[key as keyof typeof en];
      expect(other.trim(), key).not.toBe('');
      expect(placesOf(other), key).toEqual(placesOf(text));
    }
  });

  it('name every reason, stage, status and kind of alert in Chinese too', () => {
    const names = [...Object.keys(REASONS), ...FUNNEL_STAGES, ...STEERING_STATUSES, ...ALERT_KINDS];
    expect(names.filter((name) => zhTerms[name] === undefined)).toEqual([]);
  });

  it('take values where they have places, and nothing else for one', () => {
    expect(fill('{a} of {b}, {c}', { a: 1, b: '{a}' })).toBe('1 of {a}, {c}');
  });
});
