import { describe, expect, it } from 'vitest';
import type { Account, ConversionAction } from '../../src/campaign/campaign.ts';
import { accountSchema, conversionActionSchema } from '../../src/campaign/campaign.ts';
import { checkShape } from '../../src/campaign/shape.ts';
import type { ConversionEvent } from '../../src/core/event.ts';
import { personKeys } from '../../src/core/person-id.ts';
import type { ConversionReading } from '../../src/learning/attribute.ts';
import { readConversions, readPixel } from '../../src/learning/attribute.ts';
import { NOW_MS } from './bid-facts.ts';

const KEY = 'order-key-0123456789';
const CLICK = 'AZrMsrT9q83vASNF';
const account = checkShape(accountSchema, {
  id: 'account',
  currency: 'EUR',
  signalMissing: 'allow',
  currencyRates: { asOf: '2026-11-23', rates: { USD: 0.9, JPY: 0.0061 } },
}).value as Account;
const action = (more: Partial<ConversionAction>) =>
  checkShape(conversionActionSchema, { id: 'order', advertiserId: 'bakery', key: KEY, ...more })
    .value as ConversionAction;
const actions = new Map(
  [
    action({ valueMicros: 5_000_000 }),
    action({ id: 'lead', counting: 'one_per_click', pixel: false, clickWindowHours: 24, viewWindowHours: 0 }),
    action({ id: 'other', key: 'other-key-0123456789' }),
  ].map((one) => [one.id, one]),
);
const KEYS = personKeys([Buffer.alloc(32, 3)]);
let serial = 0;
const reading: ConversionReading = {
  actionOf: (id) => actions.get(id),
  account,
  personOf: (id: string) => KEYS.keyOf({ space: 'buyeruid', id }).key,
  nowMs: NOW_MS,
  newId: () => `conversion-${++serial}`,
};

const one = (report: unknown, key: string | undefined = KEY) => readConversions(report, key, reading);
const eventOf = (report: Record<string, unknown>) => {
  const read = one({ action: 'order', ...report });
  expect(read.faults).toEqual([]);
  return read.sound[0]!.event;
};
const codes = (report: unknown) => one(report).faults.map(({ path, code }) => `${path}: ${code}`);

describe('a report of a conversion', () => {
  it('is read whole', () => {
    const { sound, faults, unauthorised } = one({
      action: 'order',
      click_id: CLICK,
      user_id: 'ann',
      order_id: 'A-1',
      value: 39.9,
      currency: 'eur',
      time: '2026-11-23T14:00:00+00:00',
    });
    expect([faults, unauthorised]).toEqual([[], false]);
    expect(sound[0]).toEqual({
      event: {
        type: 'conversion',
        conversionId: expect.any(String),
        actionId: 'order',
        advertiserId: 'bakery',
        atMs: NOW_MS - 3_600_000,
        receivedAtMs: NOW_MS,
        clickId: CLICK,
        userKey: reading.personOf('ann'),
        orderId: 'A-1',
        valueMicros: 39_900_000,
        dedupeKey: 'order|order|A-1',
      },
      rule: { clickWindowMs: 720 * 3_600_000, viewWindowMs: 24 * 3_600_000 },
    });
  });

  it('is worth what its action says where it says nothing', () => {
    expect(eventOf({}).valueMicros).toBe(5_000_000);
    expect(eventOf({ value: '' }).valueMicros).toBe(5_000_000);
    expect(eventOf({ value: 0 }).valueMicros).toBe(0);
  });

  it.each([
    ['1.005', 'EUR', 1_005_000],
    [0.1 + 0.2, 'EUR', 300_000],
    ['100', 'USD', 90_000_000],
    [1000, 'JPY', 6_100_000],
    ['999999999.999999', 'EUR', 999_999_999_999_999],
  ])('is worth %s %s in micros of the account: %i', (value, currency, micros) => {
    expect(eventOf({ value, currency }).valueMicros).toBe(micros);
  });

  it.each([
    [1_795_438_800, Date.UTC(2026, 10, 23, 13)],
    ['1795438800', Date.UTC(2026, 10, 23, 13)],
    [Date.UTC(2026, 10, 23, 13), Date.UTC(2026, 10, 23, 13)],
    ['2026-11-23T14:00:00+01:00', Date.UTC(2026, 10, 23, 13)],
    ['2026-11-23T13:00Z', Date.UTC(2026, 10, 23, 13)],
    [NOW_MS + 60_000, NOW_MS],
  ])('of %s is of that time', (time, atMs) => {
    expect(new Date(eventOf({ time }).atMs).toISOString()).toBe(new Date(atMs).toISOString());
  });

  it.each([
    [{ action: 'nothing' }, ['action: unknown_action']],
    [{}, ['action: unknown_action']],
    [{ action: { id: 'order' } }, ['action: not_text', 'action: unknown_action']],
    [{ action: '__proto__' }, ['action: unknown_action']],
    ['order', [': not_a_report']],
    [null, [': not_a_report']],
    [{ action: 'order', click_id: 'short' }, ['click_id: not_a_click_id']],
    [{ action: 'order', click_id: `${CLICK.slice(1)}/` }, ['click_id: not_a_click_id']],
    [{ action: 'order', order_id: 'x'.repeat(257) }, ['order_id: too_long']],
    [{ action: 'order', value: -1 }, ['value: not_an_amount']],
    [{ action: 'order', value: '1,50' }, ['value: not_an_amount']],
    [{ action: 'order', value: 1e12 }, ['value: not_an_amount']],
    [{ action: 'order', value: true }, ['value: not_text']],
    [{ action: 'order', value: 1, currency: 'GBP' }, ['currency: currency_without_rate']],
    [{ action: 'order', value: 1, currency: 'constructor' }, ['currency: too_long']],
    [{ action: 'order', time: 'yesterday' }, ['time: not_a_time']],
    [{ action: 'order', time: '2026-11-23T15:00:00' }, ['time: not_a_time']],
    [{ action: 'order', time: '2026-13-23T15:00:00Z' }, ['time: not_a_time']],
    [{ action: 'order', time: '2026-11-23T15:06:00Z' }, ['time: in_the_future']],
    [{ action: 'order', time: '2026-08-01T00:00:00Z' }, ['time: too_old']],
    [
      { action: 'order', click_id: '?', value: 'x', time: 'y' },
      ['click_id: not_a_click_id', 'value: not_an_amount', 'time: not_a_time'],
    ],
  ])('at fault is told every fault: %j', (report, faults) => {
    expect(codes(report)).toEqual(faults);
    expect(one(report).sound).toEqual([]);
  });

  it('tells the place in a list, and counts the sound ones', () => {
    const read = one([{ action: 'order' }, { action: 'order', value: 'x' }, 7]);
    expect(read.sound).toHaveLength(1);
    expect(read.faults.map(({ path }) => path)).toEqual(['[1].value', '[2]']);
    expect(read.faults.every(({ message, hint }) => message !== '' && hint !== '')).toBe(true);
  });

  it('needs the key of its action, and takes nothing from a body in which one lacks it', () => {
    for (const key of [undefined, '', 'wrong-key-0123456789', `${KEY} `, KEY.slice(1)])
      expect(readConversions({ action: 'order' }, key, reading)).toMatchObject({
        sound: [],
        unauthorised: true,
      });
    expect(one([{ action: 'order' }, { action: 'other' }])).toMatchObject({ sound: [], unauthorised: true });
  });

  it('comes in bounded lists', () => {
    expect(codes([])).toEqual([': report_count']);
    expect(codes(Array(1001).fill({ action: 'order' }))).toEqual([': report_count']);
  });

  it('is the same as another by its order, its click or its content', () => {
    const key = (report: Record<string, unknown>, name = 'order') =>
      (one({ action: name, ...report }).sound[0]!.event as ConversionEvent).dedupeKey;
    expect(key({ order_id: 'A-1', value: 1 })).toBe(key({ order_id: 'A-1', value: 2, click_id: CLICK }));
    expect(key({ order_id: 'A-1' })).not.toBe(key({ order_id: 'A-2' }));
    expect(key({ click_id: CLICK }, 'lead')).toBe(key({ click_id: CLICK, value: 2 }, 'lead'));
    expect(key({ click_id: CLICK })).not.toBe(key({ click_id: CLICK }));
    const timed = { click_id: CLICK, time: '2026-11-23T14:00:00Z' };
    expect(key(timed)).toBe(key(timed));
    expect(key(timed)).not.toBe(key({ ...timed, time: '2026-11-23T14:00:01Z' }));
    expect(key({ order_id: 'A-1' }, 'lead')).not.toBe(key({ order_id: 'A-1' }));
  });
});

