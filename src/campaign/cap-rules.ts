/** Frequency caps as buyers write them, compiled for one line item. */
import type { CapLevel, CapRule } from '../core/history.ts';
import { objectNumber } from '../core/ids.ts';
import type { Zone } from '../core/zone.ts';
import type { FrequencyCap } from './words.ts';

/** Whose events the levels of a cap mean. */
export interface CapOwner {
  readonly advertiserId: string;
  readonly campaignId: string;
  readonly lineItemId: string;
  /** The campaign's: calendar windows begin at its midnight. */
  readonly zone: Zone;
}

export interface CompiledCaps {
  /** Caps that hold whichever creative is shown, and the minimum gap. */
  readonly line: readonly CapRule[];
  /** Caps of level `creative`, for one creative. */
  eachCreative(creativeId: string): readonly CapRule[];
}

export function capsOf(
  caps: readonly FrequencyCap[],
  minimumGapSeconds: number,
  owner: CapOwner,
): CompiledCaps {
  const ids: Readonly<Record<Exclude<CapLevel, 'creative'>, string>> = {
    advertiser: owner.advertiserId,
    campaign: owner.campaignId,
    line_item: owner.lineItemId,
  };
  const compile = (cap: FrequencyCap, id: string): CapRule => ({
    level: cap.level,
    objectNumber: objectNumber(cap.level, id),
    event: cap.event,
    max: cap.max,
    window: windowOf(cap, owner.zone),
    gap: false,
  });
  const line = caps.flatMap((cap) => (cap.level === 'creative' ? [] : compile(cap, ids[cap.level])));
  if (minimumGapSeconds > 0) line.push(gapRule(minimumGapSeconds, owner.lineItemId));
  const perCreative = caps.filter(({ level }) => level === 'creative');
  return { line, eachCreative: (creativeId) => perCreative.map((cap) => compile(cap, creativeId)) };
}

/** A gap is a cap of no impression within its length. */
function gapRule(seconds: number, lineItemId: string): CapRule {
  return {
    level: 'line_item',
    objectNumber: objectNumber('line_item', lineItemId),
    event: 'impression',
    max: 0,
    window: { kind: 'rolling', lengthMs: seconds * 1000 },
    gap: true,
  };
}

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;

/** A rolling month is 30 days; a rolling day is 24 hours, on days of 23 and 25 too. */
const UNITS = {
  m: { unit: 'minute', lengthMs: MINUTE_MS },
  h: { unit: 'hour', lengthMs: 60 * MINUTE_MS },
  d: { unit: 'day', lengthMs: DAY_MS },
  w: { unit: 'week', lengthMs: 7 * DAY_MS },
  mo: { unit: 'month', lengthMs: 30 * DAY_MS },
} as const;

function windowOf({ window, kind }: FrequencyCap, zone: Zone): CapRule['window'] {
  if (window === 'lifetime') return { kind: 'lifetime' };
  const [, count = '', suffix = ''] = /^(\d+)([a-z]+)$/.exec(window) ?? [];
  if (!Object.hasOwn(UNITS, suffix))
    throw new Error(`the book was not checked: ${window} is not the window of a cap`);
  const { unit, lengthMs } = UNITS[suffix as keyof typeof UNITS];
  const length = Number(count);
  return kind === 'rolling' ? { kind, lengthMs: length * lengthMs } : { kind, unit, length, zone };
}
