/** An experiment from a line item and what is to be different. */
import { useSignal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { messageOf, post } from '../client.ts';
import { patchIn } from '../experiment-model.ts';
import { t, term } from '../language.ts';
import { refreshNews } from '../news-state.ts';
import { names } from '../state.ts';
import { Card } from './card.tsx';
import { LineChoice } from './line-choice.tsx';

export function NewExperiment({ onMade }: { onMade(): void }) {
  const id = useSignal('');
  const line = useSignal<string | undefined>(undefined);
  const metric = useSignal('conversions');
  const changes = useSignal('{ "bid": { "maxCpmMicros": 4000000 } }');
  const holdout = useSignal('0');
  const [said, setSaid] = useState<{ readonly tone: 'good' | 'bad'; readonly text: string } | undefined>(
    undefined,
  );
  const make = async (): Promise<void> => {
    const patch = patchIn(changes.value);
    if (!patch.ok) return setSaid({ tone: 'bad', text: t('explain.notJson', { why: patch.why }) });
    try {
      await post('api/v1/experiments', {
        id: id.value.trim(),
        lineItemId:
          line.value ?? [...names.value.keys()].find((key) => key.startsWith('line_item/'))?.slice(10),
        metric: metric.value,
        holdoutShare: Number(holdout.value) / 100,
        arms: [{ id: 'control' }, { id: 'variant', changes: patch.patch }],
      });
      setSaid({ tone: 'good', text: t('exp.made') });
      onMade();
      void refreshNews();
    } catch (error) {
      setSaid({ tone: 'bad', text: messageOf(error) });
    }
  };
  return (
    <Card id="new-experiment" title={t('exp.new')} hint={t('exp.newHint')}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <label class="field">
          <span>{t('exp.newId')}</span>
          <input
            type="text"
            required
            pattern="[a-z0-9][a-z0-9\-]*"
            value={id.value}
            onInput={(event) => {
              id.value = event.currentTarget.value;
            }}
          />
        </label>
        <LineChoice
          chosen={line.value}
          onChoose={(next) => {
            line.value = next;
          }}
        />
        <label class="field">
          <span>{t('exp.metric')}</span>
          <select
            value={metric.value}
            onChange={(event) => {
              metric.value = event.currentTarget.value;
            }}
          >
            {['conversions', 'clicks', 'value'].map((one) => (
              <option key={one} value={one}>
                {term(one)}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>{t('exp.holdout')}</span>
          <input
            type="number"
            min="0"
            max="90"
            value={holdout.value}
            onInput={(event) => {
              holdout.value = event.currentTarget.value;
            }}
          />
        </label>
        <label class="field field-wide">
          <span>{t('exp.changes')}</span>
          <input
            type="text"
            spellcheck={false}
            value={changes.value}
            onInput={(event) => {
              changes.value = event.currentTarget.value;
            }}
          />
        </label>
        <button type="submit" class="button button-main">
          {t('exp.make')}
        </button>
        {said && (
          <p class="editor-said" data-tone={said.tone} role="status">
            {said.text}
          </p>
        )}
      </form>
    </Card>
  );
}
