/** What is known of people at first hand: kept, worked out, collected. Part of the composition root. */
import type { BidPorts } from './bidding/ports.ts';
import type { Account } from './campaign/campaign.ts';
import type { Identity } from './compose-identity.ts';
import type { Clock } from './core/clock.ts';
import type { KeyedId, RawId } from './core/person-id.ts';
import type { ProfilesReading } from './core/profile.ts';
import { DAY_MS } from './core/profile.ts';
import type { Random } from './core/random.ts';
import { zoneNamed } from './core/zone.ts';
import { ProfileKeeper } from './learning/profile.ts';
import { personIn } from './learning/profile-collect.ts';
import type { Collector } from './learning/profile-collector.ts';
import { collector } from './learning/profile-collector.ts';
import { ProfileRefresh } from './learning/profile-refresh.ts';
import { DERIVED_EXPIRY_MS, TAG_DEFINITIONS, tagsOf } from './learning/profile-tags.ts';
import { servedValueModel } from './policy/value/index.ts';
import type { Metrics } from './server/metrics.ts';
import type { ProfileAnswer, ProfileQuestions } from './server/profile-routes.ts';
import { Profiles } from './state/memory/profiles.ts';
import type { ProfilePort } from './state/profile-port.ts';

export interface KeptProfiles {
  readonly keeper: ProfileKeeper;
  readonly reading: ProfilesReading;
  /** What a bid is told of a person. */
  readonly forBids: BidPorts['profiles'];
  readonly refresh: ProfileRefresh;
  readonly collector: Collector;
  readonly questions: ProfileQuestions;
  tend(nowMs: number): Promise<void>;
}

interface Needs {
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  readonly store: ProfilePort;
  readonly metrics: Pick<Metrics, 'gauge' | 'collected'>;
  readonly identity: Pick<Identity, 'graph' | 'keysOf' | 'personOf'>;
  fault(where: string, error: unknown): void;
  account(): Account;
}

/** Where the account says nothing of it. */
const RETENTION_DAYS = 400;

export async function openProfiles({
  clock,
  random,
  store,
  metrics,
  identity,
  fault,
  account,
}: Needs): Promise<KeptProfiles> {
  const memory = new Profiles();
  const { graph } = identity;
  const leadOf = (key: string): string => {
    // Whoever has a profile has a number: packs are made of these.
    if (key !== '' && graph.numberOf(key) === undefined)
      graph.join([{ key, space: 'eid' }], clock.now(), 'observed');
    return graph.leadOf(key);
  };
  const keeper = new ProfileKeeper(memory, store, () => zoneNamed(account().timeZone), leadOf);
  await keeper.restore();
  const told = (work: Promise<unknown>): void => void work.catch((error) => fault('profiles', error));
  graph.watch({
    merged: (from, into) => told(keeper.move(from.leadKey, into.leadKey)),
    rekeyed: (from, into) => told(keeper.move(from, into)),
    forgotten: (_person, keys) => told(keeper.forget(keys)),
  });
  /** None where one of them belongs to somebody who withdrew. */
  const keysOf = (ids: readonly RawId[]): KeyedId[] => {
    const keys = ids.map((id) => keyedIds(id, identity));
    return keys.includes(undefined) ? [] : keys.flatMap((each) => each ?? []);
  };
  const refresh = new ProfileRefresh(memory, servedValueModel, random);
  const retentionDays = (): number => account().firstParty?.retentionDays ?? RETENTION_DAYS;
  metrics.gauge('profiles', 'People with a profile.', () => memory.people);
  metrics.gauge('profile_bytes', 'Bytes of profiles in memory, the keys apart.', () => memory.bytes);
  metrics.gauge(
    'profile_facts_refused',
    'Facts not counted since there are too many different ones.',
    () => memory.refusedFacts,
  );
  metrics.gauge(
    'profile_events_dropped',
    'Own events that found the queue of profiles full.',
    () => keeper.droppedNotes,
  );
  return {
    keeper,
    reading: memory,
    forBids: {
      derivedOf: (userKey, nowMs) => {
        // Without events of the account's own, tags say nothing that impressions and clicks do not say themselves.
        if (!account().firstParty) return undefined;
        const derived = memory.derivedOf(graph.leadOf(userKey));
        return derived && nowMs - derived.refreshedMs < DERIVED_EXPIRY_MS ? derived : undefined;
      },
    },
    refresh,
    collector: collector({
      reading: (word) => ({
        account: account(),
        personOf: (ids) => {
          const keys = keysOf(ids);
          if (keys.length > 0) graph.join(keys, clock.now(), word);
          return keys[0] ? graph.leadOf(keys[0].key) : '';
        },
        nowMs: clock.now(),
        retentionDays: retentionDays(),
      }),
      take: (events) => keeper.take(events),
      count: (outcome, events) => metrics.collected(outcome, events),
    }),
    questions: profileQuestions(memory, refresh, clock, (id) => {
      const [key] = keysOf([personIn(id) ?? { space: 'user.id', id }]);
      return key ? graph.leadOf(key.key) : '';
    }),
    tend: async (nowMs) => {
      await keeper.writeNotes();
      await keeper.retain(nowMs, retentionDays());
      refresh.step(nowMs);
    },
  };
}

function profileQuestions(
  memory: ProfilesReading,
  refresh: ProfileRefresh,
  clock: Pick<Clock, 'now'>,
  personNamed: (id: string) => string,
): ProfileQuestions {
  return {
    tags: () => {
      const { refreshedMs, ...state } = refresh.state;
      return {
        tags: TAG_DEFINITIONS.map(({ values, ...tag }) => ({
          ...tag,
          ...(values ? { values: [...values] } : {}),
        })),
        refresh: { ...state, people: memory.people, ...(refreshedMs === undefined ? {} : { refreshedMs }) },
      };
    },
    profile: (id) => {
      const person = personNamed(id);
      const profile = memory.profileOf(person);
      if (!profile) return undefined;
      const facts = profile
        .facts()
        .map(({ fact, lastDay, totals }) => ({ fact, ...totals, lastDay: dayText(lastDay) }))
        .sort((one, other) => other.count - one.count || (one.fact < other.fact ? -1 : 1));
      const { purchase } = refresh.state;
      const derived = memory.derivedOf(person);
      const { exactSinceDay } = profile;
      return {
        lastSeenDay: dayText(profile.lastSeenDay),
        ...(exactSinceDay === 0 ? {} : { exactSinceDay: dayText(exactSinceDay) }),
        facts,
        tags: tagsOf({ profile, derived, purchase, nowMs: clock.now() }),
      } satisfies ProfileAnswer;
    },
  };
}

/** Undefined for one who withdrew. An id of which no exchange is named is looked for as ours and as every exchange's. */
function keyedIds(
  id: RawId,
  { keysOf, personOf }: Pick<Identity, 'keysOf' | 'personOf'>,
): readonly KeyedId[] | undefined {
  if (id.space !== 'user.id') return keysOf(id);
  const key = personOf(id.id);
  return key === '' ? undefined : [{ key, space: 'user.id' }];
}

function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
