/** What was spent today, of what may be. */
import { NONE } from '../format.ts';
import { t } from '../language.ts';
import type { Figures } from '../model.ts';
import { format } from '../state.ts';

export function Today({ figures }: { readonly figures: Figures }) {
  const { money, share } = format.value;
  const { spentTodayMicros: spent, dailyMicros: limit } = figures;
  if (limit === undefined) {
    return (
      <div class="today">
        <span>{money(spent)}</span> <span class="today-of">{t('campaigns.noLimit')}</span>
      </div>
    );
  }
  const full = limit > 0 ? Math.min(1, spent / limit) : 1;
  return (
    <div class="today">
      <span>{money(spent)}</span> <span class="today-of">{t('campaigns.of', { limit: money(limit) })}</span>
      <span class="today-share">{limit > 0 ? share(spent, limit) : NONE}</span>
      <div class="meter" data-full={full >= 0.995}>
        <div class="meter-fill" style={{ width: `${(full * 100).toFixed(2)}%` }} />
      </div>
    </div>
  );
}
