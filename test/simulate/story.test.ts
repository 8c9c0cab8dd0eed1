import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { mergePatch } from '../../src/core/merge-patch.ts';
import { isZone } from '../../src/core/zone.ts';
import { actionFor } from '../../src/simulate/conversions.ts';
import { changeFactor, demoScenario, readScenario } from '../../src/simulate/story.ts';

describe('a scenario', () => {
  it('of the demo is sound', () => {
    expect(readScenario(structuredClone(demoScenario))).toEqual({ ok: true, scenario: demoScenario });
    for (const city of demoScenario.cities) expect(isZone(city.zone), city.zone).toBe(true);
  });

  it('with faults is refused, with all of them and where they are', () => {
    const spoiled = structuredClone(demoScenario) as unknown as Record<string, unknown>;
    spoiled.activity = [1, 2];
    spoiled.peopleCount = 0;
    const read = readScenario(spoiled);
    expect(read.ok).toBe(false);
    const faults = read.ok ? [] : read.faults.join('\n');
    expect(faults).toContain('/activity');
    expect(faults).toContain('/peopleCount');
    expect(readScenario(null).ok).toBe(false);
  });

  it('holds with the stories of the demo over it', () => {
    const over: unknown = JSON.parse(
      readFileSync(new URL('../../src/simulate/scenarios/stories.json', import.meta.url), 'utf8'),
    );
    expect(readScenario(mergePatch(demoScenario, over))).toMatchObject({ ok: true });
  });

  it('of the demo speaks of advertisers and actions that the demo’s book has', () => {
    const book = parse(readFileSync(new URL('../../config/demo/demo.yaml', import.meta.url), 'utf8')) as {
      advertisers: { id: string; domains: string[] }[];
      conversionActions: { id: string; advertiserId: string }[];
    };
    for (const { host, action } of demoScenario.actions) {
      const advertiser = book.advertisers.find(({ domains }) => domains.includes(host));
      expect(book.conversionActions.find(({ id }) => id === action)?.advertiserId).toBe(advertiser?.id);
    }
  });
});

describe('changes of a scenario', () => {
  const changes = [
    { fromHour: 8, toHour: 11, what: 'conversionRate' as const, factor: 0.5, host: 'shop.example' },
    { fromHour: 10, toHour: 20, what: 'conversionRate' as const, factor: 0.8, host: '' },
  ];

  it('hold in their hours, for their host and those below it, and add up', () => {
    const at = (hour: number, host: string) => changeFactor(changes, 'conversionRate', hour, host);
    expect(at(7.9, 'shop.example')).toBe(1);
    expect(at(8, 'www.shop.example')).toBe(0.5);
    expect(at(10, 'shop.example')).toBeCloseTo(0.4, 12);
    expect(at(10, 'other.example')).toBe(0.8);
    expect(at(10, 'notshop.example')).toBe(0.8);
    expect(at(11, 'shop.example')).toBe(0.8);
    expect(changeFactor(changes, 'clickRate', 9, 'shop.example')).toBe(1);
  });
});

describe('the action of a landing page', () => {
  const scenario = {
    actions: [
      { host: 'shop.example', action: 'buy', share: 3, valueMedian: 10 },
      { host: 'shop.example', action: 'join', share: 1, valueMedian: 0 },
    ],
  };

  it('is one of those the scenario names, by share', () => {
    expect(actionFor('www.shop.example', scenario, ['buy', 'join'], 0.7)?.action).toBe('buy');
    expect(actionFor('www.shop.example', scenario, ['buy', 'join'], 0.8)?.action).toBe('join');
    expect(actionFor('shop.example', scenario, ['join'], 0.1)?.action).toBe('join');
  });

  it('is the one named after the shop elsewhere, or the only one', () => {
    expect(actionFor('www.fern.example', scenario, ['oak-order', 'fern-order'], 0)?.action).toBe(
      'fern-order',
    );
    expect(actionFor('www.fern.example', scenario, ['oak-order'], 0)?.action).toBe('oak-order');
    expect(actionFor('www.fern.example', scenario, ['oak-order', 'elm-order'], 0)).toBeUndefined();
  });
});
