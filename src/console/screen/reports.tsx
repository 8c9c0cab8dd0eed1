/** Reports: any dimensions by any metrics, as a table and as a file. */
import { useSignal } from '@preact/signals';
import { useAnswer } from '../ask.ts';
import { plain, words } from '../format.ts';
import { t, term } from '../language.ts';
import type { ReportAnswer, ReportRow } from '../report-model.ts';
import { areKeptTogether, csvOf, dimensionsIn, kindOf, metricsIn, USUAL } from '../report-model.ts';
import { format, names } from '../state.ts';
import { Card } from '../view/card.tsx';
import { Download } from '../view/download.tsx';
import type { Column } from '../view/table.tsx';
import { Table } from '../view/table.tsx';
import { DiscrepancyCard } from './discrepancy.tsx';

const DIMENSIONS_MAX = 4;
const ROWS_MAX = 500;

export function ReportsScreen() {
  return (
    <>
      <Report />
      <DiscrepancyCard />
    </>
  );
}

function Report() {
  const chosen = useSignal<readonly string[]>(['campaign']);
  const hidden = useSignal<ReadonlySet<string>>(new Set());
  const from = useSignal('');
  const to = useSignal('');
  const sorted = useSignal<{ key: string; falling: boolean }>({ key: 'spendMicros', falling: true });
  const { answer: openapi } = useAnswer<unknown>('api/v1/openapi.json');
  const { answer, trouble } = useAnswer<ReportAnswer>(pathOf(chosen.value, from.value, to.value));
  const dimensions = dimensionsIn(openapi);
  const all = answer?.rows ?? [];
  const metrics = metricsIn(all);
  const shown = metrics.filter((metric) => isShown(metric, hidden.value));
  const { key, falling } = sorted.value;
  const rows = all.toSorted((a, b) => (falling ? -1 : 1) * compare(cellValue(a, key), cellValue(b, key)));
  const columns: Column<ReportRow>[] = [
    ...chosen.value.map((dimension) => ({
      key: dimension,
      name: term(dimension),
      cell: (row: ReportRow) => nameOf(dimension, row.key[dimension] ?? ''),
    })),
    ...shown.map((metric) => ({
      key: metric,
      name: metricName(metric),
      number: true,
      cell: (row: ReportRow) => cellOf(metric, row[metric]),
    })),
  ];
  if (chosen.value.length === 0)
    columns.unshift({ key: 'all', name: t('reports.all'), cell: () => t('reports.all') });
  const toggle = (dimension: string): void => {
    const has = chosen.value.includes(dimension);
    chosen.value = has
      ? chosen.value.filter((one) => one !== dimension)
      : [...chosen.value.filter((one) => areKeptTogether(one, dimension)), dimension];
  };
  return (
    <Card id="report" title={t('reports.title')} hint={t('reports.hint')} trouble={trouble}>
      <div class="form">
        <fieldset>
          <legend>{t('reports.dimensions')}</legend>
          {dimensions.map((dimension) => {
            const checked = chosen.value.includes(dimension);
            return (
              <label key={dimension} class="check">
                <input
                  type="checkbox"
                  checked={checked}
                  disabled={!checked && chosen.value.length >= DIMENSIONS_MAX}
                  onChange={() => toggle(dimension)}
                />
                {term(dimension)}
              </label>
            );
          })}
        </fieldset>
        <fieldset>
          <legend>{t('reports.metrics')}</legend>
          {metrics.map((metric) => (
            <label key={metric} class="check">
              <input
                type="checkbox"
                checked={isShown(metric, hidden.value)}
                onChange={() => {
                  const next = new Set(hidden.value);
                  if (!next.delete(metric)) next.add(metric);
                  hidden.value = next;
                }}
              />
              {metricName(metric)}
            </label>
          ))}
        </fieldset>
        {(
          [
            ['reports.from', from],
            ['reports.to', to],
          ] as const
        ).map(([name, value]) => (
          <label key={name} class="field">
            <span>{t(name)}</span>
            <input
              type="date"
              value={value.value}
              onInput={(event) => {
                value.value = event.currentTarget.value;
              }}
            />
          </label>
        ))}
        <Download
          name="report.csv"
          label={t('reports.csv')}
          text={() =>
            csvOf(
              [...chosen.value, ...shown],
              rows.map((row) => [
                ...chosen.value.map((dimension) => row.key[dimension] ?? ''),
                ...shown.map((metric) => plainValue(metric, row[metric])),
              ]),
            )
          }
        />
      </div>
      <Table
        label={t('reports.title')}
        columns={columns}
        rows={rows.slice(0, ROWS_MAX)}
        keyOf={(row) => JSON.stringify(row.key)}
        empty={answer ? t('reports.none') : t('say.counting')}
        sorted={sorted.value}
        onSort={(next) => {
          sorted.value = { key: next, falling: next === key ? !falling : true };
        }}
      />
      {rows.length > ROWS_MAX && (
        <p class="card-text hint">{t('reports.cut', { n: ROWS_MAX, of: rows.length })}</p>
      )}
    </Card>
  );
}

function pathOf(dimensions: readonly string[], from: string, to: string): string {
  const query = new URLSearchParams();
  if (dimensions.length > 0) query.set('dimensions', dimensions.join(','));
  if (from !== '') query.set('from', from);
  if (to !== '') query.set('to', to);
  return `api/v1/reports?${query}`;
}

/** The usual ones from the start, others when they are chosen: the set holds those that were turned. */
function isShown(metric: string, turned: ReadonlySet<string>): boolean {
  return USUAL.includes(metric) !== turned.has(metric);
}

function metricName(metric: string): string {
  const bare = metric.replace(/Micros$/, '');
  const name = bare.replace(/([A-Z])/g, '_$1').toLowerCase();
  const known = term(name);
  return known === words(name) && /^(?:cpm|cpc|cpa|roas)$/.test(name) ? name.toUpperCase() : known;
}

function nameOf(dimension: string, id: string): string {
  return plain(names.value.get(`${dimension}/${id}`) ?? id) || t('whom.unknown');
}

function cellOf(metric: string, value: unknown): string {
  if (typeof value !== 'number') return '–';
  const { count, exact, share } = format.value;
  const kind = kindOf(metric);
  if (kind === 'money') return exact(value);
  if (kind === 'share') return share(value, 1);
  return kind === 'number' ? value.toFixed(2) : count(value);
}

function plainValue(metric: string, value: unknown): number | string {
  if (typeof value !== 'number') return '';
  return kindOf(metric) === 'money' ? value / 1e6 : value;
}

function cellValue(row: ReportRow, key: string): number | string {
  const value = row[key] ?? row.key[key];
  return typeof value === 'number' ? value : String(value ?? '');
}

function compare(a: number | string, b: number | string): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
}
