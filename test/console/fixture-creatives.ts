/** The creatives of a made-up line item, whose slots and variants an attacker named. */
import type { CreativesView, PairsView, RateView, WithWhomView } from '../../src/console/creatives-model.ts';
import { HOSTILE } from './fixture-book.ts';

const RATE: RateView = { rate: 0.012, low: 0.009, high: 0.016 };
const SHOWN = {
  impressions: 4_200,
  clicks: 51,
  conversions: 3,
  chanceToBeBest: 0.5,
  expectedLoss: 0.0004,
  paused: false,
};
const VARIANTS = [HOSTILE, 'calm'];
const SLOTS = ['headline', HOSTILE];

export function creativesOf(lineItemId: string): CreativesView {
  const elements = VARIANTS.map((element) => ({ ...SHOWN, element, rate: RATE }));
  const slots = SLOTS.map((slot) => ({ slot, elements }));
  const creative = { ...SHOWN, clickRate: RATE, conversionRate: RATE, fatigued: false };
  return {
    lineItemId,
    reward: 'clicks',
    creatives: [
      { ...creative, creativeId: HOSTILE, slots },
      { ...creative, creativeId: 'plain', slots: [] },
    ],
  };
}

export function withWhom(): WithWhomView {
  const row = { kind: 'site', value: HOSTILE, rate: RATE, ownRate: 0.01, particular: true } as const;
  const counts = { impressions: 900, clicks: 14, conversions: 1, verdict: 'better' } as const;
  return { combinations: 4, rows: [{ ...row, ...counts, creativeId: HOSTILE, slot: HOSTILE }] };
}

export function pairs(): PairsView {
  const cells = VARIANTS.flatMap((row) =>
    VARIANTS.map((column) => ({ row, column, impressions: 1_050, results: 12, rate: RATE })),
  );
  return { rows: VARIANTS, columns: VARIANTS, cells };
}
