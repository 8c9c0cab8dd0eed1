import { describe, expect, it } from 'vitest';
import { holdSecondsFor } from '../../src/bidding/hold.ts';

const exchange = {
  holdSeconds: { banner: 300, video: 900, audio: 900, native: 600 },
  holdSecondsMax: 3600,
};
const NOW = 1_000_000_000_000;
const inSeconds = (seconds: number) => NOW + 1000 * seconds;

describe('a bid stands', () => {
  it.each<[string, number | undefined, number | undefined, boolean, number | undefined]>([
    ['as long as usual', undefined, undefined, false, 300],
    ['as long as usual though less is asked', 60, undefined, false, 300],
    ['as long as the impression may take', 1200, undefined, false, 1200],
    ['at most the longest', 86_400, undefined, false, 3600],
    ['until after it is displayed', undefined, inSeconds(1000), true, 1300],
    ['until after it is displayed, also in the middle of a second', undefined, inSeconds(1000.5), true, 1301],
    ['as usual after a display that is over', undefined, inSeconds(-1000), true, 300],
    ['as long as both ask for', 2000, inSeconds(1000), true, 2000],
    ['the longest on a screen that says nothing', undefined, undefined, true, 3600],
    ['as long as a screen says', 1200, undefined, true, 1200],
    ['not at all where it is displayed after the longest', undefined, inSeconds(3400), true, undefined],
  ])('%s', (_name, expirySeconds, displayAtMs, onPublicScreen, expected) => {
    expect(holdSecondsFor(exchange, 'banner', { expirySeconds, displayAtMs }, onPublicScreen, NOW)).toBe(
      expected,
    );
  });

  it('as long as the exchange usually takes, though that is more than the longest', () => {
    const slow = { ...exchange, holdSecondsMax: 60 };
    expect(holdSecondsFor(slow, 'video', { expirySeconds: 5000, displayAtMs: undefined }, false, NOW)).toBe(
      900,
    );
  });
});
