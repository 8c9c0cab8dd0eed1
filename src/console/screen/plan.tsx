/** Budget plan: where the money of line items should go, what that gains, and why; applied on approval. */
import { useSignal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { messageOf, post } from '../client.ts';
import { plain } from '../format.ts';
import { t, term } from '../language.ts';
import { refreshNews } from '../news-state.ts';
import { canApprove } from '../session.ts';
import { format, names } from '../state.ts';
import { Card } from '../view/card.tsx';
import { Table } from '../view/table.tsx';

interface PlanView {
  readonly metric: string;
  readonly budgetMicros: number;
  readonly lines: readonly PlannedLine[];
  readonly gain: { readonly results: number; readonly low: number; readonly high: number };
  readonly leftOut: readonly string[];
  readonly changes?: readonly number[];
}

interface PlannedLine {
  readonly lineItemId: string;
  readonly spendMicros: number;
  readonly plannedMicros: number;
  readonly results: number;
  readonly expectedResults: number;
  readonly low: number;
  readonly high: number;
  readonly marginalCostMicros?: number;
  readonly why: string;
}

const METRICS = ['conversions', 'clicks', 'value'] as const;

export function PlanScreen() {
  const metric = useSignal<string>('conversions');
  const budget = useSignal('');
  const least = useSignal('50');
  const most = useSignal('200');
  const [plan, setPlan] = useState<PlanView | undefined>(undefined);
  const [trouble, setTrouble] = useState<string | undefined>(undefined);
  const [sure, setSure] = useState(false);
  const question = {
    metric: metric.value,
    ...(Number(budget.value) > 0 ? { budgetMicros: Math.round(Number(budget.value) * 1e6) } : {}),
    minTimes: Number(least.value) / 100,
    maxTimes: Number(most.value) / 100,
  };
  const ask = async (apply: boolean): Promise<void> => {
    setSure(false);
    try {
      setPlan(
        await post<PlanView>('api/v1/plan', {
          ...question,
          apply,
          ...(apply ? { reason: t('plan.reason') } : {}),
        }),
      );
      setTrouble(undefined);
      if (apply) void refreshNews();
    } catch (error) {
      setPlan(undefined);
      setTrouble(messageOf(error));
    }
  };
  useEffect(() => {
    if (canApprove.value) void ask(false);
  }, [canApprove.value]);
  const inputs = [
    ['plan.budget', budget],
    ['plan.least', least],
    ['plan.most', most],
  ] as const;
  return (
    <Card id="plan" title={t('plan.title')} hint={t('plan.hint')} trouble={trouble}>
      {!canApprove.value && <p class="card-text">{t('plan.approver')}</p>}
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void ask(false);
        }}
      >
        <label class="field">
          <span>{t('plan.metric')}</span>
          <select
            value={metric.value}
            onChange={(event) => {
              metric.value = event.currentTarget.value;
            }}
          >
            {METRICS.map((one) => (
              <option key={one} value={one}>
                {term(one)}
              </option>
            ))}
          </select>
        </label>
        {inputs.map(([key, value]) => (
          <label key={key} class="field">
            <span>{t(key)}</span>
            <input
              type="number"
              step="any"
              min="0"
              value={value.value}
              onInput={(event) => {
                value.value = event.currentTarget.value;
              }}
            />
          </label>
        ))}
        <button type="submit" class="button button-main" disabled={!canApprove.value}>
          {t('plan.ask')}
        </button>
      </form>
      {plan && <Shown plan={plan} />}
      {plan && plan.changes === undefined && (
        <p class="card-acts">
          {sure ? (
            <>
              <span>{t('plan.sure', { n: plan.lines.length })}</span>
              <button type="button" class="button button-main" onClick={() => void ask(true)}>
                {t('unlock.confirm')}
              </button>
              <button type="button" class="button" onClick={() => setSure(false)}>
                {t('unlock.cancel')}
              </button>
            </>
          ) : (
            <button type="button" class="button" onClick={() => setSure(true)}>
              {t('plan.apply')}
            </button>
          )}
        </p>
      )}
    </Card>
  );
}

function Shown({ plan }: { readonly plan: PlanView }) {
  const { count, money, exact } = format.value;
  const { gain } = plan;
  return (
    <>
      <dl class="facts">
        <div>
          <dt>{t('plan.gain')}</dt>
          <dd data-tone={gain.results >= 0 ? 'good' : 'bad'}>
            {gain.results >= 0 ? '+' : '−'}
            {Math.abs(gain.results).toFixed(1)}
            <span class="fact-small">
              {t('interval.to', { low: gain.low.toFixed(1), high: gain.high.toFixed(1) })}
            </span>
          </dd>
        </div>
        <div>
          <dt>{t('plan.total')}</dt>
          <dd>{money(plan.budgetMicros)}</dd>
        </div>
        {plan.changes && (
          <div>
            <dt>{t('plan.applied')}</dt>
            <dd>{plan.changes.map((number) => count(number)).join(', ')}</dd>
          </div>
        )}
      </dl>
      <Table
        label={t('plan.title')}
        rows={plan.lines}
        keyOf={({ lineItemId }) => lineItemId}
        empty={t('plan.none')}
        columns={[
          {
            key: 'line',
            name: t('col.lineItem'),
            cell: ({ lineItemId }) => plain(names.value.get(`line_item/${lineItemId}`) ?? lineItemId),
          },
          { key: 'now', name: t('plan.now'), number: true, cell: (line) => money(line.spendMicros) },
          {
            key: 'planned',
            name: t('plan.planned'),
            number: true,
            cell: (line) => <strong>{money(line.plannedMicros)}</strong>,
          },
          {
            key: 'results',
            name: term(plan.metric),
            number: true,
            cell: (line) => `${line.results.toFixed(1)} → ${line.expectedResults.toFixed(1)}`,
          },
          {
            key: 'range',
            name: t('plan.range'),
            number: true,
            cell: (line) => `${line.low.toFixed(1)}–${line.high.toFixed(1)}`,
          },
          {
            key: 'marginal',
            name: t('plan.marginal'),
            number: true,
            cell: (line) => exact(line.marginalCostMicros),
          },
          { key: 'why', name: t('col.why'), cell: (line) => plain(line.why, 300) },
        ]}
      />
      {plan.leftOut.length > 0 && (
        <p class="card-text hint">
          {t('plan.leftOut', {
            names: plan.leftOut.map((id) => plain(names.value.get(`line_item/${id}`) ?? id)).join(', '),
          })}
        </p>
      )}
    </>
  );
}
