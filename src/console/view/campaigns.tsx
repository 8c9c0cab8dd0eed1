/** Campaigns, their line items, and under a chosen line item its funnel: one table, so that figures stand in columns. */
import { Fragment } from 'preact';
import { plain } from '../format.ts';
import { t, term } from '../language.ts';
import type { CampaignView, Figures } from '../model.ts';
import { hrefOf } from '../route-model.ts';
import { format, opened, overview, selected, toggleCampaign, toggleLine } from '../state.ts';
import { toneOf } from '../status-tone.ts';
import { Editor } from './editor.tsx';
import { Funnel } from './funnel.tsx';
import { Today } from './today.tsx';

const COLUMNS = [
  'col.campaign',
  'col.status',
  'col.spendToday',
  'col.spend',
  'col.wins',
  'col.impressions',
  'col.clicks',
  'col.ctr',
  'col.conversions',
  'col.cpa',
] as const;

export function Campaigns() {
  const campaigns = overview.value?.campaigns;
  return (
    <section class="card" aria-labelledby="campaigns-title">
      <div class="card-head">
        <h2 id="campaigns-title">{t('campaigns.title')}</h2>
        <p class="hint">{t('campaigns.hint')}</p>
      </div>
      <table class="campaigns">
        <thead>
          <tr>
            {COLUMNS.map((name, index) => (
              <th key={name} scope="col" class={index > 2 ? 'number' : undefined}>
                {t(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {campaigns?.map((campaign) => (
            <Campaign key={campaign.id} campaign={campaign} />
          ))}
        </tbody>
      </table>
      {campaigns?.length === 0 && <p class="empty">{t('campaigns.empty')}</p>}
    </section>
  );
}

function Campaign({ campaign }: { readonly campaign: CampaignView }) {
  const open = opened.value.has(campaign.id);
  return (
    <Fragment>
      <Row figures={campaign} kind="campaign" open={open} onToggle={() => toggleCampaign(campaign.id)} />
      {open && campaign.lines.map((line) => <Line key={line.id} line={line} />)}
      {open && campaign.lines.length === 0 && (
        <tr class="detail">
          <td colSpan={COLUMNS.length}>
            <p class="empty">{t('campaigns.noLines')}</p>
          </td>
        </tr>
      )}
      {open && (
        <tr class="detail">
          <td colSpan={COLUMNS.length}>
            <Editor kind="campaigns" id={campaign.id} name={campaign.name} />
          </td>
        </tr>
      )}
    </Fragment>
  );
}

function Line({ line }: { readonly line: Figures }) {
  const open = selected.value === line.id;
  return (
    <Fragment>
      <Row figures={line} kind="line" open={open} onToggle={() => toggleLine(line.id)} />
      {open && (
        <tr class="detail">
          <td colSpan={COLUMNS.length}>
            <p class="detail-way">
              <a href={hrefOf('line-items', line.id)}>{t('campaigns.open')} →</a>
            </p>
            <Editor kind="line-items" id={line.id} name={line.name} />
            <Funnel name={line.name} />
          </td>
        </tr>
      )}
    </Fragment>
  );
}

interface RowProps {
  readonly figures: Figures;
  readonly kind: 'campaign' | 'line';
  readonly open: boolean;
  onToggle(): void;
}

function Row({ figures, kind, open, onToggle }: RowProps) {
  const { count, money, share } = format.value;
  return (
    <tr class={`row row-${kind}`} data-open={open}>
      <th scope="row" class="cell-name">
        <button type="button" class="row-button" aria-expanded={open} onClick={onToggle}>
          <Chevron />
          <span class="row-name" title={plain(figures.name, 300)}>
            {plain(figures.name)}
          </span>
        </button>
      </th>
      <td class="cell-status">
        <span class="badge" data-tone={toneOf(figures.status)}>
          {term(figures.status)}
        </span>
      </td>
      <td class="cell-today">
        <Today figures={figures} />
      </td>
      <Cell name={t('col.spend')}>{money(figures.spendMicros)}</Cell>
      <Cell name={t('col.wins')}>{count(figures.wins)}</Cell>
      <Cell name={t('col.impressions')}>{count(figures.impressions)}</Cell>
      <Cell name={t('col.clicks')}>{count(figures.clicks)}</Cell>
      <Cell name={t('col.ctr')}>{share(figures.clicks, figures.impressions)}</Cell>
      <Cell name={t('col.conversions')}>{count(figures.conversions)}</Cell>
      <Cell name={t('col.cpa')}>{money(figures.cpaMicros)}</Cell>
    </tr>
  );
}

function Cell({ name, children }: { readonly name: string; readonly children: string }) {
  return (
    <td class="number" data-label={name}>
      {children}
    </td>
  );
}

function Chevron() {
  return (
    <svg class="chevron" viewBox="0 0 16 16" aria-hidden="true">
      <path d="M6 4l4 4-4 4" />
    </svg>
  );
}
