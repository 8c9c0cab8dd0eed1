/** What every backend of `state/profile-port.ts` must do. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProfileEntry, ProfilePort, ProfileRow } from '../../src/state/profile-port.ts';

export interface OpenProfiles {
  readonly profiles: ProfilePort;
  close(): Promise<void>;
}

const DAY = 20_000;

function entry(person: string, more: Partial<ProfileEntry> = {}): ProfileEntry {
  return { eventKey: '', person, day: DAY, facts: ['purchase'], valueMicros: 0, ...more };
}

/** `reopen` ends a store as a crash or a restart would and opens what it left behind; absent where nothing is kept. */
export function profileContract(
  name: string,
  open: () => Promise<OpenProfiles>,
  reopen?: (state: OpenProfiles) => Promise<OpenProfiles>,
): void {
  describe(`profiles: ${name}`, () => {
    let state: OpenProfiles;
    beforeAll(async () => {
      state = await open();
    });
    afterAll(() => state.close());

    const rowsOf = async (person: string): Promise<ProfileRow[]> => {
      const rows: ProfileRow[] = [];
      await state.profiles.profileRows((row) => void (row.person === person && rows.push(row)));
      return rows;
    };

    it('adds up a person’s events by fact and day', async () => {
      await state.profiles.appendProfiles([
        entry('ann', { valueMicros: 5 }),
        entry('ann', { valueMicros: 7, facts: ['purchase', 'daypart=night'] }),
        entry('ann', { day: DAY + 1 }),
        entry('bob'),
      ]);
      expect(await rowsOf('ann')).toEqual([
        { person: 'ann', fact: 'daypart=night', day: DAY, count: 1, valueMicros: 7 },
        { person: 'ann', fact: 'purchase', day: DAY, count: 2, valueMicros: 12 },
        { person: 'ann', fact: 'purchase', day: DAY + 1, count: 1, valueMicros: 0 },
      ]);
    });

    it('counts an event key once, within one call and over many', async () => {
      const cara = entry('cara', { eventKey: 'key-1' });
      expect(await state.profiles.appendProfiles([cara, cara])).toEqual([true, false]);
      expect(await state.profiles.appendProfiles([entry('cara', { eventKey: 'key-1' })])).toEqual([false]);
      expect(await rowsOf('cara')).toMatchObject([{ count: 1 }]);
    });

    it('keeps all events of a call or none', async () => {
      const impossible = entry('dora', { day: Number.NaN });
      await expect(state.profiles.appendProfiles([entry('dora'), impossible])).rejects.toThrow();
      expect(await rowsOf('dora')).toEqual([]);
    });

    it('gives every row once, however many pages it takes', async () => {
      const people = Array.from({ length: 300 }, (_, number) => `many-${number}`);
      for (let day = 0; day < 80; day++)
        await state.profiles.appendProfiles(people.map((person) => entry(person, { day })));
      const seen = new Set<string>();
      const total = await state.profiles.profileRows(({ person, fact, day }) =>
        seen.add(`${person} ${fact} ${day}`),
      );
      expect(total).toBe(seen.size);
      expect([...seen].filter((row) => row.startsWith('many-'))).toHaveLength(24_000);
      await state.profiles.forgetProfiles(people);
    });

    it('forgets a person and nobody else', async () => {
      await state.profiles.appendProfiles([entry('eve'), entry('eve', { day: 3 }), entry('eves')]);
      expect(await state.profiles.forgetProfiles(['eve', 'nobody'])).toBe(2);
      expect(await rowsOf('eve')).toEqual([]);
      expect(await rowsOf('eves')).toHaveLength(1);
    });

    it('moves all of one person to another, and adds up what both had', async () => {
      await state.profiles.appendProfiles([
        entry('hal', { valueMicros: 1 }),
        entry('hal', { day: 3 }),
        entry('ida', { valueMicros: 2 }),
      ]);
      await state.profiles.moveProfiles('hal', 'ida');
      await state.profiles.moveProfiles('ida', 'ida');
      expect(await rowsOf('hal')).toEqual([]);
      expect((await rowsOf('ida')).map(({ day, count, valueMicros }) => [day, count, valueMicros])).toEqual([
        [3, 1, 0],
        [DAY, 2, 3],
      ]);
      await state.profiles.forgetProfiles(['ida']);
    });

    it('trims what is older than a day, and the keys of its events, by parts', async () => {
      const old = [1, 2, 3].map((day) => entry('finn', { day, eventKey: `finn-${day}` }));
      await state.profiles.appendProfiles([...old, entry('finn', { day: DAY })]);
      let trimmed = 0;
      for (let gone = -1; gone !== 0; trimmed += gone) gone = await state.profiles.trimProfiles(DAY, 2);
      expect(trimmed).toBe(6);
      expect(await rowsOf('finn')).toMatchObject([{ day: DAY }]);
      expect(await state.profiles.appendProfiles(old.slice(0, 1))).toEqual([true]);
    });

    it.runIf(reopen)('has after a restart what it had told to be kept', async () => {
      await state.profiles.appendProfiles([entry('gus', { eventKey: 'gus', valueMicros: 9 })]);
      state = await reopen!(state);
      expect(await rowsOf('gus')).toMatchObject([{ count: 1, valueMicros: 9 }]);
      expect(await state.profiles.appendProfiles([entry('gus', { eventKey: 'gus' })])).toEqual([false]);
    });
  });
}
