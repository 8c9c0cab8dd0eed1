/** Changes of what is configured: which object, by whom, from what to what. */

export const EDITED_LISTS = [
  'exchanges',
  'advertisers',
  'campaigns',
  'lineItems',
  'creatives',
  'audiences',
  'conversionActions',
  'experiments',
] as const;
export type EditedList = (typeof EDITED_LISTS)[number];

export type BookObject = { readonly id: string } & Readonly<Record<string, unknown>>;

export interface ChangedObject {
  readonly list: EditedList;
  readonly id: string;
  readonly before: BookObject | null;
  readonly after: BookObject | null;
}

/** `file`: the configuration's files; `api`: somebody by the API or console; `undo`: going back; `automation`: a rule of the buyer's. */
export type ChangeSource = 'file' | 'api' | 'undo' | 'automation';

export interface ChangeCause {
  readonly source: ChangeSource;
  readonly who: string;
  /** In the words of whoever made it; may be empty. */
  readonly why: string;
  /** Number of the change that this one undoes. */
  readonly undoes?: number;
}

export interface Change extends ChangeCause {
  /** 1 for the first; each process counts for itself. */
  readonly number: number;
  readonly atMs: number;
  readonly objects: readonly ChangedObject[];
}
