/** Which cause is named: a market of hours is told the way an exchange would tell it, wrong in one way at a time. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import { zoneNamed } from '../../src/core/zone.ts';
import type { CompareFacts, HourSums, TheirFigures } from '../../src/insight/discrepancy/compare.ts';
import { compareFigures } from '../../src/insight/discrepancy/compare.ts';
import { DiscrepancyDesk } from '../../src/insight/discrepancy/desk.ts';
import { figuresInCsv, figuresInRows } from '../../src/insight/discrepancy/figures.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 10, 1);
const DAYS = Array.from({ length: 7 }, (_, place) => `2026-11-${String(10 + place).padStart(2, '0')}`);

/** Twenty days with a wave over the day, weekdays unlike each other, and chance. */
function market(seed = 5): HourSums[] {
  const random = seededRandom(seed).stream('market');
  return Array.from({ length: 20 * 24 }, (_, place) => {
    const wave = 1 + 0.8 * Math.sin((2 * Math.PI * ((place % 24) - 9)) / 24);
    const day = 1 + 0.25 * Math.sin(Math.floor(place / 24) * 2.1);
    const impressions = Math.round(400 * wave * day * (0.95 + 0.1 * random.next()));
    return {
      hourMs: START_MS + place * HOUR_MS,
      impressions,
      billings: impressions,
      wins: Math.round(1.2 * impressions),
      spendMicros: impressions * 2500,
      flagged: 0,
    };
  });
}

const FACTS: Omit<CompareFacts, 'hours'> = {
  nowMs: START_MS + 20 * 24 * HOUR_MS,
  billing: 'burl',
  accountZone: 'UTC',
  ratesMicros: new Map([
    ['USD', 1_000_000],
    ['EUR', 1_160_000],
    ['JPY', 6_400],
  ]),
};

function told(hours: readonly HourSums[], zone = 'UTC', by = (sums: HourSums) => sums): TheirFigures {
  return {
    exchangeId: 'x',
    timeZone: zone,
    currency: 'USD',
    threshold: 0.05,
    takenMs: FACTS.nowMs,
    days: DAYS.map((day) => {
      const { startMs, endMs } = zoneNamed(zone).bounds(day);
      const sum = (name: 'impressions' | 'spendMicros') =>
        hours.reduce((all, each) => {
          const part = Math.min(endMs, each.hourMs + HOUR_MS) - Math.max(startMs, each.hourMs);
          return part > 0 ? all + (by(each)[name] * part) / HOUR_MS : all;
        }, 0);
      return {
        day,
        impressions: Math.round(sum('impressions')),
        spendMicros: Math.round(sum('spendMicros')),
      };
    }),
  };
}

const compare = (theirs: TheirFigures, hours: readonly HourSums[], facts: Partial<CompareFacts> = {}) =>
  compareFigures(theirs, { ...FACTS, ...facts, hours });

