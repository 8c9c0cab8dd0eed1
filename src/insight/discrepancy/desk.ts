/** What exchanges told of their own counts, kept across restarts: one report an exchange, its days put together from what was sent. */
import type { TablesPort } from '../../state/port.ts';
import type { TheirFigures } from './compare.ts';
import type { TheirDay } from './figures.ts';
import { DAYS_MAX } from './figures.ts';

const TABLE = 'discrepancy';
const EXCHANGES_MAX = 500;

export type TakeMode = 'add' | 'replace';

export class DiscrepancyDesk {
  #figures = new Map<string, TheirFigures>();

  get figures(): readonly TheirFigures[] {
    return [...this.#figures.values()];
  }

  /**
   * Days sent again take the place of what was told of them. A report in another zone or currency begins anew, for days of two zones
   * overlap; so does `replace`, which without days forgets the exchange.
   */
  take(told: TheirFigures, mode: TakeMode): TheirFigures {
    const { exchangeId } = told;
    const known = this.#figures.get(exchangeId);
    const goesOn = mode === 'add' && known?.timeZone === told.timeZone && known.currency === told.currency;
    const days = new Map<string, TheirDay>();
    for (const day of [...(goesOn ? known.days : []), ...told.days]) days.set(day.day, day);
    const kept = [...days.values()].sort((a, b) => (a.day < b.day ? -1 : 1)).slice(-DAYS_MAX);
    const next = { ...told, days: kept };
    this.#figures.delete(exchangeId);
    if (kept.length > 0) this.#figures.set(exchangeId, next);
    const [first] = this.#figures.keys();
    if (this.#figures.size > EXCHANGES_MAX && first !== undefined) this.#figures.delete(first);
    return next;
  }

  async save(store: Pick<TablesPort, 'save'>): Promise<void> {
    await store.save(TABLE, Buffer.from(JSON.stringify(this.figures)));
  }

  /** Gives false for a table that cannot be believed; it begins anew. */
  async restore(store: Pick<TablesPort, 'load'>): Promise<boolean> {
    const bytes = await store.load(TABLE);
    if (!bytes) return true;
    try {
      const kept: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
      if (!Array.isArray(kept) || !kept.every(isFigures)) return false;
      this.#figures = new Map(kept.map((one) => [one.exchangeId, one]));
      return true;
    } catch {
      return false;
    }
  }
}

function isFigures(kept: unknown): kept is TheirFigures {
  const { exchangeId, timeZone, currency, days } = kept as Partial<TheirFigures>;
  return [exchangeId, timeZone, currency].every((text) => typeof text === 'string') && Array.isArray(days);
}
