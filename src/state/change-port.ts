/** The history of what was changed in the book, in the order in which it came into use. */
import type { ChangedObject } from '../campaign/edits.ts';

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

export interface ChangePort {
  /** Durable when it resolves; gives the number. */
  append(change: Omit<Change, 'number'>): Promise<number>;
  get(number: number): Promise<Change | undefined>;
  /** The latest first, before a number; those that touched an object, where one is named. */
  list(question: ChangeQuestion): Promise<readonly Change[]>;
}

export interface ChangeQuestion {
  readonly before: number;
  readonly limit: number;
  readonly list?: string;
  readonly id?: string;
}
