import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CapRule, HistoryTouch, PersonHistory } from '../../src/core/history.ts';
import { TOUCH_KINDS } from '../../src/core/history.ts';
import { objectNumber } from '../../src/core/ids.ts';
import { capVerdict } from '../../src/policy/frequency/cap.ts';
import { People } from '../../src/state/memory/people.ts';

const SEED = 20261124;
const NOW = Date.UTC(2026, 10, 23, 12);
const HOUR = 3_600_000;
const ALWAYS = Number.NEGATIVE_INFINITY;

function touch(bidId: string, more: Partial<HistoryTouch> = {}): HistoryTouch {
  const ids = { advertiserId: 'a', campaignId: 'c', lineItemId: 'l', creativeId: 'k' };
  return { userKey: 'ann', bidId, kind: 'impression', atMs: NOW, ...ids, ...more };
}

async function read(people: People, userKey = 'ann', nowMs = NOW): Promise<PersonHistory> {
  const history = await people.read(userKey, nowMs, nowMs);
  if (!history) throw new Error('no history');
  return history;
}

function rowsOf(history: PersonHistory): string[] {
  return Array.from(
    { length: history.count },
    (_, row) => `${TOUCH_KINDS[history.kinds[row]!]} ${history.atMs[row]}`,
  ).sort();
}

function cap(max: number, window: CapRule['window']): CapRule {
  return {
    level: 'line_item',
    objectNumber: objectNumber('line_item', 'l'),
    event: 'impression',
    max,
    window,
    gap: false,
  };
}

const journalOf = (told: readonly HistoryTouch[]) => ({
  touchesSince: async (sinceMs: number, visit: (one: HistoryTouch) => void): Promise<number> => {
    const since = told.filter(({ atMs }) => atMs > sinceMs);
    since.forEach(visit);
    return since.length;
  },
});

describe('bids in flight and what became of them', () => {
  it('calls whoever was never met complete since always', async () => {
    expect(await read(new People())).toMatchObject({ count: 0, completeSinceMs: ALWAYS });
  });

  it('counts a hold under a cap until it expires, and lets the impression take its place', async () => {
    const people = new People();
    const once = [cap(1, { kind: 'rolling', lengthMs: HOUR })];
    people.hold(touch('b1'), NOW + 1000);
    expect(capVerdict(once, await read(people), NOW)).toBe('frequency_capped');
    expect(capVerdict(once, await read(people, 'ann', NOW + 1000), NOW + 1000)).toBeUndefined();
    people.hold(touch('b2', { atMs: NOW + 2000 }), NOW + 3000);
    people.record(touch('b2', { atMs: NOW + 2500 }));
    expect(rowsOf(await read(people, 'ann', NOW + 9000))).toEqual([`impression ${NOW + 2500}`]);
  });

  it('takes an impression that comes after its hold fell', async () => {
    const people = new People();
    people.hold(touch('b1'), NOW + 10);
    expect((await read(people, 'ann', NOW + 10)).count).toBe(0);
    people.record(touch('b1', { atMs: NOW + 20 }));
    expect((await read(people, 'ann', NOW + 20)).count).toBe(1);
  });

  it('tells two conversions of one click apart by their time, and a repeat from both', async () => {
    const people = new People();
    for (const atMs of [NOW, NOW + 5, NOW]) people.record(touch('b1', { kind: 'conversion', atMs }));
    for (const atMs of [NOW, NOW + 5]) people.record(touch('b1', { kind: 'click', atMs }));
    expect(rowsOf(await read(people))).toEqual([
      `click ${NOW}`,
      `conversion ${NOW}`,
      `conversion ${NOW + 5}`,
    ]);
  });

  it('keeps no trace of people whose bids were all lost', () => {
    const people = new People();
    people.hold(touch('b1'), NOW + HOUR);
    people.release('ann', 'b1');
    expect(people.size()).toEqual({ people: 0, rows: 0 });
  });

  it('sweeps away bids never heard of again, and nobody who saw something', () => {
    const people = new People();
    people.record(touch('seen', { userKey: 'bea' }));
    for (let second = 0; second < 2000; second++) {
      const atMs = NOW + second * 1000;
      people.hold(touch(`b${second}`, { userKey: `user ${second}`, atMs }), atMs + 10_000);
    }
    expect(people.size().people).toBeGreaterThanOrEqual(11);
    expect(people.size().people).toBeLessThan(40);
  });
});

