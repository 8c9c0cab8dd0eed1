/** First-party events on their way from a caller to the profiles: who may send them, how many at once, and what came of them. */
import type { Permits } from '../openrtb/consent.ts';
import { keyMatches } from './attribute.ts';
import type { IdentifiedEvent } from './profile.ts';
import type { CollectReading, EventsRead } from './profile-collect.ts';
import { readEvents } from './profile-collect.ts';
import type { ConversionFault } from './report-fields.ts';

const EVENTS_MAX = 1000;
const EVENT_COUNT: ConversionFault = {
  path: '',
  code: 'event_count',
  message: `must hold 1 to ${EVENTS_MAX} events`,
  hint: 'Send a longer list in parts.',
};

export type EventsTaken =
  | { readonly outcome: 'unauthorised' }
  | { readonly outcome: 'faulty'; readonly faults: readonly ConversionFault[] }
  | {
      readonly outcome: 'kept';
      readonly accepted: number;
      readonly duplicates: number;
      readonly refused: Readonly<Partial<Record<Permits['refusal'], number>>>;
    };

export interface CollectPorts {
  /** Ids that come together are one person's by the advertiser's own word, or merely seen together by anybody's. */
  reading(word: 'declared' | 'observed'): CollectReading;
  take(events: readonly IdentifiedEvent[]): Promise<readonly boolean[]>;
  /** By what came of them: `accepted`, `duplicate`, or a refusal. */
  count(outcome: string, events: number): void;
}

/** Every method rejects where events could not be kept: then nothing may be acknowledged. */
export interface Collector {
  /** `places` and `consent` as of `readEvents`. */
  takeEvents(
    events: readonly unknown[],
    places: readonly string[],
    bearer: string | undefined,
    consent: unknown,
  ): Promise<EventsTaken>;
  takeEventPixel(query: unknown): Promise<EventsTaken>;
}

export function collector(ports: CollectPorts): Collector {
  const keep = async (read: EventsRead): Promise<EventsTaken> => {
    if (!read.ok) {
      ports.count('faulty', 1);
      return { outcome: 'faulty', faults: read.faults };
    }
    const kept = await ports.take(read.events);
    const accepted = kept.filter(Boolean).length;
    const duplicates = kept.length - accepted;
    const told = { accepted, duplicate: duplicates, ...read.refused };
    for (const [outcome, events] of Object.entries(told)) if (events > 0) ports.count(outcome, events);
    return { outcome: 'kept', accepted, duplicates, refused: read.refused };
  };
  return {
    takeEvents: async (events, places, bearer, consent) => {
      const reading = ports.reading('declared');
      const { firstParty } = reading.account;
      if (!firstParty || !keyMatches(firstParty.key, bearer)) return { outcome: 'unauthorised' };
      return keep(
        events.length === 0 || events.length > EVENTS_MAX
          ? { ok: false, faults: [EVENT_COUNT] }
          : readEvents(events, places, consent, reading),
      );
    },
    takeEventPixel: async (query) => {
      const reading = ports.reading('observed');
      if (reading.account.firstParty?.pixel !== true) return { outcome: 'unauthorised' };
      return keep(readEvents([query], [''], undefined, reading));
    },
  };
}
