/** Changes of the book, and which objects each touched. */

import type { DatabaseSync } from 'node:sqlite';
import type { Change, ChangedObject } from '../../core/change.ts';
import type { ChangeQuestion } from '../change-port.ts';

export const CHANGE_SCHEMA = `
  CREATE TABLE change (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, cause TEXT NOT NULL, objects TEXT NOT NULL
  ) STRICT;
  CREATE TABLE changed (
    list TEXT NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (list, id, number)
  ) STRICT, WITHOUT ROWID;
`;

export function changes(database: DatabaseSync) {
  const add = database.prepare('INSERT INTO change (at_ms, cause, objects) VALUES (?, ?, ?)');
  const touch = database.prepare('INSERT OR IGNORE INTO changed (list, id, number) VALUES (?, ?, ?)');
  const one = database.prepare('SELECT * FROM change WHERE number = ?');
  const latest = database.prepare('SELECT * FROM change WHERE number < ? ORDER BY number DESC LIMIT ?');
  const ofObject = database.prepare(
    `SELECT change.* FROM changed JOIN change USING (number) WHERE changed.list = ? AND changed.id = ? AND number < ?
     ORDER BY number DESC LIMIT ?`,
  );
  return {
    append: ({ atMs, objects, ...cause }: Omit<Change, 'number'>): number => {
      const { lastInsertRowid } = add.run(atMs, JSON.stringify(cause), JSON.stringify(objects));
      const number = Number(lastInsertRowid);
      for (const { list, id } of objects) touch.run(list, id, number);
      return number;
    },
    get: (number: number): Change | undefined => {
      const row = one.get(number);
      return row ? changeOf(row) : undefined;
    },
    list: ({ before, limit, list, id }: ChangeQuestion): readonly Change[] =>
      (list === undefined || id === undefined
        ? latest.all(before, limit)
        : ofObject.all(list, id, before, limit)
      ).map(changeOf),
  };
}

function changeOf(row: Readonly<Record<string, unknown>>): Change {
  return {
    ...(JSON.parse(String(row.cause)) as Pick<Change, 'source' | 'who' | 'why'>),
    number: Number(row.number),
    atMs: Number(row.at_ms),
    objects: JSON.parse(String(row.objects)) as readonly ChangedObject[],
  };
}
