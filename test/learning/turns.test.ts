import { describe, expect, it } from 'vitest';
import { atOnce, eachOf, inTurns, jsonOf } from '../../src/learning/turns.ts';

describe('work in turns', () => {
  it('gives what it gives at once, and lets others in between', async () => {
    const items = Array.from({ length: 20_000 }, (_, n) => n);
    const sum = function* () {
      let total = 0;
      yield* eachOf(items, (item) => {
        // Long enough that the whole takes many turns.
        for (let again = 0; again < 500; again++) total += (item * again) % 7;
      });
      return total;
    };
    const atOnceTotal = atOnce(sum());
    let others = 0;
    let isDone = false;
    const other = (): void => {
      others++;
      if (!isDone) setImmediate(other);
    };
    setImmediate(other);
    const total = await inTurns(sum());
    isDone = true;
    expect(total).toBe(atOnceTotal);
    expect(others).toBeGreaterThan(1);
  });

  it('tells each item its place, once', () => {
    const met: [string, number][] = [];
    atOnce(eachOf(new Set(['a', 'b', 'c']), (item, place) => met.push([item, place])));
    expect(met).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 2],
    ]);
  });

  it('passes a fault on', async () => {
    const work = function* () {
      yield undefined;
      throw new Error('of the work');
    };
    await expect(inTurns(work())).rejects.toThrow('of the work');
  });

  it('writes JSON as the runtime does', () => {
    const table = { 'line "one"': [1, 2.5], 'ü\n': { a: null }, '': 'x' };
    expect(atOnce(jsonOf(Object.entries(table)))).toBe(JSON.stringify(table));
    expect(atOnce(jsonOf([]))).toBe('{}');
  });
});
