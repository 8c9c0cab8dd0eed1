/**
 * What creatives are rewarded with, for who learns from it: all there ever was, or what came since a place in the log. The log has a number for
 * every showing, click and credit in the order in which they were kept, and holds those that no checkpoint of what was learned covers yet.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { BidFacts } from '../../core/event.ts';
import type { LoggedReward, RewardRecord } from '../port.ts';

/** `facts` are those of a touch that is gone. */
export const REWARD_SCHEMA = `
  CREATE TABLE reward_log (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, touch INTEGER NOT NULL, kind TEXT NOT NULL, sign INTEGER NOT NULL,
    action TEXT NOT NULL, value INTEGER NOT NULL, facts TEXT
  ) STRICT;
`;

export interface RewardEntry {
  readonly kind: RewardRecord['kind'];
  readonly sign: 1 | -1;
  readonly actionId?: string;
  readonly valueMicros?: number;
  /** Where the touch goes with this entry. */
  readonly facts?: string;
}

export function rewardLog(database: DatabaseSync) {
  const insert = database.prepare(
    'INSERT INTO reward_log (touch, kind, sign, action, value, facts) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const since = database.prepare(
    `SELECT reward_log.seq AS seq, reward_log.kind AS kind, sign, action, value, coalesce(reward_log.facts, touch.facts) AS facts
     FROM reward_log LEFT JOIN touch ON touch.seq = reward_log.touch WHERE reward_log.seq > ? ORDER BY reward_log.seq LIMIT ?`,
  );
  const last = database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'reward_log'");
  const covered = database.prepare('DELETE FROM reward_log WHERE seq <= ?');
  return {
    /** Its number in the log. */
    add: (touch: number, { kind, sign, actionId = '', valueMicros = 0, facts }: RewardEntry): number =>
      Number(insert.run(touch, kind, sign, actionId, valueMicros, facts ?? null).lastInsertRowid),
    last: (): number => Number(last.get()?.seq ?? 0),
    covered: (seq: number): void => void covered.run(seq),
    /** Touches that were erased since are left out, and so is what cannot be read. */
    after: (seq: number, limit: number): { rewards: LoggedReward[]; next: number | undefined } => {
      const rows = since.all(seq, limit);
      const rewards = rows.flatMap((row): LoggedReward[] => {
        const facts = readFacts(row.facts);
        if (!facts) return [];
        return [
          {
            seq: Number(row.seq),
            sign: row.sign === -1 ? -1 : 1,
            kind: String(row.kind) as RewardRecord['kind'],
            facts,
            actionId: String(row.action),
            valueMicros: Number(row.value),
          },
        ];
      });
      return { rewards, next: rows.length === limit ? Number(rows.at(-1)!.seq) : undefined };
    },
  };
}

/** Where a reading of all rewards has come to: first all showings and clicks by number, then all conversions by their key. */
export interface RewardCursor {
  readonly seq: number;
  readonly dedupe: string | undefined;
}

export function rewardsAfter(
  database: DatabaseSync,
  { seq, dedupe }: RewardCursor,
  limit: number,
): { records: RewardRecord[]; next: RewardCursor | undefined } {
  if (dedupe === undefined) {
    // An exchange that looks at a creative tells nothing of people, though its notice is kept.
    const rows = database
      .prepare(
        `SELECT seq, kind, facts FROM touch WHERE seq > ? AND kind IN ('impression', 'click')
           AND NOT EXISTS (SELECT 1 FROM notice WHERE notice.bid_id = touch.bid_id AND notice.flag = 'audit')
         ORDER BY seq LIMIT ?`,
      )
      .all(seq, limit);
    const records = rows.flatMap((row): RewardRecord[] => {
      const facts = readFacts(row.facts);
      return facts
        ? [{ kind: String(row.kind) as 'impression' | 'click', facts, actionId: '', valueMicros: 0 }]
        : [];
    });
    const last = rows.at(-1);
    return {
      records,
      next: last && rows.length === limit ? { seq: Number(last.seq), dedupe } : { seq: 0, dedupe: '' },
    };
  }
  const rows = database
    .prepare(
      `SELECT dedupe, action, value, touch.facts AS facts FROM conversion JOIN touch ON touch.seq = conversion.touch
       WHERE dedupe > ? AND retracted = 0 ORDER BY dedupe LIMIT ?`,
    )
    .all(dedupe, limit);
  const records = rows.flatMap((row): RewardRecord[] => {
    const facts = readFacts(row.facts);
    return facts
      ? [{ kind: 'conversion', facts, actionId: String(row.action), valueMicros: Number(row.value) }]
      : [];
  });
  const last = rows.at(-1);
  return {
    records,
    next: last && rows.length === limit ? { seq: 0, dedupe: String(last.dedupe) } : undefined,
  };
}

/** A row that was damaged must not keep the bidder from starting. */
function readFacts(text: unknown): BidFacts | undefined {
  try {
    const facts = JSON.parse(String(text)) as BidFacts | null;
    return typeof facts?.lineItemId === 'string' && Number.isFinite(facts.bidAtMs) ? facts : undefined;
  } catch {
    return undefined;
  }
}
