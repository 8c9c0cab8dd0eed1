/** How long an experiment must run, and what it can find, asked before it starts. */
import { useSignal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { get, messageOf } from '../client.ts';
import type { ExperimentPlan } from '../experiment-model.ts';
import { isSoundPlan } from '../experiment-model.ts';
import { t } from '../language.ts';
import { format } from '../state.ts';
import { Card } from './card.tsx';

export function Calculator() {
  const rate = useSignal('1');
  const people = useSignal('20000');
  const change = useSignal('10');
  const days = useSignal('14');
  const [plan, setPlan] = useState<ExperimentPlan | undefined>(undefined);
  const [trouble, setTrouble] = useState<string | undefined>(undefined);
  const question = {
    rate: Number(rate.value) / 100,
    people_per_day: Number(people.value),
    change: Number(change.value) / 100,
    days: Number(days.value),
  };
  const ask = async (): Promise<void> => {
    try {
      const query = new URLSearchParams(Object.entries(question).map(([key, value]) => [key, String(value)]));
      setPlan(await get<ExperimentPlan>(`api/v1/experiments/plan?${query}`));
      setTrouble(undefined);
    } catch (error) {
      setTrouble(messageOf(error));
    }
  };
  const { count, share } = format.value;
  const inputs = [
    ['exp.planRate', rate],
    ['exp.planPeople', people],
    ['exp.planChange', change],
    ['exp.planDays', days],
  ] as const;
  return (
    <Card id="calculator" title={t('exp.plan')} hint={t('exp.planHint')} trouble={trouble}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void ask();
        }}
      >
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
        <button type="submit" class="button button-main" disabled={!isSoundPlan(question)}>
          {t('exp.planAsk')}
        </button>
      </form>
      {plan && (
        <dl class="facts">
          <div>
            <dt>{t('exp.planNeeded')}</dt>
            <dd>{count(plan.peopleNeeded)}</dd>
          </div>
          <div>
            <dt>{t('exp.planDuration')}</dt>
            <dd>{t('exp.planDurationDays', { n: count(plan.daysNeeded) })}</dd>
          </div>
          <div>
            <dt>{t('exp.planLeast', { n: days.value })}</dt>
            <dd>{plan.leastRise === undefined ? '–' : `+${share(plan.leastRise, 1)}`}</dd>
          </div>
        </dl>
      )}
    </Card>
  );
}
