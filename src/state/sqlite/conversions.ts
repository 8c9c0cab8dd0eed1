/** Conversions and the touches they are credited to. Touches and conversions may come in any order; the end state is the same. */
import type { DatabaseSync } from 'node:sqlite';
import { lastTouch, TOUCH_SKEW_MS } from '../../core/attribution.ts';
import type { BidFacts, ConversionEvent, Touch } from '../../core/event.ts';
import type { Appended, ConversionRule } from '../port.ts';
import type { Stats } from './stats.ts';

interface TouchRow {
  readonly seq: number;
  readonly bidId: string;
  readonly kind: 'impression' | 'click';
  readonly atMs: number;
  readonly facts: string;
}

interface ConversionRow {
  readonly dedupe: string;
  readonly advertiser: string;
  readonly at_ms: number;
  readonly click_id: string;
  readonly user_key: string;
  readonly value: number;
  readonly click_window: number;
  readonly view_window: number;
  readonly touch: number | null;
}

export interface Conversions {
  /** Keeps a click, and moves the credit of conversions that would have gone to it. */
  addClick(facts: BidFacts, atMs: number): void;
  /** Keeps an impression at the earliest time that any sign of it tells; true for the first sign. */
  addImpression(facts: BidFacts, atMs: number): boolean;
  /** A person is known by another pseudonym: what was kept is found by it. */
  rekey(fromKey: string, intoKey: string): void;
  append(event: ConversionEvent, rule: ConversionRule): Pick<Appended, 'status' | 'touch'>;
}

const KEPT = 'dedupe, advertiser, at_ms, click_id, user_key, value, click_window, view_window, touch';
const CANDIDATES_MAX = 200;

