/** Where a line item's chances go, stage by stage, and what would bring most of them back. */

import { plain } from '../format.ts';
import { t, term } from '../language.ts';
import type { FunnelView, LossView, StageView } from '../model.ts';
import { format, funnel, funnelTrouble } from '../state.ts';

export function Funnel({ name }: { readonly name: string }) {
  const view = funnel.value;
  return (
    <section class="funnel" aria-label={t('funnel.of', { name: plain(name) })} aria-busy={view === undefined}>
      {view ? <Shown view={view} /> : <p class="funnel-wait">{funnelTrouble.value ?? t('say.counting')}</p>}
    </section>
  );
}

function Shown({ view }: { readonly view: FunnelView }) {
  return (
    <>
      <Advice view={view} />
      <ol class="stages">
        {view.stages.map((stage) => (
          <Stage key={stage.stage} stage={stage} />
        ))}
      </ol>
      <p class="hint">{t('funnel.hint')}</p>
    </>
  );
}

function Advice({ view }: { readonly view: FunnelView }) {
  const [largest, next] = view.losses;
  if (!largest) {
    return (
      <p class="advice" data-tone="good">
        {view.offered === 0 ? t('funnel.nothing') : t('funnel.noLoss')}
      </p>
    );
  }
  return (
    <div class="advice">
      <Loss title={t('funnel.largest')} loss={largest} />
      {next && <Loss title={t('funnel.next')} loss={next} />}
    </div>
  );
}

function Loss({ title, loss }: { readonly title: string; readonly loss: LossView }) {
  return (
    <p>
      <strong>
        {title}: {lossWords(loss)}.
      </strong>{' '}
      <span class="remedy">{loss.remedy}</span>
    </p>
  );
}

function lossWords(loss: LossView): string {
  const { count, share } = format.value;
  return t('funnel.took', {
    reason: term(loss.reason).toLowerCase(),
    n: count(loss.count),
    share: share(loss.count, loss.entered),
    stage: term(loss.stage).toLowerCase(),
  });
}

function Stage({ stage }: { readonly stage: StageView }) {
  const { count, share } = format.value;
  const passed = Math.max(0, stage.entered - stage.lost);
  const kept = stage.entered > 0 ? passed / stage.entered : 0;
  return (
    <li class="stage" data-empty={stage.entered === 0}>
      <span class="stage-name">{term(stage.stage)}</span>
      <span class="stage-count">{count(stage.entered)}</span>
      <div class="stage-bar">
        <div class="stage-kept" style={{ width: `${(kept * 100).toFixed(2)}%` }} />
      </div>
      <span class="stage-lost">{stage.lost > 0 ? `−${count(stage.lost)}` : ''}</span>
      <span class="stage-share">{stage.lost > 0 ? share(stage.lost, stage.entered) : ''}</span>
      {stage.reasons.length > 0 && (
        <ul class="reasons">
          {stage.reasons.map((reason) => (
            <li key={reason.reason} title={reason.remedy}>
              {term(reason.reason)} <span class="reason-count">{count(reason.count)}</span>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}
