/** What is wrong with an object a buyer or operator wrote, said so that it can be mended without reading code. */

/** Keys and list positions from the outside in. */
export type Path = readonly (string | number)[];

export interface Issue {
  readonly path: Path;
  /** Stable name, for programs. */
  readonly code: string;
  /** An error refuses the whole configuration; a warning tells of a setting that has no effect or a surprising one. */
  readonly severity: 'error' | 'warning';
  /** Completes the sentence "<path> …". */
  readonly message: string;
  /** What to do about it; may be empty. */
  readonly hint: string;
  /** The value found, short and with secrets hidden; empty where there is none. */
  readonly value: string;
  /** True where the key itself is at fault, not its value. */
  readonly onKey: boolean;
  /** Another place that has to do with it, as the first use of an id. */
  readonly related: Path | undefined;
}

type IssueDetails = Partial<Pick<Issue, 'hint' | 'onKey' | 'related' | 'severity'>> & {
  readonly value?: unknown;
};

export function issue(path: Path, code: string, message: string, details: IssueDetails = {}): Issue {
  const { hint = '', severity = 'error', onKey = false, related } = details;
  return {
    path,
    code,
    severity,
    message,
    hint,
    value: 'value' in details ? show(details.value) : '',
    onKey,
    related,
  };
}

export function warning(path: Path, code: string, message: string, details: IssueDetails = {}): Issue {
  return issue(path, code, message, { ...details, severity: 'warning' });
}

export const HIDDEN = '(hidden)';

const SHOWN_LENGTH = 80;

/** A value in a few words. Lists and mappings are only named, for a secret may be inside. */
export function show(value: unknown): string {
  if (value === undefined) return '';
  if (value === null) return 'nothing';
  if (typeof value === 'string') return value === HIDDEN ? HIDDEN : JSON.stringify(cut(withoutLogin(value)));
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a mapping' : String(value);
}

/** Addresses of stores carry a password, under whatever key they were written. */
function withoutLogin(text: string): string {
  return text.replace(/\/\/[^/?#\s]*@/g, `//${HIDDEN}@`);
}

function cut(text: string): string {
  return text.length <= SHOWN_LENGTH ? text : `${text.slice(0, SHOWN_LENGTH)}…`;
}

/** `lineItems[3].bid.strategy` */
export function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    const key = /^[\w$-]+$/.test(step) ? step : JSON.stringify(cut(step));
    return text === '' ? key : `${text}.${key}`;
  }, '');
}