describe('counts of an exchange', () => {
  it('that agree need no cause', () => {
    const hours = market();
    const { isOver, causes, total } = compare(told(hours), hours);
    expect([isOver, causes, total.impressionsOff, total.spendOff]).toEqual([false, [], 0, 0]);
  });

  it.each([
    'America/Los_Angeles',
    'America/New_York',
    'Asia/Shanghai',
    'Asia/Kolkata',
    'Etc/GMT+3',
    'Etc/GMT-12',
  ])('in days of %s sent as days of UTC name the zone', (zone) => {
    const hours = market();
    const theirs = { ...told(hours, zone), timeZone: 'UTC' };
    const { isOver, causes } = compare({ ...theirs, threshold: 0.01 }, hours);
    expect(isOver).toBe(true);
    expect(causes[0]).toMatchObject({ kind: 'time_zone' });
    expect(causes[0]!.explains).toBeGreaterThan(0.98);
    const name = zone.replace('Etc/GMT+3', 'UTC-3').replace('Etc/GMT-12', 'UTC+12');
    expect(causes[0]!.message).toContain(name);
  });

  it('in another currency name the one', () => {
    const hours = market();
    const theirs = told(hours, 'UTC', (sums) => ({ ...sums, spendMicros: sums.spendMicros / 1.16 }));
    const [cause] = compare(theirs, hours).causes;
    expect(cause).toMatchObject({ kind: 'currency', explains: 1 });
    expect(cause!.message).toContain('EUR');
  });

  it('for a thousand where we count for one name the unit', () => {
    const hours = market();
    const theirs = told(hours, 'UTC', (sums) => ({ ...sums, spendMicros: sums.spendMicros * 1000 }));
    expect(compare(theirs, hours).causes[0]).toMatchObject({ kind: 'price_unit', explains: 1 });
  });

  it('with a fee on top name its share', () => {
    const hours = market();
    const theirs = told(hours, 'UTC', (sums) => ({ ...sums, spendMicros: sums.spendMicros * 1.25 }));
    const [cause] = compare(theirs, hours).causes;
    expect(cause).toMatchObject({ kind: 'price_share', explains: 1 });
    expect(cause!.message).toContain('20.0 % more money');
  });

  it('name both where zone and currency are wrong', () => {
    const hours = market();
    const shifted = told(hours, 'America/Los_Angeles', (sums) => ({
      ...sums,
      spendMicros: sums.spendMicros / 1.16,
    }));
    const kinds = compare({ ...shifted, timeZone: 'UTC' }, hours).causes.map(({ kind }) => kind);
    expect(kinds.slice(0, 2).sort()).toEqual(['currency', 'time_zone']);
  });

  it('that we were told a part of name the missing notices, every day alike or of some hours', () => {
    const hours = market();
    const ours = hours.map((sums) => ({
      ...sums,
      impressions: Math.round(0.85 * sums.impressions),
      billings: Math.round(0.85 * sums.billings),
      spendMicros: 0.85 * sums.spendMicros,
    }));
    const [even] = compare(told(hours), ours).causes;
    expect(even).toMatchObject({ kind: 'missing_notices' });
    expect(even!.message).toContain('15.0 %');
    const fromMs = Date.parse('2026-11-12T08:00Z');
    const broken = hours.filter(({ hourMs }) => hourMs < fromMs || hourMs >= fromMs + 7 * HOUR_MS);
    const [gap] = compare(told(hours), broken).causes;
    expect(gap).toMatchObject({ kind: 'missing_hours' });
    expect(gap!.message).toContain('7 hours');
    expect(gap!.message).toContain('2026-11-12T08:00Z');
  });

  it('whose billing notices fail while trackers come name those', () => {
    const hours = market().map((sums) => ({
      ...sums,
      billings: Math.round(0.8 * sums.billings),
      spendMicros: 0.8 * sums.spendMicros,
    }));
    const theirs = told(market());
    const kinds = compare(theirs, hours).causes.map(({ kind }) => kind);
    expect(kinds[0]).toBe('missing_notices');
  });

  it('that are told late name how much slips to the next day', () => {
    const hours = market();
    const theirs = told(hours);
    const late = hours.map((sums, place) => {
      const before = hours[place - 24] ?? sums;
      const mix = (name: 'impressions' | 'spendMicros') => 0.7 * sums[name] + 0.3 * before[name];
      return { ...sums, impressions: mix('impressions'), spendMicros: mix('spendMicros') };
    });
    const { causes } = compare(theirs, late);
    const cause = causes.find(({ kind }) => kind === 'late_notices');
    expect(cause!.explains).toBeGreaterThan(0.8);
    expect(cause!.message).toMatch(/As if (28|29|30)\.\d %/);
  });

  it('of wins name the billing, and days that are not over are left out', () => {
    const hours = market();
    const theirs = told(hours, 'UTC', (sums) => ({
      ...sums,
      impressions: sums.wins,
      spendMicros: (sums.spendMicros * sums.wins) / Math.max(1, sums.impressions),
    }));
    expect(compare(theirs, hours).causes.map(({ kind }) => kind)).toContain('counting');
    const early = { ...told(hours), takenMs: Date.parse('2026-11-16T12:00Z') };
    const short = {
      ...early,
      days: early.days.map((day, place) => (place === 6 ? { ...day, impressions: 1 } : day)),
    };
    const { isOver, days } = compare(short, hours);
    expect([isOver, days[6]?.isOpen, days[5]?.isOpen]).toEqual([false, true, false]);
  });

  it('of which nothing was told here say so', () => {
    const hours = market();
    const [cause] = compare(told(hours), []).causes;
    expect(cause).toMatchObject({ kind: 'missing_notices', explains: 1 });
  });

  it('of one day are not explained by shifts that fit anything', () => {
    const hours = market();
    const theirs = told(hours, 'UTC', (sums) => ({ ...sums, impressions: 1.2 * sums.impressions }));
    const one = { ...theirs, days: theirs.days.slice(0, 1) };
    expect(compare(one, hours).causes.map(({ kind }) => kind)).not.toContain('time_zone');
  });
});

