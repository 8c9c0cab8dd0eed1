/** Where a line item's chances go, stage by stage, and what would bring most of them back. */
import { plain, words } from '../format.ts';
import type { FunnelView, LossView, StageView } from '../model.ts';
import { format, funnel, funnelTrouble } from '../state.ts';

export function Funnel({ name }: { readonly name: string }) {
  const view = funnel.value;
  return (
    <section class="funnel" aria-label={`Funnel of ${plain(name)}`} aria-busy={view === undefined}>
      {view ? <Shown view={view} /> : <p class="funnel-wait">{funnelTrouble.value ?? 'Counting …'}</p>}
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
      <p class="hint">Each bar is what entered its stage; the tinted end was lost there.</p>
    </>
  );
}

function Advice({ view }: { readonly view: FunnelView }) {
  const [largest, next] = view.losses;
  if (!largest) {
    return (
      <p class="advice" data-tone="good">
        {view.offered === 0 ? 'Nothing has been offered yet.' : 'Nothing is lost on the way.'}
      </p>
    );
  }
  return (
    <div class="advice">
      <Loss title="Largest loss" loss={largest} />
      {next && <Loss title="After that" loss={next} />}
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
  const stage = words(loss.stage).toLowerCase();
  return `${words(loss.reason).toLowerCase()} took ${count(loss.count)}, ${share(loss.count, loss.entered)} of what reached ${stage}`;
}

function Stage({ stage }: { readonly stage: StageView }) {
  const { count, share } = format.value;
  const passed = Math.max(0, stage.entered - stage.lost);
  const kept = stage.entered > 0 ? passed / stage.entered : 0;
  return (
    <li class="stage" data-empty={stage.entered === 0}>
      <span class="stage-name">{words(stage.stage)}</span>
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
              {words(reason.reason)} <span class="reason-count">{count(reason.count)}</span>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}
