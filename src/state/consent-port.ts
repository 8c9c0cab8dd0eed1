/** Consents that people gave outside of requests: what for, when, and where that is written. */

export interface ConsentRecord {
  /** Pseudonym of the id that the consent was given under. */
  readonly key: string;
  /** Bits: 1 ids, 2 packs, 4 the exact place; 0 for one that was taken back. */
  readonly purposes: number;
  /** When it was given or taken back. */
  readonly atMs: number;
  /** What proves it: a form and its version, a ticket. */
  readonly source: string;
}

export interface ConsentPort {
  /** The newest of each key stays. Durable when it resolves. */
  put(records: readonly ConsentRecord[]): Promise<void>;
  of(keys: readonly string[]): Promise<readonly ConsentRecord[]>;
  /** Every record, page by page. */
  all(visit: (records: readonly ConsentRecord[]) => void): Promise<void>;
}
