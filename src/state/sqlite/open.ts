/**
 * The embedded backend: journal, ledger and tables in one SQLite file, behind a writer thread with group commit. What keeps nothing
 * has no disk to wait for, so it writes where it stands. This file is one thing: the ports, and the one queue behind all of them.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BidRecord } from '../../core/event.ts';
import { Ring } from '../../core/ring.ts';
import type { ChangePort } from '../change-port.ts';
import type { ChargePort } from '../charge-port.ts';
import type { ConsentPort } from '../consent-port.ts';
import type { ExperimentPort } from '../experiment-port.ts';
import type { IdentityStore } from '../identity/keep.ts';
import type { OutboxPort } from '../outbox-port.ts';
import type { Attended, ErasurePort, JournalPort, LedgerPort, RewardRecord, TablesPort } from '../port.ts';
import { JournalUnavailableError } from '../port.ts';
import type { ProfilePort } from '../profile-port.ts';
import type { RequestSample, SamplePort } from '../sample-port.ts';
import { BatchRunner } from './batch.ts';
import { packBids } from './bid-log.ts';
import { experimentFacts } from './experiments.ts';
import type { ProfileCursor } from './profiles.ts';
import type { TouchCursor } from './reports.ts';
import type { RewardCursor } from './rewards.ts';
import type { ActName, Acts, Call, Shares } from './store.ts';
import { openStore } from './store.ts';
import type { WriterAnswer, WriterData, WriterMessage } from './writer.ts';

export interface SqliteOptions {
  /** Folder of the file, made where it is missing; `:memory:` keeps nothing. */
  readonly directory: string;
  /** FULL unless a test wants to see what NORMAL loses. */
  readonly synchronous?: 'FULL' | 'NORMAL';
  readonly queueMax?: number;
  /** Charges are kept for a ledger that processes share; the one in the file rests. */
  readonly sharesLedger?: boolean;
  /** Events are kept for other systems until these have taken them. */
  readonly streamsEvents?: boolean;
}

export interface SqliteState {
  readonly journal: JournalPort;
  readonly ledger: LedgerPort;
  /** Empty unless the file shares a ledger. */
  readonly charges: ChargePort;
  readonly tables: TablesPort;
  readonly outbox: OutboxPort;
  readonly experiments: ExperimentPort;
  readonly samples: SamplePort;
  readonly changes: ChangePort;
  readonly profiles: ProfilePort;
  readonly identity: IdentityStore;
  readonly erasure: ErasurePort;
  readonly consents: ConsentPort;
  /** What waits to be written, what was dropped of the bid log, and whether the disk still takes writes. */
  health(): { readonly queued: number; readonly droppedBids: number; readonly writable: boolean };
  /** Writes what is queued, then closes the file. */
  close(): Promise<void>;
}

