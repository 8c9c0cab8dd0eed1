/** Frequency caps that can never be the one that stops, because another cap that also applies stops earlier. */
import type { CapLevel } from '../core/history.ts';
import type { Issue, Path } from './issue.ts';
import { pathText, warning } from './issue.ts';
import type { FrequencyCap } from './words.ts';

export interface CapsOf {
  readonly caps: readonly FrequencyCap[];
  /** Where the caps are told of; undefined for those that are only looked at. */
  readonly path: Path | undefined;
  readonly owner: string;
}

/** All groups apply to the same bids. */
export function deadCaps(groups: readonly CapsOf[]): Issue[] {
  const all = groups.flatMap(({ caps, path, owner }) =>
    caps.map((cap, index) => ({ cap, index, path, owner })),
  );
  return all.flatMap((one, position) => {
    if (!one.path) return [];
    const here = [...one.path, 'frequencyCaps', one.index];
    if (one.cap.max === 0)
      return [
        warning([...here, 'max'], 'zero_cap', 'is 0', {
          value: 0,
          hint: 'Nobody is ever shown anything. Leave the cap out for no limit.',
        }),
      ];
    const stricter = all.find(
      (other, at) =>
        at !== position && covers(other.cap, one.cap) && !(covers(one.cap, other.cap) && at > position),
    );
    if (!stricter) return [];
    const place = stricter.path
      ? pathText([...stricter.path, 'frequencyCaps', stricter.index])
      : stricter.owner;
    const hint = `${stricter.cap.max} ${stricter.cap.event}s in ${stricter.cap.window} for the ${stricter.cap.level} (${place}) is always met first.`;
    return [warning(here, 'dead_cap', 'can never apply', { hint })];
  });
}

/** From the widest: what a narrower level counts, a wider one counts too. */
const LEVELS: readonly CapLevel[] = ['advertiser', 'campaign', 'line_item', 'creative'];

/** True when `stricter` has refused wherever `cap` would. */
function covers(stricter: FrequencyCap, cap: FrequencyCap): boolean {
  return (
    stricter.event === cap.event &&
    stricter.max <= cap.max &&
    countsAll(stricter.level, cap.level) &&
    spans(stricter, cap)
  );
}

function countsAll(wider: CapLevel, narrower: CapLevel): boolean {
  // A creative may be shown by several line items and campaigns, so only its advertiser surely counts all of its events.
  if (narrower === 'creative') return wider === 'creative' || wider === 'advertiser';
  return LEVELS.indexOf(wider) <= LEVELS.indexOf(narrower);
}

/** True when every window of `cap` lies within one of `wider`. */
function spans(wider: FrequencyCap, cap: FrequencyCap): boolean {
  if (wider.window === 'lifetime') return true;
  if (wider.kind === cap.kind && wider.window === cap.window) return true;
  // A calendar window begins anew while a rolling one still counts, so it covers nothing but itself.
  return (
    wider.kind === 'rolling' &&
    hoursOf(wider.window, SHORTEST_MONTH_HOURS) >= hoursOf(cap.window, LONGEST_MONTH_HOURS)
  );
}

const UNIT_HOURS: Readonly<Record<string, number>> = { m: 1 / 60, h: 1, d: 24, w: 168 };
/** In doubt a month is what makes a cap look alive: a wrong "can never apply" would blame a cap that works. */
const SHORTEST_MONTH_HOURS = 672;
const LONGEST_MONTH_HOURS = 744;

function hoursOf(window: string, monthHours: number): number {
  if (window === 'lifetime') return Number.POSITIVE_INFINITY;
  const [, count, unit] = /^(\d+)(\D+)$/.exec(window) ?? [];
  return Number(count) * (unit === 'mo' ? monthHours : (UNIT_HOURS[unit ?? ''] ?? 0));
}
