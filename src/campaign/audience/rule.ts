/**
 * Rules over what people did and what is known of them: "put something into the cart in the last 14 days and bought nothing
 * since". Retargeting asks for those who did not convert; a pack of those who did is what others exclude.
 */
import type { TSchema } from 'typebox';
import { Type } from 'typebox';
import type { Profile } from '../../core/profile.ts';
import { dayNumber, didAtLeast } from '../../core/profile.ts';
import { closed } from '../words.ts';

/** Every key that is given must hold. */
export interface PeopleRule {
  readonly all?: readonly PeopleRule[];
  readonly any?: readonly PeopleRule[];
  readonly not?: PeopleRule;
  readonly event?: string;
  readonly atLeast?: number;
  readonly withinDays?: number;
  readonly tag?: string;
  readonly is?: readonly string[];
  readonly atLeastValue?: number;
  readonly atMostValue?: number;
}

/** One person, as rules see them. */
export interface RuledPerson {
  readonly profile: Profile;
  tag(name: string): string | number | undefined;
}

const DEPTH_MAX = 3;
const TIMES_DEFAULT = 1;
const DAYS_DEFAULT = 30;

export function ruleSchema(depth = DEPTH_MAX): TSchema {
  const inner = depth === 0 ? undefined : ruleSchema(depth - 1);
  const list = (what: string) =>
    Type.Optional(Type.Array(inner ?? Type.Never(), { minItems: 1, maxItems: 20, description: what }));
  return closed(
    {
      ...(inner
        ? {
            all: list('Every one of these holds.'),
            any: list('At least one of these holds.'),
            not: Type.Optional(inner),
          }
        : {}),
      event: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 200,
          description:
            'What the person did, as profiles count it: purchase, add_to_cart item=A-1, search term=boots, or a name of your own.',
        }),
      ),
      atLeast: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 100_000, description: 'How often; once where absent.' }),
      ),
      withinDays: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 400, description: 'Days back from today; 30 where absent.' }),
      ),
      tag: Type.Optional(
        Type.String({ minLength: 1, maxLength: 64, description: 'A tag, as listed by /api/v1/tags.' }),
      ),
      is: Type.Optional(
        Type.Array(Type.String(), { minItems: 1, maxItems: 100, description: 'The tag is one of these.' }),
      ),
      atLeastValue: Type.Optional(Type.Number({ description: 'The tag is a number and not below this.' })),
      atMostValue: Type.Optional(Type.Number({ description: 'The tag is a number and not above this.' })),
    },
    'A condition: an event, a tag, or a group; every key that is given must hold.',
  );
}

/** A tag that is not told meets no condition, and `not` of one holds: the person is known, the tag is not theirs. */
export function holdsFor(rule: PeopleRule, person: RuledPerson, nowMs: number): boolean {
  const { all = [], any, not, event, tag } = rule;
  const inner = (part: PeopleRule): boolean => holdsFor(part, person, nowMs);
  return (
    (event === undefined || did(rule, event, person.profile, nowMs)) &&
    (tag === undefined || isTagged(rule, person.tag(tag))) &&
    all.every(inner) &&
    (any?.some(inner) ?? true) &&
    (not === undefined || !inner(not))
  );
}

/** The facts that a rule counts. */
export function eventsIn({ event, all = [], any = [], not }: PeopleRule): string[] {
  const inner = [...all, ...any, ...(not ? [not] : [])].flatMap(eventsIn);
  return event === undefined ? inner : [event, ...inner];
}

/** What is wrong with a rule that its shape does not show. */
export function ruleFault(rule: PeopleRule): string | undefined {
  const { all = [], any = [], not, event, tag, is, atLeastValue, atMostValue, atLeast, withinDays } = rule;
  if (Object.keys(rule).length === 0) return 'says nothing';
  if (event === undefined && (atLeast ?? withinDays) !== undefined)
    return 'counts without saying of which event';
  const compares = (is ?? atLeastValue ?? atMostValue) !== undefined;
  if (compares !== (tag !== undefined)) return 'needs both a tag and what it must be';
  for (const part of [...all, ...any, not]) {
    if (!part) continue;
    const fault = ruleFault(part);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function did({ atLeast, withinDays }: PeopleRule, event: string, profile: Profile, nowMs: number): boolean {
  return didAtLeast(profile, event, atLeast ?? TIMES_DEFAULT, withinDays ?? DAYS_DEFAULT, dayNumber(nowMs));
}

function isTagged(
  { is, atLeastValue, atMostValue }: PeopleRule,
  value: string | number | undefined,
): boolean {
  if (value === undefined) return false;
  if (is && !is.includes(String(value))) return false;
  if (atLeastValue !== undefined && !(Number(value) >= atLeastValue)) return false;
  return atMostValue === undefined || Number(value) <= atMostValue;
}