describe('a report of an exchange', () => {
  it('is read whatever its columns are called, with totals passed over and days added up', () => {
    const csv =
      '﻿Date;Imps;Media Cost\r\n2026-11-10;"1,200";$10.50\r\n20261110;300;1.25\r\nTotal;1500;11.75\r\n';
    expect(figuresInCsv(csv)).toEqual({
      days: [{ day: '2026-11-10', impressions: 1500, spendMicros: 11_750_000 }],
      totals: 1,
      faults: [],
    });
    expect(
      figuresInRows([{ day: '2026-11-10', impressions: 5, spend: 0.0000001 }]).days[0]?.spendMicros,
    ).toBe(0);
  });

  it('tells every fault, and takes no guess at days and commas', () => {
    const codes = (text: string) => figuresInCsv(text).faults.map(({ path, code }) => `${path} ${code}`);
    expect(codes('day,impressions,spend\n11/10/2026,5,1\n2026-02-30,x,"1,5"\n')).toEqual([
      'line 2.day not_a_day',
      'line 3.day not_a_day',
      'line 3.impressions not_a_count',
      'line 3.spend not_an_amount',
    ]);
    expect(codes('a,b\n1,2\n')).toEqual(['day no_column', 'impressions no_column', 'spend no_column']);
    expect(codes('day,impressions,spend\n')).toEqual(['body no_days']);
    expect(codes('day,impressions,spend\n"2026')).toEqual(['body not_csv']);
    expect(figuresInRows([null, 5, { __proto__: { day: '2026-11-10' } }]).faults).toHaveLength(9);
  });

  it('is kept, and begins anew in another zone', async () => {
    const tables = new Map<string, Uint8Array>();
    const store = {
      load: async (name: string) => tables.get(name),
      save: async (name: string, bytes: Uint8Array) => void tables.set(name, bytes),
    };
    const hours = market();
    const theirs = told(hours);
    const desk = new DiscrepancyDesk();
    desk.take({ ...theirs, days: theirs.days.slice(0, 4) }, 'add');
    desk.take({ ...theirs, days: theirs.days.slice(2) }, 'add');
    await desk.save(store);
    const again = new DiscrepancyDesk();
    expect(await again.restore(store)).toBe(true);
    expect(again.figures).toEqual([theirs]);
    expect(
      again.take({ ...theirs, timeZone: 'Asia/Tokyo', days: theirs.days.slice(0, 1) }, 'add').days,
    ).toHaveLength(1);
    again.take({ ...theirs, days: [] }, 'replace');
    expect(again.figures).toEqual([]);
    await store.save('discrepancy', Buffer.from('[{"exchangeId":5}]'));
    expect(await again.restore(store)).toBe(false);
  });
});
