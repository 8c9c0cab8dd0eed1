/** Conversions and the touches they are credited to. Touches and conversions may come in any order; the end state is the same. This file is one thing: who is credited, and all that may change it. */
import type { DatabaseSync } from 'node:sqlite';
import { lastTouch, TOUCH_SKEW_MS } from '../../core/attribution.ts';
import type { AdjustmentEvent, BidFacts, ConversionEvent, Touch } from '../../core/event.ts';
import type { Micros } from '../../core/units.ts';
import type { Adjusted, Appended, ConversionRule, Credit, VoidedClick } from '../port.ts';
import type { rewardLog } from './rewards.ts';
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
  readonly action: string;
  readonly advertiser: string;
  readonly at_ms: number;
  readonly click_id: string;
  readonly user_key: string;
  readonly value: number;
  readonly click_window: number;
  readonly view_window: number;
  readonly touch: number | null;
  readonly retracted: number;
}

interface AdjustmentRow {
  readonly retracted: number;
  readonly atMs: number;
  readonly value: number;
}

export interface Conversions {
  /** Keeps a click, and moves the credit of conversions that would have gone to it; one that was called invalid leaves no trace. */
  addClick(facts: BidFacts, atMs: number): Pick<Appended, 'credits' | 'voided' | 'rewardSeq'>;
  /** Keeps an impression at the earliest time that any sign of it tells; `first` for the first sign. */
  addImpression(
    facts: BidFacts,
    atMs: number,
  ): { readonly first: boolean } & Pick<Appended, 'credits' | 'rewardSeq'>;
  /** A person is known by another pseudonym: what was kept is found by it. */
  rekey(fromKey: string, intoKey: string): void;
  append(
    event: ConversionEvent,
    rule: ConversionRule,
  ): Pick<Appended, 'status' | 'touch' | 'credits' | 'voided' | 'rewardSeq'>;
  adjust(event: AdjustmentEvent): Adjusted;
  voidClick(clickId: string, atMs: number): VoidedClick;
}

const KEPT =
  'dedupe, action, advertiser, at_ms, click_id, user_key, value, click_window, view_window, touch, retracted';
const CANDIDATES_MAX = 200;

/** What an act changed, as it is told. */
interface Told {
  readonly credits: Credit[];
  rewardSeq?: number;
}

