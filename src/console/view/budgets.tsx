/** What limits the spending, and by how much it could be exceeded at worst. */
import { plain, words } from '../format.ts';
import type { BudgetView } from '../model.ts';
import { budgets, format, names } from '../state.ts';

export function Budgets() {
  const view = budgets.value;
  const { money } = format.value;
  return (
    <section class="card budgets" aria-labelledby="budgets-title">
      <div class="card-head">
        <h2 id="budgets-title">Budgets</h2>
      </div>
      <dl class="bound">
        <dt>Overspend bound now</dt>
        <dd class="bound-number">{money(view?.boundMicros)}</dd>
        <dd class="bound-formula">{view?.formula ?? ''}</dd>
      </dl>
      <ul class="budget-list">
        {view?.budgets.map((budget) => (
          <Budget key={`${budget.scope}/${budget.id}/${budget.period}`} budget={budget} />
        ))}
      </ul>
      {view?.budgets.length === 0 && <p class="empty">No budget has a limit in money.</p>}
    </section>
  );
}

function Budget({ budget }: { readonly budget: BudgetView }) {
  const { money } = format.value;
  const { limitMicros: limit, spentMicros: spent, heldMicros: held } = budget;
  const part = (micros: number): string =>
    `${limit > 0 ? Math.min(100, (100 * micros) / limit).toFixed(2) : 0}%`;
  return (
    <li class="budget">
      <span class="budget-name">{plain(names.value.get(`${budget.scope}/${budget.id}`) ?? budget.id)}</span>
      <span class="budget-spent">
        {money(spent)} <span class="today-of">of {money(limit)}</span>
      </span>
      <div class="meter" data-full={spent >= limit * 0.995}>
        <div class="meter-fill" style={{ width: part(spent) }} />
        <div class="meter-held" style={{ width: part(held) }} />
      </div>
      <span class="budget-kind">
        {words(budget.scope)}, {budget.period}
      </span>
      <span class="budget-held">{held > 0 ? `${money(held)} held by open bids` : ''}</span>
    </li>
  );
}