describe('an adjustment', () => {
  it('is read as what it takes back or restates', () => {
    expect(one({ action: 'order', adjustment: 'retract', order_id: 'A-1', click_id: CLICK }).sound).toEqual([
      {
        event: {
          type: 'adjustment',
          kind: 'retract',
          actionId: 'order',
          advertiserId: 'bakery',
          orderId: 'A-1',
          clickId: '',
          atMs: NOW_MS,
          receivedAtMs: NOW_MS,
          valueMicros: 0,
        },
      },
    ]);
    const restated = { adjustment: 'restate', value: '12.5', time: '2026-11-23T14:00:00Z' };
    expect(one({ action: 'lead', ...restated, click_id: CLICK }).sound[0]?.event).toMatchObject({
      kind: 'restate',
      clickId: CLICK,
      valueMicros: 12_500_000,
      atMs: Date.UTC(2026, 10, 23, 14),
    });
  });

  it.each([
    [{ adjustment: 'undo', order_id: 'A' }, ['adjustment: unknown_adjustment']],
    [{ adjustment: null, order_id: 'A' }, ['adjustment: unknown_adjustment']],
    [{ adjustment: 'retract' }, ['order_id: no_target']],
    [{ adjustment: 'restate', order_id: 'A' }, ['value: no_value']],
    [{ adjustment: 'restate', order_id: 'A', value: 'x' }, ['value: not_an_amount']],
    [{ adjustment: 'restate', click_id: CLICK, value: 1 }, ['click_id: ambiguous']],
    [{ adjustment: 'retract', order_id: 'A', time: 'soon' }, ['time: not_a_time']],
  ])('at fault is told so: %j', (report, faults) => {
    expect(codes({ action: 'order', ...report })).toEqual(faults);
  });

  it('needs the key, and is not for pixels', () => {
    const report = { action: 'order', adjustment: 'retract', order_id: 'A' };
    expect(readConversions(report, 'wrong', reading)).toMatchObject({ sound: [], unauthorised: true });
    expect(readPixel(report, reading)).toMatchObject({ sound: [], faults: [{ code: 'no_pixel' }] });
  });
});

describe('a pixel', () => {
  it('needs no key, where its action takes pixels', () => {
    const query = { action: 'order', order_id: 'P-1', value: '12.5', click_id: '' };
    expect(readPixel(query, reading).sound[0]?.event).toMatchObject({
      orderId: 'P-1',
      valueMicros: 12_500_000,
    });
    expect(readPixel({ action: 'lead' }, reading).faults).toMatchObject([{ code: 'no_pixel' }]);
  });

  it('that gives a name twice is at fault', () => {
    expect(readPixel({ action: 'order', value: ['1', '2'] }, reading).faults).toMatchObject([
      { code: 'not_text' },
    ]);
  });
});
