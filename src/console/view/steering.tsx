/** What line items that go by results cost for each of them, and what holds their bids. */
import { plain, words } from '../format.ts';
import type { SteeringView } from '../model.ts';
import { format, names, steering } from '../state.ts';

/** An account without such line items is not shown an empty table. */
export function Steering() {
  const lines = steering.value;
  if (lines.length === 0) return null;
  return (
    <section class="card steering" aria-labelledby="steering-title">
      <div class="card-head">
        <h2 id="steering-title">Targets</h2>
        <p class="hint">
          A bid is the worth of the impression times the lesser factor: what the target leaves, or what the
          budgets do.
        </p>
      </div>
      <div class="steering-scroll">
        <table class="steering-table">
          <thead>
            <tr>
              <th scope="col">Line item</th>
              <th scope="col">Stands</th>
              <th scope="col">Cost</th>
              <th scope="col">Target</th>
              <th scope="col">Results</th>
              <th scope="col">To come</th>
              <th scope="col">By target</th>
              <th scope="col">By budgets</th>
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
      <th scope="row">{plain(names.value.get(`line_item/${line.lineItemId}`) ?? line.lineItemId)}</th>
      <td class="steering-status">
        <span class="steering-word">{words(line.status)}</span>
        <span class="steering-why">
          {line.why}
          {line.drifting && ' What a click brings has changed of late, beyond chance.'}
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
