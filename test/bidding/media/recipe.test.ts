import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fit } from '../../../src/bidding/media/media.ts';
import { readRecipe, writeRecipe } from '../../../src/bidding/media/recipe.ts';

const count = fc.integer({ min: 0, max: 999_999_999 });
const list = fc.array(count, { minLength: 1, maxLength: 30 });
const flag = fc.constant(true);
const fits = fc
  .record(
    {
      width: count,
      height: count,
      widthRatio: count,
      heightRatio: count,
      durationSeconds: count,
      protocol: count,
      apis: list,
      renditions: list,
      companions: list,
      verified: flag,
      dynamicPod: flag,
      clicksStayInApp: flag,
    } satisfies Record<keyof Omit<Fit, 'media'>, fc.Arbitrary<unknown>>,
    { requiredKeys: [] },
  )
  .map((parts): Fit => ({ media: 'video', ...parts }));

describe('a recipe', () => {
  it('comes back as it was, in characters that an address takes as they are', () => {
    fc.assert(
      fc.property(fits, fc.boolean(), (fit, secure) => {
        const text = writeRecipe({ fit, secure });
        expect(text).toMatch(/^[\w.-]*$/);
        expect(readRecipe('video', text)).toEqual({ fit, secure });
      }),
    );
  });

  it('is short where there is little to say', () => {
    const fit: Fit = { media: 'video', width: 640, height: 360, protocol: 6, renditions: [0, 2] };
    expect(writeRecipe({ fit, secure: true })).toBe('s-w640-h360-p6-r0.2');
    expect(writeRecipe({ fit: { media: 'banner' }, secure: false })).toBe('');
  });

  it('of anybody else’s making is read or refused, and nothing is thrown', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => void readRecipe('video', text)));
    for (const text of ['w', '-', 'w640-', 'W640', 'z1', 'w-1', 'w1e9', 'w1234567890', 'p6 ', '%77'])
      expect(text === 'w' ? readRecipe('video', text)?.fit.width : readRecipe('video', text)).toBe(
        text === 'w' ? 0 : undefined,
      );
  });
});
