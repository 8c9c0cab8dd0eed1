/**
 * Consents that people gave outside of requests (PIPL articles 13 to 16; "consent records"): kept under pseudonyms, read by every bid
 * where the account asks for them. The one given or taken back last under any id of a person is in force.
 */
import type { KeyedId, PersonKeys, RawId } from '../core/person-id.ts';
import type { ConsentPurposes } from '../openrtb/consent.ts';
import type { ConsentPort, ConsentRecord } from '../state/consent-port.ts';

export const PURPOSES = ['identity', 'audiences', 'preciseGeo'] as const;
export type Purpose = (typeof PURPOSES)[number];

export interface GivenConsent {
  readonly id: RawId;
  /** None where consent is taken back. */
  readonly purposes: readonly Purpose[];
  readonly atMs: number;
  readonly source: string;
}

export interface ConsentNeeds {
  readonly store: ConsentPort;
  readonly keys: PersonKeys;
  /** All ids by which the person of an id is known. */
  idsOf(keys: readonly KeyedId[]): readonly KeyedId[];
  /** Makes an id known, so that it is found when the secret changes. */
  meet(ids: readonly KeyedId[]): void;
  isSuppressed(id: RawId): boolean;
  /** Tells other nodes. */
  tell(records: readonly ConsentRecord[]): Promise<void>;
}

/** Purposes in the lower bits, the time above: one number a record. */
const TIME_UNIT = 8;

export class Consents {
  readonly #needs: ConsentNeeds;
  readonly #known = new Map<string, number>();

  private constructor(needs: ConsentNeeds) {
    this.#needs = needs;
  }

  static async open(needs: ConsentNeeds): Promise<Consents> {
    const consents = new Consents(needs);
    await needs.store.all((records) => records.forEach((record) => consents.#learn(record)));
    return consents;
  }

  get size(): number {
    return this.#known.size;
  }

  /** What somebody who is known by these ids allows; undefined where nothing was recorded. */
  of(ids: readonly KeyedId[]): ConsentPurposes | undefined {
    if (this.#known.size === 0 || ids.length === 0) return undefined;
    let last = -1;
    for (const { key } of this.#needs.idsOf(ids)) last = Math.max(last, this.#known.get(key) ?? -1);
    return last < 0 ? undefined : purposesIn(last % TIME_UNIT);
  }

  /** Gives how many were recorded: of those who withdrew from everything nothing is. @throws where it could not be stored. */
  async record(given: readonly GivenConsent[]): Promise<number> {
    const taken = given.filter(({ id }) => !this.#needs.isSuppressed(id));
    const records = taken.map(({ id, purposes, atMs, source }): ConsentRecord => {
      const bits = purposes.reduce((sum, purpose) => sum | (1 << PURPOSES.indexOf(purpose)), 0);
      return { key: this.#needs.keys.keyOf(id).key, purposes: bits, atMs, source };
    });
    await this.#needs.store.put(records);
    for (const { id } of taken) this.#needs.meet([this.#needs.keys.keyOf(id)]);
    for (const record of records) this.#learn(record);
    await this.#needs.tell(records);
    return records.length;
  }

  /** What another node was told. */
  async take(records: readonly ConsentRecord[]): Promise<void> {
    await this.#needs.store.put(records);
    for (const record of records) this.#learn(record);
  }

  /** Everything recorded of a person, the newest first. */
  async recordsOf(id: RawId): Promise<readonly ConsentRecord[]> {
    const { keys, idsOf, store } = this.#needs;
    const ids = idsOf([keys.keyOf(id), ...keys.formerKeysOf(id)]);
    const records = await store.of([...new Set(ids.map(({ key }) => key))]);
    return records.toSorted((a, b) => b.atMs - a.atMs);
  }

  forget(keys: readonly string[]): void {
    for (const key of keys) this.#known.delete(key);
  }

  #learn({ key, purposes, atMs }: ConsentRecord): void {
    const value = atMs * TIME_UNIT + purposes;
    const known = this.#known.get(key);
    // As on disk: of two of one moment the later told.
    if (known === undefined || Math.floor(known / TIME_UNIT) <= atMs) this.#known.set(key, value);
  }
}

export function purposesIn(bits: number): ConsentPurposes {
  return { identity: (bits & 1) !== 0, audiences: (bits & 2) !== 0, preciseGeo: (bits & 4) !== 0 };
}
