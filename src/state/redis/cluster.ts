/**
 * What a cluster asks for beyond one host. Every key of ours carries a hash tag, so commands find their node by it; those without a key
 * have to be told which node they are about.
 */
import type { Redis } from 'ioredis';
import { Cluster } from 'ioredis';

/**
 * A cluster has the commands of one host and is told apart by `homeOf` and `sisterOf` alone, so the rest of the house knows one kind of
 * client.
 */
export function asClient(cluster: Cluster): Redis {
  return cluster as unknown as Redis;
}

function clusterOf(client: Redis): Cluster | undefined {
  const given: unknown = client;
  return given instanceof Cluster ? given : undefined;
}

/** The connection that commands about a key go over: what was written before on it is what `WAIT` waits for. @throws while nobody has the key. */
export async function homeOf(client: Redis, key: string): Promise<Redis> {
  const cluster = clusterOf(client);
  if (!cluster) return client;
  const slot = Number(await cluster.cluster('KEYSLOT', key));
  const name = cluster.slots[slot]?.[0];
  const home = cluster.nodes('master').find(({ options }) => `${options.host}:${options.port}` === name);
  if (!home) throw new Error('no node of the cluster has the key');
  return home;
}

/** A second connection to the same, for messages. */
export function sisterOf(client: Redis, connectionName: string): Redis {
  const cluster = clusterOf(client);
  return cluster
    ? asClient(
        cluster.duplicate([], {
          lazyConnect: true,
          redisOptions: { ...cluster.options.redisOptions, connectionName },
        }),
      )
    : client.duplicate({ lazyConnect: true, connectionName });
}

/** INFO of every node that may be written to. */
export async function infos(client: Redis): Promise<readonly string[]> {
  const nodes = clusterOf(client)?.nodes('master') ?? [client];
  return Promise.all(nodes.map((node) => node.info()));
}
