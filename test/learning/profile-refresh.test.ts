import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProfileEvent } from '../../src/core/profile.ts';
import { DAY_MS, dayNumber, HORIZON_DAYS } from '../../src/core/profile.ts';
import { seededRandom } from '../../src/core/random.ts';
import { zoneNamed } from '../../src/core/zone.ts';
import { factsOf, ProfileKeeper } from '../../src/learning/profile.ts';
import { ProfileRefresh, REFRESH_MS } from '../../src/learning/profile-refresh.ts';
import { servedValueModel } from '../../src/policy/value/index.ts';
import { Profiles } from '../../src/state/memory/profiles.ts';
import type { SqliteState } from '../../src/state/sqlite/open.ts';
import { openSqliteState } from '../../src/state/sqlite/open.ts';

const NOW_MS = Date.UTC(2026, 10, 23, 12);
const TODAY = dayNumber(NOW_MS);
const UTC = zoneNamed('UTC');

let state: SqliteState;
let memory: Profiles;
let keeper: ProfileKeeper;

beforeEach(async () => {
  state = await openSqliteState({ directory: ':memory:' });
  memory = new Profiles();
  keeper = new ProfileKeeper(memory, state.profiles, () => UTC);
});
afterEach(() => state.close());

const event = (person: string, name: string, daysAgo: number, valueMicros?: number): ProfileEvent => ({
  person,
  name,
  atMs: NOW_MS - daysAgo * DAY_MS,
  ...(valueMicros === undefined ? {} : { valueMicros }),
});

function refreshed(random = seededRandom(7)): ProfileRefresh {
  const refresh = new ProfileRefresh(memory, servedValueModel, random);
  for (let steps = 0; steps === 0 || refresh.state.running; steps++) {
    if (steps > 100_000) throw new Error('the pass does not end');
    refresh.step(NOW_MS);
  }
  return refresh;
}

const factsIn = (profiles: Profiles) =>
  [...profiles.profileOf('ann')!.facts()].sort((one, other) => (one.fact < other.fact ? -1 : 1));

describe('an event', () => {
  it('counts under its name, its item, its properties, and the hour of the account’s clock', () => {
    const properties = { country: 'DE', category: 'shoes' };
    const atMs = Date.UTC(2026, 10, 23, 23, 30);
    const seen = factsOf(
      { person: 'ann', name: 'search', atMs, item: 'A-1', properties },
      zoneNamed('Europe/Berlin'),
    );
    expect(seen).toEqual([
      'search',
      'search item=A-1',
      'country=DE',
      'search category=shoes',
      'daypart=night',
    ]);
  });

  it('with a known id counts once; what the store has is what a restart brings back', async () => {
    const bought = event('ann', 'purchase', 1, 5);
    const twice = [
      { event: bought, id: 'a' },
      { event: bought, id: 'a' },
    ];
    expect(await keeper.take(twice)).toEqual([true, false]);
    expect(await keeper.take(twice.slice(0, 1))).toEqual([false]);
    keeper.note(event('ann', 'click', 0));
    await keeper.writeNotes();
    const again = new Profiles();
    await new ProfileKeeper(again, state.profiles, () => UTC).restore();
    expect(factsIn(again)).toEqual(factsIn(memory));
    expect(again.profileOf('ann')!.totals('purchase', 0, TODAY)).toEqual({
      count: 1,
      days: 1,
      valueMicros: 5,
    });
  });

  it('of a forgotten person is nowhere, and what is too old goes by itself', async () => {
    await keeper.take([
      { event: event('ann', 'purchase', 1), id: '' },
      { event: event('bob', 'purchase', 500), id: '' },
      { event: event('bob', 'page_view', 3), id: '' },
    ]);
    expect([await keeper.forget(['ann']), await keeper.forget(['ann'])]).toEqual([true, false]);
    for (let step = 0; step < 5; step++) await keeper.retain(NOW_MS, 400);
    expect(
      memory
        .profileOf('bob')!
        .facts()
        .map(({ fact }) => fact)
        .sort(),
    ).toEqual(['daypart=afternoon', 'page_view']);
    const left: string[] = [];
    await state.profiles.profileRows(({ person, fact }) => void left.push(`${person} ${fact}`));
    expect(left.sort()).toEqual(['bob daypart=afternoon', 'bob page_view']);
  });
});

