import { rmSync, unlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Loaded } from '../../src/config.ts';
import { loadConfiguration } from '../../src/config.ts';
import type { ConfigurationWatch } from '../../src/config-watch.ts';
import { watchConfiguration } from '../../src/config-watch.ts';
import { manualClock } from '../../src/core/clock.ts';
import { folderOf, SOUND, writeInto } from './folder.ts';

const OPTIONS = { environment: {} };
const clock = manualClock(Date.UTC(2026, 3, 1));

interface Watching {
  readonly folder: string;
  readonly watch: ConfigurationWatch;
  readonly told: Loaded[];
}

function watching(): Watching {
  const folder = folderOf({
    ...SOUND,
    'pack.yaml': 'audiences: [{ id: p, source: upload, file: p.csv, idSpace: ifa }]',
    'p.csv': 'a\n',
  });
  const told: Loaded[] = [];
  const first = loadConfiguration(folder, { ...OPTIONS, nowMs: clock.now() });
  return {
    folder,
    told,
    watch: watchConfiguration(folder, first, (loaded) => told.push(loaded), clock, OPTIONS),
  };
}

const SECOND = 'campaigns: [{ id: summer, advertiserId: shoes }]\n';

describe('a watched folder', () => {
  it('says nothing while nothing changes', () => {
    const { watch, told } = watching();
    expect([watch.poll(), watch.poll()]).toEqual(['same', 'same']);
    expect(told).toEqual([]);
  });

  it('hands over the whole new configuration, once', () => {
    const { folder, watch, told } = watching();
    writeInto(folder, 'more/summer.yaml', SECOND);
    expect([watch.poll(), watch.poll()]).toEqual(['changed', 'same']);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({
      ok: true,
      configuration: { book: { campaigns: [{ id: 'spring' }, { id: 'summer' }] } },
    });
  });

  it('reports a broken change and keeps quiet until it is mended', () => {
    const { folder, watch, told } = watching();
    writeInto(folder, 'more.yaml', 'campaigns: [{ id: summer, advertiserId: shoos }]\n');
    expect([watch.poll(), watch.poll()]).toEqual(['broken', 'same']);
    expect(told[0]).toMatchObject({ ok: false, faults: [{ code: 'unknown_reference', line: 1 }] });
    writeInto(folder, 'more.yaml', SECOND);
    expect(watch.poll()).toBe('changed');
    expect(told).toHaveLength(2);
  });

  it('tells that a fault is gone, even where the files are again as they were', () => {
    const { folder, watch, told } = watching();
    writeInto(folder, 'more.yaml', 'campaigns: [');
    expect(watch.poll()).toBe('broken');
    unlinkSync(join(folder, 'more.yaml'));
    expect(watch.poll()).toBe('changed');
    expect(told.map(({ ok }) => ok)).toEqual([false, true]);
  });

  it('lets pass a file that was only touched', () => {
    const { folder, watch, told } = watching();
    utimesSync(join(folder, 'account.yaml'), 1, 1);
    expect(watch.poll()).toBe('same');
    expect(told).toEqual([]);
  });

  it('notices a new list of a pack', () => {
    const { folder, watch, told } = watching();
    writeInto(folder, 'p.csv', 'a\nb\n');
    expect(watch.poll()).toBe('changed');
    expect(told).toHaveLength(1);
  });

  it('notices a pack that went away, and one that came', () => {
    const { folder, watch, told } = watching();
    unlinkSync(join(folder, 'p.csv'));
    expect(watch.poll()).toBe('broken');
    expect(told[0]).toMatchObject({ faults: [{ code: 'not_found' }] });
    writeInto(folder, 'p.csv', 'a\n');
    expect(watch.poll()).toBe('changed');
  });

  it('goes on when the whole folder is gone', () => {
    const { folder, watch, told } = watching();
    rmSync(folder, { recursive: true });
    expect([watch.poll(), watch.poll()]).toEqual(['broken', 'same']);
    expect(told).toHaveLength(1);
  });

  it('counts a change that was made between the first reading and the first look', () => {
    const folder = folderOf(SOUND);
    const first = loadConfiguration(folder, OPTIONS);
    writeInto(
      folder,
      'account.yaml',
      'account: { id: test, signalMissing: allow }\nexchanges: [{ id: example }]\n',
    );
    const told: Loaded[] = [];
    expect(watchConfiguration(folder, first, (loaded) => told.push(loaded), clock, OPTIONS).poll()).toBe(
      'changed',
    );
    expect(told[0]).toMatchObject({ configuration: { book: { account: { signalMissing: 'allow' } } } });
  });
});
