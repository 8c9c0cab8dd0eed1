/** A recap as a page that prints well: a browser's "save as PDF" is its PDF. Names are the buyer's own and may hold anything, so all of them are escaped. */
import { createHash } from 'node:crypto';
import { escapeMarkup } from '../../openrtb/escape.ts';
import type { Recap, RecapPart, RecapSums } from './recap.ts';

const STYLE = `
  body { font: 15px/1.45 system-ui, sans-serif; color: #111; background: #fff; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; }
  table { border-collapse: collapse; width: 100%; } th, td { text-align: right; padding: .25rem .5rem; border-bottom: 1px solid #ccc; }
  th:first-child, td:first-child { text-align: left; } li { overflow-wrap: anywhere; }
  @page { size: A4; margin: 18mm; }
  @media print { body { margin: 0; padding: 0; max-width: none; font-size: 11pt; } h2, tr, li { break-inside: avoid; } h2 { break-after: avoid; } }
`;

/** Only this page's own style may apply, and nothing may run or load. */
export const RECAP_PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

const ROWS: readonly {
  readonly name: string;
  readonly of: (sums: RecapSums) => number | undefined;
  readonly isMoney: boolean;
}[] = [
  { name: 'Impressions', of: ({ impressions }) => impressions, isMoney: false },
  { name: 'Clicks', of: ({ clicks }) => clicks, isMoney: false },
  { name: 'Conversions', of: ({ conversions }) => conversions, isMoney: false },
  { name: 'Spend', of: ({ spendMicros }) => spendMicros, isMoney: true },
  { name: 'Cost per conversion', of: ({ cpaMicros }) => cpaMicros, isMoney: true },
  { name: 'Value', of: ({ valueMicros }) => valueMicros, isMoney: true },
];

export function recapPage(recap: Recap, currency: string): string {
  const { fromMs, toMs, period, before, measuredBy } = recap;
  const title = `${day(fromMs)} to ${day(toMs - 1)}`;
  const money = (micros: number | undefined): string =>
    micros === undefined ? '–' : `${(micros / 1e6).toFixed(2)} ${escapeMarkup(currency)}`;
  const rows = ROWS.map(({ name, of, isMoney }) => {
    const shown = (sums: RecapSums): string => (isMoney ? money(of(sums)) : String(of(sums) ?? '–'));
    return `<tr><td>${name}</td><td>${shown(period)}</td><td>${shown(before)}</td><td>${changeOf(of(period), of(before))}</td></tr>`;
  });
  const part = (one: RecapPart): string =>
    `${one.dimension.replace('_', ' ')} <strong>${escapeMarkup(one.id)}</strong>: ${Math.round(100 * one.resultShare)} % of the ${measuredBy}, ${Math.round(100 * one.spendShare)} % of the money (${money(one.spendMicros)})`;
  const changes = recap.changes.map(
    ({ atMs, who, what, why }) =>
      `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC, ${escapeMarkup(who)}: ${escapeMarkup(what)}${why ? ` (${escapeMarkup(why)})` : ''}`,
  );
  return [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Recap, ${title}</title><style>${STYLE}</style></head><body><main>`,
    `<h1>${title}</h1>`,
    '<table><thead><tr><th scope="col">Measure</th><th scope="col">Period</th><th scope="col">Before</th><th scope="col">Change</th></tr></thead>',
    `<tbody>${rows.join('')}</tbody></table>`,
    section('What worked', recap.worked.map(part), 'Nothing did better than the rest beyond chance.'),
    section('What did not', recap.failed.map(part), 'Nothing did worse than the rest beyond chance.'),
    section('What carried it', recap.carried.map(part), 'Nothing was shown.'),
    section('What changed', changes, 'Nothing was changed.'),
    section('What to try next', recap.next.map(escapeMarkup), 'Nothing stands out.'),
    '</main></body></html>\n',
  ].join('\n');
}

function section(title: string, lines: readonly string[], none: string): string {
  const body =
    lines.length > 0 ? `<ul>${lines.map((line) => `<li>${line}</li>`).join('')}</ul>` : `<p>${none}</p>`;
  return `<h2>${title}</h2>${body}`;
}

function changeOf(now: number | undefined, before: number | undefined): string {
  if (now === undefined || !before) return '–';
  const change = Math.round(100 * (now / before - 1));
  return `${change > 0 ? '+' : ''}${change} %`;
}

function day(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}
