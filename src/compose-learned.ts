/**
 * Learning of all nodes as one: lessons go out in numbered batches, those of others are studied as they come, and what a node has made of
 * them is kept with the number of the last batch of each node that is in it. So nothing is studied twice or, within what the stream
 * keeps, left out: over a restart, a node that was cut off, or a new one. Part of the composition root.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Redis } from 'ioredis';
import type { CreativeRecords } from './learning/creatives.ts';
import type { StudyPort } from './learning/learn.ts';
import type { Lesson } from './learning/lessons.ts';
import { packLessons, recording, studyLesson, unpackLessons } from './learning/lessons.ts';
import type { LearnedTables } from './learning/tables.ts';
import type { Log } from './server/log.ts';
import type { Metrics } from './server/metrics.ts';
import type { TablesPort } from './state/port.ts';
import type { Batch } from './state/redis/learned.ts';
import { BEGINNING, SharedBatches } from './state/redis/learned.ts';

interface Kept {
  save(store: Pick<TablesPort, 'save'>): Promise<void>;
  restore(store: Pick<TablesPort, 'load'>): Promise<boolean>;
}

interface Needs {
  readonly client: Redis;
  readonly accountId: string;
  readonly node: string;
  readonly disk: TablesPort;
  readonly study: StudyPort;
  readonly tables: LearnedTables;
  readonly creatives: CreativeRecords;
  /** What else learns and has tables of its own. */
  readonly others: readonly Kept[];
  readonly log: Pick<Log, 'warn' | 'error'>;
  readonly metrics: Pick<Metrics, 'gauge'>;
}

export interface SharedLearning {
  /** Studies here, and tells the others. */
  readonly study: StudyPort;
  /** About once a second: sends what was learned, studies what came. @throws where the store does not answer. */
  tend(): Promise<void>;
  /** To this node's disk, and to the store for nodes that begin. */
  save(): Promise<void>;
}

/** Lessons that wait while the store is away, some 300 bytes each. Beyond them the oldest are dropped for others, and counted. */
const WAITING_MAX = 100_000;
const BATCH_LESSONS_MAX = 5_000;
const TABLE = 'shared_learned';
const FORMAT = 1;
const BYTES_MAX = 268_435_456;

interface Snapshot {
  readonly after: string;
  /** Number of the last batch of each node that is in the tables. */
  readonly seen: Readonly<Record<string, number>>;
  readonly tables: Readonly<Record<string, string>>;
}

