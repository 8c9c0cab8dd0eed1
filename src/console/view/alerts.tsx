/** What a buyer should look at now: since when, how sure, why, and what to do. */
import { plain, words } from '../format.ts';
import type { AlertView } from '../news-model.ts';
import { alerts } from '../news-state.ts';
import { format, names } from '../state.ts';

export function Alerts() {
  const told = alerts.value;
  if (told.length === 0) return null;
  return (
    <section class="card alerts" aria-labelledby="alerts-title">
      <div class="card-head">
        <h2 id="alerts-title">Alerts</h2>
        <p class="hint">The latest first; each says how often it would have been told in the last month.</p>
      </div>
      <ul class="alert-list">
        {told.map((alert) => (
          <Alert key={alert.id} alert={alert} />
        ))}
      </ul>
    </section>
  );
}

function Alert({ alert }: { readonly alert: AlertView }) {
  const { time, share, count } = format.value;
  const name = names.value.get(`${alert.objectKind}/${alert.objectId}`) ?? alert.objectId;
  return (
    <li class="alert">
      <p class="alert-head">
        <span class="alert-kind">{words(alert.kind)}</span> <strong>{plain(name)}</strong>
        <span class="alert-since">
          since {time(alert.sinceMs)}, {share(alert.confidence, 1)} sure, {count(alert.timesInMonth)} in a
          month
        </span>
      </p>
      <p>{plain(alert.message, 300)}</p>
      <p class="alert-cause">
        {plain(alert.cause, 300)} {plain(alert.remedy, 300)}
      </p>
    </li>
  );
}
