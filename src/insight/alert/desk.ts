/** What is remembered of alerts: changes of the configuration, who has taken note of what, and what was told outside. */
import type { TablesPort } from '../../state/port.ts';
import type { Alert, Edit } from './alert.ts';
import { isSameEpisode } from './alert.ts';

export interface Acknowledgement {
  readonly atMs: number;
  readonly note: string;
}

const TABLE = 'alerts';
const EDITS_MAX = 500;
/** Those of the longest ago are forgotten first; an alert that still stands is then told anew. */
const IDS_MAX = 5_000;

export class AlertDesk {
  #edits: Edit[] = [];
  #acknowledged = new Map<string, Acknowledgement>();
  #told = new Set<string>();

  get edits(): readonly Edit[] {
    return this.#edits;
  }

  noteEdit(edit: Edit | undefined): void {
    if (edit) this.#edits = [...this.#edits, edit].slice(-EDITS_MAX);
  }

  acknowledge(alertId: string, acknowledgement: Acknowledgement): void {
    this.#acknowledged.set(alertId, acknowledgement);
    trim(this.#acknowledged);
  }

  acknowledgementOf(alertId: string): Acknowledgement | undefined {
    const known = this.#acknowledged.get(alertId);
    if (known) return known;
    for (const [id, acknowledgement] of this.#acknowledged)
      if (isSameEpisode(id, alertId)) return acknowledgement;
    return undefined;
  }

  #wasTold(alertId: string): boolean {
    if (this.#told.has(alertId)) return true;
    for (const id of this.#told) if (isSameEpisode(id, alertId)) return true;
    return false;
  }

  /** Those that were told nowhere yet; from here on they were. Whoever took note of one need not be told. */
  news(alerts: readonly Alert[]): readonly Alert[] {
    const news = alerts.filter(({ id }) => !this.#wasTold(id) && !this.acknowledgementOf(id));
    for (const { id } of news) this.#told.add(id);
    trim(this.#told);
    return news;
  }

  /** `waiting` are alerts that were to be told and have not arrived: after a restart they are told again. */
  async save(store: Pick<TablesPort, 'save'>, waiting: readonly string[] = []): Promise<void> {
    const told = [...this.#told].filter((id) => !waiting.includes(id));
    const kept = { edits: this.#edits, acknowledged: [...this.#acknowledged], told };
    await store.save(TABLE, Buffer.from(JSON.stringify(kept)));
  }

  /** Gives false for a table that cannot be believed; it begins anew. */
  async restore(store: Pick<TablesPort, 'load'>): Promise<boolean> {
    const bytes = await store.load(TABLE);
    if (!bytes) return true;
    try {
      const kept = JSON.parse(Buffer.from(bytes).toString('utf8'));
      if (![kept.edits, kept.acknowledged, kept.told].every(Array.isArray)) return false;
      this.#edits = kept.edits;
      this.#acknowledged = new Map(kept.acknowledged);
      this.#told = new Set(kept.told);
      return true;
    } catch {
      return false;
    }
  }
}

function trim(kept: { readonly size: number; keys(): Iterator<string>; delete(id: string): boolean }): void {
  while (kept.size > IDS_MAX) {
    const first = kept.keys().next();
    if (first.done) return;
    kept.delete(first.value);
  }
}
