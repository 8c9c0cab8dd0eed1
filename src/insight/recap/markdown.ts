/** A recap as a page to send on. Names are the buyer's own and may hold anything, so what Markdown would read into them is escaped. */
import type { Recap, RecapPart, RecapSums } from './recap.ts';

export function recapMarkdown(recap: Recap, currency: string): string {
  const { fromMs, toMs, period, before, measuredBy } = recap;
  const money = (micros: number | undefined): string =>
    micros === undefined ? '–' : `${(micros / 1e6).toFixed(2)} ${currency}`;
  const row = (name: string, of: (sums: RecapSums) => string, change: (sums: RecapSums) => number): string =>
    `| ${name} | ${of(period)} | ${of(before)} | ${changeOf(change(period), change(before))} |`;
  const part = (one: RecapPart): string =>
    `- ${one.dimension.replace('_', ' ')} **${plain(one.id)}**: ${Math.round(100 * one.resultShare)} % of the ${measuredBy}, ${Math.round(100 * one.spendShare)} % of the money (${money(one.spendMicros)})`;
  const list = (title: string, lines: readonly string[], none: string): string =>
    `## ${title}\n\n${lines.length > 0 ? lines.join('\n') : none}\n`;
  return [
    `# ${day(fromMs)} to ${day(toMs - 1)}\n`,
    '| | period | before | change |',
    '| --- | ---: | ---: | ---: |',
    row(
      'Impressions',
      (sums) => String(sums.impressions),
      (sums) => sums.impressions,
    ),
    row(
      'Clicks',
      (sums) => String(sums.clicks),
      (sums) => sums.clicks,
    ),
    row(
      'Conversions',
      (sums) => String(sums.conversions),
      (sums) => sums.conversions,
    ),
    row(
      'Spend',
      (sums) => money(sums.spendMicros),
      (sums) => sums.spendMicros,
    ),
    row(
      'Cost per conversion',
      (sums) => money(sums.cpaMicros),
      (sums) => sums.cpaMicros ?? 0,
    ),
    row(
      'Value',
      (sums) => money(sums.valueMicros),
      (sums) => sums.valueMicros,
    ),
    '',
    list('What worked', recap.worked.map(part), 'Nothing did better than the rest beyond chance.'),
    list('What did not', recap.failed.map(part), 'Nothing did worse than the rest beyond chance.'),
    list('What carried it', recap.carried.map(part), 'Nothing was shown.'),
    list(
      'What changed',
      recap.changes.map(
        ({ atMs, who, what, why }) =>
          `- ${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC, ${plain(who)}: ${plain(what)}${why ? ` (${plain(why)})` : ''}`,
      ),
      'Nothing was changed.',
    ),
    list(
      'What to try next',
      recap.next.map((text) => `- ${plain(text)}`),
      '',
    ),
  ].join('\n');
}

function changeOf(now: number, before: number): string {
  if (before === 0) return '–';
  const change = Math.round(100 * (now / before - 1));
  return `${change > 0 ? '+' : ''}${change} %`;
}

function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]<>()#+!|~]/g, '\\$&').replace(/\s+/g, ' ');
}

function day(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}
