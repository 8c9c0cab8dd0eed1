/** What every memory of people must do, whatever it is kept in. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CapRule, HistoryTouch, PersonHistory } from '../../src/core/history.ts';
import { TOUCH_KINDS } from '../../src/core/history.ts';
import { objectNumber } from '../../src/core/ids.ts';
import { capVerdict } from '../../src/policy/frequency/cap.ts';
import type { PeoplePort } from '../../src/state/port.ts';

export const NOW = Date.UTC(2026, 10, 23, 12);
const SEED = 20261123;
const HOUR = 3_600_000;
const ALWAYS = Number.NEGATIVE_INFINITY;

/** A memory without anybody in it, of at most so many rows a person; deadlines are never near. */
export type PeopleMaker = (rowsMax?: number) => Promise<{
  readonly people: PeoplePort;
  close(): Promise<void>;
}>;

export function touch(bidId: string, more: Partial<HistoryTouch> = {}): HistoryTouch {
  const ids = { advertiserId: 'a', campaignId: 'c', lineItemId: 'l', creativeId: 'k' };
  return { userKey: 'ann', bidId, kind: 'impression', atMs: NOW, ...ids, ...more };
}

export async function read(people: PeoplePort, userKey = 'ann', nowMs = NOW): Promise<PersonHistory> {
  const history = await people.read(userKey, nowMs, Number.MAX_SAFE_INTEGER);
  if (!history) throw new Error('no history');
  return history;
}

export function rowsOf(history: PersonHistory): string[] {
  return Array.from(
    { length: history.count },
    (_, row) => `${TOUCH_KINDS[history.kinds[row]!]} ${history.atMs[row]}`,
  ).sort();
}

export function cap(max: number, window: CapRule['window']): CapRule {
  const number = objectNumber('line_item', 'l');
  return { level: 'line_item', objectNumber: number, event: 'impression', max, window, gap: false };
}