/** Half of the customers bought often and still do, half bought often and stopped; visitors who fill carts buy later. */
function crowd(): void {
  const add = (person: string, fact: string, daysAgo: number, micros = 0): void =>
    memory.add(person, fact, TODAY - daysAgo, 1, micros);
  for (let number = 0; number < 200; number++) {
    for (let daysAgo = 300; daysAgo >= 10; daysAgo -= 10) {
      add(`keen-${number}`, 'purchase', daysAgo - (number % 10), 20e6);
      if (daysAgo > 150) add(`gone-${number}`, 'purchase', daysAgo, 20e6);
    }
    add(`once-${number}`, 'purchase', 200 + number / 2, 5e6);
    // A cart just before the horizon was followed by a purchase; one today will be.
    add(`filled-${number}`, 'add_to_cart', HORIZON_DAYS + 1);
    if (number % 2 === 0) add(`filled-${number}`, 'purchase', HORIZON_DAYS - 5, 10e6);
    add(`fills-${number}`, 'add_to_cart', 0);
    add(`looks-${number}`, 'page_view', HORIZON_DAYS + 1);
    add(`looks-${number}`, 'page_view', 0);
    add(`old-${number}`, 'page_view', 90);
  }
}

describe('a refresh', () => {
  it('tells the keen from the gone, and who will buy from who only looks', () => {
    crowd();
    const { state: told } = refreshed();
    expect(told).toMatchObject({ refreshedMs: NOW_MS, people: memory.people, purchase: 'purchase' });
    expect(told.customers).toBe(700);
    const of = (person: string) => memory.derivedOf(person)!;
    expect(of('keen-1')).toMatchObject({ stage: 'active_customer' });
    expect(['champion', 'loyal']).toContain(of('keen-1').rfmClass);
    expect(of('gone-1').stage).toBe('lapsed');
    expect([of('fills-1').stage, of('looks-1').stage, of('old-1').stage]).toEqual([
      'prospect',
      'visitor',
      'dormant',
    ]);
    expect(of('gone-1').churnRisk).toBeGreaterThan(of('keen-1').churnRisk!);
    expect(of('fills-1')).toMatchObject({ churnRisk: undefined, rfmClass: 'none', recency: 0 });
    expect(of('keen-1').expectedValueMicros).toBeGreaterThan(20 * of('gone-1').expectedValueMicros!);
    expect(of('fills-1').purchaseChance).toBeGreaterThan(2 * of('looks-1').purchaseChance!);
    expect(of('fills-1').expectedValueMicros).toBeGreaterThan(of('looks-1').expectedValueMicros!);
  });

  it('comes to the same however often it is run, and in bounded steps', () => {
    crowd();
    refreshed();
    const first = memory.derivedOf('keen-1');
    refreshed();
    expect(memory.derivedOf('keen-1')).toEqual(first);
    const stepwise = new ProfileRefresh(memory, servedValueModel, seededRandom(7));
    stepwise.step(NOW_MS);
    expect(stepwise.state).toMatchObject({ running: true, refreshedMs: undefined });
  });

  it('says nothing of money where too few have bought, and takes conversions where no purchases are told', () => {
    for (let number = 0; number < 40; number++) memory.add(`p-${number}`, 'page_view', TODAY, 1, 0);
    memory.add('p-0', 'purchase', TODAY, 1, 5);
    refreshed();
    expect(memory.derivedOf('p-0')).toMatchObject({
      stage: 'new_customer',
      expectedValueMicros: undefined,
      churnRisk: undefined,
    });
    memory = new Profiles();
    for (let number = 0; number < 40; number++)
      memory.add(`p-${number}`, 'conversion', TODAY - number, 1, 5e6);
    expect(refreshed().state).toMatchObject({ purchase: 'conversion', customers: 40 });
    expect(memory.derivedOf('p-3')!.expectedValueMicros).toBeGreaterThan(0);
  });

  it('waits for its hour', () => {
    const refresh = refreshed();
    refresh.step(NOW_MS + REFRESH_MS - 1);
    expect(refresh.state.running).toBe(false);
    refresh.step(NOW_MS + REFRESH_MS);
    expect(refresh.state.refreshedMs === NOW_MS + REFRESH_MS || refresh.state.running).toBe(true);
  });

  it('of nobody ends', () => {
    expect(refreshed().state).toMatchObject({ people: 0, customers: 0 });
  });
});
