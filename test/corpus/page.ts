/** The figures of the corpus, and what was not bid on, as a page to read. */
import type { Media, Miss } from './misses.ts';
import { MEDIA } from './misses.ts';

export interface Shares {
  readonly offered: Readonly<Record<Media, number>>;
  readonly answerable: Readonly<Record<Media, number>>;
  readonly bidOn: Readonly<Record<Media, number>>;
}

export function corpusPage({ offered, answerable, bidOn }: Shares, misses: readonly Miss[]): string {
  const rows = MEDIA.map((media) => {
    const cells = [offered[media], bidOn[media], percent(bidOn[media], offered[media])];
    return `| ${media} | ${cells.join(' | ')} | ${answerable[media]} | ${percent(bidOn[media], answerable[media])} |`;
  });
  return `# What \`config/wide-open\` bids on

Strictly valid requests of a corpus that nobody here wrote, by medium. *Answerable* leaves out what a request closes to
everybody, or to everybody but others: each such field stands below. Written by
\`BIDWRIGHT_RECORD=1 npx vitest run test/corpus\`; every single impression is in corpus.json.

| medium | impressions | bid on | share | answerable | share of answerable |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

## Not bid on

| impressions | media | reason | field that decides | answerable |
| --- | --- | --- | --- | --- |
${grouped(misses).join('\n')}
`;
}

function grouped(misses: readonly Miss[]): string[] {
  const counts = new Map<string, number>();
  for (const { media, reason, field, answerable } of misses) {
    const row = `${media.join(', ')} | ${reason} | ${cell(field)} | ${answerable ? 'yes' : 'no'} |`;
    counts.set(row, (counts.get(row) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]).map(([row, count]) => `| ${count} | ${row}`);
}

function cell(text: string): string {
  return text.replace(/[|\n<>]/g, ' ');
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}
