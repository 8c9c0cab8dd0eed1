/** What works with whom: creatives and elements that do better or worse somewhere than elsewhere. */

import type { WithWhomRowView } from '../creatives-model.ts';
import { scaleOf } from '../creatives-model.ts';
import { creatives, withWhom } from '../creatives-state.ts';
import { plain } from '../format.ts';
import { t, term } from '../language.ts';
import { format } from '../state.ts';
import { Interval } from './interval.tsx';

const ROWS_MAX = 12;
/** Where nothing stands out, enough to see that it was looked. */
const QUIET_ROWS_MAX = 5;

export function WithWhom() {
  const { rows, combinations } = withWhom.value!;
  const standOut = rows.filter(({ verdict }) => verdict !== 'as_elsewhere');
  const shown = standOut.length > 0 ? standOut.slice(0, ROWS_MAX) : rows.slice(0, QUIET_ROWS_MAX);
  const scale = scaleOf(shown.map(({ rate }) => rate));
  return (
    <div class="whom-part">
      <h3 class="creatives-head">{t('whom.title')}</h3>
      <p class="hint whom-hint">{summary(standOut.length, combinations)}</p>
      {shown.length > 0 && (
        <div class="creatives-scroll">
          <table class="creatives-table whom-table">
            <thead>
              <tr>
                <th scope="col">{t('whom.shown')}</th>
                <th scope="col">{t('whom.with')}</th>
                <th scope="col">{t('whom.does')}</th>
                <th scope="col">{t('whom.there')}</th>
                <th scope="col">{t('whom.everywhere')}</th>
                <th scope="col">{t('col.impressions')}</th>
                <th scope="col">{t('col.results')}</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <Row key={keyOf(row)} row={row} scale={scale} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

function summary(standOut: number, combinations: number): string {
  const { count } = format.value;
  if (combinations === 0) return t('whom.nothing');
  if (standOut === 0) return t('whom.same', { n: count(combinations) });
  return t('whom.differ', { k: count(standOut), n: count(combinations) });
}

function Row({ row, scale }: { readonly row: WithWhomRowView; readonly scale: number }) {
  const { count, share } = format.value;
  const results = creatives.value?.reward === 'conversions' ? row.conversions : row.clicks;
  const shown =
    row.element === undefined ? row.creativeId : `${row.creativeId} · ${row.slot}: ${row.element}`;
  return (
    <tr data-verdict={row.verdict}>
      <th scope="row" title={plain(shown, 300)}>
        {plain(shown)}
      </th>
      <td class="whom-with">
        <span class="whom-kind">{term(row.kind)}</span> {plain(row.value) || t('whom.unknown')}
      </td>
      <td>
        <span class="badge" data-tone={TONES[row.verdict]}>
          {term(row.verdict)}
        </span>
        {row.particular && <span class="whom-particular"> {t('whom.these')}</span>}
      </td>
      <td>
        <Interval rate={row.rate} scale={scale} />
      </td>
      <td>{share(row.ownRate, 1)}</td>
      <td>{count(row.impressions)}</td>
      <td>{count(results)}</td>
    </tr>
  );
}

const TONES = { better: 'good', worse: 'care', as_elsewhere: 'quiet' } as const;

function keyOf({ creativeId, slot, element, kind, value }: WithWhomRowView): string {
  return [creativeId, slot, element, kind, value].join('\n');
}