export function conversions(
  database: DatabaseSync,
  stats: Stats,
  log: Pick<ReturnType<typeof rewardLog>, 'add'>,
): Conversions {
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

  const kept = database.prepare('SELECT retracted, at_ms AS atMs, value FROM adjustment WHERE target = ?');
  const keep = database.prepare(
    `INSERT INTO adjustment (target, retracted, at_ms, received_ms, value) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET retracted = excluded.retracted, at_ms = excluded.at_ms, received_ms = excluded.received_ms, value = excluded.value
     WHERE (excluded.retracted, excluded.at_ms, excluded.value) > (retracted, at_ms, value) AND retracted = 0`,
  );
  const write = database.prepare('UPDATE conversion SET value = ?, retracted = ? WHERE dedupe = ?');
  const keepVoid = database.prepare('INSERT OR IGNORE INTO void_click (bid_id, at_ms) VALUES (?, ?)');
  const voidedClick = database.prepare('SELECT 1 FROM void_click WHERE bid_id = ?');
  const clickOf = database.prepare(
    "SELECT seq, bid_id AS bidId, kind, at_ms AS atMs, facts FROM touch WHERE bid_id = ? AND kind = 'click'",
  );
  const deleteTouch = database.prepare('DELETE FROM touch WHERE seq = ?');

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

  /**
   * Credits the conversion to the touch it belongs to by all that is known now; takes back what was credited elsewhere. One that was
   * retracted has its place too: there it is counted as taken back.
   */
  const credit = (row: ConversionRow, told: Told): TouchRow | undefined => {
    const best = lastTouch(candidates(row), row.at_ms, {
      clickWindowMs: row.click_window,
      viewWindowMs: row.view_window,
    });
    if ((best?.seq ?? null) === row.touch) return best;
    takeBack(row, told);
    if (best) count(best, row, 1, told);
    credited.run(best?.seq ?? null, row.dedupe);
    return best;
  };

  const takeBack = (row: ConversionRow, told: Told): void => {
    if (row.touch === null) return;
    // A touch older than the retention is gone; what it was credited with stays in the sums.
    const touch = touchBySeq.get(row.touch) as unknown as TouchRow | undefined;
    if (touch) count(touch, row, -1, told);
    credited.run(null, row.dedupe);
  };

  /** The person's history has the conversion as long as it is credited. */
  const count = (touch: TouchRow, row: ConversionRow, sign: 1 | -1, told: Told): void => {
    const facts = JSON.parse(touch.facts) as BidFacts;
    if (row.retracted) {
      stats.add(facts, row.at_ms, { retractions: sign });
      return;
    }
    told.rewardSeq = log.add(touch.seq, {
      kind: 'conversion',
      sign,
      actionId: row.action,
      valueMicros: row.value,
    });
    told.credits.push({
      sign,
      touch: touchOf(touch, facts),
      actionId: row.action,
      atMs: row.at_ms,
      valueMicros: row.value as Micros,
    });
    stats.add(facts, row.at_ms, {
      conversions: sign,
      view_conversions: touch.kind === 'impression' ? sign : 0,
      conversion_value: sign * row.value,
    });
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
      const told: Told = { credits: [] };
      if (voidedClick.get(facts.bidId)) return { ...told, voided: true };
      const touch = insertTouch.run(
        facts.bidId,
        'click',
        atMs,
        facts.userKey,
        facts.advertiserId,
        JSON.stringify(facts),
      );
      told.rewardSeq = log.add(Number(touch.lastInsertRowid), { kind: 'click', sign: 1 });
      for (const row of waitingFor('click', facts, atMs)) credit(row, told);
      return { ...told, voided: false };
    },
    addImpression: (facts, atMs) => {
      const told: Told = { credits: [] };
      const known = impressionOf.get(facts.bidId) as { seq: number; atMs: number } | undefined;
      if (known && known.atMs <= atMs) return { ...told, first: false };
      let waiting = waitingFor('impression', facts, atMs);
      if (known) {
        // The second sign tells of an earlier time than the first: the impression and its conversions move there.
        waiting = waiting.map((row) => {
          if (row.touch !== known.seq) return row;
          takeBack(row, told);
          return { ...row, touch: null };
        });
        stats.add(facts, known.atMs, { impressions: -1 });
        moveTouch.run(atMs, known.seq);
      } else {
        const touch = insertTouch.run(
          facts.bidId,
          'impression',
          atMs,
          facts.userKey,
          facts.advertiserId,
          JSON.stringify(facts),
        );
        told.rewardSeq = log.add(Number(touch.lastInsertRowid), { kind: 'impression', sign: 1 });
      }
      stats.add(facts, atMs, { impressions: 1 });
      for (const row of waiting) credit(row, told);
      return { ...told, first: known === undefined };
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
      const told: Told = { credits: [] };
      if (changes === 0) return { ...told, status: 'duplicate', touch: undefined, voided: false };
      const row = adjusted(byKey.get(dedupeKey) as unknown as ConversionRow);
      const best = credit(row, told);
      const voided = row.retracted !== 0;
      return { ...told, status: 'new', touch: best && !voided ? touchOf(best) : undefined, voided };
    },
    adjust: (event) => {
      const told: Told = { credits: [] };
      const target = targetOf(event);
      const { changes } = keep.run(
        target,
        event.kind === 'retract' ? 1 : 0,
        event.atMs,
        event.receivedAtMs,
        event.valueMicros,
      );
      if (changes === 0) return { ...told, status: 'duplicate', conversions: 0 };
      const rows = (event.orderId === ''
        ? [...ofClick.all(event.clickId, event.advertiserId), ...byKey.all(target)]
        : byKey.all(target)) as unknown as ConversionRow[];
      const own = new Map(
        rows.filter(({ action }) => action === event.actionId).map((row) => [row.dedupe, row]),
      );
      let changed = 0;
      for (const row of own.values()) {
        const { retracted, value } = wordOn(row) ?? row;
        if (retracted === row.retracted && (retracted || value === row.value)) continue;
        changed++;
        takeBack(row, told);
        write.run(value, retracted, row.dedupe);
        credit({ ...row, value, retracted, touch: null }, told);
      }
      return { ...told, status: 'new', conversions: changed };
    },
    voidClick: (clickId, atMs) => {
      const told: Told = { credits: [] };
      if (Number(keepVoid.run(clickId, atMs).changes) === 0)
        return { ...told, status: 'duplicate', click: undefined };
      const click = clickOf.get(clickId) as unknown as TouchRow | undefined;
      if (!click) return { ...told, status: 'unknown', click: undefined };
      const facts = JSON.parse(click.facts) as BidFacts;
      const rows = waitingFor('click', facts, click.atMs).filter(({ touch }) => touch === click.seq);
      for (const row of rows) takeBack(row, told);
      told.rewardSeq = log.add(click.seq, { kind: 'click', sign: -1, facts: click.facts });
      deleteTouch.run(click.seq);
      stats.add(facts, click.atMs, { clicks: -1, voided_clicks: 1 });
      // What it brought goes to whom it would have gone to without it.
      for (const row of rows) credit({ ...row, touch: null }, told);
      return { ...told, status: 'voided', click: touchOf(click, facts) };
    },
  };

  /** What was said of it before it came. */
  function adjusted(row: ConversionRow): ConversionRow {
    const word = wordOn(row);
    if (!word) return row;
    const { retracted, value } = word;
    write.run(value, retracted, row.dedupe);
    return { ...row, retracted, value };
  }

  /** The last word of the advertiser on a conversion, by its order or by its click: a retraction, else the latest restatement. */
  function wordOn({ action, dedupe, click_id, value }: ConversionRow) {
    const said = [dedupe, ...(click_id === '' ? [] : [`${action}|click|${click_id}`])].flatMap(
      (target) => (kept.get(target) as unknown as AdjustmentRow | undefined) ?? [],
    );
    if (said.some(({ retracted }) => retracted !== 0)) return { retracted: 1, value };
    const last = said.sort((a, b) => b.atMs - a.atMs || b.value - a.value)[0];
    return last && { retracted: 0, value: last.value };
  }
}

/** As a conversion that is known by its order, or by its click, is deduplicated by. */
function targetOf({ actionId, orderId, clickId }: AdjustmentEvent): string {
  return orderId === '' ? `${actionId}|click|${clickId}` : `${actionId}|order|${orderId}`;
}

function touchOf({ kind, atMs, facts }: TouchRow, read = JSON.parse(facts) as BidFacts): Touch {
  return { kind, atMs, facts: read };
}
