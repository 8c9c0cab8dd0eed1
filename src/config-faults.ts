/** A fault of the configuration with its place in a file, and faults as text for a terminal. */
import type { Issue } from './campaign/issue.ts';
import { pathText } from './campaign/issue.ts';

export interface Fault {
  /** Path of the file as it was found, or `environment` or `flags`. */
  readonly file: string;
  /** From 1; 0 where the fault has no line. */
  readonly line: number;
  readonly column: number;
  /** Key path in that file, as `lineItems[3].bid.strategy`. */
  readonly key: string;
  /** The value found, short; secrets are hidden. */
  readonly value: string;
  readonly message: string;
  readonly hint: string;
  readonly severity: 'error' | 'warning';
  readonly code: string;
}

/** A place in a file. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly key: string;
}

export function placeText({ file, line, column }: Pick<Place, 'file' | 'line' | 'column'>): string {
  return line === 0 ? file : `${file}:${line}:${column}`;
}

/** A fault about a whole file. */
export function fileFault(
  file: string,
  code: string,
  message: string,
  hint = '',
  line = 0,
  column = 0,
): Fault {
  return { file, line, column, key: '', value: '', message, hint, severity: 'error', code };
}

export function faultAt(place: Place, issue: Issue, related?: Place): Fault {
  const { code, severity, message, value } = issue;
  const also = related ? `See ${placeText(related)}.` : '';
  return {
    ...place,
    key: place.key || pathText(issue.path),
    code,
    severity,
    message,
    value,
    hint: [issue.hint, also].filter(Boolean).join(' '),
  };
}

export function sortFaults(faults: readonly Fault[]): Fault[] {
  return [...faults].sort((a, b) =>
    a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column,
  );
}

const COLORS = { error: '\u001b[31m', warning: '\u001b[33m', dim: '\u001b[2m', off: '\u001b[0m' };

/** Control characters and the marks that reorder text: a file must not be able to write on the operator's terminal. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** One block for each fault, and a line of counts at the end; empty where there is no fault. */
export function formatFaults(
  faults: readonly Fault[],
  { color = false }: { readonly color?: boolean } = {},
): string {
  if (faults.length === 0) return '';
  const paint = (name: keyof typeof COLORS, text: string): string =>
    color ? `${COLORS[name]}${text}${COLORS.off}` : text;
  const clean = (text: string): string =>
    text.replace(UNPRINTABLE, (character) => (character === '\n' ? ' ' : '\ufffd'));
  const blocks = sortFaults(faults).map((fault) => {
    const subject = [clean(fault.key), clean(fault.message)].filter(Boolean).join(' ');
    const found = fault.value === '' ? '' : `; found ${clean(fault.value)}`;
    const head = `${clean(placeText(fault))}: ${paint(fault.severity, fault.severity)}: ${subject}${found} ${paint('dim', `[${fault.code}]`)}`;
    return fault.hint === '' ? head : `${head}\n    ${clean(fault.hint)}`;
  });
  return `${blocks.join('\n')}\n${countText(faults)}\n`;
}

function countText(faults: readonly Fault[]): string {
  const errors = faults.filter((fault) => fault.severity === 'error').length;
  const warnings = faults.length - errors;
  const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
  return [errors > 0 && count(errors, 'error'), warnings > 0 && count(warnings, 'warning')]
    .filter(Boolean)
    .join(', ');
}
