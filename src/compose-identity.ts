/** Who is who: secrets, graph and disk joined, and histories led to the person whose they are. Part of the composition root. */
import { createHmac } from 'node:crypto';
import type { KeysOf } from './bidding/permit.ts';
import type { Settings } from './config.ts';
import type { PersonKeys, RawId } from './core/person-id.ts';
import { OWN_SPACE, personKeys, rawId } from './core/person-id.ts';
import type { Metrics } from './server/metrics.ts';
import { IdentityGraph } from './state/identity/graph.ts';
import type { IdentityStore } from './state/identity/keep.ts';
import { IdentityKeeper, restoreIdentity } from './state/identity/keep.ts';
import type { People } from './state/memory/people.ts';
import type { JournalPort, PeoplePort } from './state/port.ts';

export interface Identity {
  readonly graph: IdentityGraph;
  /** Every keyed hash under which an id may be known; former ones only where they are. */
  readonly keysOf: KeysOf;
  /** Pseudonym of the person whom an advertiser calls by an id of ours or of an exchange; empty for one who withdrew. */
  personOf(userId: string): string;
  /** Writes what changed. @throws where that cannot be written. */
  flush(): Promise<void>;
}

export function peopleKeys(
  settings: Pick<Settings, 'peopleSecret' | 'peopleSecretFormer'>,
  secret: string,
): PersonKeys {
  const { peopleSecret = secret, peopleSecretFormer } = settings;
  return personKeys(
    [peopleSecret, peopleSecretFormer]
      .filter((each) => each !== undefined)
      .map((each) => createHmac('sha256', each).update('people').digest()),
  );
}

interface Needs {
  readonly store: IdentityStore;
  readonly keys: PersonKeys;
  readonly exchangeIds: () => readonly string[];
  isSuppressed(id: RawId): boolean;
  readonly metrics: Pick<Metrics, 'gauge'>;
}

export async function openIdentity({
  store,
  keys,
  exchangeIds,
  isSuppressed,
  metrics,
}: Needs): Promise<Identity> {
  const graph = new IdentityGraph();
  await restoreIdentity(graph, store);
  const keeper = new IdentityKeeper(graph, store);
  const keysOf = (id: RawId) =>
    isSuppressed(id)
      ? undefined
      : [keys.keyOf(id), ...keys.formerKeysOf(id).filter(({ key }) => graph.numberOf(key) !== undefined)];
  const gauge = (name: 'people' | 'ids' | 'bytes' | 'crowds' | 'conflicts' | 'evicted', help: string): void =>
    metrics.gauge(`identity_${name}`, help, () => graph.size()[name]);
  gauge('people', 'People whose ids are known.');
  gauge('ids', 'Ids known, as keyed hashes.');
  gauge('bytes', 'Memory of the identity graph.');
  gauge('crowds', 'Joins refused, for one person would have had too many ids.');
  gauge('conflicts', 'Joins refused, for two people share a device.');
  gauge('evicted', 'People forgotten to make room.');
  const bestOf = (spaces: readonly string[], id: string): string => {
    const ids = spaces.flatMap((space) => rawId(space, id) ?? []).flatMap((raw) => keysOf(raw) ?? []);
    return (ids.find(({ key }) => graph.numberOf(key) !== undefined) ?? ids[0])?.key ?? '';
  };
  const personOf = (userId: string): string =>
    bestOf([OWN_SPACE, ...exchangeIds().map((exchange) => `user.id@${exchange}`)], userId);
  return {
    graph,
    keysOf,
    personOf,
    flush: () => keeper.flush(),
  };
}

/** Where one process remembers people, each has one history, whichever of their ids a bid was made by. */
export interface Histories extends PeoplePort {
  /** The key of the person's history and of their rows in the journal; someone unknown is known from here on. */
  leadOf(userKey: string): string;
  /** Gives how many rows, or people, went. @throws where that cannot be told. */
  erase(userKeys: readonly string[]): Promise<number>;
  /** A bounded step of letting go what happened before a time. */
  retain(beforeMs: number): number;
}

const RETAIN_PEOPLE = 20_000;

export function historiesOf(
  people: People,
  graph: IdentityGraph,
  journal: Pick<JournalPort, 'rekey'>,
  needs: { nowMs(): number; fault(where: string, error: unknown): void },
): Histories {
  const moved = (from: string, into: string): void => {
    people.rekey(from, into);
    journal.rekey(from, into).catch((error: unknown) => needs.fault('rekey', error));
  };
  graph.watch({
    merged: (from, into) => moved(from.leadKey, into.leadKey),
    rekeyed: moved,
  });
  const led = <Named extends { readonly userKey: string }>(touch: Named): Named => {
    const userKey = graph.leadOf(touch.userKey);
    return userKey === touch.userKey ? touch : { ...touch, userKey };
  };
  return {
    read: (userKey, nowMs, deadlineMs) => people.read(graph.leadOf(userKey), nowMs, deadlineMs),
    hold: (touch, expiresAtMs) => people.hold(led(touch), expiresAtMs),
    release: (userKey, bidId) => people.release(graph.leadOf(userKey), bidId),
    record: (touch) => people.record(led(touch)),
    size: () => people.size(),
    erase: (userKeys) =>
      Promise.resolve(userKeys.map((key) => people.erase(key)).reduce((sum, rows) => sum + rows, 0)),
    retain: (beforeMs) => people.retain(beforeMs, RETAIN_PEOPLE),
    leadOf: (userKey) => {
      // Whoever came with a notice of a bid that a crash took from the graph.
      if (userKey !== '' && graph.numberOf(userKey) === undefined)
        graph.join([{ key: userKey, space: 'eid' }], needs.nowMs(), 'observed');
      return graph.leadOf(userKey);
    },
  };
}
