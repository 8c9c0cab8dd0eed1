/** Counts of people's events by fact and day, and the keys of the events that were counted. */
import type { DatabaseSync } from 'node:sqlite';
import type { ProfileEntry, ProfileRow } from '../profile-port.ts';

export interface ProfileCursor {
  readonly person: string;
  readonly fact: string;
  readonly day: number;
}

export interface ProfilePage {
  readonly rows: readonly ProfileRow[];
  readonly next: ProfileCursor | undefined;
}

export const PROFILE_SCHEMA = `
  CREATE TABLE profile (
    person TEXT NOT NULL, fact TEXT NOT NULL, day INTEGER NOT NULL, count INTEGER NOT NULL, value INTEGER NOT NULL,
    PRIMARY KEY (person, fact, day)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX profile_day ON profile (day);
  CREATE TABLE profile_event (key TEXT NOT NULL PRIMARY KEY, day INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX profile_event_day ON profile_event (day);
`;

export interface ProfileActs {
  append(entries: readonly ProfileEntry[]): boolean[];
  page(after: ProfileCursor, limit: number): ProfilePage;
  move(from: string, into: string): void;
  forget(people: readonly string[]): number;
  trim(beforeDay: number, limit: number): number;
}

export function profiles(database: DatabaseSync): ProfileActs {
  const see = database.prepare('INSERT OR IGNORE INTO profile_event (key, day) VALUES (?, ?)');
  const add = database.prepare(
    `INSERT INTO profile (person, fact, day, count, value) VALUES (?, ?, ?, 1, ?)
     ON CONFLICT DO UPDATE SET count = count + 1, value = value + excluded.value`,
  );
  const after = database.prepare(
    `SELECT person, fact, day, count, value AS valueMicros FROM profile
     WHERE (person, fact, day) > (?, ?, ?) ORDER BY person, fact, day LIMIT ?`,
  );
  const copy = database.prepare(
    `INSERT INTO profile (person, fact, day, count, value) SELECT ?, fact, day, count, value FROM profile WHERE person = ?
     ON CONFLICT DO UPDATE SET count = count + excluded.count, value = value + excluded.value`,
  );
  const forget = database.prepare('DELETE FROM profile WHERE person = ?');
  const trim = database.prepare(
    `DELETE FROM profile WHERE (person, fact, day) IN
     (SELECT person, fact, day FROM profile INDEXED BY profile_day WHERE day < ? LIMIT ?)`,
  );
  const trimSeen = database.prepare(
    `DELETE FROM profile_event WHERE key IN
     (SELECT key FROM profile_event INDEXED BY profile_event_day WHERE day < ? LIMIT ?)`,
  );
  return {
    append: (entries) =>
      entries.map(({ eventKey, person, day, facts, valueMicros }) => {
        if (eventKey !== '' && see.run(eventKey, day).changes === 0) return false;
        for (const fact of facts) add.run(person, fact, day, valueMicros);
        return true;
      }),
    page: ({ person, fact, day }, limit) => {
      const rows = after.all(person, fact, day, limit) as unknown as ProfileRow[];
      return { rows, next: rows.length < limit ? undefined : rows.at(-1) };
    },
    move: (from, into) => {
      if (from === into) return;
      copy.run(into, from);
      forget.run(from);
    },
    forget: (people) => people.reduce((sum, person) => sum + Number(forget.run(person).changes), 0),
    trim: (beforeDay, limit) =>
      Number(trim.run(beforeDay, limit).changes) + Number(trimSeen.run(beforeDay, limit).changes),
  };
}
