/**
 * Shapley values over sets of channels (Shao & Li 2011; Dalessandro, Perlich, Stitelman & Provost 2012): the worth of a set is what
 * the paths inside it brought. Then a path counts for every set that holds its distinct channels, and the value has a closed form: each
 * path is shared equally by its distinct channels, however often and in whatever order they came.
 */
import type { AttributionModel } from './path.ts';
import { Ledger } from './path.ts';

export const shapley: AttributionModel = {
  name: 'shapley',
  about: 'By what the channel adds to every set of others: each path equally to its distinct channels.',
  credits: (paths) => {
    const ledger = new Ledger();
    for (const { touches, conversions, valueMicros } of paths) {
      const distinct = new Set(touches.map(({ channel }) => channel));
      for (const channel of distinct)
        ledger.add(channel, conversions / distinct.size, valueMicros / distinct.size);
    }
    return ledger.credits;
  },
};
