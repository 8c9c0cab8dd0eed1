/** What limits the spending, and by how much it could be exceeded at worst. */

import { plain, words } from '../format.ts';
import { t, term } from '../language.ts';
import type { BudgetOwnerView, BudgetView } from '../model.ts';
import { budgets, format, names } from '../state.ts';

export function Budgets() {
  const view = budgets.value;
  const { exact } = format.value;
  return (
    <section class="card budgets" aria-labelledby="budgets-title">
      <div class="card-head">
        <h2 id="budgets-title">{t('budgets.title')}</h2>
        <p class="hint">{t('budgets.hint')}</p>
      </div>
      <dl class="bound">
        <dt>{t('budgets.bound')}</dt>
        <dd class="bound-number">{exact(view?.boundMicros)}</dd>
        <dd class="bound-formula">{view?.formula ?? ''}</dd>
      </dl>
      <ul class="owners">
        {view?.owners.map((owner) => (
          <Owner key={owner.key} owner={owner} />
        ))}
      </ul>
      {view?.owners.length === 0 && <p class="empty">{t('budgets.none')}</p>}
    </section>
  );
}

function Owner({ owner }: { readonly owner: BudgetOwnerView }) {
  return (
    <li class="owner">
      <p class="owner-name">
        {plain(names.value.get(owner.key) ?? owner.id)} <span class="owner-kind">{term(owner.scope)}</span>
      </p>
      {owner.budgets.map((budget) => (
        <Budget key={budget.period} budget={budget} />
      ))}
    </li>
  );
}

function Budget({ budget }: { readonly budget: BudgetView }) {
  const { money } = format.value;
  const { period, limitMicros: limit, spentMicros: spent, heldMicros: held } = budget;
  const part = (micros: number): string =>
    `${limit > 0 ? Math.min(100, (100 * micros) / limit).toFixed(2) : 0}%`;
  return (
    <div class="budget" title={t('budgets.held', { amount: money(held) })}>
      <span class="budget-period">
        {period === 'day' ? t('budgets.day') : period === 'lifetime' ? t('budgets.lifetime') : words(period)}
      </span>
      <div class="meter" data-full={spent >= limit * 0.995}>
        <div class="meter-fill" style={{ width: part(spent) }} />
        <div class="meter-held" style={{ width: part(held) }} />
      </div>
      <span class="budget-spent">
        {money(spent)} <span class="today-of">{t('campaigns.of', { limit: money(limit) })}</span>
      </span>
    </div>
  );
}
