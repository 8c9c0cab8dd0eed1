/** Experiments made ready for bids: who belongs to which arm, and which line numbers are whose. */
import type { Bitset } from '../core/bitset.ts';
import { addBit, bitset } from '../core/bitset.ts';
import { hash32 } from '../core/random.ts';
import type { Experiment } from './experiment.ts';
import { HOLDOUT } from './experiment.ts';

export interface Trial {
  readonly experiment: Experiment;
  readonly startMs: number;
  readonly endMs: number;
  /** Every version of every line item that it is about. */
  readonly lines: Bitset;
  /** Versions of arm n; the control's are the line items as they are. */
  readonly linesOfArm: readonly Bitset[];
  readonly members: readonly (readonly [armId: string, endsAt: number])[];
}

/** Where a person belongs: nowhere (and then to the control, uncounted), to an arm, or among those who are shown nothing. */
export interface Membership {
  readonly armId: string;
  /** Place among the arms; -1 for those who are shown nothing. */
  readonly arm: number;
}

/** Two draws that do not depend on each other: whether they take part, and where. */
const PART_SALT = 0x51;
const ARM_SALT = 0xa2;

/**
 * Of the experiment's id and the person's pseudonym alone, so that it is the same after any restart and on every node. Undefined for
 * whoever is not known or takes no part.
 */
export function memberOf({ experiment, members }: Trial, personKey: string): Membership | undefined {
  if (personKey === '') return undefined;
  const name = `${experiment.id} ${personKey}`;
  if (experiment.peopleShare < 1 && unit(hash32(name, PART_SALT)) >= experiment.peopleShare) return undefined;
  const point = unit(hash32(name, ARM_SALT));
  const place = members.findIndex(([, endsAt]) => point < endsAt);
  const armId = members[place]?.[0] ?? HOLDOUT;
  return { armId, arm: experiment.arms.findIndex(({ id }) => id === armId) };
}

/** Shares of those who take part, by arm; the last is the holdout, where there is one. */
export function sharesOf({ arms, holdoutShare }: Experiment): readonly (readonly [string, number])[] {
  const all = arms.reduce((sum, { share }) => sum + share, 0);
  const shares = arms.map(({ id, share }) => [id, (share / all) * (1 - holdoutShare)] as const);
  return holdoutShare > 0 ? [...shares, [HOLDOUT, holdoutShare] as const] : shares;
}

/** `numbersOfArm[n]` are the lines of arm n. */
export function trialOf(
  experiment: Experiment,
  flight: Pick<Trial, 'startMs' | 'endMs'>,
  numbersOfArm: readonly (readonly number[])[],
  size: number,
): Trial {
  let endsAt = 0;
  const members = sharesOf(experiment).map(([armId, share]) => {
    endsAt += share;
    return [armId, endsAt] as const;
  });
  return {
    experiment,
    ...flight,
    lines: setOf(numbersOfArm.flat(), size),
    linesOfArm: numbersOfArm.map((numbers) => setOf(numbers, size)),
    // The last one ends where nobody is beyond it, whatever rounding left.
    members: members.map(([armId, end], place) => [armId, place === members.length - 1 ? 1 : end]),
  };
}

function setOf(numbers: readonly number[], size: number): Bitset {
  const set = bitset(size);
  for (const number of numbers) addBit(set, number);
  return set;
}

function unit(hash: number): number {
  return hash / 4_294_967_296;
}
