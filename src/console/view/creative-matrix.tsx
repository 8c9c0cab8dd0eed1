/** Two slots of a creative against each other: heat by rate, figures on pointing at a cell, the look itself on choosing it. */

import type { PairView } from '../creatives-model.ts';
import { heatOf } from '../creatives-model.ts';
import { chooseSlots, pairs, previewed, shownSlots, templated } from '../creatives-state.ts';
import { plain, words } from '../format.ts';
import { t } from '../language.ts';
import { format } from '../state.ts';

export function CreativeMatrix() {
  const creative = templated.value;
  const slots = shownSlots.value;
  if (!creative || !slots) return null;
  const names = creative.slots.map(({ slot }) => slot);
  return (
    <div class="matrix-part">
      <h3 class="creatives-head">
        {plain(creative.creativeId)}:{' '}
        <SlotChoice
          label={t('creatives.rows')}
          names={names.filter((name) => name !== slots.columns)}
          chosen={slots.rows}
          onChoose={(name) => chooseSlots(name, slots.columns)}
        />{' '}
        {t('creatives.against')}{' '}
        <SlotChoice
          label={t('creatives.columns')}
          names={names.filter((name) => name !== slots.rows)}
          chosen={slots.columns}
          onChoose={(name) => chooseSlots(slots.rows, name)}
        />
      </h3>
      <div class="matrix-pair">
        <Matrix rows={slots.rows} columns={slots.columns} />
        <Preview creativeId={creative.creativeId} />
      </div>
    </div>
  );
}

interface SlotChoiceProps {
  readonly label: string;
  readonly names: readonly string[];
  readonly chosen: string;
  onChoose(name: string): void;
}

function SlotChoice({ label, names, chosen, onChoose }: SlotChoiceProps) {
  return (
    <select aria-label={label} value={chosen} onChange={(event) => onChoose(event.currentTarget.value)}>
      {names.map((name) => (
        <option key={name} value={name}>
          {words(name)}
        </option>
      ))}
    </select>
  );
}

function Matrix({ rows, columns }: { readonly rows: string; readonly columns: string }) {
  const table = pairs.value;
  if (!table) return <p class="hint">{t('say.counting')}</p>;
  const cells = new Map(table.cells.map((cell) => [`${cell.row}\n${cell.column}`, cell]));
  const rates = table.cells.map(({ rate }) => rate.rate);
  const choose = (cell: PairView) => {
    previewed.value = { [rows]: cell.row, [columns]: cell.column };
  };
  return (
    <div class="creatives-scroll matrix-scroll">
      <table class="matrix">
        <thead>
          <tr>
            <td />
            {table.columns.map((column) => (
              <th key={column} class="matrix-name" scope="col" title={plain(column, 300)}>
                {plain(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row) => (
            <tr key={row}>
              <th class="matrix-name" scope="row" title={plain(row, 300)}>
                {plain(row)}
              </th>
              {table.columns.map((column) => {
                const cell = cells.get(`${row}\n${column}`)!;
                return (
                  <td key={column}>
                    <button
                      type="button"
                      class="matrix-cell"
                      data-heat={heatOf(cell.rate.rate, rates)}
                      data-unseen={cell.impressions === 0}
                      aria-pressed={previewed.value?.[rows] === row && previewed.value[columns] === column}
                      title={tooltip(cell)}
                      onClick={() => choose(cell)}
                    >
                      {format.value.share(cell.rate.rate, 1)}
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function tooltip({ row, column, impressions, results, rate }: PairView): string {
  const { count, share } = format.value;
  return t('creatives.cell', {
    row: plain(row),
    column: plain(column),
    n: count(impressions),
    results: count(results),
    low: share(rate.low, 1),
    high: share(rate.high, 1),
  });
}

/** The bidder's own preview, in a frame that nothing of the page is within reach of. */
function Preview({ creativeId }: { readonly creativeId: string }) {
  const look = previewed.value;
  if (!look) return <p class="hint matrix-hint">{t('creatives.choose')}</p>;
  const query = new URLSearchParams({ ...look, _page: '1' }).toString();
  return (
    <figure class="matrix-preview">
      <iframe
        title={t('creatives.preview', { name: plain(creativeId) })}
        sandbox="allow-scripts"
        src={`api/v1/creatives/${encodeURIComponent(creativeId)}/preview?${query}`}
      />
      <figcaption class="hint">
        {Object.values(look)
          .map((id) => plain(id))
          .join(' · ')}
      </figcaption>
    </figure>
  );
}
