/** All line items in one table, or the page of one of them. */
import { useSignal } from '@preact/signals';
import { plain } from '../format.ts';
import { t, term } from '../language.ts';
import type { Figures } from '../model.ts';
import { csvOf } from '../report-model.ts';
import { hrefOf } from '../route-model.ts';
import { format, overview, steering } from '../state.ts';
import { toneOf } from '../status-tone.ts';
import { Card } from '../view/card.tsx';
import { Download } from '../view/download.tsx';
import type { Column } from '../view/table.tsx';
import { Table } from '../view/table.tsx';
import { Today } from '../view/today.tsx';
import { LineItemPage } from './line-item.tsx';

interface Row extends Figures {
  readonly campaign: string;
  readonly why: string;
}

export function LineItemsScreen({ id }: { readonly id: string | undefined }) {
  return id === undefined ? <List /> : <LineItemPage id={id} />;
}

function List() {
  const search = useSignal('');
  const status = useSignal('');
  const sorted = useSignal<{ key: string; falling: boolean }>({ key: 'spend', falling: true });
  const all = rowsOf();
  const statuses = [...new Set(all.map((row) => row.status))].sort();
  const wanted = search.value.trim().toLowerCase();
  const { key, falling } = sorted.value;
  const rows = all
    .filter((row) => status.value === '' || row.status === status.value)
    .filter((row) => `${row.name} ${row.id} ${row.campaign}`.toLowerCase().includes(wanted))
    .sort((a, b) => (falling ? -1 : 1) * compare(cellValue(a, key), cellValue(b, key)));
  return (
    <Card id="lines" title={t('nav.line-items')} hint={t('lines.hint')}>
      <div class="form">
        <label class="field field-wide">
          <span>{t('lines.search')}</span>
          <input
            type="search"
            value={search.value}
            onInput={(event) => {
              search.value = event.currentTarget.value;
            }}
          />
        </label>
        <label class="field">
          <span>{t('col.status')}</span>
          <select
            value={status.value}
            onChange={(event) => {
              status.value = event.currentTarget.value;
            }}
          >
            <option value="">{t('lines.all')}</option>
            {statuses.map((one) => (
              <option key={one} value={one}>
                {term(one)}
              </option>
            ))}
          </select>
        </label>
        <Download
          name="line-items.csv"
          label={t('reports.csv')}
          text={() => csvOf(CSV_COLUMNS, rows.map(plainRow))}
        />
      </div>
      <Table
        label={t('nav.line-items')}
        columns={columns()}
        rows={rows}
        keyOf={(row) => row.id}
        empty={t('lines.none')}
        sorted={sorted.value}
        onSort={(next) => {
          sorted.value = { key: next, falling: next === key ? !falling : true };
        }}
      />
    </Card>
  );
}

function rowsOf(): Row[] {
  const steered = new Map(steering.value.map((line) => [line.lineItemId, line]));
  return (overview.value?.campaigns ?? []).flatMap((campaign) =>
    campaign.lines.map((line) => ({
      ...line,
      status: line.status === 'active' ? (steered.get(line.id)?.status ?? line.status) : line.status,
      campaign: campaign.name,
      why: steered.get(line.id)?.why ?? '',
    })),
  );
}

function columns(): readonly Column<Row>[] {
  const { count, money, share } = format.value;
  return [
    {
      key: 'name',
      name: t('col.lineItem'),
      cell: (row) => (
        <>
          <a href={hrefOf('line-items', row.id)}>{plain(row.name)}</a>
          <span class="soft block">{plain(row.campaign)}</span>
        </>
      ),
    },
    {
      key: 'status',
      name: t('col.status'),
      cell: (row) => (
        <span class="badge" data-tone={toneOf(row.status)} title={plain(row.why, 300)}>
          {term(row.status)}
        </span>
      ),
    },
    { key: 'today', name: t('col.spendToday'), cell: (row) => <Today figures={row} /> },
    { key: 'spend', name: t('col.spend'), number: true, cell: (row) => money(row.spendMicros) },
    { key: 'wins', name: t('col.wins'), number: true, cell: (row) => count(row.wins) },
    { key: 'impressions', name: t('col.impressions'), number: true, cell: (row) => count(row.impressions) },
    { key: 'ctr', name: t('col.ctr'), number: true, cell: (row) => share(row.clicks, row.impressions) },
    { key: 'conversions', name: t('col.conversions'), number: true, cell: (row) => count(row.conversions) },
    { key: 'cpa', name: t('col.cpa'), number: true, cell: (row) => money(row.cpaMicros) },
  ];
}

function cellValue(row: Row, key: string): number | string {
  const values: Readonly<Record<string, number | string>> = {
    name: row.name,
    status: row.status,
    today: row.spentTodayMicros,
    spend: row.spendMicros,
    wins: row.wins,
    impressions: row.impressions,
    ctr: row.impressions > 0 ? row.clicks / row.impressions : 0,
    conversions: row.conversions,
    cpa: row.cpaMicros ?? 0,
  };
  return values[key] ?? 0;
}

function compare(a: number | string, b: number | string): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
}

const CSV_COLUMNS = [
  'id',
  'name',
  'campaign',
  'status',
  'spend',
  'wins',
  'impressions',
  'clicks',
  'conversions',
];

function plainRow(row: Row): readonly (string | number)[] {
  const { id, name, campaign, status, spendMicros, wins, impressions, clicks, conversions } = row;
  return [id, name, campaign, status, spendMicros / 1e6, wins, impressions, clicks, conversions];
}
