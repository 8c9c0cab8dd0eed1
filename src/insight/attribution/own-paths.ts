/** People's ways to their conversions, from the touches of our own journal. */
import type { HistoryTouch } from '../../core/history.ts';
import type { Touch, TouchPath } from './path.ts';

export const PATH_DIMENSIONS = ['campaign', 'line_item', 'creative'] as const;
export type PathDimension = (typeof PATH_DIMENSIONS)[number];

export interface PathQuestion {
  readonly fromMs: number;
  readonly toMs: number;
  /** What the channels are. */
  readonly by: PathDimension;
  /** Conversions of the period, or showings and clicks of the period whatever came of them later. */
  readonly date: 'conversion' | 'touch';
  /** What lies longer before a conversion had no part in it. */
  readonly windowDays: number;
}

/** Where a report goes by the date of touches: what a conversion owes to touches of another time. */
export const OTHER_TIME = '(another time)';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A path as long as this is somebody's test. */
const TOUCHES_MAX = 200;

interface Way {
  readonly touches: HistoryTouch[];
}

/**
 * Gathers touches in the order of time. A conversion ends its advertiser's way to that person, and the next one begins anew; a click and
 * the impression it followed are one touch. People without a pseudonym have no way: their conversions are in no path.
 */
export class PathGatherer {
  readonly #question: PathQuestion;
  readonly #open = new Map<string, Way>();
  readonly #paths = new Map<string, { path: TouchPath; conversions: number; misses: number }>();

  constructor(question: PathQuestion) {
    this.#question = question;
  }

  take(touch: HistoryTouch): void {
    if (touch.userKey === '') return;
    const key = `${touch.userKey} ${touch.advertiserId}`;
    let way = this.#open.get(key);
    if (!way) this.#open.set(key, (way = { touches: [] }));
    if (touch.kind === 'conversion') {
      this.#open.delete(key);
      this.#end(way, touch.atMs, true);
      return;
    }
    const isSameShowing = touch.kind === 'click' && way.touches.some(({ bidId }) => bidId === touch.bidId);
    if (!isSameShowing && way.touches.length < TOUCHES_MAX) way.touches.push(touch);
  }

  /** After the last touch: who has not converted by now counts as one who did not. */
  paths(): readonly TouchPath[] {
    for (const way of this.#open.values()) this.#end(way, way.touches.at(-1)?.atMs ?? 0, false);
    this.#open.clear();
    return [...this.#paths.values()].map(({ path, conversions, misses }) => ({
      ...path,
      conversions,
      misses,
    }));
  }

  #end({ touches }: Way, endMs: number, isConversion: boolean): void {
    const { date, windowDays } = this.#question;
    const counted = touches.filter(({ atMs }) => endMs - atMs <= windowDays * DAY_MS);
    const isAsked =
      date === 'conversion' ? this.#isWithin(endMs) : counted.some(({ atMs }) => this.#isWithin(atMs));
    if (!isAsked || counted.length === 0) return;
    const told = counted.map(
      (touch): Touch => ({ channel: this.#channel(touch), hoursBefore: (endMs - touch.atMs) / HOUR_MS }),
    );
    // Ways that differ by less than an hour are one, so that as many are kept as differ.
    const key = told.map(({ channel, hoursBefore = 0 }) => `${channel} ${Math.round(hoursBefore)}`).join('>');
    let sum = this.#paths.get(key);
    if (!sum) {
      const path = { touches: told, conversions: 0, misses: 0, valueMicros: 0 };
      this.#paths.set(key, (sum = { path, conversions: 0, misses: 0 }));
    }
    if (isConversion) sum.conversions++;
    else sum.misses++;
  }

  #channel(touch: HistoryTouch): string {
    const { by, date } = this.#question;
    if (date === 'touch' && !this.#isWithin(touch.atMs)) return OTHER_TIME;
    return by === 'campaign' ? touch.campaignId : by === 'line_item' ? touch.lineItemId : touch.creativeId;
  }

  #isWithin(atMs: number): boolean {
    return atMs >= this.#question.fromMs && atMs < this.#question.toMs;
  }
}
