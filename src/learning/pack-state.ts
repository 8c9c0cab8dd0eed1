/** How a pack stands, in a word and a sentence that a buyer can act on. */
import type { PackFacts } from '../campaign/audience/pack.ts';
import type { LookalikeReport } from './lookalike.ts';

export const PACK_STATUSES = ['fresh', 'stale', 'empty', 'expired', 'rebuilding', 'refused'] as const;
export type PackStatus = (typeof PACK_STATUSES)[number];

export interface PackState {
  readonly facts: PackFacts;
  /** Its members are known by id; false for what only requests decide, which has no size. */
  readonly isCounted: boolean;
  readonly status: PackStatus;
  /** Empty where there is nothing to tell. */
  readonly why: string;
  /** When its members were last worked out or sent. */
  readonly refreshedMs: number;
  readonly lookalike: LookalikeReport | undefined;
}

/** The newest of a pack could not be taken. */
export interface PackRefusal {
  readonly file: string;
  /** From 1; 0 for the list as a whole. */
  readonly row: number;
  readonly message: string;
}

export interface PackMoment {
  readonly facts: PackFacts;
  readonly isCounted: boolean;
  readonly isBuilding: boolean;
  readonly refusal: PackRefusal | undefined;
  readonly refreshedMs: number;
  /** How often it is worked out; undefined for what changes by hand alone. */
  readonly everyMs: number | undefined;
  readonly lookalike: LookalikeReport | undefined;
}

/** A pass that is missed once may be under way; two are not. */
const PASSES_MISSED_MAX = 2;

export function packState(moment: PackMoment, nowMs: number): PackState {
  const { facts, isCounted, refreshedMs, lookalike } = moment;
  const [status, why] = standing(moment, nowMs);
  return { facts, isCounted, status, why, refreshedMs, lookalike };
}

/** In the order in which a buyer should hear of it. */
function standing(
  { facts, isCounted, isBuilding, refusal, refreshedMs, everyMs, lookalike }: PackMoment,
  nowMs: number,
): [PackStatus, string] {
  if (refusal) return ['refused', `${sentence(refusal)} The version before it goes on.`];
  if (facts.expiresMs !== undefined && facts.expiresMs <= nowMs)
    return ['expired', 'Its last day of use is over; nobody is in it.'];
  if (isBuilding) return ['rebuilding', 'It is being worked out; the version before it goes on until then.'];
  if (everyMs !== undefined && nowMs - refreshedMs > PASSES_MISSED_MAX * everyMs)
    return [
      'stale',
      `It was last worked out ${minutes(nowMs - refreshedMs)} ago, and should be every ${minutes(everyMs)}.`,
    ];
  if (isCounted && facts.size === 0) return ['empty', emptiness(facts, lookalike)];
  return ['fresh', ''];
}

function sentence({ file, row, message }: PackRefusal): string {
  return `${file}${row > 0 ? ` row ${row}` : ''} ${message}.`;
}

function emptiness({ source }: PackFacts, lookalike: LookalikeReport | undefined): string {
  if (source === 'upload') return 'Its list holds no id, or none was sent yet.';
  if (source !== 'lookalike' || !lookalike) return 'Nobody is in it now.';
  const { seedPeople, seedMin } = lookalike;
  return seedPeople < seedMin
    ? `Its seed has ${seedPeople} people with a profile, and ${seedMin} are needed to learn from.`
    : 'Nobody is in it now.';
}

function minutes(ms: number): string {
  const whole = Math.max(1, Math.round(ms / 60_000));
  return whole === 1 ? 'a minute' : `${whole} minutes`;
}
