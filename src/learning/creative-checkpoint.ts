/**
 * What was learned of creatives, on disk, so that a start need not read every showing there ever was: one table for each line item, and an index
 * that says up to which reward of the journal's log all of them go. A line item's own table may be ahead of the index, as when a process dies between
 * the two: each says how far it goes, and rewards up to there are not counted again.
 */
import type { TablesPort } from '../state/port.ts';

export interface CreativeIndex {
  readonly seq: number;
  readonly account: { readonly trials: number; readonly click: number; readonly conversion: number };
  /** By line item: what counted for it when its table was made. */
  readonly rules: Readonly<Record<string, string>>;
}

export interface SavedLine {
  readonly seq: number;
  /** As `CreativeRecords` writes and believes it. */
  readonly learned: unknown;
}

export const INDEX = 'creatives';
const FORMAT = 1;
const COUNT_MAX = 1e15;

export function indexBytes(index: CreativeIndex): Uint8Array {
  return Buffer.from(JSON.stringify({ format: FORMAT, ...index }));
}

/** `corrupt` for one that cannot be believed; undefined where there is none. */
export async function loadIndex(
  tables: Pick<TablesPort, 'load'>,
): Promise<CreativeIndex | 'corrupt' | undefined> {
  const bytes = await tables.load(INDEX);
  if (!bytes) return undefined;
  const read = parsed(bytes);
  if (!read || read['format'] !== FORMAT) return 'corrupt';
  const { seq, account, rules } = read as unknown as CreativeIndex;
  if (!isCount(seq) || !isRecord(account) || !isRecord(rules)) return 'corrupt';
  const counts = [account.trials, account.click, account.conversion];
  return counts.every(isCount) && Object.values(rules).every((rule) => typeof rule === 'string')
    ? { seq, account, rules }
    : 'corrupt';
}

export function saveLine(
  tables: Pick<TablesPort, 'save'>,
  lineItemId: string,
  line: SavedLine,
): Promise<void> {
  return tables.save(nameOf(lineItemId), Buffer.from(JSON.stringify(line)));
}

/** Undefined for one that is not there, though the index names it, or cannot be read. */
export async function loadLine(
  tables: Pick<TablesPort, 'load'>,
  lineItemId: string,
): Promise<SavedLine | undefined> {
  const bytes = await tables.load(nameOf(lineItemId));
  const read = bytes && parsed(bytes);
  return read && isCount(read['seq']) && isRecord(read['learned'])
    ? { seq: read['seq'], learned: read['learned'] }
    : undefined;
}

function nameOf(lineItemId: string): string {
  return `${INDEX}/${lineItemId}`;
}

function parsed(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const read: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return isRecord(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < COUNT_MAX;
}
