/** Bid landscape: impressions and spend a day to be had at other bids, each put to the sampled requests. */
import { useEffect, useState } from 'preact/hooks';
import { messageOf, post } from '../client.ts';
import { t } from '../language.ts';
import type { ForecastAnswer, ForecastView, LineObject } from '../line-model.ts';
import { bidLadder, ceilingOf } from '../line-model.ts';
import { format, marketCpmMicros } from '../state.ts';
import { Card } from './card.tsx';
import { Chart } from './chart.tsx';
import { Table } from './table.tsx';

interface Rung {
  readonly micros: number;
  readonly forecast: ForecastView;
}

export function Landscape({ line }: { readonly line: LineObject }) {
  const ceiling = ceilingOf(line);
  const [rungs, setRungs] = useState<readonly Rung[]>([]);
  const [trouble, setTrouble] = useState<string | undefined>(undefined);
  useEffect(() => {
    let live = true;
    const ask = async (): Promise<void> => {
      if (!ceiling) return;
      const found: Rung[] = [];
      for (const micros of bidLadder(ceiling.micros, marketCpmMicros())) {
        const changes = { bid: { [ceiling.key]: micros } };
        const { changed } = await post<ForecastAnswer>('api/v1/forecast', { lineItemId: line.id, changes });
        if (!live) return;
        found.push({ micros, forecast: changed });
      }
      setRungs(found);
      setTrouble(undefined);
    };
    ask().catch((error: unknown) => live && setTrouble(messageOf(error)));
    return () => {
      live = false;
    };
  }, [line.id, ceiling?.key, ceiling?.micros]);
  if (!ceiling) return null;
  const { exact, count, compact, money, share } = format.value;
  return (
    <Card id="landscape" title={t('landscape.title')} hint={t('landscape.hint')} trouble={trouble}>
      {rungs.length === 0 ? (
        <p class="empty">{t('say.counting')}</p>
      ) : (
        <>
          <Chart
            label={t('landscape.title')}
            series={[
              {
                name: t('col.impressions'),
                tone: 'main',
                points: rungs.map(({ micros, forecast }) => ({ x: micros, y: forecast.impressions.mean })),
              },
            ]}
            marks={[{ x: ceiling.micros, text: t('landscape.now') }]}
            xText={exact}
            yText={compact}
          />
          <Table
            label={t('landscape.title')}
            rows={rungs}
            keyOf={({ micros }) => String(micros)}
            empty=""
            columns={[
              {
                key: 'bid',
                name: t('landscape.bid'),
                cell: ({ micros }) => (
                  <>
                    {exact(micros)}{' '}
                    {micros === ceiling.micros && (
                      <span class="badge" data-tone="good">
                        {t('landscape.now')}
                      </span>
                    )}
                  </>
                ),
              },
              {
                key: 'impressions',
                name: t('col.impressions'),
                number: true,
                cell: ({ forecast }) => count(forecast.impressions.mean),
              },
              {
                key: 'spend',
                name: t('col.spend'),
                number: true,
                cell: ({ forecast }) => money(forecast.spendMicros.mean),
              },
              {
                key: 'conversions',
                name: t('col.conversions'),
                number: true,
                cell: ({ forecast }) => forecast.conversions.mean.toFixed(1),
              },
              {
                key: 'rate',
                name: t('tile.winRate'),
                number: true,
                cell: ({ forecast }) => share(forecast.winRate, 1),
              },
            ]}
          />
        </>
      )}
    </Card>
  );
}