interface Waiting {
  readonly call: Call;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One transaction takes at most so many calls, so that its answer does not wait for a crowd. */
const BATCH_MAX = 512;
/** A commit costs as much for one bid as for twenty. */
const LOG_AFTER_MS = 50;
const QUEUE_MAX = 20_000;
const BID_LOG_MAX = 50_000;
const TOUCH_PAGE = 20_000;
const PROFILE_PAGE = 20_000;
/** Some 5 ms of the writer's time. */
const BID_PAGE = 2_000;
const FILE_NAME = 'bidwright.sqlite';

/** One node, which has nobody to hear of and needs no sign of life. */
const ATTENDED_ALONE: Attended = {
  closed: 0,
  settledThroughMs: 0,
  bidUntilMs: Number.POSITIVE_INFINITY,
  nodes: 1,
  silent: 0,
  elsewhere: [],
  lateMicros: 0,
  isClosed: false,
  unconfirmedMicros: 0,
};

/** @throws Error when the file cannot be opened, is damaged, or was written by a newer version. */
export async function openSqliteState(options: SqliteOptions): Promise<SqliteState> {
  const synchronous = options.synchronous ?? 'FULL';
  const shares = { ledger: options.sharesLedger ?? false, events: options.streamsEvents ?? false };
  const writer =
    options.directory === ':memory:'
      ? writerHere(shares)
      : await writerThread(options.directory, {
          file: join(options.directory, FILE_NAME),
          synchronous,
          shares,
        });
  const line = new Line(writer, options.queueMax ?? QUEUE_MAX);
  const bids = new Ring<BidRecord>(BID_LOG_MAX);
  let logging = 0;
  let timer: NodeJS.Timeout | undefined;
  /** Nobody waits for bids to be logged, so they gather a while; who asks for sums is told of them all. */
  const log = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (bids.size === 0) return;
    logging++;
    line
      .call('logBids', packBids(bids.take(BATCH_MAX)))
      .catch(() => undefined)
      .finally(() => {
        logging--;
        if (logging === 0) logLater();
      });
  };
  const logLater = (): void => {
    if (bids.size >= BATCH_MAX && logging === 0) log();
    else if (bids.size > 0)
      timer ??= setTimeout(() => {
        timer = undefined;
        if (logging === 0) log();
      }, LOG_AFTER_MS);
  };
  const journal: JournalPort = {
    appendNotice: (event) => line.call('notice', event),
    appendConversion: (event, rule) => line.call('conversion', event, rule),
    appendAdjustment: (event) => line.call('adjustment', event),
    voidClick: (clickId, atMs) => line.call('voidClick', clickId, atMs),
    logBids: (records) => {
      for (const record of records) bids.push(record);
      logLater();
    },
    addCounts: (rows) => line.call('addCounts', rows),
    report: (query) => {
      log();
      return line.call('report', query);
    },
    counts: (fromMs, toMs) => line.call('counts', fromMs, toMs),
    losses: (query) => line.call('losses', query),
    rejections: () => line.call('rejections'),
    touchesSince: async (sinceMs, visit) => {
      let total = 0;
      let cursor: TouchCursor | undefined = { atMs: sinceMs, seq: -1 };
      while (cursor) {
        const page: Awaited<ReturnType<Acts['touches']>> = await line.call('touches', cursor, TOUCH_PAGE);
        for (const touch of page.touches) visit(touch);
        total += page.touches.length;
        cursor = page.next;
      }
      return total;
    },
    rewards: async (visit) => {
      let total = 0;
      let cursor: RewardCursor | undefined = { seq: -1, dedupe: undefined };
      while (cursor) {
        const page: Awaited<ReturnType<Acts['rewards']>> = await line.call('rewards', cursor, TOUCH_PAGE);
        for (const record of page.records) visit(record);
        total += page.records.length;
        cursor = page.next;
      }
      return total;
    },
    rewardsSince: async (seq, visit) => {
      let after: number | undefined = seq;
      while (after !== undefined) {
        const page: Awaited<ReturnType<Acts['rewardsSince']>> = await line.call(
          'rewardsSince',
          after,
          TOUCH_PAGE,
        );
        for (const reward of page.rewards) visit(reward);
        after = page.next;
      }
      return line.call('lastReward');
    },
    checkpoint: (name, bytes, seq) => line.call('checkpoint', name, bytes, seq),
    choices: async (lineItemId, visit) => {
      // What waits to be logged belongs to it.
      while (bids.size > 0) await line.call('logBids', packBids(bids.take(BATCH_MAX)));
      const converted = new Map<string, Pick<RewardRecord, 'actionId' | 'valueMicros'>[]>();
      let rewarded: RewardCursor | undefined = { seq: 0, dedupe: '' };
      while (rewarded) {
        const page: Awaited<ReturnType<Acts['rewards']>> = await line.call('rewards', rewarded, TOUCH_PAGE);
        for (const { facts, actionId, valueMicros } of page.records) {
          if (facts.lineItemId !== lineItemId) continue;
          const known = converted.get(facts.bidId) ?? [];
          converted.set(facts.bidId, [...known, { actionId, valueMicros }]);
        }
        rewarded = page.next;
      }
      let total = 0;
      let seq: number | undefined = -1;
      while (seq !== undefined) {
        const page: Awaited<ReturnType<Acts['shownBids']>> = await line.call(
          'shownBids',
          lineItemId,
          seq,
          BID_PAGE,
        );
        for (const { record: text, clicked } of page.bids) {
          const record = JSON.parse(text) as BidRecord;
          visit({ record, clicked, conversions: converted.get(record.facts.bidId) ?? [] });
        }
        total += page.bids.length;
        seq = page.next;
      }
      return total;
    },
    rekey: (fromKey, intoKey) => line.call('rekey', fromKey, intoKey),
    noticesOf: (bidId) => line.call('kindsOf', bidId),
  };
  return {
    journal,
    ledger: {
      openLease: (nowMs, strandedUntilMs) => line.call('openLease', nowMs, strandedUntilMs),
      grant: (leaseId, requests) => line.call('grant', leaseId, requests),
      giveBack: (leaseId, bucket, unit, keep) => line.call('giveBack', leaseId, bucket, unit, keep),
      closeStranded: (nowMs) => line.call('closeStranded', nowMs),
      bucketStates: (buckets) => line.call('bucketStates', buckets),
      spent: (buckets) => line.call('spent', buckets),
      attend: async (_, nowMs) => {
        // The answer comes after those of all notices that were taken before.
        const closed = await line.call('closeStranded', nowMs);
        return { ...ATTENDED_ALONE, closed, settledThroughMs: nowMs };
      },
    },
    charges: {
      chargesAfter: (seq, limit) => line.call('chargesAfter', seq, limit),
      lastCharge: () => line.call('lastCharge'),
      earlierSums: (after, limit) => line.call('earlierSums', after, limit),
      noteLate: (late) => line.call('noteLate', late),
    },
    outbox: {
      after: (seq, limit) => line.call('outgoing', seq, limit),
      last: () => line.call('lastOutgoing'),
      taken: (seq) => line.call('outgone', seq),
    },
    samples: {
      addSamples: (added) => line.call('addSamples', added),
      samples: async () => {
        const all: RequestSample[] = [];
        let after: number | undefined = 0;
        while (after !== undefined) {
          const page: Awaited<ReturnType<Acts['samplePage']>> = await line.call(
            'samplePage',
            after,
            BID_PAGE,
          );
          all.push(...page.rows);
          after = page.next;
        }
        return all;
      },
    },
    experiments: {
      enrol: (rows) => line.call('enrol', rows),
      facts: (question) =>
        experimentFacts(question, {
          begunMs: (id) => line.call('begunMs', id),
          enrolledPage: (...given) => line.call('enrolledPage', ...given),
          shownPage: (...given) => line.call('shownPage', ...given),
          convertedPage: (...given) => line.call('convertedPage', ...given),
        }),
    },
    changes: {
      append: (change) => line.call('appendChange', change),
      get: (number) => line.call('change', number),
      list: (question) => line.call('changeList', question),
    },
    tables: {
      load: (name) => line.call('load', name),
      save: (name, bytes) => line.call('save', name, bytes),
    },
    profiles: {
      appendProfiles: (entries) => line.call('appendProfiles', entries),
      profileRows: async (visit) => {
        let total = 0;
        let cursor: ProfileCursor | undefined = { person: '', fact: '', day: -1 };
        while (cursor) {
          const page: Awaited<ReturnType<Acts['profilePage']>> = await line.call(
            'profilePage',
            cursor,
            PROFILE_PAGE,
          );
          for (const row of page.rows) visit(row);
          total += page.rows.length;
          cursor = page.next;
        }
        return total;
      },
      moveProfiles: (from, into) => line.call('moveProfiles', from, into),
      forgetProfiles: (people) => line.call('forgetProfiles', people),
      trimProfiles: (beforeDay, limit) => line.call('trimProfiles', beforeDay, limit),
    },
    consents: {
      put: (records) => line.call('putConsents', records),
      of: (keys) => line.call('consentsOf', keys),
      all: async (visit) => {
        let after: string | undefined = '';
        while (after !== undefined) {
          const page: Awaited<ReturnType<Acts['consentPage']>> = await line.call('consentPage', after);
          visit(page.records);
          after = page.next;
        }
      },
    },
    erasure: {
      suppress: (marks, nowMs) => line.call('suppress', marks, nowMs),
      suppressed: () => line.call('suppressed'),
      erase: async (keys) => {
        // Bids that wait to be logged would come after.
        while (bids.size > 0) await line.call('logBids', packBids(bids.take(BATCH_MAX)));
        return line.call('erase', keys);
      },
      purge: (days, nowMs, rowsMax) => line.call('purge', days, nowMs, rowsMax),
      scrub: async (isDaily) => {
        // The file is written anew after the first batch, so the second one knows.
        await line.call('askScrub', isDaily);
        return line.call('isScrubbed');
      },
    },
    identity: {
      save: (changes) => line.call('saveIdentity', changes),
      people: (after, limit) => line.call('identityPeople', after, limit),
      ids: (after, limit) => line.call('identityIds', after, limit),
    },
    health: () => ({ queued: line.queued, droppedBids: bids.dropped, writable: line.writable }),
    close: async () => {
      while (bids.size > 0 && line.writable) await line.call('logBids', packBids(bids.take(BATCH_MAX)));
      await line.close();
    },
  };
}

