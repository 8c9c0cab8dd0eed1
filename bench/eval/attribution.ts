/** Who gets the credit for conversions on recorded paths, model by model, beside figures that others found on the same file. */
import { ATTRIBUTION_MODELS } from '../../src/insight/attribution/index.ts';
import { chanceOfConversion } from '../../src/insight/attribution/markov.ts';
import type { TouchPath } from '../../src/insight/attribution/path.ts';
import { readCsv } from './csv.ts';
import type { Evaluation } from './evaluation.ts';

/** Found on `mta_paths/paths.csv` by other programs: conversions of two of its channels, and the chance of a conversion. */
const PUBLISHED: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  first_touch: { alpha: 6308, iota: 4606 },
  last_touch: { alpha: 8447, iota: 3355 },
  linear: { alpha: 7574.72, iota: 3857.1 },
  markov: { alpha: 5344.95, iota: 3884.61 },
  shapley: { alpha: 7627.94, iota: 3505.04 },
};
const PUBLISHED_CHANCE = 0.2238;
const PUBLISHED_CONVERSIONS = 19_785;

export const attribution: Evaluation = {
  name: 'attribution',
  title: 'credit for conversions by channel, under seven models',
  settings: {},
  variant: () => '',
  run: ({ files }) => {
    const paths = files.flatMap(pathsOf);
    const byModel = ATTRIBUTION_MODELS.map((model) => ({ model, credits: model.credits(paths) }));
    const channels = [
      ...new Set(paths.flatMap(({ touches }) => touches.map(({ channel }) => channel))),
    ].sort();
    const conversions = paths.reduce((sum, path) => sum + path.conversions, 0);
    const of = (name: string, channel: string): number =>
      byModel.find(({ model }) => model.name === name)?.credits.get(channel)?.conversions ?? Number.NaN;
    const isPublished = conversions === PUBLISHED_CONVERSIONS;
    const departures = Object.entries(PUBLISHED).map(([name, known]) => [
      `${name}Departure`,
      Math.max(...Object.entries(known).map(([channel, credit]) => Math.abs(of(name, channel) - credit))),
    ]);
    const unshared = Math.max(
      ...byModel.map(({ credits }) =>
        Math.abs([...credits.values()].reduce((sum, credit) => sum + credit.conversions, 0) - conversions),
      ),
    );
    const chance = chanceOfConversion(paths);
    return {
      figures: {
        conversions,
        chanceOfConversion: chance,
        unshared,
        ...(isPublished ? Object.fromEntries(departures) : {}),
        ...(isPublished ? { chanceDeparture: Math.abs(chance - PUBLISHED_CHANCE) } : {}),
      },
      goals: {
        unshared: '<= 0.000001',
        ...(isPublished
          ? {
              ...Object.fromEntries(departures.map(([name]) => [name, '<= 0.005'])),
              chanceDeparture: '<= 0.00005',
            }
          : {}),
      },
      tables: [
        {
          title: 'Conversions by channel and model',
          columns: ['channel', ...byModel.map(({ model }) => model.name)],
          rows: channels.map((channel) => [channel, ...byModel.map(({ model }) => of(model.name, channel))]),
        },
      ],
      notes: [
        'Paths without times: a touch counts as a day before the next.',
        'A departure is the greatest difference to the published conversions of two channels; those are given to two decimals.',
      ],
    };
  },
};

function pathsOf(file: string): TouchPath[] {
  const csv = readCsv(file);
  const conversions = csv.numbers('conversions');
  const values = csv.numbers('conversion_value');
  const misses = csv.numbers('non_conversions');
  return csv.texts('path').map((path, row) => ({
    touches: path.split('>').map((channel) => ({ channel: channel.trim() })),
    conversions: conversions[row]!,
    misses: misses[row]!,
    valueMicros: Math.round(values[row]! * 1e6),
  }));
}
