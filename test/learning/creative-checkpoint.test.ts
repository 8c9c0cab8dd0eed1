/** What was learned of creatives comes back after a restart or a crash without reading every showing there ever was. */
import { describe, expect, it } from 'vitest';
import type { CatalogLine } from '../../src/campaign/catalog.ts';
import { CreativeRecords } from '../../src/learning/creatives.ts';
import type { SqliteState } from '../../src/state/sqlite/open.ts';
import { openSqliteState } from '../../src/state/sqlite/open.ts';
import { bidFacts } from './bid-facts.ts';

const HOUR_MS = 3_600_000;
const NOW = 1_790_000_000_000;
const LINE = {
  lineItem: { id: 'autumn-all', rotation: 'thompson' },
  creatives: [
    { creative: { id: 'rye' }, weight: 1 },
    { creative: { id: 'oat' }, weight: 1 },
  ],
  countedActions: new Set(),
  flightStartMs: Number.NEGATIVE_INFINITY,
  flightEndMs: Number.POSITIVE_INFINITY,
} as unknown as CatalogLine;

describe('a checkpoint of creatives', () => {
  const RULES = { counts: () => true, ruleOf: () => 'all' };
  const END = { nowMs: NOW + 60 * HOUR_MS };

  /** Showings of two line items, a click of every third, told to journal and memory as the learner does. */
  async function show(state: SqliteState, live: CreativeRecords, from: number, count: number): Promise<void> {
    for (let number = from; number < from + count; number++) {
      const facts = bidFacts({
        bidId: Buffer.from(`bid ${String(number).padStart(8, '0')}`).toString('base64url'),
        bidAtMs: NOW + number * HOUR_MS,
        lineItemId: number % 2 === 0 ? 'autumn-all' : 'winter',
        creativeId: number % 3 === 0 ? 'rye' : 'oat',
        circumstances: [number % 5],
        elements: [40 + (number % 2)],
        userKey: '',
      });
      const told = {
        type: 'notice',
        facts,
        atMs: facts.bidAtMs + 1000,
        priceCpmMicros: undefined,
        priceFlag: '',
      } as const;
      const notice = {
        ...told,
        billable: false,
        lossCode: undefined,
        minToWinCpmMicros: undefined,
        late: false,
      };
      const seen = await state.journal.appendNotice({ ...notice, kind: 'impression' });
      live.impression(facts);
      live.journaled(seen.rewardSeq!);
      if (number % 3 !== 0) continue;
      const click = await state.journal.appendNotice({ ...notice, kind: 'click' });
      live.click(facts);
      live.journaled(click.rewardSeq!);
    }
  }

  async function restarted(
    state: SqliteState,
  ): Promise<{ records: CreativeRecords; how: string; read: number }> {
    let read = 0;
    const counting = {
      rewards: (visit: Parameters<SqliteState['journal']['rewards']>[0]) =>
        state.journal.rewards((record) => {
          read++;
          visit(record);
        }),
      rewardsSince: (seq: number, visit: Parameters<SqliteState['journal']['rewardsSince']>[1]) =>
        state.journal.rewardsSince(seq, (reward) => {
          read++;
          visit(reward);
        }),
    };
    const records = new CreativeRecords();
    const how = await records.start(counting, state.tables, RULES);
    return { records, how, read };
  }

  const all = (records: CreativeRecords) => ['autumn-all', 'winter'].map((id) => records.saved(id));

  it('and what was logged since are what was learned, without reading the rest', async () => {
    const state = await openSqliteState({ directory: ':memory:' });
    const live = new CreativeRecords();
    expect(await live.start(state.journal, state.tables, RULES)).toBe('counted');
    await show(state, live, 0, 40);
    await live.checkpoint(state.journal, state.tables);
    await show(state, live, 40, 5);
    const { records, how, read } = await restarted(state);
    expect([how, read]).toEqual(['restored', 6]);
    expect(all(records)).toEqual(all(live));
    expect(records.beliefOf(LINE, END)).toEqual(live.beliefOf(LINE, END));
    // A reversal of what the checkpoint has is in the log, with the facts of the click that is gone.
    const voided = await state.journal.voidClick(Buffer.from('bid 00000000').toString('base64url'), NOW);
    live.clickVoided(voided.click!.facts);
    live.journaled(voided.rewardSeq!);
    expect(all((await restarted(state)).records)).toEqual(all(live));
    await state.close();
  });

  it('that a crash cut short counts nothing twice: a line item may be ahead of the index', async () => {
    const state = await openSqliteState({ directory: ':memory:' });
    const live = new CreativeRecords();
    await live.start(state.journal, state.tables, RULES);
    await show(state, live, 0, 20);
    await live.checkpoint(state.journal, state.tables);
    await show(state, live, 20, 9);
    const dying = { checkpoint: () => Promise.reject(new Error('killed')) };
    await expect(live.checkpoint(dying, state.tables)).rejects.toThrow('killed');
    await show(state, live, 29, 4);
    const { records, how } = await restarted(state);
    expect(how).toBe('restored');
    expect(all(records)).toEqual(all(live));
    await state.close();
  });

  it('is not made once something was missed: the next start finds it in the log', async () => {
    const state = await openSqliteState({ directory: ':memory:' });
    const live = new CreativeRecords();
    await live.start(state.journal, state.tables, RULES);
    await show(state, live, 0, 10);
    const whole = new CreativeRecords();
    live.missed();
    await live.checkpoint(state.journal, state.tables);
    await whole.rebuild(state.journal, RULES);
    const { records, how } = await restarted(state);
    expect(how).toBe('counted');
    expect(all(records)).toEqual(all(whole));
    await state.close();
  });

  it.each([
    ['creatives', '{"format":1,"seq":-4,"account":{},"rules":{}}'],
    ['creatives', 'torn'],
    ['creatives/winter', '{"seq":3,"learned":{}}'],
    ['creatives/winter', ''],
  ])('that is damaged (%s: %s) is told, and all is counted anew', async (name, text) => {
    const state = await openSqliteState({ directory: ':memory:' });
    const live = new CreativeRecords();
    await live.start(state.journal, state.tables, RULES);
    await show(state, live, 0, 12);
    await live.checkpoint(state.journal, state.tables);
    await state.tables.save(name, Buffer.from(text));
    const { records, how } = await restarted(state);
    expect(how).toBe('corrupt');
    expect(all(records)).toEqual(all(live));
    await state.close();
  });

  it('with a count that is not finite, not positive or beyond all bounds is not believed', async () => {
    for (const wrong of ['null', '-5', '1e300', '"12"']) {
      const state = await openSqliteState({ directory: ':memory:' });
      const live = new CreativeRecords();
      await live.start(state.journal, state.tables, RULES);
      await show(state, live, 0, 12);
      await live.checkpoint(state.journal, state.tables);
      const kept = Buffer.from((await state.tables.load('creatives/winter'))!).toString();
      // Trials of the first hour of the first creative.
      const broken = kept.replace(/("arms":\[\["[^"]+",\[\[\d+,)\d+/, `$1${wrong}`);
      expect(broken).not.toBe(kept);
      await state.tables.save('creatives/winter', Buffer.from(broken));
      expect([wrong, (await restarted(state)).how]).toEqual([wrong, 'corrupt']);
      await state.close();
    }
  });

  it('does not hold once other actions count', async () => {
    const state = await openSqliteState({ directory: ':memory:' });
    const live = new CreativeRecords();
    await live.start(state.journal, state.tables, RULES);
    await show(state, live, 0, 12);
    await live.checkpoint(state.journal, state.tables);
    const records = new CreativeRecords();
    const other = { counts: () => true, ruleOf: (id: string) => (id === 'winter' ? 'orders alone' : 'all') };
    expect(await records.start(state.journal, state.tables, other)).toBe('counted');
    await state.close();
  });
});
