/**
 * The dictionary of tags: what each means, how it comes about, when it is worked out and when it is told no more. Basic tags are
 * what events say most often; derived ones are of the last refresh.
 */
import type { DerivedTags, Profile, Tag, TagDefinition } from '../core/profile.ts';
import { DAY_MS, dayNumber, HORIZON_DAYS, RFM_CLASSES, STAGES } from '../core/profile.ts';
import { AT_RISK, FRESH_DAYS, LAPSED } from '../policy/value/life-cycle.ts';
import { DAYPARTS } from './profile.ts';
import { REFRESH_MS } from './profile-refresh.ts';

interface Reading {
  readonly profile: Profile;
  readonly derived: DerivedTags | undefined;
  readonly purchase: string;
  readonly nowMs: number;
}

interface TagSource extends TagDefinition {
  /** Undefined where it cannot be told of the person. */
  of(reading: Reading): { readonly value: string | number; readonly refreshedMs: number } | undefined;
}

/** Where and with what somebody reads changes within weeks; who they are within years. */
const HABIT_DAYS = 90;
const TRAIT_DAYS = 400;
/** Two refreshes missed, and some time for a pass over many people. */
export const DERIVED_EXPIRY_MS = 3 * REFRESH_MS;
const PERIOD = `the next ${HORIZON_DAYS} days`;

const SOURCES: readonly TagSource[] = [
  said('gender', 'demographic', TRAIT_DAYS, 'Property gender of the person’s events'),
  said('age_band', 'demographic', TRAIT_DAYS, 'Property age_band of the person’s events'),
  said('language', 'demographic', TRAIT_DAYS, 'Property language of the person’s events'),
  said('exchange', 'media', HABIT_DAYS, 'Exchange on which our impressions met the person'),
  said('format', 'media', HABIT_DAYS, 'Format of our impressions that the person saw'),
  said('device', 'environment', HABIT_DAYS, 'Property device of the person’s events'),
  said('os', 'environment', HABIT_DAYS, 'Property os of the person’s events'),
  said('browser', 'environment', HABIT_DAYS, 'Property browser of the person’s events'),
  said('country', 'environment', HABIT_DAYS, 'Property country of the person’s events'),
  said('region', 'environment', HABIT_DAYS, 'Property region of the person’s events'),
  said('city', 'environment', HABIT_DAYS, 'Property city of the person’s events'),
  said(
    'daypart',
    'environment',
    HABIT_DAYS,
    'Six hours of the day, by the account’s clock, with most events',
    DAYPARTS,
  ),
  {
    ...counted('recency', 'Days since the last purchase.'),
    of: ({ profile, purchase, nowMs }) => {
      const last = profile.lastDay(purchase);
      return last === undefined ? undefined : { value: dayNumber(nowMs) - last, refreshedMs: nowMs };
    },
  },
  {
    ...counted('frequency', 'Days with a purchase, within the retention of events.'),
    of: ({ profile, purchase, nowMs }) => bought(profile, purchase, nowMs, 'days'),
  },
  {
    ...counted(
      'monetary',
      'Worth of all purchases within the retention of events, in micros of the account’s currency.',
    ),
    of: ({ profile, purchase, nowMs }) => bought(profile, purchase, nowMs, 'valueMicros'),
  },
  derivedTag(
    'rfm',
    'text',
    'Fifths of recency, frequency and money among all who have bought, 5 the best, as 5-4-3.',
    (tags) => (tags.recency === 0 ? undefined : `${tags.recency}-${tags.frequency}-${tags.monetary}`),
  ),
  derivedTag(
    'rfm_class',
    'text',
    'Class by the fifth of recency against the mean of the fifths of frequency and money; none: has bought nothing.',
    (tags) => tags.rfmClass,
    RFM_CLASSES,
  ),
  derivedTag(
    'life_cycle_stage',
    'text',
    `Without a purchase: dormant (not seen for ${FRESH_DAYS} days), prospect (searched, clicked or filled a cart within ${FRESH_DAYS}), visitor. With one: new_customer (the only one, within ${FRESH_DAYS} days), lapsed (churn risk from ${LAPSED}), at_risk (from ${AT_RISK}), active_customer.`,
    (tags) => tags.stage,
    STAGES,
  ),
  derivedTag(
    'expected_value',
    'number',
    `What purchases of ${PERIOD} will be worth in the mean, in micros of the account’s currency: MBG/NBD times Gamma-Gamma for customers, chance of a purchase times the mean purchase for others.`,
    (tags) => tags.expectedValueMicros,
  ),
  derivedTag(
    'churn_risk',
    'number',
    'Chance that a customer has left for good (MBG/NBD), 0 to 1.',
    (tags) => tags.churnRisk,
  ),
  derivedTag(
    'propensity',
    'number',
    `Chance of a purchase within ${PERIOD}, 0 to 1: the model of purchases, moved by what the person did of late.`,
    (tags) => tags.purchaseChance,
  ),
];

export const TAG_DEFINITIONS: readonly TagDefinition[] = SOURCES.map(
  ({ of: _, ...definition }) => definition,
);

/** Tags that hold now, in the order of the dictionary. */
export function tagsOf(reading: Reading): Tag[] {
  return SOURCES.flatMap((source) => {
    const found = source.of(reading);
    if (!found) return [];
    const expiresMs = found.refreshedMs + source.expiryMs;
    return expiresMs > reading.nowMs ? [{ name: source.name, ...found, expiresMs }] : [];
  });
}

/** The value that was told most often of late; of those told as often, the one that was told last. */
function said(
  name: string,
  group: 'demographic' | 'media' | 'environment',
  days: number,
  what: string,
  values?: readonly string[],
): TagSource {
  const prefix = `${name}=`;
  return {
    name,
    group,
    kind: 'text',
    definition: `${what}; the most frequent of the last ${days} days.`,
    refreshMs: 0,
    expiryMs: days * DAY_MS,
    ...(values ? { values } : {}),
    of: ({ profile, nowMs }) => {
      const today = dayNumber(nowMs);
      const [best] = profile
        .facts()
        .filter(({ fact, lastDay }) => fact.startsWith(prefix) && lastDay > today - days)
        .map(({ fact, lastDay }) => ({ fact, lastDay, ...profile.totals(fact, today - days + 1, today) }))
        .sort((one, other) => other.count - one.count || other.lastDay - one.lastDay);
      return best && { value: best.fact.slice(prefix.length), refreshedMs: best.lastDay * DAY_MS };
    },
  };
}

function counted(name: string, definition: string): TagDefinition {
  return { name, group: 'derived', kind: 'number', definition, refreshMs: 0, expiryMs: DAY_MS };
}

function bought(profile: Profile, purchase: string, nowMs: number, what: 'days' | 'valueMicros') {
  const value = profile.totals(purchase, 0, dayNumber(nowMs))[what];
  return value === 0 ? undefined : { value, refreshedMs: nowMs };
}

function derivedTag(
  name: string,
  kind: 'text' | 'number',
  definition: string,
  telling: (tags: DerivedTags) => string | number | undefined,
  values?: readonly string[],
): TagSource {
  return {
    name,
    group: 'derived',
    kind,
    definition,
    refreshMs: REFRESH_MS,
    expiryMs: DERIVED_EXPIRY_MS,
    ...(values ? { values } : {}),
    of: ({ derived }) => {
      const value = derived && telling(derived);
      return value === undefined ? undefined : { value, refreshedMs: derived!.refreshedMs };
    },
  };
}
