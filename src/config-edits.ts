/** A configuration with edits on top of its files, checked as if all of it came from files. */

import type { TSchema } from 'typebox';
import { checkBook } from './campaign/book.ts';
import type { Book } from './campaign/campaign.ts';
import type { BookObjects, Edit, EditConflict } from './campaign/edits.ts';
import { beneath, objectsOf, reapply } from './campaign/edits.ts';
import type { Issue } from './campaign/issue.ts';
import { lintBook } from './campaign/lint.ts';
import type { LooseBook } from './campaign/loose-book.ts';
import { checkShape } from './campaign/shape.ts';
import type { Configuration } from './config.ts';
import { listProperties } from './config-join.ts';
import type { BookObject, EditedList } from './core/change.ts';
import type { ExchangeProfile } from './openrtb/exchange-profile.ts';

export type EditedConfiguration =
  | {
      readonly ok: true;
      readonly configuration: Configuration;
      readonly conflicts: readonly EditConflict[];
    }
  | {
      readonly ok: false;
      readonly issues: readonly Issue[];
      /** What the paths of the issues lead into. */
      readonly objects: BookObjects;
    };

/** In place of the edits that it has. References that lead nowhere make it an error. */
export function withEdits(configuration: Configuration, edits: readonly Edit[]): EditedConfiguration {
  const files = beneath(objectsOf(configuration.book, configuration.exchanges), configuration.edits ?? []);
  const { objects, edits: kept, conflicts } = reapply(files, edits);
  const { exchanges, ...lists } = objects;
  const book = { ...configuration.book, ...lists } as Book;
  const issues = errorsIn({ ...book, exchanges } as unknown as LooseBook);
  if (issues.length > 0) return { ok: false, issues, objects };
  return {
    ok: true,
    conflicts,
    configuration: {
      ...configuration,
      book,
      exchanges: exchanges as readonly ExchangeProfile[],
      edits: kept,
    },
  };
}

function errorsIn(book: LooseBook): readonly Issue[] {
  return checkBook(book).filter(({ severity }) => severity === 'error');
}

/** An object as its schema has it, with defaults; faults have paths within the object. */
export function readObject(
  list: EditedList,
  written: unknown,
):
  | { readonly ok: true; readonly object: BookObject }
  | { readonly ok: false; readonly issues: readonly Issue[] } {
  const { items } = listProperties[list] as unknown as { readonly items: TSchema };
  const { value, issues } = checkShape(items, written);
  const errors = issues.filter(({ severity }) => severity === 'error');
  return errors.length > 0 ? { ok: false, issues: errors } : { ok: true, object: value as BookObject };
}

/** What `check` would remark on about one object. */
export function remarksOn(
  { book, exchanges, feeds }: Configuration,
  list: EditedList,
  id: string,
  nowMs: number,
): readonly Issue[] {
  const place = objectsOf(book, exchanges)[list].findIndex((object) => object.id === id);
  return lintBook(book, exchanges, nowMs, feeds).filter(({ path }) => path[0] === list && path[1] === place);
}
