/** What of an object a buyer changes in place, and the merge patch that his entries come to. */

export type EditedKind = 'campaigns' | 'line-items';

/** An object as the API gives it, as far as it is read here. */
export interface Editable {
  readonly id: string;
  readonly status?: string;
  readonly budget?: Readonly<Record<string, number | undefined>>;
  readonly bid?: Readonly<Record<string, unknown>> & { readonly strategy?: string };
}

/** By which the words are found. */
export type Label =
  | 'edit.daily'
  | 'edit.lifetime'
  | 'edit.price'
  | 'edit.max'
  | 'edit.min'
  | 'edit.target'
  | 'edit.return';

export interface FieldView {
  /** Where it stands in the object, as faults name it. */
  readonly path: string;
  readonly label: Label;
  /** Amounts are entered in units of the currency. */
  readonly unit: 'amount' | 'number';
  /** As it is now; empty where there is none. */
  readonly text: string;
  /** May be emptied. */
  readonly optional: boolean;
}

const BUDGETS = [
  ['dailyMicros', 'edit.daily'],
  ['lifetimeMicros', 'edit.lifetime'],
] as const;

const BIDS: Readonly<Record<string, Label>> = {
  priceCpmMicros: 'edit.price',
  maxCpmMicros: 'edit.max',
  minCpmMicros: 'edit.min',
  targetMicros: 'edit.target',
  target: 'edit.return',
};

export function fieldsOf({ budget, bid }: Editable): readonly FieldView[] {
  const budgets = BUDGETS.map(([key, label]) => field(`budget.${key}`, label, 'amount', budget?.[key], true));
  const bids = Object.entries(BIDS).flatMap(([key, label]) => {
    const value = bid?.[key];
    if (typeof value !== 'number') return [];
    return [field(`bid.${key}`, label, key.endsWith('Micros') ? 'amount' : 'number', value, false)];
  });
  return [...bids, ...budgets];
}

function field(
  path: string,
  label: Label,
  unit: FieldView['unit'],
  value: number | undefined,
  optional: boolean,
): FieldView {
  const text = value === undefined ? '' : String(unit === 'amount' ? value / 1e6 : value);
  return { path, label, unit, text, optional };
}

export type Entries = Readonly<Record<string, string>>;

/** The patch, and what cannot be read as a number, by path. Undefined where nothing is changed. */
export function patchOf(
  object: Editable,
  entries: Entries,
): { readonly patch: Readonly<Record<string, unknown>> | undefined; readonly faults: Entries } {
  const patch: Record<string, Record<string, number | null>> = {};
  const faults: Record<string, string> = {};
  for (const { path, unit, text, optional } of fieldsOf(object)) {
    const entry = entries[path]?.trim();
    if (entry === undefined || entry === text) continue;
    const value = entry === '' && optional ? null : numberIn(entry, unit);
    if (value === undefined) {
      faults[path] = 'is no number';
      continue;
    }
    const [part = '', key = ''] = path.split('.');
    (patch[part] ??= {})[key] = value;
  }
  // A budget of which nothing is left is none at all.
  const { budget } = patch;
  if (budget) {
    const rest = { ...object.budget, ...budget };
    if (Object.values(rest).every((value) => value === null || value === undefined))
      return { patch: { ...patch, budget: null }, faults };
  }
  return { patch: Object.keys(patch).length === 0 ? undefined : patch, faults };
}

/** Micros for amounts, which are whole. */
function numberIn(entry: string, unit: FieldView['unit']): number | undefined {
  if (!/^\d+(?:[.,]\d+)?$/.test(entry)) return undefined;
  const value = Number(entry.replace(',', '.'));
  return unit === 'amount' ? Math.round(value * 1e6) : value;
}
