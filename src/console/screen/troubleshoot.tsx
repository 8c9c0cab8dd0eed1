/** Why a line item does not spend: where its chances go, which single thing would bring most of them back, and one request in detail. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { plain } from '../format.ts';
import { t } from '../language.ts';
import { goTo } from '../route.ts';
import { format, overview, showLine } from '../state.ts';
import { Explain } from '../view/explain.tsx';
import { Funnel } from '../view/funnel.tsx';
import { LineChoice } from '../view/line-choice.tsx';
import { Unlock } from '../view/unlock.tsx';

export function TroubleshootScreen({ id }: { readonly id: string | undefined }) {
  const lines = (overview.value?.campaigns ?? []).flatMap((campaign) => campaign.lines);
  // Whoever comes without a question is shown the line item that has won least.
  const least = useSignal<string | undefined>(undefined);
  least.value ??= lines.toSorted((a, b) => a.wins - b.wins)[0]?.id;
  const chosen = id ?? least.value;
  const line = lines.find((one) => one.id === chosen);
  useEffect(() => {
    if (chosen !== undefined) showLine(chosen);
  }, [chosen]);
  const { count, money } = format.value;
  return (
    <>
      <section class="card" aria-labelledby="trouble-title">
        <div class="card-head">
          <h2 id="trouble-title">{t('trouble.title')}</h2>
          <LineChoice chosen={chosen} onChoose={(next) => goTo('troubleshoot', next)} />
          {line && (
            <p class="hint">
              {t('trouble.sums', {
                spend: money(line.spendMicros),
                wins: count(line.wins),
                impressions: count(line.impressions),
              })}
            </p>
          )}
        </div>
        {line && <Funnel name={plain(line.name)} />}
      </section>
      {chosen !== undefined && <Unlock key={chosen} id={chosen} />}
      <Explain />
    </>
  );
}
