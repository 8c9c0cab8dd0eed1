/**
 * What hashes of circumstances stand for: `publication news.example`, `device 2`, `pack loyal`. Noted when bids are made, since notices carry
 * hashes alone; bounded, and saved as one table.
 */
import { circumstanceHash } from '../core/circumstance.ts';
import type { TablesPort } from '../state/port.ts';

const NAMES_MAX = 20_000;
const TABLE = 'circumstances';

export class CircumstanceNames {
  readonly #names = new Map<number, string>();

  note(hashes: readonly number[], names: readonly string[]): void {
    hashes.forEach((hash, place) => {
      const name = names[place];
      if (name === undefined || this.#names.has(hash) || this.#names.size >= NAMES_MAX) return;
      this.#names.set(hash, name);
    });
  }

  nameOf(hash: number): string | undefined {
    return this.#names.get(hash);
  }

  async save(store: Pick<TablesPort, 'save'>): Promise<void> {
    await store.save(TABLE, Buffer.from(JSON.stringify([...this.#names.values()])));
  }

  /** False for a table that cannot be believed. */
  async restore(store: Pick<TablesPort, 'load'>): Promise<boolean> {
    const bytes = await store.load(TABLE);
    if (!bytes) return true;
    try {
      const names: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
      if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) return false;
      this.note(names.map(circumstanceHash), names);
      return true;
    } catch {
      return false;
    }
  }
}
