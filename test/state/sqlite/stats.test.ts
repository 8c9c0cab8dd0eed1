import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PLACE_NAMES, placeText, placeValues } from '../../../src/core/place.ts';
import { prepare } from '../../../src/state/sqlite/schema.ts';
import { stats } from '../../../src/state/sqlite/stats.ts';

const SEED = 20261124;
const HOUR = Date.UTC(2026, 10, 24, 4);
const NOWHERE = Object.fromEntries(PLACE_NAMES.map((name) => [name, ''])) as Parameters<typeof placeText>[0];
const PLACES = ['a.example', 'b.example', 'c.example'].map((publication) =>
  placeText({ ...NOWHERE, publication, country: 'DEU' }),
);

const bidAt = fc.record({
  place: fc.nat(PLACES.length - 1),
  line: fc.nat(2),
  bids: fc.integer({ min: 1, max: 5 }),
});
/** What happens in a transaction, and whether it comes about. */
const transaction = fc.record({
  steps: fc.array(fc.oneof(bidAt, fc.constant('read' as const)), { maxLength: 6 }),
  happens: fc.boolean(),
});

describe('sums by place', () => {
  it('hold what was committed, however transactions fail and whenever they are read', () => {
    fc.assert(
      fc.property(fc.array(transaction, { maxLength: 12 }), (transactions) => {
        const database = new DatabaseSync(':memory:');
        prepare(database, 'NORMAL');
        const sums = stats(database);
        const kept = (): Record<string, number> =>
          Object.fromEntries(
            database
              .prepare('SELECT name, value, line_item, bids FROM stat_place WHERE bids > 0')
              .all()
              .map(({ name, value, line_item, bids }) => [`${name} ${value} ${line_item}`, Number(bids)]),
          );
        let committed: Record<string, number> = {};
        for (const { steps, happens } of transactions) {
          database.exec('BEGIN IMMEDIATE');
          const expected = { ...committed };
          for (const step of steps)
            if (step === 'read') {
              sums.flush();
              expect(kept()).toEqual(expected);
            } else {
              const text = PLACES[step.place]!;
              const ids = { exchangeId: 'e', advertiserId: 'a', campaignId: 'c', creativeId: 'k' };
              sums.add({ ...ids, lineItemId: `l${step.line}`, place: text }, HOUR, { bids: step.bids });
              placeValues(text).forEach((value, name) => {
                const key = `${name} ${value} l${step.line}`;
                expected[key] = (expected[key] ?? 0) + step.bids;
              });
            }
          sums.endTransaction();
          if (happens) {
            database.exec('COMMIT');
            sums.committed();
            committed = expected;
          } else {
            sums.drop();
            database.exec('ROLLBACK');
          }
        }
        database.exec('BEGIN IMMEDIATE');
        sums.flush();
        expect(kept()).toEqual(committed);
        database.exec('COMMIT');
        database.close();
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});
