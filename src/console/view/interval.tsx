/** A rate with the interval that holds it. */

import type { RateView } from '../creatives-model.ts';
import { t } from '../language.ts';
import { format } from '../state.ts';

/** The bar is the interval, the notch the rate; all bars of a table have one scale. */
export function Interval({ rate, scale }: { readonly rate: RateView; readonly scale: number }) {
  const at = (value: number): string => `${((100 * value) / scale).toFixed(2)}%`;
  return (
    <span class="interval" title={t('interval.to', { low: percent(rate.low), high: percent(rate.high) })}>
      <span class="interval-number">{percent(rate.rate)}</span>
      <span class="interval-track">
        <span
          class="interval-bar"
          style={{ left: at(rate.low), width: at(Math.max(0, rate.high - rate.low)) }}
        />
        <span class="interval-notch" style={{ left: at(rate.rate) }} />
      </span>
    </span>
  );
}

function percent(share: number): string {
  return format.value.share(Math.max(0, share), 1);
}
