/** The identity graph on disk: a row for each id and each number, written behind as they change. */
import type { DatabaseSync } from 'node:sqlite';
import type { IdentityChanges, IdRow, PersonRow } from '../identity/graph.ts';

export function identities(database: DatabaseSync) {
  const putId = database.prepare(
    `INSERT INTO identity (key, number, meta) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET number = excluded.number, meta = excluded.meta`,
  );
  const dropId = database.prepare('DELETE FROM identity WHERE key = ?');
  const putPerson = database.prepare(
    `INSERT INTO person (number, at_s, into_number) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET at_s = excluded.at_s, into_number = excluded.into_number`,
  );
  const dropPerson = database.prepare('DELETE FROM person WHERE number = ?');
  const people = database.prepare(
    'SELECT number, at_s AS atSeconds, into_number AS "into" FROM person WHERE number > ? ORDER BY number LIMIT ?',
  );
  const ids = database.prepare('SELECT key, number, meta FROM identity WHERE key > ? ORDER BY key LIMIT ?');
  return {
    save: (changes: IdentityChanges): void => {
      for (const key of changes.goneKeys) dropId.run(key);
      for (const number of changes.goneNumbers) dropPerson.run(number);
      for (const { number, atSeconds, into } of changes.people) putPerson.run(number, atSeconds, into);
      for (const { key, number, meta } of changes.ids) putId.run(key, number, meta);
    },
    people: (after: number, limit: number) => people.all(after, limit) as unknown as PersonRow[],
    ids: (after: string, limit: number) => ids.all(after, limit) as unknown as IdRow[],
  };
}
