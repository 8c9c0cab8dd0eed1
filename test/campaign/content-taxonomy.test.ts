import { describe, expect, it } from 'vitest';
import { categoryIn, lineageOf } from '../../src/campaign/taxonomy/content.ts';

describe('content taxonomies', () => {
  it.each([
    // As published in "Content 1.0 to Content 2.0": ends and middles of the lists, so that none has slipped by one.
    ['IAB1-7', '640'],
    ['IAB2', '1'],
    ['IAB2-23', '5'],
    ['IAB3-12', '107'],
    ['IAB5-15', '137'],
    ['IAB7-20', '317'],
    ['IAB7-30', '304'],
    ['IAB7-45', '238'],
    ['IAB8-5', '211'],
    ['IAB8-18', '211'],
    ['IAB9-9', '260'],
    ['IAB9-30', '680'],
    ['IAB13-11', '414'],
    ['IAB15-10', '390'],
    ['IAB17-30', '227'],
    ['IAB17-44', '533'],
    ['IAB19-3', '608'],
    ['IAB19-36', '615'],
    ['IAB20-25', '151'],
    ['IAB20-27', '659'],
    ['IAB23-10', '453'],
    ['iab23-2', '457'],
  ])('%s of 1.0 is %s in 2.0', (first, second) => {
    expect(categoryIn(first, 1, 2)).toBe(second);
  });

  it.each(['IAB14-8', 'IAB24', 'IAB25-3', 'IAB26-4', 'IAB2-24', 'IAB99', ''])(
    'says nothing of %s',
    (first) => {
      expect(categoryIn(first, 1, 2)).toBeUndefined();
    },
  );

  it('keeps numbers through the versions of 2.x, but for the vectors that 2.1 took out', () => {
    expect(categoryIn('IAB1', 1, 2)).toBe('1014');
    expect(categoryIn('IAB1', 1, 6)).toBeUndefined();
    expect(categoryIn('IAB8-5', 1, 6)).toBe('211');
    expect(categoryIn('211', 2, 5)).toBe('211');
    expect(categoryIn('1455', 2, 5)).toBeUndefined();
  });

  it('knows no other way between two', () => {
    for (const [from, to] of [
      [1, 3],
      [1, 7],
      [6, 7],
      [2, 1],
      [8, 1],
    ])
      expect(categoryIn('IAB8', from!, to!)).toBeUndefined();
    expect(categoryIn('JLBCU7', 7, 7)).toBe('JLBCU7');
  });

  it('tells what lies above a category', () => {
    expect(lineageOf('IAB8-5', 1)).toEqual(['IAB8-5', 'IAB8']);
    expect(lineageOf('211', 6)).toEqual(['211', '210']);
    expect(lineageOf('304', 2)).toEqual(['304', '302', '287', '286']);
    expect(lineageOf('565', 5)).toEqual(['565', '561', '560', '552']);
    expect(lineageOf('1', 2)).toEqual(['1']);
    expect(lineageOf('JLBCU7', 7)).toEqual(['JLBCU7']);
  });

  it('ends every lineage, whatever the category', () => {
    for (let number = 0; number < 1500; number++) expect(lineageOf(String(number), 2).length).toBeLessThan(6);
  });
});