describe('bounds of what is remembered', () => {
  it('makes a lifetime cap unknown for a person whose oldest rows were dropped, and keeps what is still sure', async () => {
    const people = new People();
    for (let index = 0; index < 600; index++)
      people.record(touch(`b${index}`, { atMs: NOW - 600_000 + index * 1000 }));
    const history = await read(people);
    expect(history.count).toBe(512);
    expect(history.completeSinceMs).toBe(NOW - 600_000 + 87_001);
    expect(capVerdict([cap(1000, { kind: 'lifetime' })], history, NOW)).toBe('cap_unknown');
    expect(capVerdict([cap(512, { kind: 'lifetime' })], history, NOW)).toBe('frequency_capped');
    expect(capVerdict([cap(1000, { kind: 'rolling', lengthMs: 60_000 })], history, NOW)).toBeUndefined();
  });

  it('drops the newcomer where that is the oldest', async () => {
    const people = new People({ rowsMax: 2 });
    for (const atMs of [NOW, NOW - 1, NOW - 9]) people.record(touch(`b${atMs}`, { atMs }));
    const history = await read(people);
    expect(rowsOf(history)).toEqual([`impression ${NOW - 1}`, `impression ${NOW}`]);
    expect(history.completeSinceMs).toBe(NOW - 8);
  });

  it('never lets a cap pass for somebody who was forgotten', async () => {
    const people = new People({ peopleMax: 2 });
    for (const [index, userKey] of ['ann', 'bea', 'cleo'].entries())
      people.record(touch(`b${index}`, { userKey, atMs: NOW - 300 + index * 100 }));
    expect(people.size().people).toBe(2);
    const history = await read(people, 'ann');
    expect(history).toMatchObject({ count: 0, completeSinceMs: NOW - 299 });
    expect(capVerdict([cap(1, { kind: 'rolling', lengthMs: HOUR })], history, NOW)).toBe('cap_unknown');
    expect(capVerdict([cap(1, { kind: 'rolling', lengthMs: 299 })], history, NOW)).toBeUndefined();
  });

  it('leaves recent caps known when those forgotten had done nothing for long', async () => {
    const people = new People({ peopleMax: 1 });
    people.record(touch('old', { userKey: 'bea', atMs: NOW - 40 * 24 * HOUR }));
    people.record(touch('new', { userKey: 'cleo' }));
    const month = [cap(1, { kind: 'rolling', lengthMs: 31 * 24 * HOUR })];
    expect(capVerdict(month, await read(people, 'bea'), NOW)).toBeUndefined();
    expect(capVerdict([cap(1, { kind: 'lifetime' })], await read(people, 'bea'), NOW)).toBe('cap_unknown');
  });

  it('bounds the rows of all people together', () => {
    const people = new People({ rowsInAllMax: 10 });
    for (let index = 0; index < 40; index++)
      people.record(touch(`b${index}`, { userKey: `user ${index >> 2}`, atMs: NOW + index }));
    expect(people.size().rows).toBeLessThanOrEqual(10);
    expect(people.size().people).toBeGreaterThan(1);
  });

  it('agrees with a plain list over any acts, reads and passing time, with rows used again', async () => {
    const act = fc.record({
      what: fc.constantFrom('hold', 'record', 'release', 'read'),
      user: fc.integer({ min: 0, max: 5 }),
      bid: fc.integer({ min: 0, max: 5 }),
      kind: fc.constantFrom(...TOUCH_KINDS),
      wait: fc.integer({ min: 0, max: 20 }),
      holdFor: fc.integer({ min: 1, max: 60 }),
    });
    const limits = fc.constantFrom({}, { peopleMax: 3, rowsMax: 4 }, { rowsInAllMax: 7 });
    await fc.assert(
      fc.asyncProperty(limits, fc.array(act, { maxLength: 120 }), async (limit, acts) => {
        const people = new People(limit);
        const told: { one: HistoryTouch; expiresMs: number }[] = [];
        let now = NOW;
        const expectSound = async (userKey: string): Promise<void> => {
          const history = await read(people, userKey, now);
          const all = told.filter(({ one, expiresMs }) => one.userKey === userKey && expiresMs > now);
          const known = rowsOf(history);
          const sure = all
            .filter(({ one }) => one.atMs >= history.completeSinceMs)
            .map(({ one }) => `${one.kind} ${one.atMs}`);
          expect(known).toEqual(expect.arrayContaining(sure));
          expect(known.length).toBeLessThanOrEqual(all.length);
          if (Object.keys(limit).length === 0) expect(known).toEqual(sure.sort());
        };
        for (const { what, user, bid, kind, wait, holdFor } of acts) {
          now += wait;
          const userKey = `user ${user}`;
          const bidId = `${user} ${bid}`;
          const one = touch(bidId, { userKey, atMs: now, kind: what === 'record' ? kind : 'impression' });
          const at = told.findIndex(
            ({ one: { bidId: id, kind: its, atMs } }) =>
              id === bidId && its === one.kind && (its !== 'conversion' || atMs === now),
          );
          const known = told[at];
          const flying = known !== undefined && known.expiresMs !== Number.POSITIVE_INFINITY;
          if (what === 'hold') {
            people.hold(one, now + holdFor);
            if (flying) told.splice(at, 1);
            if (!known || flying) told.push({ one, expiresMs: now + holdFor });
          } else if (what === 'record') {
            people.record(one);
            if (flying) told.splice(at, 1);
            if (!known || flying) told.push({ one, expiresMs: Number.POSITIVE_INFINITY });
          } else if (what === 'release') {
            people.release(userKey, bidId);
            if (flying) told.splice(at, 1);
          } else await expectSound(userKey);
        }
        for (let user = 0; user <= 5; user++) await expectSound(`user ${user}`);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});

describe('rebuilding from the journal', () => {
  it('takes the place of what was lost, and counts what is told twice once', async () => {
    const told = [touch('b1'), touch('b2', { userKey: 'bea' }), touch('b1', { kind: 'click' })];
    const people = new People();
    people.record(touch('b1'));
    expect(await people.rebuild(journalOf(told), NOW)).toBe(3);
    expect(await people.rebuild(journalOf(told), NOW)).toBe(3);
    expect(people.size()).toEqual({ people: 2, rows: 3 });
    expect(await read(people)).toMatchObject({ count: 2, completeSinceMs: ALWAYS });
  });

  it('knows nobody until it has ended well', async () => {
    const people = new People();
    let answer = (_count: number): void => undefined;
    const rebuilt = people.rebuild({ touchesSince: () => new Promise((resolve) => (answer = resolve)) }, NOW);
    expect(await people.read('ann', NOW, NOW)).toBeUndefined();
    answer(0);
    await rebuilt;
    expect(await people.read('ann', NOW, NOW)).toBeDefined();
    const failing = people.rebuild(
      { touchesSince: () => Promise.reject(new Error('the disk is gone')) },
      NOW,
    );
    await expect(failing).rejects.toThrow('the disk is gone');
    expect(await people.read('ann', NOW, NOW)).toBeUndefined();
  });
});
