/** What a line item would bring a day with the settings that are being entered, beside what it brings with those in use. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { messageOf, post } from '../client.ts';
import { t } from '../language.ts';
import type { ForecastAnswer, ForecastView, RangeView } from '../line-model.ts';
import { format } from '../state.ts';

const ASK_AFTER_MS = 400;

export function Forecast({ id, patch }: { readonly id: string; readonly patch: unknown }) {
  const [answer, setAnswer] = useState<ForecastAnswer | undefined>(undefined);
  const [trouble, setTrouble] = useState<string | undefined>(undefined);
  const asked = useRef(0);
  const text = JSON.stringify(patch ?? {});
  useEffect(() => {
    const number = ++asked.current;
    const timer = setTimeout(async () => {
      try {
        const changes: unknown = JSON.parse(text);
        const next = await post<ForecastAnswer>('api/v1/forecast', { lineItemId: id, changes });
        if (asked.current !== number) return;
        setAnswer(next);
        setTrouble(undefined);
      } catch (error) {
        if (asked.current === number) setTrouble(messageOf(error));
      }
    }, ASK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [id, text]);
  const { count } = format.value;
  return (
    <section class="forecast" aria-labelledby="forecast-title" aria-live="polite">
      <h3 id="forecast-title">{t('forecast.title')}</h3>
      {trouble !== undefined && <p class="editor-fault">{trouble}</p>}
      {answer ? (
        <>
          <Figures now={answer.now} changed={text === '{}' ? undefined : answer.changed} />
          <p class="hint">{t('forecast.hint', { n: count(answer.sampled.requests) })}</p>
        </>
      ) : (
        trouble === undefined && <p class="hint">{t('say.counting')}</p>
      )}
    </section>
  );
}

interface FiguresProps {
  readonly now: ForecastView | undefined;
  readonly changed: ForecastView | undefined;
}

function Figures({ now, changed }: FiguresProps) {
  const { compact, money, share } = format.value;
  const range = (of: (value: number) => string) => (value: RangeView | undefined) =>
    value === undefined ? '–' : `${of(value.mean)} (${of(value.low)}–${of(value.high)})`;
  const rows: readonly [string, (one: ForecastView | undefined) => string][] = [
    [t('forecast.bids'), (one) => range(compact)(one?.bids)],
    [t('col.impressions'), (one) => range(compact)(one?.impressions)],
    [t('col.spend'), (one) => range(money)(one?.spendMicros)],
    [t('col.conversions'), (one) => range(compact)(one?.conversions)],
    [t('tile.winRate'), (one) => (one ? share(one.winRate, 1) : '–')],
    [t('col.cpa'), (one) => money(one?.cpaMicros)],
    [t('forecast.budgetShare'), (one) => (one ? share(one.budgetShare, 1) : '–')],
  ];
  return (
    <table class="forecast-table">
      <thead>
        <tr>
          <td />
          <th scope="col">{t('forecast.now')}</th>
          {changed && <th scope="col">{t('forecast.changed')}</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, text]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{text(now)}</td>
            {changed && <td class="forecast-changed">{text(changed)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