export function peopleContract(name: string, make: PeopleMaker, runs: number): void {
  describe(`people in ${name}`, () => {
    let people: PeoplePort;
    let small: PeoplePort;
    const open: { close(): Promise<void> }[] = [];
    /** Each test has people of its own. */
    let tests = 0;
    const somebody = (): string => `person ${tests++}`;

    beforeAll(async () => {
      for (const rowsMax of [undefined, 3]) {
        const made = await make(rowsMax);
        open.push(made);
        if (rowsMax === undefined) people = made.people;
        else small = made.people;
      }
    });
    afterAll(async () => {
      for (const one of open) await one.close();
    });

    it('calls whoever was never met complete since always, so that a lifetime cap permits', async () => {
      const history = await read(people, somebody());
      expect(history).toMatchObject({ count: 0, completeSinceMs: ALWAYS });
      expect(capVerdict([cap(1, { kind: 'lifetime' })], history, NOW)).toBeUndefined();
    });

    it('answers nothing for nobody, and remembers nothing of nobody', async () => {
      people.hold(touch('b1', { userKey: '' }), NOW + HOUR);
      people.record(touch('b1', { userKey: '' }));
      people.release('', 'b1');
      expect(await people.read('', NOW, Number.MAX_SAFE_INTEGER)).toBeUndefined();
    });

    it('counts a hold under a cap until it expires', async () => {
      const userKey = somebody();
      const once = [cap(1, { kind: 'rolling', lengthMs: HOUR })];
      people.hold(touch('b1', { userKey }), NOW + 1000);
      expect(capVerdict(once, await read(people, userKey, NOW + 999), NOW + 999)).toBe('frequency_capped');
      expect(capVerdict(once, await read(people, userKey, NOW + 1000), NOW + 1000)).toBeUndefined();
    });

    it('lets the impression take the place of its hold, also when that has fallen or comes again', async () => {
      const userKey = somebody();
      people.hold(touch('b1', { userKey }), NOW + 10);
      people.record(touch('b1', { userKey, atMs: NOW + 5 }));
      people.hold(touch('b1', { userKey, atMs: NOW + 6 }), NOW + 10);
      people.hold(touch('b2', { userKey }), NOW + 10);
      expect((await read(people, userKey, NOW + 10)).count).toBe(1);
      people.record(touch('b2', { userKey, atMs: NOW + 20 }));
      expect(rowsOf(await read(people, userKey, NOW + HOUR))).toEqual([
        `impression ${NOW + 5}`,
        `impression ${NOW + 20}`,
      ]);
    });

    it('frees a bid in flight, and never an impression', async () => {
      const userKey = somebody();
      people.hold(touch('b1', { userKey }), NOW + HOUR);
      people.record(touch('b2', { userKey }));
      for (const bidId of ['b1', 'b2', 'b3']) people.release(userKey, bidId);
      expect(rowsOf(await read(people, userKey))).toEqual([`impression ${NOW}`]);
    });

    it('tells two conversions of one click apart by their time, and a repeat from both', async () => {
      const userKey = somebody();
      for (const atMs of [NOW, NOW + 5, NOW])
        people.record(touch('b1', { userKey, kind: 'conversion', atMs }));
      for (const atMs of [NOW, NOW + 5]) people.record(touch('b1', { userKey, kind: 'click', atMs }));
      expect(rowsOf(await read(people, userKey))).toEqual([
        `click ${NOW}`,
        `conversion ${NOW}`,
        `conversion ${NOW + 5}`,
      ]);
    });

    it('keeps every bit of the numbers of objects', async () => {
      const userKey = somebody();
      const ids = Array.from({ length: 60 }, (_, index) => `object ${index}`);
      for (const id of ids)
        people.record(
          touch(id, { userKey, advertiserId: id, campaignId: id, lineItemId: id, creativeId: id }),
        );
      const history = await read(people, userKey);
      const sorted = (numbers: Iterable<number>): number[] => [...numbers].sort((a, b) => a - b);
      expect(sorted(history.advertisers)).toEqual(sorted(ids.map((id) => objectNumber('advertiser', id))));
      expect(sorted(history.campaigns)).toEqual(sorted(ids.map((id) => objectNumber('campaign', id))));
      expect(sorted(history.lineItems)).toEqual(sorted(ids.map((id) => objectNumber('line_item', id))));
      expect(sorted(history.creatives)).toEqual(sorted(ids.map((id) => objectNumber('creative', id))));
    });

    it('bounds the rows of a person, and says since when it knows all', async () => {
      const userKey = somebody();
      for (const at of [5, 1, 4, 2, 3]) small.record(touch(`b${at}`, { userKey, atMs: NOW + at }));
      const history = await read(small, userKey, NOW + 9);
      expect(rowsOf(history)).toEqual([3, 4, 5].map((at) => `impression ${NOW + at}`));
      expect(history.completeSinceMs).toBe(NOW + 3);
      expect(capVerdict([cap(4, { kind: 'lifetime' })], history, NOW + 9)).toBe('cap_unknown');
      expect(capVerdict([cap(3, { kind: 'lifetime' })], history, NOW + 9)).toBe('frequency_capped');
      expect(capVerdict([cap(4, { kind: 'rolling', lengthMs: 6 })], history, NOW + 9)).toBeUndefined();
    });

    it('lets expired holds go before anything that happened', async () => {
      const userKey = somebody();
      small.record(touch('first', { userKey }));
      for (const second of [1, 2, 3, 4]) {
        const atMs = NOW + second * 1000;
        small.hold(touch(`b${second}`, { userKey, atMs }), atMs + 500);
      }
      const history = await read(small, userKey, NOW + 4000);
      expect(rowsOf(history)).toEqual([`impression ${NOW}`, `impression ${NOW + 4000}`]);
      expect(history.completeSinceMs).toBe(ALWAYS);
    });

    it('does not change what a bid has read', async () => {
      const userKey = somebody();
      people.record(touch('b1', { userKey }));
      const before = await read(people, userKey);
      people.record(touch('b2', { userKey, atMs: NOW + 1 }));
      await read(people, userKey);
      expect(rowsOf(before)).toEqual([`impression ${NOW}`]);
    });

    it('agrees with a plain list over any acts, reads and passing time', async () => {
      const act = fc.record({
        what: fc.constantFrom('hold', 'record', 'release', 'read'),
        user: fc.integer({ min: 0, max: 2 }),
        bid: fc.integer({ min: 0, max: 5 }),
        kind: fc.constantFrom(...TOUCH_KINDS),
        wait: fc.integer({ min: 0, max: 20 }),
        holdFor: fc.integer({ min: 1, max: 60 }),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
          const run = somebody();
          const list = new PlainList();
          let nowMs = NOW;
          const expectSame = async (userKey: string): Promise<void> =>
            expect(rowsOf(await read(people, userKey, nowMs))).toEqual(list.rows(userKey, nowMs));
          for (const { what, user, bid, kind, wait, holdFor } of acts) {
            nowMs += wait;
            const userKey = `${run} ${user}`;
            const one = touch(`${user} ${bid}`, { userKey, atMs: nowMs, kind });
            if (what === 'hold') {
              people.hold(one, nowMs + holdFor);
              list.add({ ...one, kind: 'impression' }, nowMs + holdFor);
            } else if (what === 'record') {
              people.record(one);
              list.add(one, Number.POSITIVE_INFINITY);
            } else if (what === 'release') {
              people.release(userKey, one.bidId);
              list.release(one);
            } else await expectSame(userKey);
          }
          for (let user = 0; user <= 2; user++) await expectSame(`${run} ${user}`);
        }),
        { seed: SEED, numRuns: runs },
      );
    });
  });
}

/** The slow twin: everything that was ever told, looked through from the start. */
class PlainList {
  readonly #told = new Map<string, { readonly one: HistoryTouch; readonly expiresMs: number }>();

  add(one: HistoryTouch, expiresMs: number): void {
    const key = keyOf(one);
    if (this.#told.get(key)?.expiresMs !== Number.POSITIVE_INFINITY) this.#told.set(key, { one, expiresMs });
  }

  release(one: HistoryTouch): void {
    const key = keyOf({ ...one, kind: 'impression' });
    if (this.#told.get(key)?.expiresMs !== Number.POSITIVE_INFINITY) this.#told.delete(key);
  }

  rows(userKey: string, nowMs: number): string[] {
    return [...this.#told.values()]
      .filter(({ one, expiresMs }) => one.userKey === userKey && expiresMs > nowMs)
      .map(({ one }) => `${one.kind} ${one.atMs}`)
      .sort();
  }
}

function keyOf({ userKey, bidId, kind, atMs }: HistoryTouch): string {
  return [userKey, bidId, kind, kind === 'conversion' ? atMs : ''].join();
}
