/** The results as text: tables for the terminal, and one page over all of them. */
import type { Machine } from '../machine.ts';
import type { Findings, Table } from './evaluation.ts';
import { meets } from './evaluation.ts';

export interface Result extends Findings {
  readonly name: string;
  readonly variant: string;
  readonly title: string;
  readonly seed: number;
  readonly commit: string;
  readonly machine: Machine;
  readonly settings: Readonly<Record<string, string>>;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
  readonly pass: boolean;
}

export function pageOf(results: readonly Result[]): string {
  const head = [
    '# Quality evaluation',
    '',
    'Written by `npm run eval`; each section says which files, seed and commit it is from. Recorded prices, simulated auctions:',
    'no real first-price log is public, so a recorded price stands for the best competing bid.',
    '',
    ...markdown({
      title: '',
      columns: ['evaluation', 'figure', 'value', 'goal', ''],
      rows: results.flatMap((result) =>
        Object.entries(result.goals).map(([key, goal]) => [
          [result.name, result.variant].filter(Boolean).join(' '),
          key,
          result.figures[key] ?? '–',
          goal,
          meets(result.figures[key], goal) ? 'met' : '**missed**',
        ]),
      ),
    }),
  ];
  return `${[...head, ...results.flatMap((result) => ['', ...sectionOf(result)])].join('\n')}\n`;
}

export function sectionOf(result: Result): string[] {
  const { name, variant, title, seed, commit, machine, files, notes, figures, goals, tables } = result;
  return [
    `## ${[name, variant].filter(Boolean).join(' ')}: ${title}`,
    '',
    `Files ${files.map((file) => file.name).join(', ')}; seed ${seed}; commit ${commit}; ${machine.processors} × ${machine.processor}, Node ${machine.node}.`,
    ...notes.flatMap((note) => ['', note]),
    '',
    ...markdown({
      title: '',
      columns: ['figure', 'value', 'goal'],
      rows: Object.entries(figures).map(([key, value]) => [key, value, goals[key] ?? '']),
    }),
    ...tables.flatMap((table) => ['', ...markdown(table)]),
  ];
}

function markdown({ title, columns, rows }: Table): string[] {
  return [
    ...(title === '' ? [] : [`**${title}**`, '']),
    `| ${columns.join(' | ')} |`,
    `| ${columns.map(() => '---').join(' | ')} |`,
    ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
  ];
}

/** What is no number was written as null. */
function cell(value: string | number | null): string {
  if (value === null) return '–';
  if (typeof value === 'string') return value;
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
}
