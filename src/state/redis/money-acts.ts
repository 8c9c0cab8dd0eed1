/** The scripts of the shared ledger, by name, and the ways in which they refuse. */
import { readFileSync } from 'node:fs';

const FILES = {
  join: 'money-join.lua',
  open: 'money-open.lua',
  restore: 'money-restore.lua',
  grant: 'money-grant.lua',
  'give-back': 'money-give-back.lua',
  settle: 'money-settle.lua',
  before: 'money-before.lua',
  attend: 'money-attend.lua',
} as const;
export type MoneyScript = keyof typeof FILES;

const read = (file: string): string => readFileSync(new URL(`./lua/${file}`, import.meta.url), 'utf8');
const beginning = read('money.lua');
const texts = new Map<string, string>(
  Object.entries(FILES).map(([name, file]) => [name, `${beginning}\n${read(file)}`]),
);

/** Sent whole each time: a store that was restarted or failed over knows no scripts, and an act comes about once a second. */
export function moneyScript(name: MoneyScript): string {
  return texts.get(name)!;
}

/** The ledger cannot serve this process now; nothing was changed. */
export class LedgerAwayError extends Error {
  override name = 'LedgerAwayError';
  readonly code = 'BW_LEDGER_AWAY';
}

/** Another process goes by this one's name, so this one must not spend any more. */
export class LedgerFencedError extends Error {
  override name = 'LedgerFencedError';
  readonly code = 'BW_LEDGER_FENCED';
}