export function conversions(database: DatabaseSync, stats: Stats): Conversions {
  const insertTouch = database.prepare(
    'INSERT INTO touch (bid_id, kind, at_ms, user_key, advertiser, facts) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const touchOfClick = database.prepare(
    "SELECT seq, bid_id AS bidId, kind, at_ms AS atMs, facts FROM touch WHERE bid_id = ? AND kind = 'click' AND advertiser = ?",
  );
  const touchesOfUser = database.prepare(
    `SELECT seq, bid_id AS bidId, kind, at_ms AS atMs, facts FROM touch
     WHERE user_key = ? AND user_key <> '' AND at_ms BETWEEN ? AND ? AND advertiser = ? AND kind <> 'conversion' ORDER BY at_ms DESC LIMIT ${CANDIDATES_MAX}`,
  );
  const deleteConverted = database.prepare(
    "DELETE FROM touch WHERE seq = (SELECT seq FROM touch WHERE bid_id = ? AND kind = 'conversion' AND at_ms = ? LIMIT 1)",
  );
  const impressionOf = database.prepare(
    "SELECT seq, at_ms AS atMs FROM touch WHERE bid_id = ? AND kind = 'impression'",
  );
  const moveTouch = database.prepare('UPDATE touch SET at_ms = ? WHERE seq = ?');
  const touchBySeq = database.prepare(
    'SELECT seq, bid_id AS bidId, kind, at_ms AS atMs, facts FROM touch WHERE seq = ?',
  );
  const insert = database.prepare(
    `INSERT OR IGNORE INTO conversion (dedupe, id, action, advertiser, at_ms, received_ms, click_id, user_key, order_id, value, click_window, view_window, touch)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)`,
  );
  const byKey = database.prepare(`SELECT ${KEPT} FROM conversion WHERE dedupe = ?`);
  const credited = database.prepare('UPDATE conversion SET touch = ? WHERE dedupe = ?');
  const ofClick = database.prepare(
    `SELECT ${KEPT} FROM conversion WHERE click_id = ? AND click_id <> '' AND advertiser = ?`,
  );
  const ofUser = database.prepare(
    `SELECT ${KEPT} FROM conversion WHERE user_key = ? AND user_key <> '' AND at_ms >= ? AND advertiser = ? LIMIT ${CANDIDATES_MAX}`,
  );

  const candidates = (row: ConversionRow): TouchRow[] => {
    const found =
      row.click_id === '' ? [] : (touchOfClick.all(row.click_id, row.advertiser) as unknown as TouchRow[]);
    if (row.user_key === '') return found;
    const earliest = row.at_ms - Math.max(row.click_window, row.view_window);
    return [
      ...found,
      ...(touchesOfUser.all(
        row.user_key,
        earliest,
        row.at_ms + TOUCH_SKEW_MS,
        row.advertiser,
      ) as unknown as TouchRow[]),
    ];
  };

  /** Credits the conversion to the touch it belongs to by all that is known now; takes back what was credited elsewhere. */
  const credit = (row: ConversionRow): TouchRow | undefined => {
    const best = lastTouch(candidates(row), row.at_ms, {
      clickWindowMs: row.click_window,
      viewWindowMs: row.view_window,
    });
    if ((best?.seq ?? null) === row.touch) return best;
    takeBack(row);
    if (best) count(best, row, 1);
    credited.run(best?.seq ?? null, row.dedupe);
    return best;
  };

  const takeBack = (row: ConversionRow): void => {
    if (row.touch === null) return;
    // A touch older than the retention is gone; what it was credited with stays in the sums.
    const touch = touchBySeq.get(row.touch) as unknown as TouchRow | undefined;
    if (touch) count(touch, row, -1);
    credited.run(null, row.dedupe);
  };

  /** The person's history has the conversion as long as it is credited. */
  const count = (touch: TouchRow, row: ConversionRow, sign: 1 | -1): void => {
    const facts = JSON.parse(touch.facts) as BidFacts;
    stats.add(facts, row.at_ms, { conversions: sign, conversion_value: sign * row.value });
    stats.add(facts, touch.atMs, { touch_conversions: sign });
    if (sign < 0) deleteConverted.run(facts.bidId, row.at_ms);
    else
      insertTouch.run(facts.bidId, 'conversion', row.at_ms, facts.userKey, facts.advertiserId, touch.facts);
  };

  /** Conversions that a touch of this bid at this time might be credited with. */
  const waitingFor = (kind: 'impression' | 'click', facts: BidFacts, atMs: number): ConversionRow[] => {
    const rows = [
      ...(kind === 'click' ? ofClick.all(facts.bidId, facts.advertiserId) : []),
      ...(facts.userKey === '' ? [] : ofUser.all(facts.userKey, atMs - TOUCH_SKEW_MS, facts.advertiserId)),
    ] as unknown as ConversionRow[];
    return [...new Map(rows.map((row) => [row.dedupe, row])).values()];
  };

  const moveTouches = database.prepare('UPDATE touch SET user_key = ? WHERE user_key = ?');
  const moveConversions = database.prepare('UPDATE conversion SET user_key = ? WHERE user_key = ?');

  return {
    rekey: (fromKey, intoKey) => {
      if (fromKey === '') return;
      moveTouches.run(intoKey, fromKey);
      moveConversions.run(intoKey, fromKey);
    },
    addClick: (facts, atMs) => {
      insertTouch.run(facts.bidId, 'click', atMs, facts.userKey, facts.advertiserId, JSON.stringify(facts));
      for (const row of waitingFor('click', facts, atMs)) credit(row);
    },
    addImpression: (facts, atMs) => {
      const known = impressionOf.get(facts.bidId) as { seq: number; atMs: number } | undefined;
      if (known && known.atMs <= atMs) return false;
      let waiting = waitingFor('impression', facts, atMs);
      if (known) {
        // The second sign tells of an earlier time than the first: the impression and its conversions move there.
        waiting = waiting.map((row) => {
          if (row.touch !== known.seq) return row;
          takeBack(row);
          return { ...row, touch: null };
        });
        stats.add(facts, known.atMs, { impressions: -1 });
        moveTouch.run(atMs, known.seq);
      } else
        insertTouch.run(
          facts.bidId,
          'impression',
          atMs,
          facts.userKey,
          facts.advertiserId,
          JSON.stringify(facts),
        );
      stats.add(facts, atMs, { impressions: 1 });
      for (const row of waiting) credit(row);
      return known === undefined;
    },
    append: (event, rule) => {
      const {
        dedupeKey,
        conversionId,
        actionId,
        advertiserId,
        atMs,
        receivedAtMs,
        clickId,
        userKey,
        orderId,
        valueMicros,
      } = event;
      const { changes } = insert.run(
        dedupeKey,
        conversionId,
        actionId,
        advertiserId,
        atMs,
        receivedAtMs,
        clickId,
        userKey,
        orderId,
        valueMicros,
        rule.clickWindowMs,
        rule.viewWindowMs,
      );
      if (changes === 0) return { status: 'duplicate', touch: undefined };
      const best = credit(byKey.get(dedupeKey) as unknown as ConversionRow);
      if (!best) return { status: 'new', touch: undefined };
      const facts = JSON.parse(best.facts) as BidFacts;
      return { status: 'new', touch: { kind: best.kind, atMs: best.atMs, facts } satisfies Touch };
    },
  };
}
