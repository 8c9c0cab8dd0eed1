/**
 * Clicks predicted in a simulated flight, where the truth of each showing is known: what the model knows beside the rate alone, what the
 * truth itself would know, and how near to it line items are held from day to day.
 */
import { readFileSync } from 'node:fs';
import { FtrlModel } from '../../src/policy/predict/ftrl.ts';
import type { ClickModel } from '../../src/policy/predict/predictor.ts';
import type { Judged } from '../../src/policy/predict/quality.ts';
import { rehearse } from '../../src/rehearse.ts';
import { readFlightFile } from '../../src/simulate/flight-file.ts';

interface Collected {
  readonly chance: number[];
  readonly came: number[];
}

export interface PredictedFlight {
  readonly showings: number;
  readonly rate: Judged;
  readonly model: Judged;
  readonly truth: Judged;
  /** By line item and day: clicks that the truth expected for each that was predicted when bids were made. */
  readonly calibration: readonly {
    readonly id: string;
    readonly day: number;
    readonly ratio: number;
    readonly clicks: number;
  }[];
}

const DAY_MS = 86_400_000;

export async function predictedFlight(path: string, seed: number): Promise<PredictedFlight> {
  const read = readFlightFile(JSON.parse(readFileSync(path, 'utf8')));
  if (!read.ok) throw new Error(read.faults.map((fault) => `${path}: ${fault}`).join('\n'));
  const rate: Collected = { chance: [], came: [] };
  const model: Collected = { chance: [], came: [] };
  const truth: Collected = { chance: [], came: [] };
  const expected = new Map<string, number>();
  const days: { id: string; day: number; predicted: number; expected: number }[] = [];
  let startMs: number | undefined;
  let nextMs = Number.POSITIVE_INFINITY;
  await rehearse(path, read.file, read.scenario, seed, {
    clickModel: recording(rate, model),
    shown: ({ campaignId, clickChance, clicked }) => {
      truth.chance.push(clickChance);
      truth.came.push(clicked ? 1 : 0);
      expected.set(campaignId, (expected.get(campaignId) ?? 0) + clickChance);
    },
    ticked: (engine, nowMs) => {
      startMs ??= nowMs;
      if (nextMs === Number.POSITIVE_INFINITY) nextMs = startMs + DAY_MS;
      if (nowMs < nextMs || days.length > 100) return;
      const day = Math.round((nextMs - startMs) / DAY_MS);
      nextMs += DAY_MS;
      if (day > read.file.days) return;
      for (const { lineItemId, expectedClicks } of engine.steering())
        days.push({
          id: lineItemId,
          day,
          predicted: expectedClicks,
          expected: expected.get(lineItemId) ?? 0,
        });
    },
  });
  return {
    showings: truth.chance.length,
    rate,
    model,
    truth,
    calibration: days.flatMap(({ id, day, predicted, expected: known }) => {
      const before = days.find((each) => each.id === id && each.day === day - 1);
      const clicks = known - (before?.expected ?? 0);
      const told = predicted - (before?.predicted ?? 0);
      return told > 0 ? [{ id, day, ratio: clicks / told, clicks }] : [];
    }),
  };
}

/** Judges each showing by what was known just before it was learned. */
function recording(rate: Collected, model: Collected): ClickModel {
  const own = new FtrlModel();
  return {
    predict: (features, base) => own.predict(features, base),
    learn: (features, base, came, weight) => {
      rate.chance.push(base);
      model.chance.push(own.predict(features, base));
      for (const each of [rate, model]) each.came.push(came ? 1 : 0);
      own.learn(features, base, came, weight);
    },
    save: () => own.save(),
    freeze: () => own.freeze(),
    merge: (saved) => own.merge(saved),
  };
}
