/** Packs as the page shows them, put together from the bidder's answers. */

export interface EstimateView {
  readonly people: number;
  readonly low: number;
  readonly high: number;
}

export interface PackView {
  readonly version: string;
  readonly checksum: string;
  readonly source: string;
  readonly createdMs: number;
  readonly refreshedMs: number;
  readonly expiresMs?: number;
  /** Absent where only requests tell who is in it. */
  readonly size?: number;
  readonly status: string;
  readonly why: string;
  readonly usedBy: {
    readonly lineItems: readonly { readonly lineItemId: string; readonly as: string }[];
    readonly packs: readonly string[];
  };
}

export interface AudienceAnswer {
  readonly id: string;
  readonly name?: string;
  readonly pack?: PackView;
}

export interface ReachView extends EstimateView {
  readonly id: string;
  readonly share?: number;
  readonly matches: readonly (EstimateView & {
    readonly exchangeId: string;
    readonly idSpace: string;
    readonly share?: number;
  })[];
}

export interface OverlapView {
  readonly items: readonly { readonly id: string; readonly size?: number }[];
  readonly pairs: readonly (EstimateView & {
    readonly first: string;
    readonly second: string;
    readonly basis: 'ids' | 'seen';
  })[];
}

export interface AudienceView {
  readonly id: string;
  readonly name: string;
  readonly pack: PackView;
  readonly reach: ReachView | undefined;
}

export interface AudiencesView {
  readonly audiences: readonly AudienceView[];
  readonly overlap: OverlapView;
  /** Since when requests are counted. */
  readonly sinceMs: number | undefined;
}

/** More cannot be read side by side. */
const MATRIX_MAX = 10;

export function audiencesView(
  list: readonly AudienceAnswer[],
  reach: { readonly sinceMs?: number; readonly items: readonly ReachView[] },
  overlap: OverlapView,
): AudiencesView {
  const reached = new Map(reach.items.map((item) => [item.id, item]));
  const audiences = list.flatMap(({ id, name = id, pack }) =>
    pack ? [{ id, name, pack, reach: reached.get(id) }] : [],
  );
  return { audiences, overlap, sinceMs: reach.sinceMs };
}

/** Of the packs that hold or reach anybody, the first few: one row and one column of the matrix each. */
export function matrixIds({ audiences }: AudiencesView): readonly string[] {
  return audiences
    .filter(({ pack, reach }) => (pack.size ?? reach?.people ?? 0) > 0)
    .slice(0, MATRIX_MAX)
    .map(({ id }) => id);
}

export interface OverlapCell extends EstimateView {
  readonly basis: 'ids' | 'seen';
  /** Of the row's pack; undefined where nobody can count that. */
  readonly share: number | undefined;
}

export function overlapCell(
  { audiences, overlap }: AudiencesView,
  row: string,
  column: string,
): OverlapCell | undefined {
  const pair = overlap.pairs.find(
    ({ first, second }) => (first === row && second === column) || (first === column && second === row),
  );
  if (!pair) return undefined;
  const { pack, reach } = audiences.find(({ id }) => id === row) ?? {};
  // People seen are a part of those who were seen, not of the whole list.
  const whole = pair.basis === 'ids' ? pack?.size : reach?.people;
  const { people, low, high, basis } = pair;
  return { people, low, high, basis, share: whole ? Math.min(1, people / whole) : undefined };
}

const MINUTE_MS = 60_000;

/** `3 h`, `12 days`: how long, as one looks at it. */
export function ageOf(ms: number): string {
  const minutes = Math.max(0, ms) / MINUTE_MS;
  if (minutes < 1) return 'now';
  if (minutes < 90) return `${Math.round(minutes)} min`;
  if (minutes < 48 * 60) return `${Math.round(minutes / 60)} h`;
  return `${Math.round(minutes / 1440)} days`;
}
