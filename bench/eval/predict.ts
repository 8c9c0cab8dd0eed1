/**
 * Clicks predicted from the features of a showing, each row predicted before it is learned: what the features add to the rate alone,
 * and what holding the model to what came of it adds to that.
 */
import { basename } from 'node:path';
import { hash32 } from '../../src/core/random.ts';
import { FtrlModel } from '../../src/policy/predict/ftrl.ts';
import {
  areaUnderCurve,
  calibrationRatio,
  gainsAt,
  logLoss,
  normalisedEntropy,
} from '../../src/policy/predict/quality.ts';
import { recalibration } from '../../src/policy/predict/recalibrate.ts';
import type { CsvFile } from './csv.ts';
import { readCsv } from './csv.ts';
import type { Evaluation, Findings } from './evaluation.ts';
import { predictedFlight } from './predict-flight.ts';

/** Before the first click the rate is taken to be display's usual one, with the weight of a few clicks. */
const FIRST_RATE = 0.002;
const FIRST_CLICKS = 5;

export const predict: Evaluation = {
  name: 'predict',
  title: 'clicks predicted before they are learned',
  settings: { bits: { default: '18', means: 'the model has 2 to the power of so many places' } },
  variant: (_, files) => (files.every((path) => path.endsWith('.json')) ? 'flights' : ''),
  run: async ({ files, seed, settings }) => {
    if (files.every((path) => path.endsWith('.json'))) return flightFindings(files, seed);
    const judged = files.map((path) => ({ path, ...predicted(readCsv(path), Number(settings.bits)) }));
    const rows = judged.flatMap(({ path, came, rate, model, held }) =>
      Object.entries({ rate, model, recalibrated: held }).map(([name, chance]) => {
        const each = { chance, came };
        return [
          path.split('/').at(-1)!,
          name,
          areaUnderCurve(each),
          logLoss(each),
          normalisedEntropy(each),
          calibrationRatio(each),
        ];
      }),
    );
    const mean = (name: string, column: number): number => {
      const of = rows.filter((row) => row[1] === name);
      return of.reduce((sum, row) => sum + Number(row[column]), 0) / of.length;
    };
    return {
      figures: {
        areaUnderCurve: mean('recalibrated', 2),
        logLoss: mean('recalibrated', 3),
        normalisedEntropy: mean('recalibrated', 4),
        calibrationRatio: mean('recalibrated', 5),
        rateAreaUnderCurve: mean('rate', 2),
        rateNormalisedEntropy: mean('rate', 4),
      },
      goals: { calibrationRatio: '>= 0.95', areaUnderCurve: '> 0.5' },
      tables: [
        {
          title: 'By file and model',
          columns: ['file', 'model', 'area', 'log-loss', 'normalised entropy', 'clicks / expected'],
          rows,
        },
      ],
      notes: [
        'Every row is predicted before it is learned. `rate` is the rate so far, `model` FTRL-Proximal over all columns with that rate as its base, `recalibrated` the same held to the clicks so far. Few clicks: read the area as ± 0.02.',
      ],
    };
  },
};

/** A day of fewer clicks says nothing of a ratio to one part in twenty. */
const CLICKS_MIN = 100;

async function flightFindings(files: readonly string[], seed: number): Promise<Findings> {
  const flown = [];
  for (const path of files)
    flown.push({ name: basename(path, '.json'), ...(await predictedFlight(path, seed)) });
  const judged = flown.flatMap(({ name, rate, model, truth }) =>
    Object.entries({ rate, model, truth }).map(([who, each]) => ({
      name,
      who,
      area: areaUnderCurve(each),
      loss: logLoss(each),
      entropy: normalisedEntropy(each),
      ratio: calibrationRatio(each),
      gains: [0.1, 0.2, 0.5].map((part) => gainsAt(each, part)),
    })),
  );
  const mean = (who: string, of: (each: (typeof judged)[number]) => number): number => {
    const own = judged.filter((each) => each.who === who);
    return own.reduce((sum, each) => sum + of(each), 0) / own.length;
  };
  const days = flown.flatMap(({ name, calibration }) => calibration.map((day) => ({ name, ...day })));
  const late = days.filter(({ day, clicks }) => day >= SETTLED_DAY && clicks >= CLICKS_MIN);
  return {
    figures: {
      areaUnderCurve: mean('model', ({ area }) => area),
      rateAreaUnderCurve: mean('rate', ({ area }) => area),
      truthAreaUnderCurve: mean('truth', ({ area }) => area),
      normalisedEntropy: mean('model', ({ entropy }) => entropy),
      rateNormalisedEntropy: mean('rate', ({ entropy }) => entropy),
      truthNormalisedEntropy: mean('truth', ({ entropy }) => entropy),
      clicksInFirstTenth: mean('model', ({ gains }) => gains[0]!),
      truthClicksInFirstTenth: mean('truth', ({ gains }) => gains[0]!),
      calibrationLeast: Math.min(...late.map(({ ratio }) => ratio)),
      calibrationGreatest: Math.max(...late.map(({ ratio }) => ratio)),
      calibrationMean: late.reduce((sum, { ratio }) => sum + ratio, 0) / late.length,
    },
    goals: { calibrationLeast: '>= 0.95', calibrationGreatest: '<= 1.05' },
    tables: [
      {
        title: 'By flight and who knows it',
        columns: [
          'flight',
          'who',
          'area',
          'log-loss',
          'normalised entropy',
          'clicks / expected',
          'clicks in the first tenth',
          'fifth',
          'half',
        ],
        rows: judged.map(({ name, who, area, loss, entropy, ratio, gains }) => [
          name,
          who,
          area,
          loss,
          entropy,
          ratio,
          ...gains,
        ]),
      },
      {
        title: 'True clicks for each predicted, by day',
        columns: ['flight', 'line item', 'day', 'true clicks', 'ratio'],
        rows: days.map(({ name, id, day, clicks, ratio }) => [name, id, day, clicks.toFixed(0), ratio]),
      },
    ],
    notes: [
      '`rate` is the line item’s own rate, `model` what bids went by before it is held to the latest clicks, `truth` the simulator’s own chance: nobody can know more.',
      `Calibration is by the truth’s clicks, so that their chance does not blur it, of what bids went by, on days with ${CLICKS_MIN} clicks or more, from day ${SETTLED_DAY} on.`,
    ],
  };
}

/** The rates of a flight that changes have changed on its fourth day. */
const SETTLED_DAY = 5;

function predicted(csv: CsvFile, bits: number) {
  const came = csv.numbers('click');
  const columns = csv.columns.filter((column) => column !== 'click');
  const texts = columns.map((column) => csv.texts(column));
  const model = new FtrlModel(bits);
  const rates = new Float64Array(csv.rows);
  const chances = new Float64Array(csv.rows);
  const held = new Float64Array(csv.rows);
  let clicks = 0;
  let expected = 0;
  for (let row = 0; row < csv.rows; row++) {
    const features = texts.map((column, index) => hash32(`${index}\0${column[row]}`, 0));
    const base = (clicks + FIRST_CLICKS) / (row + FIRST_CLICKS / FIRST_RATE);
    const chance = model.predict(features, base);
    rates[row] = base;
    chances[row] = chance;
    held[row] = Math.min(chance * recalibration(clicks, expected), 1);
    expected += chance;
    clicks += came[row]!;
    model.learn(features, base, came[row] === 1);
  }
  return { came, rate: rates, model: chances, held };
}
