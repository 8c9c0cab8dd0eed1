/** What a journal holds for a ledger that processes share. */
import type { BucketId } from '../core/budget.ts';

/** One charge as the journal took it; entries are numbered from 1, without an end and without being taken away. */
export interface ChargeEntry {
  readonly seq: number;
  readonly bidId: string;
  readonly bidAtMs: number;
  readonly leaseId: number;
  /** Thousandths of a micro. */
  readonly costCpmMicros: number;
  readonly quantityMilli: number;
  readonly campaignId: string;
  readonly lineItemId: string;
  readonly day: string;
}

/** Spent from a bucket before its process shared a ledger. */
export interface EarlierSum {
  readonly bucket: BucketId;
  readonly micros: number;
  /** Thousandths of a micro, and of an impression, below the whole ones. */
  readonly carry: number;
  readonly impressions: number;
  readonly impressionCarry: number;
}

export interface LateCharge {
  readonly seq: number;
  readonly bidId: string;
  readonly lateMicros: number;
}

export interface ChargePort {
  /** In order. Whatever was acknowledged before the call is among them. */
  chargesAfter(seq: number, limit: number): Promise<readonly ChargeEntry[]>;
  /** Number of the last entry; 0 before the first. */
  lastCharge(): Promise<number>;
  earlierSums(afterBucket: string, limit: number): Promise<readonly EarlierSum[]>;
  /** Marks charges as late, for the reports; again makes no difference. */
  noteLate(charges: readonly LateCharge[]): Promise<void>;
}
