/** What a buyer should look at now: since when, how sure, why, how often, and what to do. */
import { useSignal } from '@preact/signals';
import { plain } from '../format.ts';
import { t, term } from '../language.ts';
import type { AlertView } from '../news-model.ts';
import { acknowledge, alerts, alertsTrouble } from '../news-state.ts';
import { hrefOf } from '../route-model.ts';
import { canTrade } from '../session.ts';
import { format, names } from '../state.ts';

/** `brief`: what nobody has taken note of, and nothing where there is none. */
export function Alerts({ brief = false }: { readonly brief?: boolean }) {
  const told = alerts.value.filter(({ acknowledged }) => !brief || acknowledged === undefined);
  if (brief && told.length === 0) return null;
  return (
    <section class="card alerts" aria-labelledby="alerts-title">
      <div class="card-head">
        <h2 id="alerts-title">{t('alerts.title')}</h2>
        <p class="hint">{t('alerts.hint')}</p>
      </div>
      {alertsTrouble.value !== undefined && (
        <p class="trouble" role="alert">
          {plain(alertsTrouble.value, 400)}
        </p>
      )}
      {told.length === 0 ? (
        <p class="empty">{t('alerts.none')}</p>
      ) : (
        <ul class="alert-list">
          {told.map((alert) => (
            <Alert key={alert.id} alert={alert} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Alert({ alert }: { readonly alert: AlertView }) {
  const { time, share, count } = format.value;
  const name = names.value.get(`${alert.objectKind}/${alert.objectId}`) ?? alert.objectId;
  return (
    <li class="alert" data-kind={alert.kind}>
      <p class="alert-head">
        <span class="alert-kind">{term(alert.kind)}</span>{' '}
        {alert.objectKind === 'line_item' ? (
          <a href={hrefOf('line-items', alert.objectId)}>{plain(name)}</a>
        ) : (
          <strong>{plain(name)}</strong>
        )}
        <span class="alert-since">
          {t('alerts.since', { time: time(alert.sinceMs), share: share(alert.confidence, 1) })} ·{' '}
          {t('alerts.month', { n: count(alert.timesInMonth) })}
        </span>
      </p>
      <p>{plain(alert.message, 300)}</p>
      <dl class="alert-facts">
        {alert.cause !== '' && (
          <>
            <dt>{t('alerts.cause')}</dt>
            <dd class="alert-cause">
              {alert.causeKind !== undefined && <span class="badge">{term(alert.causeKind)}</span>}{' '}
              {plain(alert.cause, 300)}
              {alert.explains !== undefined &&
                ` (${t('alerts.explains', { share: share(alert.explains, 1) })})`}
            </dd>
          </>
        )}
        <dt>{t('alerts.remedy')}</dt>
        <dd>{plain(alert.remedy, 300)}</dd>
      </dl>
      <Noted alert={alert} />
    </li>
  );
}

function Noted({ alert: { id, acknowledged } }: { readonly alert: AlertView }) {
  const note = useSignal('');
  if (acknowledged) {
    return (
      <p class="alert-noted">
        {t('alerts.acked', { time: format.value.time(acknowledged.atMs) })}
        {acknowledged.note !== '' && <q>{plain(acknowledged.note, 300)}</q>}
      </p>
    );
  }
  if (!canTrade.value) return null;
  return (
    <form
      class="alert-note"
      onSubmit={(event) => {
        event.preventDefault();
        void acknowledge(id, note.value);
      }}
    >
      <input
        type="text"
        maxLength={500}
        aria-label={t('alerts.note')}
        placeholder={t('alerts.note')}
        value={note.value}
        onInput={(event) => {
          note.value = event.currentTarget.value;
        }}
      />
      <button type="submit" class="button">
        {t('alerts.ack')}
      </button>
    </form>
  );
}