/** What takes batches, one at a time, and tells of each what became of it. */
interface Writer {
  post(message: WriterMessage): void;
  listen(answered: (answer: WriterAnswer) => void, broke: (reason: string) => void): void;
  end(): Promise<unknown>;
}

async function writerThread(directory: string, data: WriterData): Promise<Writer> {
  mkdirSync(directory, { recursive: true });
  const worker = new Worker(new URL('./writer.ts', import.meta.url), {
    workerData: data,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  await opened(worker, data.file);
  return {
    post: (message) => worker.postMessage(message),
    listen: (answered, broke) => {
      worker.on('message', answered);
      worker.on('error', (error) => broke(error.message));
      worker.on('exit', () => broke('the writer has ended'));
    },
    end: () => worker.terminate(),
  };
}

function writerHere(shares: Shares): Writer {
  const runner = new BatchRunner(openStore(':memory:', 'NORMAL', shares));
  let tell: (answer: WriterAnswer) => void = () => undefined;
  return {
    post: (message) => {
      if (message === 'close') runner.close();
      const answer: WriterAnswer =
        message === 'close' ? { type: 'closed' } : { type: 'done', ...runner.run(message) };
      queueMicrotask(() => tell(answer));
    },
    listen: (answered) => {
      tell = answered;
    },
    end: () => Promise.resolve(),
  };
}

function opened(worker: Worker, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('message', (answer: WriterAnswer) => {
      if (answer.type === 'open') resolve();
      else
        reject(
          new Error(`${file}: ${answer.type === 'failed' ? answer.message : 'the writer did not open it'}`),
        );
    });
    worker.once('error', reject);
  });
}

