/** What must be remembered of people at first hand: counts by person, fact and day. Durable beside the journal. */

/** One event as it is kept: what it counts for, and what makes two of them one. */
export interface ProfileEntry {
  /** Digest of the event's id; empty for one that cannot come twice. */
  readonly eventKey: string;
  readonly person: string;
  readonly day: number;
  readonly facts: readonly string[];
  readonly valueMicros: number;
}

/** Sums of one person, fact and day. */
export interface ProfileRow {
  readonly person: string;
  readonly fact: string;
  readonly day: number;
  readonly count: number;
  readonly valueMicros: number;
}

export interface ProfilePort {
  /** All or none, durable when it resolves. True for each that was new: an event key counts once until it is trimmed. */
  appendProfiles(entries: readonly ProfileEntry[]): Promise<readonly boolean[]>;
  /** Every row, people together, each person's facts and days ascending; gives how many. */
  profileRows(visit: (row: ProfileRow) => void): Promise<number>;
  /** All of one person is another's from now on. */
  moveProfiles(from: string, into: string): Promise<void>;
  /** Nothing of these people is left; gives how many rows went. Their event keys stay until they are trimmed: they name nobody. */
  forgetProfiles(people: readonly string[]): Promise<number>;
  /** Drops rows, and keys of events, of days before this one; at most so many rows at a time. Gives how many went. */
  trimProfiles(beforeDay: number, limit: number): Promise<number>;
}
