/** What a billable notice costs, booked to the four buckets of its bid and to the lease it was reserved from. */
import type { DatabaseSync } from 'node:sqlite';
import type { BucketId } from '../../core/budget.ts';
import { dayBucket, lifetimeBucket } from '../../core/budget.ts';
import type { BidFacts } from '../../core/event.ts';
import type { CpmMicros } from '../../core/units.ts';
import { chargeWithCarry, cpmMicros, MICROS_PER_UNIT } from '../../core/units.ts';
import { LedgerLawError } from '../account.ts';
import type { Charge } from '../port.ts';
import type { Told } from './told.ts';

export interface Charged {
  readonly charges: readonly Charge[];
  /** In the account's currency, exact: what the buckets are charged in whole micros. */
  readonly cpmMicros: CpmMicros;
  /** The most of it that a bucket's lease had no room for: the charge stands, beyond what was promised. */
  readonly lateMicros: number;
}

export interface Charges {
  /**
   * For the bid's own quantity unless fewer impressions are named. Undefined when the bid was charged before.
   * @throws LedgerLawError for a charge above the bid.
   */
  charge(
    facts: BidFacts,
    priceCpmMicros: CpmMicros,
    atMs: number,
    quantityMilli?: number,
    shownAtMs?: number,
  ): Charged | undefined;
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

/**
 * Price in the account's currency for the impressions of one showing, CPM micros: first the rate, then the multiplier,
 * each rounded half up. Never above what the bid reserved, which rounds both up.
 */
export function accountCost(priceCpmMicros: number, rateMicros: number, multiplierMilli: number): CpmMicros {
  const account = timesOver(priceCpmMicros, rateMicros, MICROS_PER_UNIT);
  return cpmMicros(timesOver(account, multiplierMilli, 1000));
}

/** amount × factor / divisor, half up. In integers throughout: products of prices and rates leave the exact range of doubles. */
function timesOver(amount: number, factor: number, divisor: number): number {
  if (factor === divisor) return amount;
  const wide = BigInt(divisor);
  return Number((BigInt(amount) * BigInt(factor) * 2n + wide) / (wide * 2n));
}

/** `shared`: where a ledger that processes share is told of the charge; then what no lease had left is found there. */
export function charges(database: DatabaseSync, shared: Pick<Told, 'add'> | undefined): Charges {
  const insert = database.prepare(
    'INSERT OR IGNORE INTO charge (bid_id, cpm, micros, at_ms, late) VALUES (?, ?, ?, ?, ?)',
  );
  const known = database.prepare('SELECT 1 FROM charge WHERE bid_id = ?');
  const read = database.prepare('SELECT carry, impression_carry FROM bucket WHERE id = ?');
  const book = database.prepare(
    `INSERT INTO bucket (id, micros, carry, impressions, impression_carry, late) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET micros = micros + excluded.micros, carry = excluded.carry, late = late + excluded.late,
       impressions = impressions + excluded.impressions, impression_carry = excluded.impression_carry`,
  );
  const leaseOf = database.prepare('SELECT 1 FROM lease WHERE id = ?');
  const settle = database.prepare(
    // A closed lease stays empty: what is still charged to it is granted after the fact, as late.
    `UPDATE lease_bucket SET settled = settled + ?1,
       granted = granted + iif((SELECT closed FROM lease WHERE id = lease), ?1, 0)
     WHERE bucket = ?2 AND unit = ?3 AND lease = ?4
     RETURNING iif((SELECT closed FROM lease WHERE id = lease), -?1, granted - settled) AS left`,
  );

  /** Books an amount to the lease; gives the part that it had no room for. */
  const overdrawn = (facts: BidFacts, bucket: BucketId, unit: 'micros' | 'impressions', amount: number) => {
    const row = settle.get(amount, bucket, unit, facts.leaseId) as { left: number } | undefined;
    return row ? Math.min(amount, Math.max(0, -row.left)) : 0;
  };

  return {
    charge: (facts, priceCpmMicros, atMs, quantityMilli = facts.multiplierMilli, shownAtMs = atMs) => {
      if (!(priceCpmMicros >= 0 && priceCpmMicros <= facts.bidCpmMicros))
        throw new LedgerLawError(`${facts.bidId}: a charge of ${priceCpmMicros} for ${facts.bidCpmMicros}`);
      if (!(quantityMilli > 0 && quantityMilli <= facts.multiplierMilli))
        throw new LedgerLawError(
          `${facts.bidId}: a charge for ${quantityMilli} impressions of ${facts.multiplierMilli}`,
        );
      if (known.get(facts.bidId)) return undefined;
      const cost = accountCost(priceCpmMicros, facts.rateMicros, quantityMilli);
      // Nothing is known of a lease that is not there: the charge was promised by nobody.
      const unpromised = !shared && leaseOf.get(facts.leaseId) === undefined;
      const booked = bucketsOf(facts).map((bucket) => {
        const before = read.get(bucket) as { carry: number; impression_carry: number } | undefined;
        const money = chargeWithCarry(cost, before?.carry ?? 0);
        const shown = chargeWithCarry(quantityMilli as CpmMicros, before?.impression_carry ?? 0);
        overdrawn(facts, bucket, 'impressions', shown.chargeMicros);
        const lateMicros = unpromised
          ? money.chargeMicros
          : overdrawn(facts, bucket, 'micros', money.chargeMicros);
        book.run(bucket, money.chargeMicros, money.carry, shown.chargeMicros, shown.carry, lateMicros);
        const { leaseId } = facts;
        return {
          bucket,
          micros: money.chargeMicros,
          impressions: shown.chargeMicros,
          leaseId,
          lateMicros,
        };
      });
      const lateMicros = Math.max(...booked.map((charge) => charge.lateMicros));
      insert.run(facts.bidId, cost, booked[0]!.micros, atMs, lateMicros);
      shared?.add(facts, cost, quantityMilli, shownAtMs);
      return { charges: booked, cpmMicros: cost, lateMicros };
    },
  };
}
