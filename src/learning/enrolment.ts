/** Who is met of the people that experiments are about, gathered on the bid path and written down in batches. */
import { LRUCache } from 'lru-cache';
import { Ring } from '../core/ring.ts';
import type { Enrolment, ExperimentPort } from '../state/experiment-port.ts';

/** Between two writes; a bid that finds it full is not counted, whichever arm it is of. */
const WAITING_MAX = 100_000;
/** Known to be written down. Whoever fell out is written again, which changes nothing. */
const KNOWN_MAX = 200_000;
const BATCH_MAX = 2_000;

export class EnrolmentDesk {
  readonly #waiting = new Ring<Enrolment>(WAITING_MAX);
  readonly #known = new LRUCache<string, true>({ max: KNOWN_MAX });

  enter(experimentId: string, armId: string, personKey: string, atMs: number): void {
    const name = `${experimentId} ${personKey}`;
    if (this.#known.get(name)) return;
    if (this.#waiting.push({ experimentId, armId, personKey, atMs })) this.#known.set(name, true);
  }

  get dropped(): number {
    return this.#waiting.dropped;
  }

  /** `nameNow` says by what name a person is written down at the last moment; empty for whoever withdrew meanwhile. */
  async flush(port: Pick<ExperimentPort, 'enrol'>, nameNow: (personKey: string) => string): Promise<void> {
    while (this.#waiting.size > 0) {
      const batch = this.#waiting
        .take(BATCH_MAX)
        .map((row) => ({ ...row, personKey: nameNow(row.personKey) }))
        .filter(({ personKey }) => personKey !== '');
      try {
        if (batch.length > 0) await port.enrol(batch);
      } catch (error) {
        // They are written down when they are met again.
        this.#known.clear();
        throw error;
      }
    }
  }
}
