import { describe, expect, it } from 'vitest';
import { manualClock } from '../../src/core/clock.ts';
import type { Duty } from '../../src/learning/tick.ts';
import { periodicDuties, rota } from '../../src/learning/tick.ts';

function watched(...periods: readonly [name: string, everyMs: number][]) {
  const clock = manualClock(1_000_000);
  const ran: string[] = [];
  const faults: string[] = [];
  const duties = periods.map(
    ([name, everyMs]): Duty => ({
      name,
      everyMs,
      run: (_, elapsedMs) => void ran.push(`${name} ${elapsedMs}`),
    }),
  );
  const { tick } = rota(duties, clock, (duty, error) => void faults.push(`${duty}: ${error}`));
  const ranAfter = async (milliseconds: number): Promise<string[]> => {
    clock.advance(milliseconds);
    await tick();
    return ran.splice(0);
  };
  return { clock, duties, faults, tick, ranAfter };
}

describe('periodic duties', () => {
  it('run when they are due, each by its own period, in their order', async () => {
    const { ranAfter } = watched(['often', 0], ['second', 1000], ['minute', 60_000]);
    expect(await ranAfter(0)).toEqual(['often 0', 'second 0', 'minute 0']);
    expect(await ranAfter(999)).toEqual(['often 999']);
    expect(await ranAfter(1)).toEqual(['often 1', 'second 1000']);
    expect(await ranAfter(59_000)).toEqual(['often 59000', 'second 59000', 'minute 60000']);
  });

  it('run once after a long stop, and again when they are due', async () => {
    const { ranAfter } = watched(['second', 1000]);
    await ranAfter(0);
    expect(await ranAfter(86_400_000)).toEqual(['second 86400000']);
    expect(await ranAfter(500)).toEqual([]);
    expect(await ranAfter(500)).toEqual(['second 1000']);
  });

  it('do not wait for a clock that went back', async () => {
    const { ranAfter, clock } = watched(['second', 1000]);
    await ranAfter(0);
    clock.set(clock.now() - 7_200_000);
    expect(await ranAfter(0)).toEqual(['second 0']);
    expect(await ranAfter(1000)).toEqual(['second 1000']);
  });

  it('run although another has a fault', async () => {
    const { faults, tick, duties, ranAfter } = watched(['broken', 1000], ['sound', 1000]);
    (duties[0] as { run: Duty['run'] }).run = () => Promise.reject(new Error('no disk'));
    await tick();
    expect(faults).toEqual(['broken: Error: no disk']);
    expect(await ranAfter(1000)).toEqual(['sound 0', 'sound 1000']);
  });

  it('do not overlap themselves', async () => {
    const clock = manualClock(0);
    let inside = 0;
    let most = 0;
    const slow: Duty = {
      name: 'slow',
      everyMs: 0,
      run: async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside--;
      },
    };
    const { tick } = rota([slow], clock, () => undefined);
    await Promise.all([tick(), tick(), tick()]);
    expect(most).toBe(1);
  });

  it('of the house grant budget before anything else, and publish after pacing', () => {
    const names = periodicDuties({
      tendTreasury: () => undefined,
      pace: () => undefined,
      flushCounts: () => undefined,
      share: () => undefined,
      publish: () => undefined,
      tendProfiles: () => undefined,
      tendIdentity: () => undefined,
      retain: () => undefined,
      tellAlerts: () => undefined,
      fade: () => undefined,
      saveTables: () => undefined,
    }).map(({ name }) => name);
    expect(names[0]).toBe('treasury');
    expect(names.indexOf('publish')).toBeGreaterThan(names.indexOf('pacing'));
  });
});
