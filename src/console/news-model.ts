/** Alerts and changes as the bidder tells of them. */

export interface AlertView {
  readonly id: string;
  readonly kind: string;
  readonly objectKind: string;
  readonly objectId: string;
  readonly sinceMs: number;
  readonly confidence: number;
  readonly message: string;
  readonly cause: string;
  readonly causeKind?: string;
  readonly explains?: number;
  readonly remedy: string;
  readonly timesInMonth: number;
  readonly acknowledged?: { readonly atMs: number; readonly note: string };
}

export interface ChangedView {
  readonly kind: string;
  readonly id: string;
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly patch: unknown;
}

export interface ChangeView {
  readonly number: number;
  readonly atMs: number;
  readonly source: string;
  readonly who: string;
  readonly why: string;
  readonly undoes?: number;
  readonly objects: readonly ChangedView[];
}

export interface SumsView {
  readonly impressions: number;
  readonly clicks: number;
  readonly conversions: number;
  readonly spendMicros: number;
  readonly cpaMicros: number | null;
}

export interface EffectView {
  readonly kind: string;
  readonly id: string;
  readonly windowMs: number;
  readonly before: SumsView;
  readonly after: SumsView;
}
