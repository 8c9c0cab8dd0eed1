/** Notices: each kind once for a bid, charged once, summed up for reports. */
import type { DatabaseSync } from 'node:sqlite';
import type { NoticeEvent, NoticeKind } from '../../core/event.ts';
import { NOTICE_KINDS } from '../../core/event.ts';
import type { Appended } from '../port.ts';
import type { Charges } from './charges.ts';
import type { Conversions } from './conversions.ts';
import type { Losses } from './losses.ts';
import type { StatColumn, Stats } from './stats.ts';

export interface Notices {
  append(event: NoticeEvent): Appended;
  kindsOf(bidId: string): NoticeKind[];
}

const COLUMN: Readonly<Record<NoticeKind, StatColumn | undefined>> = {
  win: 'wins',
  billing: 'billings',
  loss: 'losses',
  // Counted by its first sign, which may be the billing notice.
  impression: undefined,
  click: 'clicks',
};

export function notices(
  database: DatabaseSync,
  charges: Charges,
  conversions: Conversions,
  stats: Stats,
  losses: Pick<Losses, 'lost' | 'accepted'>,
): Notices {
  const insert = database.prepare(
    'INSERT OR IGNORE INTO notice (bid_id, kind, at_ms, price, flag, loss_code, min_to_win, late, facts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const kept = database.prepare('SELECT price FROM notice WHERE bid_id = ? AND kind = ?');
  const kinds = database.prepare('SELECT kind FROM notice WHERE bid_id = ? ORDER BY kind');

  return {
    append: (event) => {
      const { facts, kind, atMs } = event;
      const code = NOTICE_KINDS.indexOf(kind);
      const price = event.priceCpmMicros ?? null;
      // A notice told while a creative is reviewed is not the bid's own: the real one may still come, and must find its place free.
      if (event.priceFlag === 'audit') return NOT_COUNTED;
      const { changes } = insert.run(
        facts.bidId,
        code,
        atMs,
        price,
        event.priceFlag,
        event.lossCode ?? null,
        event.minToWinCpmMicros ?? null,
        event.late ? 1 : 0,
        // Losses are the most, and nobody asks for their facts again; nor does anybody for the person of any notice.
        kind === 'loss' ? '' : JSON.stringify({ ...facts, userKey: '' }),
      );
      if (changes === 0) {
        const first = kept.get(facts.bidId, code) as { price: number | null };
        // The first notice had no readable price and this one has: nothing was charged yet, so it may still be.
        if (first.price === null && event.billable) return chargeNow(event, false);
        return { ...NOT_COUNTED, status: first.price === price ? 'duplicate' : 'conflict' };
      }
      return chargeNow(event, true);
    },
    kindsOf,
  };

  function kindsOf(bidId: string): NoticeKind[] {
    return kinds.all(bidId).map((row) => NOTICE_KINDS[Number(row.kind)]!);
  }

  function othersOf(bidId: string, own: NoticeKind): NoticeKind[] {
    return kindsOf(bidId).filter((kind) => kind !== own);
  }

  function chargeNow(event: NoticeEvent, first: boolean): Appended {
    const { facts, kind, atMs, shownAtMs = atMs } = event;
    if (!first) {
      const price = event.priceCpmMicros ?? null;
      database
        .prepare('UPDATE notice SET price = ?, flag = ? WHERE bid_id = ? AND kind = ? AND price IS NULL')
        .run(price, event.priceFlag, facts.bidId, NOTICE_KINDS.indexOf(kind));
    }
    const charged =
      event.billable && event.priceCpmMicros !== undefined
        ? charges.charge(facts, event.priceCpmMicros, atMs, event.quantityMilli, shownAtMs)
        : undefined;
    const shown = (kind === 'billing' || kind === 'impression') && !facts.test;
    const impression = shown ? conversions.addImpression(facts, shownAtMs) : undefined;
    const click = kind === 'click' && first && !facts.test ? conversions.addClick(facts, atMs) : undefined;
    const voided = click?.voided ?? false;
    const before = othersOf(facts.bidId, kind);
    const contradiction = first && (kind === 'loss' ? before.length > 0 : before.join() === 'loss');
    if (first && !facts.test) {
      if (kind === 'loss') losses.lost(facts, atMs, event.lossCode);
      else losses.accepted(facts);
    }
    const column = COLUMN[kind];
    stats.add(facts, shownAtMs, {
      ...(column && first && !facts.test ? { [voided ? 'voided_clicks' : column]: 1 } : {}),
      spend_cpm: charged?.cpmMicros ?? 0,
      late_spend: charged?.lateMicros ?? 0,
      flagged: first && event.priceFlag !== '' && event.priceFlag !== 'test' ? 1 : 0,
    });
    // Under the hour of the bid: which of the two notices comes last is chance.
    if (contradiction && !facts.test) stats.add(facts, facts.bidAtMs, { contradictions: 1 });
    return {
      ...NOT_COUNTED,
      status: 'new',
      charges: charged?.charges ?? [],
      firstImpression: impression?.first ?? false,
      credits: (impression ?? click)?.credits ?? [],
      ...rewardOf(impression ?? click),
      voided,
      before,
      contradiction,
    };
  }
}

function rewardOf(told: Pick<Appended, 'rewardSeq'> | undefined): Pick<Appended, 'rewardSeq'> {
  return told?.rewardSeq === undefined ? {} : { rewardSeq: told.rewardSeq };
}

export const NOT_COUNTED: Appended = {
  status: 'duplicate',
  charges: [],
  firstImpression: false,
  touch: undefined,
  credits: [],
  voided: false,
  before: [],
  contradiction: false,
};
