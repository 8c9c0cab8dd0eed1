import { describe, expect, it } from 'vitest';
import type { Editable } from '../../src/console/editor-model.ts';
import { fieldsOf, patchOf } from '../../src/console/editor-model.ts';
import { patchLines } from '../../src/console/patch-words.ts';

const LINE: Editable = {
  id: 'l',
  status: 'active',
  budget: { dailyMicros: 80e6 },
  bid: { strategy: 'max_cpm', maxCpmMicros: 4_500_000 },
};

describe('fields of an object', () => {
  it('are those that its strategy has, and its budgets', () => {
    expect(fieldsOf(LINE).map(({ path, text }) => [path, text])).toEqual([
      ['bid.maxCpmMicros', '4.5'],
      ['budget.dailyMicros', '80'],
      ['budget.lifetimeMicros', ''],
    ]);
  });
});

describe('entries', () => {
  it('come to a patch of what is changed alone, in micros', () => {
    expect(patchOf(LINE, { 'bid.maxCpmMicros': '4.5', 'budget.lifetimeMicros': ' 1000,25 ' })).toEqual({
      patch: { budget: { lifetimeMicros: 1_000_250_000 } },
      faults: {},
    });
    expect(patchOf(LINE, {}).patch).toBeUndefined();
  });

  it('take a budget away, and all of it where nothing is left', () => {
    expect(patchOf(LINE, { 'budget.dailyMicros': '' }).patch).toEqual({ budget: null });
    const both = { ...LINE, budget: { dailyMicros: 1e6, lifetimeMicros: 9e6 } };
    expect(patchOf(both, { 'budget.dailyMicros': '' }).patch).toEqual({ budget: { dailyMicros: null } });
  });

  it('that are no numbers are said, and a price is not to be emptied', () => {
    for (const entry of ['-3', '1e9', '0x10', '', 'NaN', '1.2.3'])
      expect(patchOf(LINE, { 'bid.maxCpmMicros': entry })).toEqual({
        patch: undefined,
        faults: { 'bid.maxCpmMicros': 'is no number' },
      });
  });
});

describe('a patch in words', () => {
  it('says what was and what is', () => {
    const before = { name: 'A', budget: { dailyMicros: 2e6 }, creatives: [1, 2] };
    expect(patchLines({ budget: { dailyMicros: 3_500_000 }, creatives: [1], note: null }, before)).toEqual([
      { path: 'budget.dailyMicros', before: '2', after: '3.5' },
      { path: 'creatives', before: '2 entries', after: '1 entries' },
      { path: 'note', before: 'none', after: 'none' },
    ]);
  });
});