/** The queue in front of the writer. While a batch is being written the next one gathers: group commit without a timer. */
class Line {
  readonly #writer: Writer;
  readonly #queueMax: number;
  #waiting: Waiting[] = [];
  #writing: Waiting[] = [];
  #broken = '';
  #closing: (() => void) | undefined;

  constructor(writer: Writer, queueMax: number) {
    this.#writer = writer;
    this.#queueMax = queueMax;
    writer.listen(
      (answer) => this.#answered(answer),
      (reason) => this.#break(reason),
    );
  }

  get queued(): number {
    return this.#waiting.length + this.#writing.length;
  }

  get writable(): boolean {
    return this.#broken === '';
  }

  call<Name extends ActName>(act: Name, ...words: Parameters<Acts[Name]>): Promise<ReturnType<Acts[Name]>> {
    if (this.#broken !== '') return Promise.reject(new JournalUnavailableError(this.#broken));
    if (this.#waiting.length >= this.#queueMax)
      return Promise.reject(new JournalUnavailableError('the queue of the journal is full'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        call: { act, words } as Call,
        resolve: resolve as (value: unknown) => void,
        reject,
      });
      // A turn of the event loop gathers what arrives together into one commit.
      if (this.#writing.length === 0 && this.#waiting.length === 1) setImmediate(() => this.#send());
    });
  }

  async close(): Promise<void> {
    if (this.#broken !== '') return void (await this.#writer.end());
    while (this.queued > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await new Promise<void>((resolve) => {
      this.#closing = resolve;
      this.#writer.post('close');
    });
  }

  #send(): void {
    if (this.#writing.length > 0 || this.#waiting.length === 0) return;
    this.#writing = this.#waiting.splice(0, BATCH_MAX);
    this.#writer.post(this.#writing.map(({ call }) => call));
  }

  #answered(answer: WriterAnswer): void {
    if (answer.type === 'closed') {
      this.#broken = 'the journal is closed';
      this.#closing?.();
    }
    if (answer.type !== 'done') return;
    const written = this.#writing;
    this.#writing = [];
    if (answer.gone) this.#broken = 'the state file can no longer be written; restart to read it anew';
    written.forEach(({ resolve, reject }, index) => {
      const outcome = answer.outcomes[index];
      if (outcome?.ok) resolve(outcome.value);
      else reject(new JournalUnavailableError(outcome?.message ?? 'no answer from the writer'));
    });
    this.#send();
  }

  #break(reason: string): void {
    if (this.#broken === '') this.#broken = reason;
    const lost = [...this.#writing, ...this.#waiting];
    this.#writing = [];
    this.#waiting = [];
    for (const { reject } of lost) reject(new JournalUnavailableError(reason));
    this.#closing?.();
  }
}
