/**
 * Events on their way to other systems: each is written with what it tells of, in one transaction, and stays until it was taken, so that a
 * crash loses none. What travels names no person.
 */
import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { lifetimeBucket } from '../../core/budget.ts';
import type { AdjustmentEvent, BidFacts, ConversionEvent, NoticeEvent } from '../../core/event.ts';
import type { OutgoingEvent } from '../outbox-port.ts';
import type { Appended } from '../port.ts';

export const OUTBOX_SCHEMA = `
  CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL) STRICT;
`;

export interface Outbox {
  notice(event: NoticeEvent, appended: Appended): void;
  conversion(event: ConversionEvent, appended: Pick<Appended, 'status' | 'touch' | 'voided'>): void;
  adjustment(event: AdjustmentEvent, status: 'new' | 'duplicate'): void;
  voidedClick(clickId: string, atMs: number): void;
  after(seq: number, limit: number): OutgoingEvent[];
  last(): number;
  /** All up to this one are elsewhere. */
  taken(seq: number): void;
}

export function outbox(database: DatabaseSync): Outbox {
  const insert = database.prepare('INSERT INTO outbox (body) VALUES (?)');
  const after = database.prepare('SELECT seq, body FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?');
  const drop = database.prepare('DELETE FROM outbox WHERE seq <= ?');
  const last = database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'");
  const put = (event: object): void => void insert.run(JSON.stringify(event));
  return {
    notice: (event, { status, charges, firstImpression }) => {
      if (status !== 'new') return;
      const { facts, kind, atMs, priceCpmMicros, priceFlag, lossCode, late } = event;
      const bucket = lifetimeBucket('line_item', facts.lineItemId);
      put({
        event_id: `${facts.bidId}:${kind}`,
        kind,
        at_ms: atMs,
        ...bidOf(facts),
        price_cpm_micros: priceCpmMicros ?? null,
        price_flag: priceFlag,
        charged_micros: charges.find((charge) => charge.bucket === bucket)?.micros ?? 0,
        first_impression: firstImpression,
        loss_code: lossCode ?? null,
        late,
      });
    },
    conversion: (event, { status, touch, voided }) => {
      if (status !== 'new' || voided) return;
      const { conversionId, actionId, atMs, valueMicros } = event;
      put({
        event_id: `${conversionId}:conversion`,
        kind: 'conversion',
        at_ms: atMs,
        ...(touch ? bidOf(touch.facts) : {}),
        action: actionId,
        value_micros: valueMicros,
      });
    },
    adjustment: ({ kind, actionId, orderId, clickId, atMs, valueMicros }, status) => {
      if (status !== 'new') return;
      // An order is the advertiser's own name for something a person did: it leaves as a hash.
      const target = hash('sha256', `${actionId}/${orderId}/${clickId}`, 'base64url').slice(0, 22);
      put({
        event_id: `${target}:${atMs}:${kind}`,
        kind,
        at_ms: atMs,
        bid_id: clickId,
        action: actionId,
        value_micros: valueMicros,
      });
    },
    voidedClick: (clickId, atMs) =>
      put({ event_id: `${clickId}:void_click`, kind: 'void_click', at_ms: atMs, bid_id: clickId }),
    after: (seq, limit) =>
      after.all(seq, limit).map((row) => ({ seq: Number(row['seq']), body: String(row['body']) })),
    last: () => Number(last.get()?.seq ?? 0),
    taken: (seq) => void drop.run(seq),
  };
}

function bidOf(facts: BidFacts) {
  return {
    bid_id: facts.bidId,
    bid_at_ms: facts.bidAtMs,
    exchange: facts.exchangeId,
    advertiser: facts.advertiserId,
    campaign: facts.campaignId,
    line_item: facts.lineItemId,
    creative: facts.creativeId,
    media: facts.media,
    bid_cpm_micros: facts.bidCpmMicros,
    currency: facts.currency,
    test: facts.test,
  };
}
