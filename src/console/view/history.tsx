/** Who changed what, when and why, what it did to delivery, and the way back. */

import { plain, words } from '../format.ts';
import { t } from '../language.ts';
import type { ChangedView, ChangeView, EffectView, SumsView } from '../news-model.ts';
import { changes, effects, historyTrouble, lookAt, undo } from '../news-state.ts';
import { patchLines } from '../patch-words.ts';
import { canApprove } from '../session.ts';
import { format } from '../state.ts';

export function History() {
  const made = changes.value;
  return (
    <section class="card history" aria-labelledby="history-title">
      <div class="card-head">
        <h2 id="history-title">{t('history.title')}</h2>
        <p class="hint">{t('history.hint')}</p>
      </div>
      {historyTrouble.value !== undefined && (
        <p class="history-trouble" role="alert">
          {plain(historyTrouble.value, 400)}
        </p>
      )}
      {made.length === 0 ? (
        <p class="empty">{t('history.none')}</p>
      ) : (
        <ol class="history-list">
          {made.map((change) => (
            <Change key={change.number} change={change} />
          ))}
        </ol>
      )}
    </section>
  );
}

const OBJECTS_SHOWN = 4;

function Change({ change }: { readonly change: ChangeView }) {
  const { number, atMs, source, who, why, undoes, objects } = change;
  const effect = effects.value.get(number);
  const by =
    source === 'file'
      ? t('history.file')
      : undoes === undefined
        ? t('history.by', { who: plain(who) })
        : t('history.undoes', { n: undoes });
  return (
    <li class="change" data-change={number}>
      <div class="change-head">
        <span class="change-number">{number}</span> {format.value.time(atMs)}, {by}
        {why !== '' && <q class="change-why">{plain(why, 200)}</q>}
      </div>
      {objects.slice(0, OBJECTS_SHOWN).map((object) => (
        <Changed key={`${object.kind}/${object.id}`} object={object} />
      ))}
      {objects.length > OBJECTS_SHOWN && (
        <p class="change-object">
          {t('history.more', { n: format.value.count(objects.length - OBJECTS_SHOWN) })}
        </p>
      )}
      {effect && <Effect effect={effect} />}
      <div class="change-acts">
        {!effect && (
          <button type="button" onClick={() => void lookAt(number)}>
            {t('history.effect')}
          </button>
        )}
        {canApprove.value && (
          <button type="button" onClick={() => void undo(number)}>
            {t('history.undo')}
          </button>
        )}
      </div>
    </li>
  );
}

function Changed({ object }: { readonly object: ChangedView }) {
  const { kind, id, before, after, patch } = object;
  return (
    <div class="change-object">
      <strong>{plain(id)}</strong>{' '}
      <span class="change-kind">{words(kind.replace('-', ' ')).toLowerCase()}</span>
      {before === null && t('history.made')}
      {after === null && t('history.deleted')}
      {before !== null && after !== null && (
        <ul class="change-lines">
          {patchLines(patch, before).map((line) => (
            <li key={line.path}>
              {plain(line.path)}: <del>{plain(line.before, 80)}</del> <ins>{plain(line.after, 80)}</ins>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const HOUR_MS = 3_600_000;

function Effect({ effect }: { readonly effect: readonly EffectView[] }) {
  if (effect.length === 0) return <p class="change-effect">{t('history.early')}</p>;
  return (
    <>
      {effect.map(({ kind, id, windowMs, before, after }) => (
        <p key={`${kind}/${id}`} class="change-effect">
          {t('history.window', { name: plain(id), h: format.value.count(windowMs / HOUR_MS) })}:{' '}
          <Sums sums={before} /> → <Sums sums={after} />
        </p>
      ))}
    </>
  );
}

function Sums({ sums }: { readonly sums: SumsView }) {
  const { count, money } = format.value;
  return (
    <span>
      {t('history.sums', {
        spend: money(sums.spendMicros),
        impressions: count(sums.impressions),
        conversions: count(sums.conversions),
        cpa: money(sums.cpaMicros ?? undefined),
      })}
    </span>
  );
}
