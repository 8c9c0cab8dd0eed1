/** The history of what was changed in the book is kept here. */
import type { Change } from '../core/change.ts';

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
