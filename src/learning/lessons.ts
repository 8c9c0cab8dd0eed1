/**
 * What nodes tell each other of what they learned: the lessons themselves, in the order in which a node had them. Every node studies those
 * of all, its own at once and the others' as they come, so counts, landscapes and delays come to the same sums in whatever order,
 * and the click model sees every showing once, as the model of one node with all the traffic would, if in a slightly other order.
 *
 * A lesson names no person: pseudonyms are left out.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import type { BidFacts, Touch } from '../core/event.ts';
import { MEDIA } from '../core/event.ts';
import type { CpmMicros } from '../core/units.ts';
import type { Credit } from '../state/port.ts';
import type { StudyPort } from './learn.ts';

export type Lesson =
  | readonly ['impression' | 'click' | 'clickVoided', BidFacts, number]
  | readonly ['charged', BidFacts, number, number]
  | readonly ['price', BidFacts, number]
  | readonly ['result', BidFacts, boolean]
  | readonly ['credit', Credit];

/** Studies what it is told, and hands every lesson on. */
export function recording(study: StudyPort, hear: (lesson: Lesson) => void): StudyPort {
  return {
    journaled: (seq) => study.journaled(seq),
    missed: () => study.missed(),
    impression: (facts, atMs) => {
      study.impression(facts, atMs);
      hear(['impression', nameless(facts), atMs]);
    },
    click: (facts, atMs) => {
      study.click(facts, atMs);
      hear(['click', nameless(facts), atMs]);
    },
    clickVoided: (facts, atMs) => {
      study.clickVoided(facts, atMs);
      hear(['clickVoided', nameless(facts), atMs]);
    },
    charged: (facts, micros, atMs) => {
      study.charged(facts, micros, atMs);
      hear(['charged', nameless(facts), micros, atMs]);
    },
    price: (facts, cpmMicros) => {
      study.price(facts, cpmMicros);
      hear(['price', nameless(facts), cpmMicros]);
    },
    result: (facts, won) => {
      study.result(facts, won);
      hear(['result', nameless(facts), won]);
    },
    credit: (credit) => {
      study.credit(credit);
      const { facts } = credit.touch;
      hear(['credit', { ...credit, touch: { ...credit.touch, facts: nameless(facts) } as Touch }]);
    },
  };
}

export function studyLesson(lesson: Lesson, study: StudyPort): void {
  switch (lesson[0]) {
    case 'charged':
      return study.charged(lesson[1], lesson[2], lesson[3]);
    case 'price':
      return study.price(lesson[1], lesson[2] as CpmMicros);
    case 'result':
      return study.result(lesson[1], lesson[2]);
    case 'credit':
      return study.credit(lesson[1]);
    default:
      return study[lesson[0]](lesson[1], lesson[2]);
  }
}

export function packLessons(lessons: readonly Lesson[]): Buffer {
  return gzipSync(JSON.stringify(lessons), { level: 1 });
}

const LESSONS_BYTES_MAX = 67_108_864;

/** Lessons that cannot be believed are left out; undefined for bytes that are none. */
export function unpackLessons(body: Uint8Array): readonly Lesson[] | undefined {
  try {
    const list: unknown = JSON.parse(
      gunzipSync(body, { maxOutputLength: LESSONS_BYTES_MAX }).toString('utf8'),
    );
    return Array.isArray(list) ? list.filter(isLesson) : undefined;
  } catch {
    return undefined;
  }
}

function nameless(facts: BidFacts): BidFacts {
  return facts.userKey === '' ? facts : { ...facts, userKey: '' };
}

function isLesson(lesson: unknown): lesson is Lesson {
  if (!Array.isArray(lesson)) return false;
  const [kind, told, first, second] = lesson;
  switch (kind) {
    case 'impression':
    case 'click':
    case 'clickVoided':
    case 'price':
      return isFacts(told) && isNumber(first);
    case 'charged':
      return isFacts(told) && isNumber(first) && isNumber(second);
    case 'result':
      return isFacts(told) && typeof first === 'boolean';
    case 'credit':
      return isCredit(told);
    default:
      return false;
  }
}

function isCredit(told: unknown): boolean {
  if (typeof told !== 'object' || told === null) return false;
  const { sign, touch, actionId, atMs, valueMicros } = told as Record<string, unknown>;
  const { facts, kind, atMs: touchedMs } = (touch ?? {}) as Record<string, unknown>;
  return (
    (sign === 1 || sign === -1) &&
    (kind === 'impression' || kind === 'click') &&
    typeof actionId === 'string' &&
    [atMs, valueMicros, touchedMs].every(isNumber) &&
    isFacts(facts)
  );
}

const TEXTS = ['bidId', 'exchangeId', 'advertiserId', 'campaignId', 'lineItemId', 'creativeId', 'currency'];
const NUMBERS = ['bidAtMs', 'bidCpmMicros', 'floorCpmMicros', 'rateMicros', 'multiplierMilli'];

function isFacts(told: unknown): told is BidFacts {
  if (typeof told !== 'object' || told === null) return false;
  const facts = told as Record<string, unknown>;
  const { elements, circumstances, forecast, media } = facts;
  return (
    TEXTS.every((name) => typeof facts[name] === 'string') &&
    NUMBERS.every((name) => isNumber(facts[name])) &&
    MEDIA.some((each) => each === media) &&
    (elements === undefined || isNumbers(elements)) &&
    (circumstances === undefined || isNumbers(circumstances)) &&
    (forecast === undefined || isForecast(forecast))
  );
}

function isForecast(told: unknown): boolean {
  const { features, pClick, conversionsPerClick } = (told ?? {}) as Record<string, unknown>;
  return isNumbers(features) && isNumber(pClick) && isNumber(conversionsPerClick);
}

function isNumbers(list: unknown): boolean {
  return Array.isArray(list) && list.every(isNumber);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}
