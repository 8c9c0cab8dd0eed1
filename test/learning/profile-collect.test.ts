import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Account } from '../../src/campaign/campaign.ts';
import type { RawId } from '../../src/core/person-id.ts';
import { personKeys } from '../../src/core/person-id.ts';
import { readEvents } from '../../src/learning/profile-collect.ts';
import { NOW_MS } from './bid-facts.ts';

const PERSON_KEYS = personKeys([Buffer.alloc(32, 3)]);

const SEED = 20261123;
const READING = {
  account: { id: 'account', currency: 'USD', timeZone: 'UTC', signalMissing: 'allow' } as Account,
  personOf: ([first]: readonly RawId[]) => (first ? PERSON_KEYS.keyOf(first).key : ''),
  nowMs: NOW_MS,
  retentionDays: 400,
};
const KEYS = [
  'event',
  'event_id',
  'user_id',
  'id_space',
  'ids',
  'time',
  'value',
  'currency',
  'item',
  'properties',
  'gdpr',
  'gdpr_consent',
  'gpp',
  'gpp_sid',
  'us_privacy',
];

describe('reading first-party events', () => {
  it('never throws, and gives events within their bounds or faults with a place', () => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(
        'page_view',
        'purchase',
        'user.id',
        'ifa',
        '1YYN',
        '39.90',
        'USD',
        'DBAA',
        '-1',
        '\u0000',
      ),
    );
    const event = fc.oneof(anything, fc.dictionary(fc.constantFrom(...KEYS), anything));
    fc.assert(
      fc.property(fc.array(event, { maxLength: 5 }), anything, (list, consent) => {
        const places = list.map((_, index) => `[${index}]`);
        const read = readEvents(list, places, consent, READING);
        if (!read.ok) {
          expect(read.faults.length).toBeGreaterThan(0);
          for (const { path, hint } of read.faults)
            expect([/^\[\d\]/.test(path), hint.length > 0]).toEqual([true, true]);
          return;
        }
        for (const { event: known } of read.events) {
          expect(known.person).toMatch(/^[\w-]{16}$/);
          expect(known.name).toMatch(/^[a-z][a-z0-9_]{0,39}$/);
          expect(known.atMs).toBeLessThanOrEqual(NOW_MS);
          expect(known.valueMicros ?? 0).toBeGreaterThanOrEqual(0);
        }
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });

  it('gives an id and its spelling in capitals the same person where devices do', () => {
    const people = ['6D92078A-8246-4BA4-AE5B-76104861E7DC', '6d92078a-8246-4ba4-ae5b-76104861e7dc'].map(
      (id) => {
        const read = readEvents([{ event: 'page_view', user_id: id, id_space: 'ifa' }], [''], {}, READING);
        return read.ok ? read.events[0]!.event.person : read.faults;
      },
    );
    expect(people[0]).toBe(people[1]);
  });

  it('stops telling faults at a hundred', () => {
    const list = Array.from({ length: 500 }, () => 7);
    const read = readEvents(list, [], {}, READING);
    expect(read.ok ? 0 : read.faults.length).toBe(100);
  });
});
