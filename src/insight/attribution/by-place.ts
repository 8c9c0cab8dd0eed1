/** Models that look at one path at a time: where in it a touch stands, and how long before the end it happened. */
import type { AttributionModel, TouchPath } from './path.ts';
import { Ledger } from './path.ts';

type Weigh = (path: TouchPath) => readonly number[];

function byWeights(name: string, about: string, weigh: Weigh): AttributionModel {
  return {
    name,
    about,
    credits: (paths) => {
      const ledger = new Ledger();
      for (const path of paths) if (path.touches.length > 0) ledger.share(path, weigh(path));
      return ledger.credits;
    },
  };
}

export const lastTouch = byWeights('last_touch', 'All to the last touch.', ({ touches }) =>
  touches.map((_, place) => Number(place === touches.length - 1)),
);

export const firstTouch = byWeights('first_touch', 'All to the first touch.', ({ touches }) =>
  touches.map((_, place) => Number(place === 0)),
);

export const linear = byWeights('linear', 'The same to every touch.', ({ touches }) => touches.map(() => 1));

/** As consoles have it: two fifths each to the ends, one fifth to all between them. */
const END_SHARE = 0.4;

export const positionBased = byWeights(
  'position_based',
  'Two fifths each to the first and the last touch, one fifth to those between.',
  ({ touches: { length } }) => {
    if (length <= 2) return Array.from({ length }, () => 1);
    const between = (1 - 2 * END_SHARE) / (length - 2);
    return Array.from({ length }, (_, place) => (place === 0 || place === length - 1 ? END_SHARE : between));
  },
);

const HALF_LIFE_HOURS = 7 * 24;

/** Where times are not told each touch counts as a day before the next. */
export const timeDecay = byWeights(
  'time_decay',
  'Half as much for every seven days before the conversion.',
  ({ touches }) =>
    touches.map(({ hoursBefore }, place) => {
      const hours = hoursBefore ?? 24 * (touches.length - 1 - place);
      return 2 ** (-hours / HALF_LIFE_HOURS);
    }),
);
