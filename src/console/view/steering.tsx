/** What line items that go by results cost for each of them, and what holds their bids. */

import { plain } from '../format.ts';
import { t, term } from '../language.ts';
import type { SteeringView } from '../model.ts';
import { hrefOf } from '../route-model.ts';
import { format, names, steering } from '../state.ts';

/** An account without such line items is not shown an empty table. */
export function Steering() {
  const lines = steering.value;
  if (lines.length === 0) return null;
  return (
    <section class="card steering" aria-labelledby="steering-title">
      <div class="card-head">
        <h2 id="steering-title">{t('steer.title')}</h2>
        <p class="hint">{t('steer.hint')}</p>
      </div>
      <div class="steering-scroll">
        <table class="steering-table">
          <thead>
            <tr>
              <th scope="col">{t('col.lineItem')}</th>
              <th scope="col">{t('col.status')}</th>
              <th scope="col">{t('steer.cost')}</th>
              <th scope="col">{t('steer.target')}</th>
              <th scope="col">{t('col.results')}</th>
              <th scope="col">{t('steer.toCome')}</th>
              <th scope="col">{t('steer.byTarget')}</th>
              <th scope="col">{t('steer.byBudget')}</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <Line key={line.lineItemId} line={line} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Line({ line }: { readonly line: SteeringView }) {
  const { count, exact, share } = format.value;
  const { targetMicros, costMicros, factor, targetFactor, budgetFactor } = line;
  return (
    <tr data-line={line.lineItemId}>
      <th scope="row">
        <a href={hrefOf('line-items', line.lineItemId)}>
          {plain(names.value.get(`line_item/${line.lineItemId}`) ?? line.lineItemId)}
        </a>
      </th>
      <td class="steering-status">
        <span class="steering-word">{term(line.status)}</span>
        <span class="steering-why">
          {line.why}
          {line.drifting && ` ${t('steer.drift')}`}
        </span>
      </td>
      <td
        data-over={targetMicros !== undefined && costMicros !== undefined && costMicros > 1.1 * targetMicros}
      >
        {exact(costMicros)}
      </td>
      <td>{exact(targetMicros)}</td>
      <td>{count(line.results)}</td>
      <td>{share(1 - line.maturedShare, 1)}</td>
      <td data-in-force={factor === targetFactor}>×{targetFactor.toFixed(2)}</td>
      <td data-in-force={factor === budgetFactor}>×{budgetFactor.toFixed(2)}</td>
    </tr>
  );
}
