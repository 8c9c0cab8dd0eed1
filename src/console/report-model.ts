/** Reports as the builder asks for them and writes them down. */

export interface ReportRow {
  readonly key: Readonly<Record<string, string>>;
  readonly [metric: string]: unknown;
}

export interface ReportAnswer {
  readonly rows: readonly ReportRow[];
}

/** For a bidder that does not say which it has. */
const DIMENSIONS = ['day', 'hour', 'campaign', 'line_item', 'creative', 'exchange', 'advertiser'];

/** The API's own description of the question lists them: what it learns, the builder offers. */
export function dimensionsIn(openapi: unknown): readonly string[] {
  const parameters = (openapi as OpenApi | undefined)?.paths?.['/api/v1/reports']?.get?.parameters ?? [];
  const text = parameters.find(({ name }) => name === 'dimensions')?.description ?? '';
  const named = (text.split(':')[1] ?? '')
    .split('.')[0]!
    .split(',')
    .map((name) => name.trim())
    .filter((name) => /^[a-z_]+$/.test(name));
  return named.length > 0 ? named : DIMENSIONS;
}

/** Where bids were is summed by one name at a time, and not by creative: to choose a second one is to leave the first. */
const PLACES = [
  'publication',
  'device',
  'country',
  'region',
  'size',
  'format',
  'deal',
  'pack',
  'experiment_arm',
];

export function areKeptTogether(one: string, other: string): boolean {
  const [isPlace, isOtherPlace] = [PLACES.includes(one), PLACES.includes(other)];
  if (isPlace && isOtherPlace) return false;
  return !((isPlace && other === 'creative') || (isOtherPlace && one === 'creative'));
}

interface OpenApi {
  readonly paths?: Readonly<
    Record<
      string,
      { readonly get?: { readonly parameters?: readonly { name?: string; description?: string }[] } }
    >
  >;
}

/** Numbers of the rows, those a buyer looks at first in front. */
export function metricsIn(rows: readonly ReportRow[]): readonly string[] {
  const found = new Set<string>();
  for (const row of rows)
    for (const [name, value] of Object.entries(row)) if (typeof value === 'number') found.add(name);
  const first = USUAL.filter((name) => found.has(name));
  return [...first, ...[...found].filter((name) => !USUAL.includes(name)).sort()];
}

export const USUAL: readonly string[] = [
  'spendMicros',
  'bids',
  'wins',
  'winRate',
  'impressions',
  'cpmMicros',
  'clicks',
  'clickRate',
  'cpcMicros',
  'conversions',
  'clickConversions',
  'viewConversions',
  'conversionRate',
  'cpaMicros',
  'conversionValueMicros',
  'roas',
];

/** `spendMicros` and `winRate` say by their names how they are written. */
export function kindOf(metric: string): 'money' | 'share' | 'count' | 'number' {
  if (metric.endsWith('Micros')) return 'money';
  if (metric.endsWith('Rate') || metric.endsWith('Share')) return 'share';
  return metric === 'roas' ? 'number' : 'count';
}

/** RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe in front. */
export function csvOf(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return `${[columns, ...rows].map((row) => row.map(csvCell).join(',')).join('\r\n')}\r\n`;
}

function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = /^['=+\-@\t\r\n＝＋－＠]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
