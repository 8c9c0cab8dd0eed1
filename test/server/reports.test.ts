/** Reports as a spreadsheet takes them, in the days of a zone, and beside the period before. */
import { describe, expect, it } from 'vitest';
import { PLACE_NAMES } from '../../src/core/place.ts';
import { zoneNamed } from '../../src/core/zone.ts';
import { byCivilDay } from '../../src/insight/report-zone.ts';
import { freshDesk, liveALittle } from './desk.ts';

const desk = freshDesk();

describe('a report', () => {
  it('comes as CSV with the same figures', async () => {
    await liveALittle(desk.engine);
    const path = '/api/v1/reports?dimensions=line_item';
    const { rows } = (await desk.get(path)).json();
    const csv = await desk.get(`${path}&format=csv`);
    expect(csv.headers['content-type']).toContain('text/csv');
    const [head = '', first = ''] = csv.body.split('\r\n');
    const cells = Object.fromEntries(head.split(',').map((name, place) => [name, first.split(',')[place]]));
    expect(cells['line_item']).toBe(rows[0].key.line_item);
    expect(Number(cells['spendMicros'])).toBe(rows[0].spendMicros);
    expect(Number(cells['bids'])).toBe(3);
  });

  it('has the days of a zone, from its midnight to its midnight', async () => {
    await liveALittle(desk.engine);
    // 15:00 UTC of the 23rd is the 24th already in Kiritimati, and still the 23rd in Honolulu.
    const of = async (query: string) => (await desk.get(`/api/v1/reports?dimensions=day&${query}`)).json();
    const day = async (zone: string) => (await of(`time_zone=${zone}`)).rows[0].key.day;
    expect(await day('Pacific/Kiritimati')).toBe('2026-11-24');
    expect(await day('Pacific/Honolulu')).toBe('2026-11-23');
    const inside = await of('time_zone=Pacific/Kiritimati&from=2026-11-24&to=2026-11-24');
    const outside = await of('time_zone=Pacific/Kiritimati&from=2026-11-23&to=2026-11-23');
    expect([inside.total.bids, outside.total.bids]).toEqual([3, 0]);
    expect((await desk.get('/api/v1/reports?time_zone=Mars/Base')).json().errors[0].code).toBe(
      'unknown_zone',
    );
  });

  it('has rows by site, device, country, size and format that add up to the same', async () => {
    await liveALittle(desk.engine);
    const of = async (dimensions: string) =>
      (await desk.get(`/api/v1/reports?dimensions=${dimensions}`)).json();
    const { rows, total } = await of('publication');
    expect(rows[0].key).toEqual({ publication: 'news.example' });
    for (const name of PLACE_NAMES) expect((await of(name)).total).toEqual(total);
    const keyOf = async (name: string) => (await of(name)).rows[0].key[name];
    expect([await keyOf('size'), await keyOf('format')]).toEqual(['300x250', 'banner']);
    expect((await of('publication,device')).errors[0].code).toBe('not_together');
    expect((await of('publication,creative')).errors[0].code).toBe('not_together');
    expect((await of('day,campaign,publication')).total).toEqual(total);
    const losses = await desk.get('/api/v1/reports/losses?dimensions=publication');
    expect(losses.json().errors[0].code).toBe('unknown_dimension');
  });

  it('stands beside the period before', async () => {
    await liveALittle(desk.engine);
    const hour = 3_600_000;
    const startMs = Math.floor(desk.engine.clock.now() / hour) * hour;
    desk.engine.clock.advance(2 * hour);
    const { before, total } = (
      await desk.get(`/api/v1/reports?compare=before&from=${startMs + hour}&to=${startMs + 2 * hour}`)
    ).json();
    expect([total.bids, before.total.bids]).toEqual([0, 3]);
    expect([before.fromMs, before.toMs]).toEqual([startMs, startMs + hour]);
    expect((await desk.get('/api/v1/reports?compare=before')).statusCode).toBe(400);
  });
});

it('hours that a change of clocks repeats are both of their day', () => {
  const row = (hour: string, bids: number) =>
    ({ key: { hour, line_item: 'a' }, bids }) as unknown as Parameters<typeof byCivilDay>[0][number];
  // The 25th of October 2026 has 25 hours in Berlin: from 22:00 UTC of the 24th to 23:00 UTC of the 25th.
  const hours = Array.from({ length: 49 }, (_, place) =>
    row(`${new Date(Date.UTC(2026, 9, 24) + place * 3_600_000).toISOString().slice(0, 16)}Z`, 1),
  );
  const days = byCivilDay(hours, zoneNamed('Europe/Berlin'), false);
  expect(days.map(({ key, bids }) => [key.day, key.line_item, bids])).toEqual([
    ['2026-10-24', 'a', 22],
    ['2026-10-25', 'a', 25],
    ['2026-10-26', 'a', 2],
  ]);
});
