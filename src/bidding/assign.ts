/** Experiments: leaves each person the versions of line items that belong to their arm, and none to those who are held out. */
import type { Catalog } from '../campaign/catalog.ts';
import type { Trial } from '../campaign/trials.ts';
import { memberOf } from '../campaign/trials.ts';
import type { Bitset } from '../core/bitset.ts';
import { andNotInto, bitset, isEmpty, meets } from '../core/bitset.ts';
import { giveBack } from './lookup.ts';
import type { BidObserver, BidPorts } from './ports.ts';

/** Arms of this person, by experiment; only of experiments that asked for the request. */
export type Arms = ReadonlyMap<string, string>;

const NOBODY: Arms = new Map();
const CONTROL = 0;
const HELD_OUT = -1;

export interface Assigned {
  readonly arms: Arms;
  readonly found: readonly (Bitset | undefined)[];
  /** Experiments that show this person nothing. */
  readonly heldBy: readonly Trial[];
}

/**
 * Who is counted, and where they belong, is settled by what any arm would have answered, before anything is known of what this one does:
 * else an arm that answers more would look at other people. Whoever is not known, and everybody before the first day and after the
 * last, gets the line item as it is and is not counted.
 */
export function assign(
  { trials }: Pick<Catalog, 'trials'>,
  found: readonly (Bitset | undefined)[],
  userKey: string,
  nowMs: number,
  { keyOf, enter }: BidPorts['experiments'],
): Assigned {
  if (trials.length === 0) return { arms: NOBODY, found, heldBy: [] };
  const arms = new Map<string, string>();
  const heldBy: Trial[] = [];
  let personKey: string | undefined;
  for (const trial of trials) {
    if (!found.some((lines) => lines && meets(lines, trial.lines))) continue;
    const runs = userKey !== '' && nowMs >= trial.startMs && nowMs < trial.endMs;
    const member = runs ? memberOf(trial, (personKey ??= keyOf(userKey))) : undefined;
    if (member) {
      arms.set(trial.experiment.id, member.armId);
      enter(trial.experiment.id, member.armId, personKey!, nowMs);
    }
    if (member?.arm === HELD_OUT) heldBy.push(trial);
    // Whoever is held out is counted as refused by the line item as it is.
    const kept = trial.linesOfArm[Math.max(CONTROL, member?.arm ?? CONTROL)]!;
    for (const lines of found) if (lines) keepArm(lines, trial.lines, kept);
  }
  return { arms, heldBy, found: heldBy.length > 0 ? found : withoutEmpty(found) };
}

/** Takes from those who are held out what would have bid for them; gives what is left. */
export function holdBack(
  found: readonly (Bitset | undefined)[],
  heldBy: readonly Trial[],
  observer: Pick<BidObserver, 'refusedAlike'>,
): readonly (Bitset | undefined)[] {
  found.forEach((lines, index) => {
    if (!lines) return;
    for (const trial of heldBy) {
      const held = bitset(32 * lines.length);
      for (let word = 0; word < lines.length; word++) held[word] = lines[word]! & trial.lines[word]!;
      if (isEmpty(held)) continue;
      observer.refusedAlike(index, held, 'held_out');
      andNotInto(lines, held);
    }
  });
  return withoutEmpty(found);
}

function keepArm(lines: Bitset, all: Bitset, kept: Bitset): void {
  for (let word = 0; word < lines.length; word++) lines[word]! &= ~all[word]! | kept[word]!;
}

function withoutEmpty(found: readonly (Bitset | undefined)[]): readonly (Bitset | undefined)[] {
  return found.map((lines) => {
    if (!lines || !isEmpty(lines)) return lines;
    giveBack([lines]);
    return undefined;
  });
}
