/** The way out: people who withdraw are erased everywhere and never known again, and what is too old goes by itself. */
import { hash } from 'node:crypto';
import type { Account } from '../campaign/campaign.ts';
import type { KeyedId, PersonKeys, RawId } from '../core/person-id.ts';
import type { Erased, ErasurePort, IdentityPort, RetentionDays } from '../state/port.ts';
import { RETAINED } from '../state/port.ts';

export interface ForgetPorts {
  readonly keys: PersonKeys;
  readonly graph: Pick<IdentityPort, 'numberOf' | 'idsOf'> & {
    forget(key: string): readonly string[];
    fade(beforeMs: number, looksMax: number): { readonly faded: number; readonly isRound: boolean };
  };
  /** Makes what the graph forgot durable. */
  flush(): Promise<void>;
  readonly histories: {
    erase(userKeys: readonly string[]): Promise<number>;
    retain(beforeMs: number): number;
  };
  readonly profiles: { writeNotes(): Promise<void>; forget(people: readonly string[]): Promise<boolean> };
  readonly packs: { forget(keys: readonly string[]): Promise<void> };
  readonly store: ErasurePort;
  /** Tells other nodes, who look again for what they know of it. */
  tell(keys: readonly string[]): Promise<void>;
  nowMs(): number;
  account(): Account;
}

export interface ErasedPerson extends Erased {
  /** Ids that were known to be theirs, and are suppressed now. */
  readonly ids: number;
  /** People or rows in the memory of bids. */
  readonly histories: number;
  readonly profile: boolean;
  /** Overwritten on the disk as well; a large file is written anew within a day. */
  readonly scrubbed: boolean;
}

export interface RetentionState {
  readonly days: RetentionDays & { readonly ids: number };
  /** Removed since the start of the process. */
  readonly removed: Readonly<Record<keyof RetentionDays | 'ids' | 'histories', number>>;
  readonly ranMs: number | undefined;
  readonly suppressedIds: number;
  readonly scrubbed: boolean;
}

const ROWS_A_STEP = 5_000;
const PEOPLE_A_STEP = 20_000;
const DAY_MS = 86_400_000;

export class Forgetting {
  readonly #ports: ForgetPorts;
  readonly #suppressed: Set<string>;
  readonly #removed: Record<keyof RetentionDays | 'ids' | 'histories', number> = {
    bidLog: 0,
    notices: 0,
    touches: 0,
    conversions: 0,
    ids: 0,
    histories: 0,
  };
  #ranMs: number | undefined;
  #scrubbedMs = Number.NEGATIVE_INFINITY;
  #isScrubbed = true;

  private constructor(ports: ForgetPorts, suppressed: readonly string[]) {
    this.#ports = ports;
    this.#suppressed = new Set(suppressed);
  }

  static async open(ports: ForgetPorts): Promise<Forgetting> {
    return new Forgetting(ports, await ports.store.suppressed());
  }

  /** Whoever withdrew is met again by any id that was theirs. */
  isSuppressed(id: RawId): boolean {
    if (this.#suppressed.size === 0) return false;
    return allKeys(this.#ports.keys, id).some(({ key }) => this.#suppressed.has(markOf(key)));
  }

  /** A late notice still names whoever was erased since its bid. */
  isErased(key: string): boolean {
    return this.#suppressed.size > 0 && this.#suppressed.has(markOf(key));
  }

  /**
   * Suppressed first, so that nothing new is kept while the old goes. It may be asked again after a failure: what is gone
   * stays gone, and what is not is found by the ids that the suppression still names.
   * @throws where some part could not be reached.
   */
  async erase(id: RawId): Promise<ErasedPerson> {
    const given = allKeys(this.#ports.keys, id).map(({ key }) => key);
    // Lists of user ids may name no exchange.
    const bare = id.space.startsWith('user.id@')
      ? allKeys(this.#ports.keys, { ...id, space: 'user.id' })
      : [];
    return this.eraseKeys(
      given,
      bare.map(({ key }) => key),
    );
  }

  /** By keyed hashes, as another node tells of them; `bare` ones stand in lists of packs alone. */
  async eraseKeys(given: readonly string[], bare: readonly string[] = []): Promise<ErasedPerson> {
    const { graph, store, histories, profiles, packs } = this.#ports;
    const numbers = new Set(given.flatMap((key) => graph.numberOf(key) ?? []));
    const known = [...numbers].flatMap((number) => graph.idsOf(number)).map(({ key }) => key);
    const keys = [...new Set([...given, ...known])];
    const marks = keys.map(markOf);
    await store.suppress(marks, this.#ports.nowMs());
    for (const mark of marks) this.#suppressed.add(mark);
    const held = await histories.erase(keys);
    // What waits to be written would come after.
    await profiles.writeNotes();
    const profile = await profiles.forget(keys);
    await packs.forget([...keys, ...bare]);
    await this.#ports.tell([...keys, ...bare]);
    const erased = await store.erase(keys);
    // Last, for until then a repeat of the call finds the other ids here.
    for (const key of keys) graph.forget(key);
    await this.#ports.flush();
    this.#isScrubbed = await store.scrub(false);
    return { ...erased, ids: known.length, histories: held, profile, scrubbed: this.#isScrubbed };
  }

  /** One bounded step of what the account's table of retention asks for. */
  async tend(nowMs: number): Promise<void> {
    const { graph, store, histories } = this.#ports;
    const { ids, ...days } = this.#days();
    this.#removed.ids += graph.fade(nowMs - ids * DAY_MS, PEOPLE_A_STEP).faded;
    this.#removed.histories += histories.retain(nowMs - days.touches * DAY_MS);
    const purged = await store.purge(days, nowMs, ROWS_A_STEP);
    for (const name of RETAINED) this.#removed[name] += purged[name];
    if (!this.#isScrubbed && nowMs - this.#scrubbedMs >= DAY_MS) {
      this.#scrubbedMs = nowMs;
      this.#isScrubbed = await store.scrub(true);
    }
    this.#ranMs = nowMs;
  }

  state(): RetentionState {
    return {
      days: this.#days(),
      removed: { ...this.#removed },
      ranMs: this.#ranMs,
      suppressedIds: this.#suppressed.size,
      scrubbed: this.#isScrubbed,
    };
  }

  #days(): RetentionState['days'] {
    const { bidLogDays, noticeDays, touchDays, conversionDays, idDays } = this.#ports.account().retention;
    return {
      bidLog: bidLogDays,
      notices: noticeDays,
      touches: touchDays,
      conversions: conversionDays,
      ids: idDays,
    };
  }
}

/** Not the pseudonym itself: then that one is found nowhere any more, and nothing can be joined to it. */
function markOf(key: string): string {
  return hash('sha256', key, 'base64url').slice(0, 22);
}

function allKeys(keys: PersonKeys, id: RawId): readonly KeyedId[] {
  return [keys.keyOf(id), ...keys.formerKeysOf(id)];
}
