/**
 * One bucket of this process, as double entry. What was granted stands against what became of it; each act moves an amount
 * between two columns, and the law is checked before and after:
 *
 *   granted = free + reserved + settled
 *
 * Free may fall below zero by charges that came after their reservation was freed (late wins); then nothing is bid.
 */
export class LedgerLawError extends Error {
  override name = 'LedgerLawError';
  readonly code = 'BW_LEDGER_LAW';
}

export class BucketAccount {
  readonly bucket: string;
  readonly unit: 'micros' | 'impressions';
  #granted = 0;
  #free = 0;
  #reserved = 0;
  #settled = 0;

  constructor(bucket: string, unit: 'micros' | 'impressions') {
    this.bucket = bucket;
    this.unit = unit;
  }

  get granted(): number {
    return this.#granted;
  }

  get free(): number {
    return this.#free;
  }

  get reserved(): number {
    return this.#reserved;
  }

  get settled(): number {
    return this.#settled;
  }

  grant(amount: number): void {
    this.#move(amount, () => {
      this.#granted += amount;
      this.#free += amount;
    });
  }

  /** Gives back up to what is free. */
  shrink(amount: number): void {
    this.#move(amount, () => {
      this.#granted -= amount;
      this.#free -= amount;
    });
  }

  reserve(amount: number): void {
    if (amount > this.#free) throw new LedgerLawError(`${this.bucket}: reserving ${amount} of ${this.#free}`);
    this.#move(amount, () => {
      this.#free -= amount;
      this.#reserved += amount;
    });
  }

  release(amount: number): void {
    this.#move(amount, () => {
      this.#reserved -= amount;
      this.#free += amount;
    });
  }

  /** A charge, with what its bid had reserved; the rest of the reservation is free again. */
  settle(charge: number, reserved: number): void {
    this.#move(charge, () => {
      this.#reserved -= reserved;
      this.#settled += charge;
      this.#free += reserved - charge;
    });
  }

  #move(amount: number, entry: () => void): void {
    if (!(Number.isSafeInteger(amount) && amount >= 0))
      throw new LedgerLawError(`${this.bucket}: ${amount} is no amount`);
    this.#check();
    entry();
    this.#check();
  }

  #check(): void {
    if (
      this.#granted !== this.#free + this.#reserved + this.#settled ||
      this.#reserved < 0 ||
      this.#settled < 0
    ) {
      throw new LedgerLawError(
        `${this.bucket} ${this.unit}: granted ${this.#granted}, free ${this.#free}, reserved ${this.#reserved}, settled ${this.#settled}`,
      );
    }
  }
}
