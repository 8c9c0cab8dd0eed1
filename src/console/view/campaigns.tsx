/** Campaigns, their line items, and under a chosen line item its funnel: one table, so that figures stand in columns. */
import { Fragment } from 'preact';
import { NONE, plain, words } from '../format.ts';
import type { CampaignView, Figures } from '../model.ts';
import { format, opened, overview, selected, toggleCampaign, toggleLine } from '../state.ts';
import { Editor } from './editor.tsx';
import { Funnel } from './funnel.tsx';

const COLUMNS = [
  'Campaign',
  'Status',
  'Spend today',
  'Spend',
  'Wins',
  'Impressions',
  'Clicks',
  'CTR',
  'Conversions',
  'CPA',
];

export function Campaigns() {
  const campaigns = overview.value?.campaigns;
  return (
    <section class="card" aria-labelledby="campaigns-title">
      <div class="card-head">
        <h2 id="campaigns-title">Campaigns</h2>
        <p class="hint">Open a campaign for its line items, a line item for why it does or does not spend.</p>
      </div>
      <table class="campaigns">
        <thead>
          <tr>
            {COLUMNS.map((name, index) => (
              <th key={name} scope="col" class={index > 2 ? 'number' : undefined}>
                {name}
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
      {campaigns?.length === 0 && <p class="empty">No campaign is configured yet.</p>}
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
            <p class="empty">This campaign has no line item.</p>
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
          {words(figures.status)}
        </span>
      </td>
      <td class="cell-today">
        <Today figures={figures} />
      </td>
      <Cell name="Spend">{money(figures.spendMicros)}</Cell>
      <Cell name="Wins">{count(figures.wins)}</Cell>
      <Cell name="Impressions">{count(figures.impressions)}</Cell>
      <Cell name="Clicks">{count(figures.clicks)}</Cell>
      <Cell name="CTR">{share(figures.clicks, figures.impressions)}</Cell>
      <Cell name="Conversions">{count(figures.conversions)}</Cell>
      <Cell name="CPA">{money(figures.cpaMicros)}</Cell>
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

function Today({ figures }: { readonly figures: Figures }) {
  const { money, share } = format.value;
  const { spentTodayMicros: spent, dailyMicros: limit } = figures;
  if (limit === undefined) {
    return (
      <div class="today">
        <span>{money(spent)}</span> <span class="today-of">no daily limit</span>
      </div>
    );
  }
  const full = limit > 0 ? Math.min(1, spent / limit) : 1;
  return (
    <div class="today">
      <span>{money(spent)}</span> <span class="today-of">of {money(limit)}</span>
      <span class="today-share">{limit > 0 ? share(spent, limit) : NONE}</span>
      <div class="meter" data-full={full >= 0.995}>
        <div class="meter-fill" style={{ width: `${(full * 100).toFixed(2)}%` }} />
      </div>
    </div>
  );
}

function Chevron() {
  return (
    <svg class="chevron" viewBox="0 0 16 16" aria-hidden="true">
      <path d="M6 4l4 4-4 4" />
    </svg>
  );
}

function toneOf(status: string): 'good' | 'quiet' | 'care' {
  if (status === 'active') return 'good';
  return /^(paused|archived|ended|scheduled|not_in_flight)/.test(status) ? 'quiet' : 'care';
}
