/** Folders of state of other versions: one that was written before is brought up, and one that was written after is gone on with where that is safe. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, fire, testEngine } from '../fixture/engine.ts';
import type { WrittenState } from '../fixture/make-state.ts';
import { SECRET } from '../fixture/make-state.ts';

const BOOK = fileURLToPath(new URL('../fixture/life-book', import.meta.url));
const WRITTEN: WrittenState = JSON.parse(
  gunzipSync(readFileSync(new URL('../fixture/state-13.json.gz', import.meta.url))).toString(),
);
const FOREVER = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
const REQUEST = {
  id: 'after',
  at: 1,
  imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }],
  site: { domain: 'news.example' },
};

let engine: TestEngine | undefined;
const folders: string[] = [];
afterEach(async () => {
  await engine?.close();
  engine = undefined;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bidwright-upgrade-'));
  folders.push(folder);
  return folder;
}

/** As it was written by the version before. */
function folderBefore(): string {
  const folder = emptyFolder();
  for (const [name, bytes] of Object.entries(WRITTEN.files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), Buffer.from(bytes, 'base64'));
  }
  return folder;
}

/** Later each time, for ids are made of the time and the seed. */
const open = async (dataDir: string, afterMs = 0): Promise<TestEngine> => {
  engine = await testEngine(BOOK, {
    dataDir,
    startMs: WRITTEN.nowMs + afterMs,
    settings: { signingSecret: SECRET },
  });
  return engine;
};
const lineRows = (of: TestEngine) => of.report({ ...FOREVER, dimensions: ['line_item'] });

/** What stands on a disk while nobody has it open. */
function onDisk<Found>(folder: string, look: (database: DatabaseSync) => Found): Found {
  const database = new DatabaseSync(join(folder, 'bidwright.sqlite'));
  try {
    return look(database);
  } finally {
    database.close();
  }
}

const versionOf = (folder: string): number =>
  onDisk(folder, (database) => Number(database.prepare('PRAGMA user_version').get()!.user_version));

/** Everything that a later version may add: columns of every table, tables, and fields of what is kept as JSON. */
function addWhatComesLater(folder: string, readableBy: number): number {
  return onDisk(folder, (database) => {
    const tables = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all()
      .map(({ name }) => String(name));
    for (const table of tables) {
      database.exec(`ALTER TABLE "${table}" ADD COLUMN later_number INTEGER NOT NULL DEFAULT 7`);
      database.exec(`ALTER TABLE "${table}" ADD COLUMN later_text TEXT`);
    }
    database.exec('CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT; INSERT INTO later VALUES (5);');
    let fields = 0;
    for (const { name, bytes } of database.prepare('SELECT name, bytes FROM learned').all()) {
      let kept: unknown;
      try {
        kept = JSON.parse(Buffer.from(bytes as Uint8Array).toString('utf8'));
      } catch {
        continue;
      }
      if (typeof kept !== 'object' || kept === null || Array.isArray(kept)) continue;
      database
        .prepare('UPDATE learned SET bytes = ? WHERE name = ?')
        .run(Buffer.from(JSON.stringify({ ...kept, laterField: { a: [1] } })), name as string);
      fields++;
    }
    const version = Number(database.prepare('PRAGMA user_version').get()!.user_version);
    database.prepare("UPDATE life SET value = ? WHERE name = 'readable_by'").run(readableBy);
    database.exec(`PRAGMA user_version = ${version + 1}`);
    return fields;
  });
}

describe('a folder that the version before wrote', () => {
  it('is brought up: sums stay, budgets stay, and what was signed then counts now', async () => {
    const folder = folderBefore();
    expect(versionOf(folder)).toBe(13);
    const now = await open(folder);
    // Sums that only a later version counts may stand beside; those that were there are the same.
    expect(await lineRows(now)).toMatchObject(WRITTEN.report);
    const life = async () => (await now.buckets(['campaign/autumn/life']))[0]?.spent;
    expect(await life()).toBe(WRITTEN.spentMicros);
    // Told again after the upgrade, it is the same notice; one that was still to come is charged.
    await fire(now, WRITTEN.told.burl, { AUCTION_PRICE: '3' });
    expect(await life()).toBe(WRITTEN.spentMicros);
    expect((await fire(now, WRITTEN.open.burl, { AUCTION_PRICE: '2' })).statusCode).toBe(204);
    expect((await fire(now, WRITTEN.open.clickUrl)).statusCode).toBe(302);
    expect(await life()).toBe(WRITTEN.spentMicros + 2000);
    expect((await ask(now, REQUEST)).status).toBe(200);
    await now.close();
    engine = undefined;
    expect(versionOf(folder)).toBeGreaterThan(13);
    const again = await open(folder, 60_000);
    expect((await lineRows(again))[0]).toMatchObject({ spendMicros: WRITTEN.spentMicros + 2000, clicks: 2 });
  });
});

describe('a folder that the version after wrote', () => {
  async function lived(): Promise<{
    folder: string;
    version: number;
    rows: readonly unknown[];
    burl: string;
  }> {
    const folder = emptyFolder();
    const first = await open(folder);
    const told = (await ask(first, REQUEST)).json.seatbid[0].bid[0];
    const { burl } = (await ask(first, { ...REQUEST, id: 'open' })).json.seatbid[0].bid[0];
    await fire(first, told.burl, { AUCTION_PRICE: '3' });
    await first.tick();
    const rows = await lineRows(first);
    await first.close();
    engine = undefined;
    return { folder, version: versionOf(folder), rows, burl };
  }

  it('is gone on with where it only added, and stays what it is', async () => {
    const { folder, version, rows, burl } = await lived();
    expect(addWhatComesLater(folder, version)).toBeGreaterThan(0);
    const back = await open(folder, 60_000);
    expect(await lineRows(back)).toEqual(rows);
    expect((await fire(back, burl, { AUCTION_PRICE: '2' })).statusCode).toBe(204);
    const answer = await ask(back, { ...REQUEST, id: 'later', user: { id: 'somebody' } });
    const bid = answer.json.seatbid[0].bid[0];
    for (const [url, macro] of [
      [bid.nurl, '3'],
      [bid.burl, '3'],
      [bid.lurl, '3'],
    ])
      expect((await fire(back, url, { AUCTION_PRICE: macro, AUCTION_LOSS: '102' })).statusCode).toBe(204);
    back.clock.advance(100_000);
    await back.tick();
    expect((await lineRows(back))[0]).toMatchObject({ spendMicros: 8000, billings: 3 });
    expect(back.faults()).toBe(0);
    await back.close();
    engine = undefined;
    expect(versionOf(folder)).toBe(version + 1);
    const kept = onDisk(folder, (database) => [
      database.prepare('SELECT id FROM later').get()?.id,
      database.prepare('SELECT count(*) AS n FROM notice WHERE later_number = 7').get()?.n,
      database.prepare("SELECT value FROM life WHERE name = 'readable_by'").get()?.value,
    ]);
    expect(kept).toEqual([5, 5, version]);
  });

  it('is refused by name where it changed what was there, or does not say', async () => {
    const { folder, version } = await lived();
    addWhatComesLater(folder, version + 1);
    await expect(open(folder)).rejects.toThrow('it was written by a newer one');
    onDisk(folder, (database) => database.exec("DELETE FROM life WHERE name = 'readable_by'"));
    await expect(open(folder)).rejects.toThrow('it was written by a newer one');
    expect(versionOf(folder)).toBe(version + 1);
  });
});
