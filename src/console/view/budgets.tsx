/** What limits the spending, and by how much it could be exceeded at worst. */
import { plain, words } from '../format.ts';
import type { BudgetOwnerView, BudgetView } from '../model.ts';
import { budgets, format, names } from '../state.ts';

export function Budgets() {
  const view = budgets.value;
  const { exact } = format.value;
  return (
    <section class="card budgets" aria-labelledby="budgets-title">
      <div class="card-head">
        <h2 id="budgets-title">Budgets</h2>
        <p class="hint">The lighter end of a bar is held by open bids.</p>
      </div>
      <dl class="bound">
        <dt>Overspend bound now</dt>
        <dd class="bound-number">{exact(view?.boundMicros)}</dd>
        <dd class="bound-formula">{view?.formula ?? ''}</dd>
      </dl>
      <ul class="owners">
        {view?.owners.map((owner) => (
          <Owner key={owner.key} owner={owner} />
        ))}
      </ul>
      {view?.owners.length === 0 && <p class="empty">No budget has a limit in money.</p>}
    </section>
  );
}

function Owner({ owner }: { readonly owner: BudgetOwnerView }) {
  return (
    <li class="owner">
      <p class="owner-name">
        {plain(names.value.get(owner.key) ?? owner.id)} <span class="owner-kind">{words(owner.scope)}</span>
      </p>
      {owner.budgets.map((budget) => (
        <Budget key={budget.period} budget={budget} />
      ))}
    </li>
  );
}

const PERIOD_WORDS: Readonly<Record<string, string>> = { day: 'Today', lifetime: 'Lifetime' };

function Budget({ budget }: { readonly budget: BudgetView }) {
  const { money } = format.value;
  const { period, limitMicros: limit, spentMicros: spent, heldMicros: held } = budget;
  const part = (micros: number): string =>
    `${limit > 0 ? Math.min(100, (100 * micros) / limit).toFixed(2) : 0}%`;
  return (
    <div class="budget" title={`${money(held)} held by open bids`}>
      <span class="budget-period">{PERIOD_WORDS[period] ?? words(period)}</span>
      <div class="meter" data-full={spent >= limit * 0.995}>
        <div class="meter-fill" style={{ width: part(spent) }} />
        <div class="meter-held" style={{ width: part(held) }} />
      </div>
      <span class="budget-spent">
        {money(spent)} <span class="today-of">of {money(limit)}</span>
      </span>
    </div>
  );
}
