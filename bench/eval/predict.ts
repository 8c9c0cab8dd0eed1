/**
 * Clicks predicted from the features of a showing, each row predicted before it is learned: what the features add to the rate alone,
 * and what holding the model to what came of it adds to that.
 */
import { hash32 } from '../../src/core/random.ts';
import { FtrlModel } from '../../src/policy/predict/ftrl.ts';
import {
  areaUnderCurve,
  calibrationRatio,
  logLoss,
  normalisedEntropy,
} from '../../src/policy/predict/quality.ts';
import { recalibration } from '../../src/policy/predict/recalibrate.ts';
import type { CsvFile } from './csv.ts';
import { readCsv } from './csv.ts';
import type { Evaluation } from './evaluation.ts';

/** Before the first click the rate is taken to be display's usual one, with the weight of a few clicks. */
const FIRST_RATE = 0.002;
const FIRST_CLICKS = 5;

export const predict: Evaluation = {
  name: 'predict',
  title: 'clicks predicted before they are learned',
  settings: { bits: { default: '18', means: 'the model has 2 to the power of so many places' } },
  variant: () => '',
  run: ({ files, settings }) => {
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
