import { describe, expect, it } from 'vitest';
import type { CatalogLine } from '../../src/campaign/catalog.ts';
import { CreativeRecords } from '../../src/learning/creatives.ts';
import { openSqliteState } from '../../src/state/sqlite/open.ts';
import { bidFacts } from './bid-facts.ts';

const HOUR_MS = 3_600_000;
const NOW = 1_790_000_000_000;

function line(rotation: string, more: object = {}): CatalogLine {
  return {
    lineItem: { id: 'autumn-all', rotation, ...more },
    creatives: [
      { creative: { id: 'rye' }, weight: 1, shareMin: 0.1 },
      { creative: { id: 'oat' }, weight: 1 },
    ],
    countedActions: new Set(),
    flightStartMs: Number.NEGATIVE_INFINITY,
    flightEndMs: Number.POSITIVE_INFINITY,
  } as unknown as CatalogLine;
}

describe('records of creatives', () => {
  it('are rebuilt from the journal exactly as they were learned', async () => {
    const state = await openSqliteState({ directory: ':memory:' });
    const live = new CreativeRecords();
    const counts = (_: string, action: string) => action === 'order';
    for (let number = 0; number < 60; number++) {
      const facts = bidFacts({
        bidId: Buffer.from(`bid ${String(number).padStart(8, '0')}`).toString('base64url'),
        bidAtMs: NOW + number * HOUR_MS,
        creativeId: number % 3 === 0 ? 'rye' : 'oat',
        circumstances: [number % 5, 7],
        elements: [40 + (number % 2)],
        userKey: '',
      });
      const notice = {
        type: 'notice',
        facts,
        atMs: facts.bidAtMs + 1000,
        priceCpmMicros: undefined,
        priceFlag: number === 9 ? 'audit' : '',
        billable: false,
        lossCode: undefined,
        minToWinCpmMicros: undefined,
        late: false,
      } as const;
      const seen = await state.journal.appendNotice({ ...notice, kind: 'impression' });
      if (seen.firstImpression && number !== 9) live.impression(facts);
      // Twice told counts once.
      expect((await state.journal.appendNotice({ ...notice, kind: 'impression' })).status).toBe('duplicate');
      if (number % 4 !== 0) continue;
      await state.journal.appendNotice({ ...notice, kind: 'click', priceFlag: '' });
      live.click(facts);
      const conversion = {
        type: 'conversion',
        conversionId: `c${number}`,
        actionId: number % 8 === 0 ? 'order' : 'visit',
        advertiserId: facts.advertiserId,
        atMs: facts.bidAtMs + 2000,
        receivedAtMs: facts.bidAtMs + 2000,
        clickId: facts.bidId,
        userKey: '',
        orderId: '',
        valueMicros: 25_000_000,
        dedupeKey: `click:${facts.bidId}`,
      } as const;
      const { touch } = await state.journal.appendConversion(conversion as never, {
        clickWindowMs: 30 * 24 * HOUR_MS,
        viewWindowMs: HOUR_MS,
      });
      if (touch && counts('', conversion.actionId)) live.conversion(touch.facts, conversion.valueMicros);
      if (number % 16 !== 0) continue;
      const adjusted = await state.journal.appendAdjustment({
        type: 'adjustment',
        kind: number % 32 === 0 ? 'retract' : 'restate',
        actionId: conversion.actionId,
        advertiserId: facts.advertiserId,
        orderId: '',
        clickId: facts.bidId,
        atMs: facts.bidAtMs + 3000,
        receivedAtMs: facts.bidAtMs + 3000,
        valueMicros: 9_000_000 as never,
      });
      expect(adjusted.conversions).toBe(1);
      for (const { sign, actionId, valueMicros } of adjusted.credits)
        if (counts('', actionId)) live.conversion(facts, valueMicros, sign);
    }
    for (const number of [4, 20]) {
      const id = Buffer.from(`bid ${String(number).padStart(8, '0')}`).toString('base64url');
      const { click, credits } = await state.journal.voidClick(id, NOW);
      live.clickVoided(click!.facts);
      for (const { sign, touch, actionId, valueMicros } of credits)
        if (counts('', actionId)) live.conversion(touch.facts, valueMicros, sign);
    }
    const again = new CreativeRecords();
    await again.rebuild(state.journal, { counts, ruleOf: () => '' });
    expect(live.saved('autumn-all')).toBeDefined();
    expect(again.saved('autumn-all')).toEqual(live.saved('autumn-all'));
    const sources = { nowMs: NOW + 60 * HOUR_MS };
    const scene = line('contextual');
    expect(again.beliefOf(scene, sources).arms).toEqual(live.beliefOf(scene, sources).arms);
    expect(again.beliefOf(scene, sources).effects?.under(41, 7)).toEqual(
      live.beliefOf(scene, sources).effects?.under(41, 7),
    );
    await state.close();
  });

  it('believe by the goal: clicks, or conversions where the line item counts them', () => {
    const records = new CreativeRecords();
    const facts = bidFacts({ bidAtMs: NOW - 60 * 24 * HOUR_MS, creativeId: 'rye' });
    for (let shown = 0; shown < 10; shown++) records.impression(facts);
    records.click(facts);
    records.conversion(facts, 30_000_000);
    records.conversion(facts, 30_000_000);
    const sources = { nowMs: NOW };
    const byClick = records.beliefOf(line('thompson'), sources).arms[0]!;
    expect([byClick.trials, byClick.rewards]).toEqual([10, 1]);
    const byConversion = records.beliefOf(
      { ...line('thompson'), countedActions: new Set(['order']) } as CatalogLine,
      sources,
    ).arms[0]!;
    expect([byConversion.trials, byConversion.rewards, byConversion.value]).toEqual([10, 2, 60]);
  });

  it('know what is left of the plan: of the impressions bought, else of the days', () => {
    const records = new CreativeRecords();
    const facts = bidFacts({ bidAtMs: NOW - HOUR_MS, creativeId: 'rye' });
    for (let shown = 0; shown < 25; shown++) records.impression(facts);
    const aheadOf = (own: CatalogLine) => records.beliefOf(own, { nowMs: NOW }).ahead;
    expect(aheadOf(line('thompson'))).toBeUndefined();
    expect(aheadOf(line('thompson', { budget: { lifetimeImpressions: 100 } }))).toBe(0.75);
    const dated = { ...line('thompson'), flightStartMs: NOW - 3 * HOUR_MS, flightEndMs: NOW + HOUR_MS };
    expect(aheadOf(dated as CatalogLine)).toBe(0.25);
  });

  it('carry the buyer’s limits of each creative', () => {
    const { arms } = new CreativeRecords().beliefOf(line('thompson'), { nowMs: NOW });
    expect(arms.map(({ shareMin }) => shareMin)).toEqual([0.1, undefined]);
  });

  it('keep the same belief while nothing changes', () => {
    const records = new CreativeRecords();
    const own = line('thompson');
    const first = records.beliefOf(own, { nowMs: NOW });
    expect(records.beliefOf(own, { nowMs: NOW + 1000 })).toBe(first);
    records.impression(bidFacts({ creativeId: 'rye', bidAtMs: NOW }));
    expect(records.beliefOf(own, { nowMs: NOW + 2000 })).not.toBe(first);
  });
});
