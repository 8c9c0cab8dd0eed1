/** What a bid is handed, and who watches it. */
import type { Bitset } from '../core/bitset.ts';
import type { Clock } from '../core/clock.ts';
import type { BidRecord } from '../core/event.ts';
import type { IdSpace } from '../core/person-id.ts';
import type { DerivedTags } from '../core/profile.ts';
import type { Random } from '../core/random.ts';
import type { Reason } from '../core/reason.ts';
import type { IdentityPort, PeoplePort, Purse } from '../state/port.ts';
import type { PermitPorts } from './permit.ts';
import type { Addresses } from './served.ts';

export interface BidPorts extends Addresses, PermitPorts {
  readonly clock: Clock;
  readonly people: Pick<PeoplePort, 'read' | 'hold'>;
  readonly purse: Purse;
  readonly identity: Pick<IdentityPort, 'meet' | 'join' | 'numberOf' | 'idsOf'>;
  /** Counts who was seen, for what buyers are told of packs; only of people who may be known. */
  readonly seen: {
    id(exchangeId: string, space: IdSpace, key: number, nowMs: number): void;
    person(userKey: string, packs: readonly string[], nowMs: number): void;
  };
  readonly experiments: {
    /** The name by which the person is divided into groups: the same under all ids that are known to be one person. */
    keyOf(userKey: string): string;
    /** Somebody whom an experiment is about is here. */
    enter(experimentId: string, armId: string, personKey: string, atMs: number): void;
  };
  /** What models say of a person, where it still holds and may speak: read in memory, without waiting. */
  readonly profiles: { derivedOf(userKey: string, nowMs: number): DerivedTags | undefined };
  /** Draws of a request come from a stream of its own id, so that a replay repeats them. */
  readonly choices: Random;
  readonly bidIds: Random;
  /** Of several behind one port: named in the ids of its bids. */
  readonly worker?: number | undefined;
}

/** Watches a bid being decided: the funnel's counters, or the trace of `explain`. */
export interface BidObserver {
  /** Whether each candidate's own refusal is wanted, also where a better one makes it moot. The answer is the same. */
  readonly thorough: boolean;
  /** Came as far as the lookup of line items; these asked for it. The set is only lent. */
  impression(index: number, candidates: Bitset | undefined, exchangeId: string): void;
  refused(index: number, lineNumber: number, reason: Reason): void;
  /** Many at once, for a reason that shows without asking each what else stands in its way. The set is only lent. */
  refusedAlike(index: number, lineNumbers: Bitset, reason: Reason): void;
  /** Once for a line item that bids on the impression, with the first of its bids. */
  won(index: number, lineNumber: number, record: BidRecord): void;
}