export async function openSharedLearning(needs: Needs): Promise<SharedLearning> {
  const { node, disk, study, log, metrics } = needs;
  const batches = new SharedBatches(needs.client, needs.accountId, 'lessons');
  const seen = new Map<string, number>();
  let after = BEGINNING;
  let own = 0;
  let lessons: Lesson[] = [];
  let sealed: { readonly number: number; readonly lessons: number; readonly body: Buffer }[] = [];
  let waiting = 0;
  let dropped = 0;
  let missed = 0;
  let studied = 0;

  const seal = (): void => {
    while (lessons.length > 0) {
      const batch = lessons.slice(0, BATCH_LESSONS_MAX);
      lessons = lessons.slice(BATCH_LESSONS_MAX);
      sealed.push({ number: ++own, lessons: batch.length, body: packLessons(batch) });
      waiting += batch.length;
    }
    seen.set(node, own);
    while (waiting > WAITING_MAX && sealed.length > 1) {
      const oldest = sealed.shift()!;
      waiting -= oldest.lessons;
      dropped += oldest.lessons;
    }
  };
  const take = (batch: Batch): void => {
    after = batch.id;
    const last = seen.get(batch.node) ?? 0;
    if (batch.number <= last) return;
    if (batch.number > last + 1) missed += batch.number - last - 1;
    seen.set(batch.node, batch.number);
    for (const lesson of unpackLessons(batch.body) ?? []) studyLesson(lesson, study);
    studied++;
  };
  const takeAll = async (): Promise<void> => {
    for (;;) {
      const some = await batches.after(after);
      if (some.length === 0) return;
      some.forEach(take);
    }
  };
  const send = async (): Promise<void> => {
    seal();
    for (const batch of [...sealed]) {
      await batches.append(node, batch.number, batch.body);
      sealed = sealed.filter((each) => each !== batch);
      waiting -= batch.lessons;
    }
  };
  /** All tables begin to be saved before any other work, so that they are of one moment. */
  const snapshot = async (): Promise<Buffer> => {
    seal();
    const saved = new Map<string, string>([
      ['arms', Buffer.from(JSON.stringify(needs.tables.saveArms())).toString('base64')],
      ['creatives', Buffer.from(JSON.stringify(needs.creatives.saveAll())).toString('base64')],
    ]);
    const store = {
      save: async (name: string, bytes: Uint8Array): Promise<void> => {
        saved.set(name, Buffer.from(bytes).toString('base64'));
      },
    };
    const moment = { format: FORMAT, after, seen: Object.fromEntries(seen) };
    await Promise.all([needs.tables.save(store), ...needs.others.map((each) => each.save(store))]);
    return gzipSync(JSON.stringify({ ...moment, tables: Object.fromEntries(saved) }), { level: 1 });
  };
  const restore = async ({ after: place, seen: numbers, tables }: Snapshot): Promise<boolean> => {
    const bytesOf = (name: string): Buffer | undefined =>
      tables[name] === undefined ? undefined : Buffer.from(tables[name], 'base64');
    const store = { load: async (name: string): Promise<Uint8Array | undefined> => bytesOf(name) };
    const sound = [
      needs.tables.restoreArms(parsed(bytesOf('arms'))),
      needs.creatives.restoreAll(parsed(bytesOf('creatives'))),
      (await needs.tables.restore(store, undefined)).corrupt === 0,
      ...(await Promise.all(needs.others.map((each) => each.restore(store)))),
    ].every(Boolean);
    after = place;
    for (const [name, number] of Object.entries(numbers)) seen.set(name, number);
    return sound;
  };

  const begun = readSnapshot(await disk.load(TABLE)) ?? readSnapshot(await batches.beginning());
  if (begun && !(await restore(begun)))
    log.error({ node }, 'shared tables of what was learned were damaged and begin anew');
  own = Math.max(seen.get(node) ?? 0, await batches.lastNumber(node));
  await takeAll();
  seen.set(node, own);
  if (missed > 0) log.warn({ batches: missed }, 'lessons of other nodes were no longer in the store');
  const save = async (): Promise<void> => {
    const bytes = await snapshot();
    await disk.save(TABLE, bytes);
    await batches.keepBeginning(bytes);
  };
  if (!begun) await save();
  metrics.gauge(
    'lessons_waiting',
    'Lessons that the store has not taken yet.',
    () => waiting + lessons.length,
  );
  metrics.gauge(
    'lessons_dropped',
    'Lessons given up while the store was away; they are known here only.',
    () => dropped,
  );
  metrics.gauge(
    'lesson_batches_missed',
    'Batches of other nodes that the store no longer had.',
    () => missed,
  );
  metrics.gauge(
    'lesson_batches_studied',
    'Batches of lessons of other nodes that were studied.',
    () => studied,
  );

  return {
    study: recording(study, (lesson) => lessons.push(lesson)),
    tend: async () => {
      await send();
      await takeAll();
    },
    save,
  };
}

function readSnapshot(bytes: Uint8Array | undefined): Snapshot | undefined {
  try {
    if (!bytes || bytes.length === 0) return undefined;
    const read = JSON.parse(gunzipSync(bytes, { maxOutputLength: BYTES_MAX }).toString('utf8'));
    const { format, after, seen, tables } = read;
    const isSound =
      format === FORMAT &&
      typeof after === 'string' &&
      /^\d+-\d+$/.test(after) &&
      isRecordOf(seen, 'number') &&
      isRecordOf(tables, 'string');
    return isSound ? { after, seen, tables } : undefined;
  } catch {
    return undefined;
  }
}

function isRecordOf(value: unknown, kind: 'number' | 'string'): boolean {
  return (
    typeof value === 'object' && value !== null && Object.values(value).every((each) => typeof each === kind)
  );
}

function parsed(bytes: Buffer | undefined): unknown {
  try {
    return bytes && JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
