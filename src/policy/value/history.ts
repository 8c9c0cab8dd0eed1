/** A customer as they were known at the end of a day, read from the profile. */
import type { Fact, Profile } from '../../core/profile.ts';
import type { Customer } from './customer.ts';

/** Undefined for whoever had bought nothing by then. */
export function customerAt(profile: Profile, purchase: Fact, day: number): Customer | undefined {
  const first = profile.firstDay(purchase);
  if (first === undefined || first > day) return undefined;
  const { days, valueMicros } = profile.totals(purchase, 0, day);
  const last = profile.lastDay(purchase, day) ?? first;
  return { repeats: days - 1, recencyDays: last - first, ageDays: day - first, spendMicros: valueMicros };
}
