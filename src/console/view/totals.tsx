/** Six figures that say how the whole account is doing, each with its last two minutes. */

import { NONE } from '../format.ts';
import { t } from '../language.ts';
import type { Totals as AccountTotals } from '../model.ts';
import { format, overview, samples } from '../state.ts';
import type { Measure } from '../trend.ts';
import { COST_PER_CONVERSION, latest, linePoints, perSecond, series, shareOf } from '../trend.ts';

const LINE_WIDTH = 200;
const LINE_HEIGHT = 36;

const REQUESTS = perSecond((sample) => sample.requests);
const BID_RATE = shareOf(
  (sample) => sample.bids,
  (sample) => sample.requests,
);
const WIN_RATE = shareOf(
  (sample) => sample.wins,
  (sample) => sample.bids,
);
const SPEND = perSecond((sample) => sample.spendMicros);
const CONVERSIONS = perSecond((sample) => sample.conversions, 30);

export function Totals() {
  const { count, compact, money, rate, share } = format.value;
  const totals = overview.value?.totals ?? NOTHING;
  const recent = (measure: Measure): number | undefined => latest(samples.value, measure);
  const known = overview.value !== undefined;
  const percent = (value: number | undefined): string => (value === undefined ? NONE : share(value, 1));
  const cpa = totals.conversions > 0 ? totals.spendMicros / totals.conversions : undefined;
  return (
    <section class="tiles" aria-label={t('tile.label')}>
      <Tile
        id="requests"
        name={t('tile.requests')}
        value={rate(recent(REQUESTS))}
        beside={t('tile.inAll', { n: compact(totals.requests) })}
        measure={REQUESTS}
      />
      <Tile
        id="bid-rate"
        name={t('tile.bidRate')}
        value={percent(recent(BID_RATE))}
        beside={t('tile.bids', { n: compact(totals.bids) })}
        measure={BID_RATE}
      />
      <Tile
        id="win-rate"
        name={t('tile.winRate')}
        value={percent(recent(WIN_RATE))}
        beside={t('tile.wins', { n: compact(totals.wins) })}
        measure={WIN_RATE}
      />
      <Tile
        id="spend"
        name={t('tile.spend')}
        value={known ? money(totals.spendMicros) : NONE}
        beside={t('tile.impressions', { n: compact(totals.impressions) })}
        measure={SPEND}
        lead
      />
      <Tile
        id="conversions"
        name={t('tile.conversions')}
        value={known ? count(totals.conversions) : NONE}
        beside={t('tile.ofClicks', { share: share(totals.conversions, totals.clicks) })}
        measure={CONVERSIONS}
      />
      <Tile
        id="cpa"
        name={t('tile.cpa')}
        value={money(cpa)}
        beside={t('tile.each')}
        measure={COST_PER_CONVERSION}
      />
    </section>
  );
}

interface TileProps {
  readonly id: string;
  readonly name: string;
  readonly value: string;
  readonly beside: string;
  readonly measure: Measure;
  readonly lead?: boolean;
}

function Tile({ id, name, value, beside, measure, lead = false }: TileProps) {
  return (
    <div class={lead ? 'tile tile-lead' : 'tile'} data-tile={id}>
      <p class="tile-name">{name}</p>
      <p class="tile-value">{value}</p>
      <p class="tile-beside">{beside}</p>
      <Sparkline values={series(samples.value, measure)} />
    </div>
  );
}

function Sparkline({ values }: { readonly values: readonly number[] }) {
  const line = linePoints(values, LINE_WIDTH, LINE_HEIGHT);
  const firstX = line.slice(0, line.indexOf(','));
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${LINE_WIDTH} ${LINE_HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {line !== '' && (
        <>
          <polygon points={`${firstX},${LINE_HEIGHT} ${line} ${LINE_WIDTH},${LINE_HEIGHT}`} />
          <polyline points={line} />
        </>
      )}
    </svg>
  );
}

const NOTHING: AccountTotals = {
  requests: 0,
  bids: 0,
  wins: 0,
  impressions: 0,
  clicks: 0,
  conversions: 0,
  spendMicros: 0,
};
