/** Packs: who is in them, how old they are, whom requests still show, and what two of them share. */

import type { AudienceView, EstimateView, OverlapCell } from '../audiences-model.ts';
import { ageOf, matrixIds, overlapCell } from '../audiences-model.ts';
import { audiences, audiencesTrouble } from '../audiences-state.ts';
import { NONE, plain, words } from '../format.ts';
import { t, term } from '../language.ts';
import { format, names, overview } from '../state.ts';

/** An account without packs is not shown an empty table. */
export function Audiences() {
  const view = audiences.value;
  if (view?.audiences.length === 0) return <p class="empty">{t('audiences.none')}</p>;
  return (
    <section class="card audiences" aria-labelledby="audiences-title" aria-busy={view === undefined}>
      <div class="card-head">
        <h2 id="audiences-title">{t('audiences.title')}</h2>
        <p class="hint">
          {t('audiences.hint')}{' '}
          {view?.sinceMs !== undefined && t('audiences.since', { time: format.value.time(view.sinceMs) })}
        </p>
      </div>
      {view ? (
        <>
          <Packs all={view.audiences} />
          <Matrix />
        </>
      ) : (
        <p class="empty">{audiencesTrouble.value ?? t('say.counting')}</p>
      )}
    </section>
  );
}

const COLUMNS = [
  'audiences.pack',
  'col.status',
  'audiences.members',
  'audiences.seen',
  'audiences.match',
  'audiences.version',
  'audiences.usedBy',
] as const;

function Packs({ all }: { readonly all: readonly AudienceView[] }) {
  return (
    <div class="audiences-scroll">
      <table class="audiences-table">
        <thead>
          <tr>
            {COLUMNS.map((name) => (
              <th key={name} scope="col" title={hintOf(name)}>
                {t(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {all.map((audience) => (
            <Row key={audience.id} audience={audience} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function hintOf(column: (typeof COLUMNS)[number]): string | undefined {
  if (column === 'audiences.match') return t('audiences.matchHint');
  return column === 'audiences.version' ? t('audiences.versionHint') : undefined;
}

function Row({ audience: { id, name, pack, reach } }: { readonly audience: AudienceView }) {
  const { count, share } = format.value;
  const best = reach?.matches[0];
  return (
    <tr data-audience={id}>
      <th scope="row" title={plain(id)}>
        {plain(name)} <span class="audiences-kind">{term(pack.source)}</span>
      </th>
      <td class="audiences-status">
        <span class="badge" data-tone={TONES[pack.status] ?? 'quiet'}>
          {term(pack.status)}
        </span>
        {pack.why !== '' && <span class="audiences-why">{plain(pack.why, 300)}</span>}
      </td>
      <td title={pack.size === undefined ? t('audiences.noList') : undefined}>
        {pack.size === undefined ? NONE : count(pack.size)}
      </td>
      <td>
        {reach ? <Count estimate={reach} /> : NONE}
        {reach?.share !== undefined && <span class="audiences-soft"> {share(reach.share, 1)}</span>}
      </td>
      <td>
        {best ? (
          <>
            {best.share === undefined ? <Count estimate={best} /> : share(best.share, 1)}
            <span class="audiences-soft">
              {' '}
              {plain(best.exchangeId, 64)}, {best.idSpace}
            </span>
          </>
        ) : (
          NONE
        )}
      </td>
      <td>
        <code title={`SHA-256 ${pack.checksum}`}>{pack.version.slice(0, 8)}</code>
        <span class="audiences-soft audiences-age">{ages(pack)}</span>
      </td>
      <td class="audiences-use">{useWords(pack.usedBy)}</td>
    </tr>
  );
}

const TONES: Readonly<Record<string, string>> = {
  fresh: 'good',
  stale: 'care',
  expired: 'care',
  refused: 'care',
  empty: 'quiet',
  rebuilding: 'quiet',
};

function Count({ estimate: { people, low, high } }: { readonly estimate: EstimateView }) {
  const { count } = format.value;
  if (low === high) return <>{count(people)}</>;
  return (
    <span title={t('audiences.between', { low: count(low), high: count(high) })}>
      {t('audiences.about', { n: count(people) })}
    </span>
  );
}

function ages({ createdMs, expiresMs }: AudienceView['pack']): string {
  const nowMs = overview.value?.nowMs;
  if (nowMs === undefined) return '';
  const age = ageOf(nowMs - createdMs);
  if (expiresMs === undefined) return age;
  return expiresMs <= nowMs
    ? t('audiences.ended', { age })
    : t('audiences.endsIn', { age, rest: ageOf(expiresMs - nowMs) });
}

function useWords({ lineItems, packs }: AudienceView['pack']['usedBy']): string {
  const lines = lineItems.map(({ lineItemId, as }) => {
    const name = plain(names.value.get(`line_item/${lineItemId}`) ?? lineItemId);
    return as === 'include' ? name : `${name} (${roleWord(as)})`;
  });
  return [...lines, ...packs.map((pack) => plain(pack, 64))].join(', ') || NONE;
}

function roleWord(as: string): string {
  if (as === 'exclude') return t('audiences.exclude');
  if (as === 'require') return t('audiences.require');
  if (as === 'weight') return t('audiences.weight');
  return as === 'expression' ? t('audiences.expression') : words(as).toLowerCase();
}

/** How much of each row's pack is in each column's. */
function Matrix() {
  const view = audiences.value!;
  const ids = matrixIds(view);
  if (ids.length < 2) return null;
  const nameOf = (id: string): string => plain(view.audiences.find((one) => one.id === id)?.name ?? id);
  return (
    <div class="overlap-part">
      <h3 class="creatives-head">{t('audiences.share')}</h3>
      <p class="hint overlap-hint">{t('audiences.shareHint')}</p>
      <div class="audiences-scroll">
        <table class="overlap">
          <thead>
            <tr>
              <td />
              {ids.map((id) => (
                <th key={id} scope="col" class="overlap-name" title={nameOf(id)}>
                  {nameOf(id)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {ids.map((row) => (
              <tr key={row} data-row={row}>
                <th scope="row" class="overlap-name" title={nameOf(row)}>
                  {nameOf(row)}
                </th>
                {ids.map((column) =>
                  row === column ? (
                    <td key={column} class="overlap-self" />
                  ) : (
                    <Cell key={column} column={column} cell={overlapCell(view, row, column)} />
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

const HEATS = 8;

function Cell({ column, cell }: { readonly column: string; readonly cell: OverlapCell | undefined }) {
  const { count, share } = format.value;
  if (!cell) return <td>{NONE}</td>;
  const { people, low, high, basis } = cell;
  const range = low === high ? '' : `, ${count(low)} to ${count(high)}`;
  const told = t(basis === 'ids' ? 'audiences.ids' : 'audiences.seenBoth', { n: count(people) });
  return (
    <td
      class="overlap-cell"
      data-column={column}
      data-heat={cell.share === undefined ? 0 : Math.round(HEATS * cell.share)}
      title={`${told}${range}`}
    >
      {basis === 'seen' && '≈ '}
      {cell.share === undefined ? count(people) : share(cell.share, 1)}
    </td>
  );
}
