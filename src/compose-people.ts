/** Where people are remembered: in the store that processes share, or in this process. Part of the composition root. */
import type { Histories } from './compose-identity.ts';
import { historiesOf } from './compose-identity.ts';
import type { Settings } from './config.ts';
import type { Clock } from './core/clock.ts';
import type { Random } from './core/random.ts';
import type { Log } from './server/log.ts';
import type { Metrics } from './server/metrics.ts';
import type { IdentityGraph } from './state/identity/graph.ts';
import { People } from './state/memory/people.ts';
import type { JournalPort } from './state/port.ts';
import { connectRedis } from './state/redis/connect.ts';
import { RedisPeople } from './state/redis/people.ts';

export interface RememberedPeople extends Histories {
  close(): Promise<void>;
}

interface Needs {
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Pick<JournalPort, 'touchesSince' | 'rekey'>;
  readonly graph: IdentityGraph;
  readonly metrics: Pick<Metrics, 'gauge'>;
  readonly log: Pick<Log, 'warn'>;
  fault(where: string, error: unknown): void;
}

/** @throws StoreUnfitError when a shared store is configured and cannot be reached or used. */
export function openPeople(
  settings: Pick<Settings, 'redisUrl' | 'signingSecret'>,
  needs: Needs,
): Promise<RememberedPeople> {
  const { redisUrl, signingSecret } = settings;
  if (redisUrl === undefined) return ofThisProcess(needs);
  if (signingSecret === undefined)
    needs.log.warn(
      { setting: 'signingSecret' },
      'redisUrl is set without signingSecret: this process gives people pseudonyms of its own, so it shares no history',
    );
  return shared(redisUrl, needs);
}

async function ofThisProcess(needs: Needs): Promise<RememberedPeople> {
  const { journal, clock, metrics, graph, fault } = needs;
  const people = new People();
  await people.rebuild(journal, clock.now());
  metrics.gauge('people', 'People remembered.', () => people.size().people);
  const histories = historiesOf(people, graph, journal, { nowMs: () => clock.now(), fault });
  return { ...histories, close: () => Promise.resolve() };
}

async function shared(redisUrl: string, { clock, random, metrics, fault }: Needs): Promise<RememberedPeople> {
  const client = await connectRedis(redisUrl, random, (error) => fault('people store', error));
  const people = new RedisPeople(client, clock);
  const gauge = (name: string, help: string, read: () => number): void =>
    metrics.gauge(`people_store_${name}`, help, read);
  gauge('away', '1 while the store of people does not answer, so that capped line items rest.', () =>
    Number(people.health().isAway),
  );
  gauge(
    'reads_unknown',
    'Reads of a person that were late, failed or refused.',
    () => people.health().unknownReads,
  );
  gauge(
    'reads_shared',
    'Reads of a person that the answer to another served.',
    () => people.health().sharedReads,
  );
  gauge(
    'writes_failed',
    'Attempts to write that failed; most are tried again.',
    () => people.health().failedWrites,
  );
  gauge('writes_dropped', 'Writes given up.', () => people.health().droppedWrites);
  gauge('writes_waiting', 'Writes that wait for the store.', () => people.health().waitingWrites);
  // Processes that share a store do not share who is who: under a key that only one of them led to, caps would not hold.
  // What lies in the store expires there by itself.
  return Object.assign(people, { leadOf: (userKey: string) => userKey, retain: () => 0 });
}
