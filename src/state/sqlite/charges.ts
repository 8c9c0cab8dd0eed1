/** What a billable notice costs, booked to the four buckets of its bid and to the lease it was reserved from. */
import type { DatabaseSync } from 'node:sqlite';
import type { BucketId } from '../../core/budget.ts';
import { dayBucket, lifetimeBucket } from '../../core/budget.ts';
import type { BidFacts } from '../../core/event.ts';
import type { CpmMicros } from '../../core/units.ts';
import { chargeWithCarry, MICROS_PER_UNIT } from '../../core/units.ts';
import type { Charge } from '../port.ts';

export interface Charged {
  readonly charges: readonly Charge[];
  readonly micros: number;
  /** The lease was closed, or had less left than this: the charge stands, beyond what was promised. */
  readonly late: boolean;
}

export interface Charges {
  /** Undefined when the bid was charged before. */
  charge(facts: BidFacts, priceCpmMicros: CpmMicros, atMs: number): Charged | undefined;
}

/** Buckets of a bid; the first one's charge stands for the bid. */
export function bucketsOf(facts: BidFacts): readonly BucketId[] {
  const { campaignId, lineItemId, budgetDay } = facts;
  return [
    lifetimeBucket('campaign', campaignId),
    dayBucket('campaign', campaignId, budgetDay),
    lifetimeBucket('line_item', lineItemId),
    dayBucket('line_item', lineItemId, budgetDay),
  ];
}

/** Price in the account's currency for the impressions of one showing, CPM micros, rounded half up. */
export function accountCost(priceCpmMicros: number, rateMicros: number, multiplierMilli: number): CpmMicros {
  const account =
    rateMicros === MICROS_PER_UNIT
      ? priceCpmMicros
      : Math.round((priceCpmMicros / MICROS_PER_UNIT) * rateMicros);
  return (multiplierMilli === 1000 ? account : Math.round((account / 1000) * multiplierMilli)) as CpmMicros;
}

export function charges(database: DatabaseSync): Charges {
  const insert = database.prepare(
    'INSERT OR IGNORE INTO charge (bid_id, cpm, micros, at_ms, late) VALUES (?, ?, ?, ?, ?)',
  );
  const known = database.prepare('SELECT 1 FROM charge WHERE bid_id = ?');
  const read = database.prepare('SELECT carry, impression_carry FROM bucket WHERE id = ?');
  const book = database.prepare(
    `INSERT INTO bucket (id, micros, carry, impressions, impression_carry) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET micros = micros + excluded.micros, carry = excluded.carry,
       impressions = impressions + excluded.impressions, impression_carry = excluded.impression_carry`,
  );
  const leaseOpen = database.prepare('SELECT 1 FROM lease WHERE id = ?');
  const settle = database.prepare(
    'UPDATE lease_bucket SET settled = settled + ? WHERE bucket = ? AND unit = ? AND lease = ? RETURNING granted - settled AS left',
  );

  return {
    charge: (facts, priceCpmMicros, atMs) => {
      if (priceCpmMicros > facts.bidCpmMicros)
        throw new Error(`a charge above the bid: ${priceCpmMicros} for ${facts.bidCpmMicros}`);
      if (known.get(facts.bidId)) return undefined;
      const cost = accountCost(priceCpmMicros, facts.rateMicros, facts.multiplierMilli);
      let late = leaseOpen.get(facts.leaseId) === undefined;
      const booked = bucketsOf(facts).map((bucket): Charge => {
        const before = read.get(bucket) as { carry: number; impression_carry: number } | undefined;
        const money = chargeWithCarry(cost, before?.carry ?? 0);
        const shown = chargeWithCarry(facts.multiplierMilli as CpmMicros, before?.impression_carry ?? 0);
        book.run(bucket, money.chargeMicros, money.carry, shown.chargeMicros, shown.carry);
        for (const [unit, amount] of [
          ['micros', money.chargeMicros],
          ['impressions', shown.chargeMicros],
        ] as const) {
          const row = settle.get(amount, bucket, unit, facts.leaseId) as { left: number } | undefined;
          if (row && row.left < 0) late = true;
        }
        return { bucket, micros: money.chargeMicros, impressions: shown.chargeMicros };
      });
      const micros = booked[0]?.micros ?? 0;
      insert.run(facts.bidId, cost, micros, atMs, late ? 1 : 0);
      return { charges: booked, micros, late };
    },
  };
}
