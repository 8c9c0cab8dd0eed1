/** What a buyer is told of a pack before it is used: whom of it requests still show, where, and what two packs share. */
import type { Audience } from '../campaign/audience/kinds.ts';
import { partsOf } from '../campaign/audience/kinds.ts';
import type { IdSpace } from '../core/person-id.ts';
import type { Sampled, SeenOfPack, SharedByPacks } from '../learning/pack-estimates.ts';

/** A number of people, with the interval that holds it at 95 %; without width where everybody was counted. */
export interface Estimate {
  readonly people: number;
  readonly low: number;
  readonly high: number;
}

export interface Reach extends Estimate {
  /** Of the members; absent where nobody can count them. */
  readonly share?: number;
  readonly matches: readonly (Estimate & {
    readonly exchangeId: string;
    readonly idSpace: IdSpace;
    readonly share?: number;
  })[];
}

export interface Overlap extends Estimate {
  readonly first: string;
  readonly second: string;
  /** `ids`: counted in both lists. `seen`: people of the last seven days of requests, since a list is not known or goes by other ids. */
  readonly basis: 'ids' | 'seen';
}

const Z_95 = 1.96;
/** Nobody in a sample: with 95 % there are fewer than three for each that a sample of this share would show. */
const NONE_SEEN_MAX = 3;

/**
 * Each was drawn with the chance `rate`, so the count is binomial; the interval is Wilson's (1927) for the number that it was drawn
 * from, in its form for small shares. Never fewer than were counted, never more than there are.
 */
export function estimateOf({ count, rate }: Sampled, most = Number.POSITIVE_INFINITY): Estimate {
  if (rate >= 1) return { people: count, low: count, high: count };
  const within = (people: number): number => Math.round(Math.min(most, Math.max(count, people)));
  if (count === 0) return { people: 0, low: 0, high: within(NONE_SEEN_MAX / rate) };
  const centre = count + (Z_95 * Z_95 * (1 - rate)) / 2;
  const width = Z_95 * Math.sqrt(count * (1 - rate) + (Z_95 * Z_95 * (1 - rate) ** 2) / 4);
  return {
    people: within(count / rate),
    low: within((centre - width) / rate),
    high: within((centre + width) / rate),
  };
}

/** `size` is undefined for a pack that only requests decide. */
export function reachOf({ places, ...all }: SeenOfPack, size: number | undefined): Reach {
  const shareOf = (people: number): { share?: number } =>
    size === undefined || size === 0 ? {} : { share: people / size };
  const total = estimateOf(all, size);
  return {
    ...total,
    ...shareOf(total.people),
    matches: places
      .map(({ exchangeId, space, count }) => {
        const estimate = estimateOf({ count, rate: all.rate }, size);
        return { exchangeId, idSpace: space, ...estimate, ...shareOf(estimate.people) };
      })
      .sort((a, b) => b.people - a.people),
  };
}

export interface OverlapSide {
  readonly id: string;
  readonly size: number | undefined;
  /** What its members are known by: an id space, or people's best ids. */
  readonly knownBy: string;
}

/** What the members of a pack are known by: an id space, people's best ids, or `mixed`. Two packs known by one and the same can be compared as lists. */
export function knownBy(audiences: readonly Audience[], packId: string, depth = 0): string {
  const audience = audiences.find(({ id }) => id === packId);
  if (audience?.source === 'upload') return audience.idSpace;
  if (audience?.source !== 'tree') return 'person';
  if (depth > TREES_DEEP_MAX) return 'mixed';
  const kinds = new Set(partsOf(audience).map((part) => knownBy(audiences, part, depth + 1)));
  return kinds.size === 1 ? [...kinds][0]! : 'mixed';
}

const TREES_DEEP_MAX = 10;

export function overlapOf(
  { ids, people, first, second }: SharedByPacks,
  a: OverlapSide,
  b: OverlapSide,
): Overlap {
  const most = Math.min(a.size ?? Number.POSITIVE_INFINITY, b.size ?? Number.POSITIVE_INFINITY);
  if (ids !== undefined && a.knownBy === b.knownBy && a.knownBy !== 'mixed')
    return { first, second, people: ids, low: ids, high: ids, basis: 'ids' };
  const seen = estimateOf(people, most);
  // Ids that both lists hold are shared whether they were seen or not.
  const least = ids ?? 0;
  return {
    first,
    second,
    people: Math.max(least, seen.people),
    low: Math.max(least, seen.low),
    // People who were not seen may be in both.
    high: Number.isFinite(most) ? most : Math.max(least, seen.high),
    basis: 'seen',
  };
}
