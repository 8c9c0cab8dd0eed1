import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JournalUnavailableError } from '../../../src/state/port.ts';
import { openSqliteState } from '../../../src/state/sqlite/open.ts';
import { billingOf, factsOf } from '../../contract/state-events.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bidwright-open-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const file = () => join(directory, 'bidwright.sqlite');
const numbered = (index: number) => billingOf(factsOf({ bidId: `bid-${index}` }), 1_000_000);

describe('the state file', () => {
  it('lets one process in at a time', async () => {
    const state = await openSqliteState({ directory });
    await expect(openSqliteState({ directory })).rejects.toThrow(/another process/);
    await state.journal.appendNotice(numbered(1));
    await state.close();
    const next = await openSqliteState({ directory });
    expect(await next.journal.noticesOf('bid-1')).toEqual(['billing']);
    await next.close();
  });

  it('syncs each commit, in strict tables, with its version', async () => {
    await (await openSqliteState({ directory })).close();
    const database = new DatabaseSync(file(), { readOnly: true });
    const loose = database
      .prepare(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'",
      )
      .all();
    expect(loose.map(({ name }) => name)).toEqual([]);
    expect(Number(database.prepare('PRAGMA user_version').get()?.['user_version'])).toBeGreaterThan(1);
    database.close();
  });

  it('that only a newer version can read is refused and left alone', async () => {
    await (await openSqliteState({ directory })).close();
    const database = new DatabaseSync(file());
    database.exec("PRAGMA user_version = 999; UPDATE life SET value = 999 WHERE name = 'readable_by'");
    database.close();
    const before = readFileSync(file());
    await expect(openSqliteState({ directory })).rejects.toThrow(/version 999/);
    expect(readFileSync(file()).equals(before)).toBe(true);
  });

  it('that is damaged is refused after a stop that was not clean', async () => {
    const state = await openSqliteState({ directory });
    for (let index = 0; index < 500; index++) void state.journal.appendNotice(numbered(index));
    await state.journal.noticesOf('');
    // Closed cleanly, then marked as not: what a crash leaves, with the log written back so that damage lies in the file.
    await state.close();
    const database = new DatabaseSync(file());
    database.exec("UPDATE life SET value = 0 WHERE name = 'clean'");
    database.close();
    await (await openSqliteState({ directory: copyTo('sound') })).close();
    const bytes = readFileSync(file());
    for (let page = 2; page * 4096 < bytes.length; page += 3)
      bytes.fill(0xa5, page * 4096 + 200, page * 4096 + 900);
    writeFileSync(file(), bytes);
    await expect(openSqliteState({ directory })).rejects.toThrow();
  });

  function copyTo(name: string): string {
    const other = join(directory, name);
    copyFileSync(file(), join(directory, 'copy'));
    rmSync(other, { recursive: true, force: true });
    const made = mkdtempSync(`${other}-`);
    copyFileSync(join(directory, 'copy'), join(made, 'bidwright.sqlite'));
    return made;
  }
});

describe('the queue before the journal', () => {
  it('is bounded: what is beyond is refused at once, what is in it is written', async () => {
    const state = await openSqliteState({ directory, queueMax: 100 });
    const told = await Promise.allSettled(
      Array.from({ length: 300 }, (_, index) => state.journal.appendNotice(numbered(index))),
    );
    const kept = told.filter(({ status }) => status === 'fulfilled').length;
    expect(kept).toBe(100);
    for (const one of told)
      if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(JournalUnavailableError);
    const buckets = await state.ledger.bucketStates(['campaign/autumn/life']);
    expect(buckets[0]).toMatchObject({ spent: kept * 1000 });
    await state.close();
  });

  it('is written out before the file is closed, and takes nothing afterwards', async () => {
    const state = await openSqliteState({ directory });
    const told = Array.from({ length: 3000 }, (_, index) => state.journal.appendNotice(numbered(index)));
    await state.close();
    expect((await Promise.all(told)).every(({ status }) => status === 'new')).toBe(true);
    await expect(state.journal.appendNotice(numbered(1))).rejects.toBeInstanceOf(JournalUnavailableError);
    expect(state.health().writable).toBe(false);
  });
});
