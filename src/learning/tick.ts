/** Periodic duties on a given clock. Whoever owns the process calls `tick()` often; each duty runs when it is due. */
import type { Clock } from '../core/clock.ts';

export interface Duty {
  readonly name: string;
  readonly everyMs: number;
  /** `elapsedMs` since it last ran; 0 the first time. */
  run(nowMs: number, elapsedMs: number): void | Promise<void>;
}

export interface Rota {
  /** Runs every duty due at `clock.now()`, in the order of the list, one after the other. Calls do not overlap. */
  tick(): Promise<void>;
}

/**
 * A duty that was missed, since the clock jumped or the process was held up, runs once, not as often as it was missed. A
 * fault in one does not keep the others from running; it is tried again when it is next due.
 */
export function rota(
  duties: readonly Duty[],
  clock: Pick<Clock, 'now'>,
  onFault: (duty: string, error: unknown) => void,
): Rota {
  const lastMs = new Map<Duty, number>();
  let running: Promise<void> | undefined;

  const round = async (): Promise<void> => {
    const nowMs = clock.now();
    for (const duty of duties) {
      const last = lastMs.get(duty);
      // A clock that went back would put the next run as far off as it went.
      if (last !== undefined && nowMs - last < duty.everyMs && nowMs >= last) continue;
      lastMs.set(duty, nowMs);
      try {
        await duty.run(nowMs, last === undefined ? 0 : Math.max(0, nowMs - last));
      } catch (error) {
        onFault(duty.name, error);
      }
    }
  };

  return {
    tick: () => {
      running ??= round().finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}

/** What the rest of the house does from time to time; each call is its own affair. */
export interface DutyPorts {
  /** Expired holds fall, leases are topped up and given back. */
  tendTreasury(nowMs: number): void | Promise<void>;
  /** One step of every pacing controller. */
  pace(nowMs: number): void | Promise<void>;
  /** Funnel counts on their way to the journal. */
  flushCounts(nowMs: number): void | Promise<void>;
  /** Own events on their way to people's profiles, and one bounded step of what is worked out from these. */
  tendProfiles(nowMs: number): void | Promise<void>;
  /** What nodes agree on, and what they learned. */
  share(nowMs: number): void | Promise<void>;
  /** A new snapshot from what was learned since. */
  publish(nowMs: number): void | Promise<void>;
  /** Who is who, to disk. */
  tendIdentity(nowMs: number): void | Promise<void>;
  /** What is older than it may be goes. */
  retain(nowMs: number): void | Promise<void>;
  /** Alerts that are new, to whoever wants to be told. */
  tellAlerts(nowMs: number): void | Promise<void>;
  fade(elapsedMs: number): void;
  /** Price landscapes and pacing shares to disk. */
  saveTables(nowMs: number): void | Promise<void>;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** Steps are of a few milliseconds, so a tenth of a second between them leaves bids alone. */
const PROFILE_STEP_MS = 100;
/** A change reaches every node within 2 s, also where its message was lost. */
const SHARE_MS = 500;
/** What a crash may cost of prices learned; clicks, conversions and money are in the journal. */
const SAVE_MINUTES = 5;

/**
 * The treasury comes first and each time, since bids wait for its grants. Publishing comes after pacing, so that a step
 * shows in the very next snapshot.
 */
export function periodicDuties(ports: DutyPorts): readonly Duty[] {
  return [
    { name: 'treasury', everyMs: 0, run: (nowMs) => ports.tendTreasury(nowMs) },
    { name: 'pacing', everyMs: 30 * SECOND_MS, run: (nowMs) => ports.pace(nowMs) },
    { name: 'sharing', everyMs: SHARE_MS, run: (nowMs) => ports.share(nowMs) },
    { name: 'publish', everyMs: SECOND_MS, run: (nowMs) => ports.publish(nowMs) },
    { name: 'counts', everyMs: SECOND_MS, run: (nowMs) => ports.flushCounts(nowMs) },
    { name: 'profiles', everyMs: PROFILE_STEP_MS, run: (nowMs) => ports.tendProfiles(nowMs) },
    { name: 'identity', everyMs: SECOND_MS, run: (nowMs) => ports.tendIdentity(nowMs) },
    { name: 'retention', everyMs: MINUTE_MS, run: (nowMs) => ports.retain(nowMs) },
    { name: 'alerts', everyMs: MINUTE_MS, run: (nowMs) => ports.tellAlerts(nowMs) },
    { name: 'fade', everyMs: 60 * MINUTE_MS, run: (_, elapsedMs) => ports.fade(elapsedMs) },
    { name: 'tables', everyMs: SAVE_MINUTES * MINUTE_MS, run: (nowMs) => ports.saveTables(nowMs) },
  ];
}
