/** The scripts of the shared ledger, by name, and the ways in which they refuse. */
import { readFileSync } from 'node:fs';

const SCRIPTS = ['join', 'open', 'restore', 'grant', 'give-back', 'settle', 'before', 'attend'] as const;
export type MoneyScript = (typeof SCRIPTS)[number];

const read = (file: string): string => readFileSync(new URL(`./lua/${file}.lua`, import.meta.url), 'utf8');
const beginning = read('money');
const TEXTS = new Map(SCRIPTS.map((name) => [name, `${beginning}\n${read(`money-${name}`)}`]));

/** Sent whole each time: a store that was restarted or failed over knows no scripts, and an act comes about once a second. */
export function moneyScript(name: MoneyScript): string {
  return TEXTS.get(name)!;
}

export type MoneyRefusal = 'EPOCH' | 'BEHIND' | 'FENCED' | 'SEQ' | 'CLOSED';

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
