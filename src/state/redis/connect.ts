/** A connection to Redis or Valkey that fails soon and openly, and the look at the server before it is trusted. */
import type { ClusterOptions, RedisOptions } from 'ioredis';
import { Cluster, Redis } from 'ioredis';
import type { Random } from '../../core/random.ts';
import { asClient, infos } from './cluster.ts';

/** The store cannot be used: it is away, too old, or may drop what it was told to keep. */
export class StoreUnfitError extends Error {
  override name = 'StoreUnfitError';
  readonly code = 'BW_STORE_UNFIT';
}

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;
const SENTINEL_TRIES = 3;
const SENTINEL_AGAIN_MS = 500;
const REDIS_MAJOR_MIN = 7;
const CONNECT_TIMEOUT_MS = 3_000;
const COMMAND_TIMEOUT_MS = 1_000;
/** A server that is stopped keeps its connections: without this, commands without a reply would pile up for good. */
const SILENCE_MS_MAX = 5_000;
const RECONNECT_MS_MIN = 50;
const MOVES_MAX = 3;
const RECONNECT_MS_MAX = 2_000;

/**
 * `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS; or, with sentinels that know the primary by a name,
 * `redis+sentinel://[user:password@]host[:port][,host[:port]…]/name[/database]`, user and password being those of the primary; or some
 * nodes of a cluster, `redis+cluster://[user:password@]host[:port][,host[:port]…]`. `onFault` hears of each broken connection;
 * ioredis makes new ones by itself.
 *
 * @throws StoreUnfitError when the server cannot be reached or used. The address is told without its password.
 */
export async function connectRedis(
  url: string,
  random: Random,
  onFault: (error: Error) => void = () => undefined,
): Promise<Redis> {
  let isConnected = false;
  const named = CLUSTER.exec(url);
  const address = named ? {} : addressOf(url);
  // Chance keeps all processes from coming back at one instant.
  const again = (times: number): number =>
    Math.min(RECONNECT_MS_MAX, RECONNECT_MS_MIN * 2 ** Math.min(times, 10)) * (0.5 + random.next() / 2);
  const options: RedisOptions = {
    ...address,
    lazyConnect: true,
    // A bid does not wait for a store to come back, and what is sent again is decided by `people.ts`, which knows how.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 1,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_MS_MAX,
    connectionName: 'bidwright',
    // Sentinels that are all away are asked again later, but for the start, which fails soon.
    sentinelRetryStrategy: (times) => (isConnected || times < SENTINEL_TRIES ? SENTINEL_AGAIN_MS : null),
    sentinelCommandTimeout: COMMAND_TIMEOUT_MS,
    failoverDetector: address.sentinels !== undefined,
    // A primary that was made a replica while we were connected. The command is not sent again.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    retryStrategy: again,
  };
  const client = named ? asClient(clusterAt(named, options, again)) : new Redis(options);
  let fault: Error | undefined;
  client.on('error', (error: Error) => {
    fault = error;
    onFault(error);
  });
  try {
    await client.connect();
    isConnected = true;
    const unfit = (await infos(client)).map(unfitness).find((fault) => fault !== undefined);
    if (unfit !== undefined) throw new StoreUnfitError(`The store at ${shown(url)} cannot be used: ${unfit}`);
    return client;
  } catch (error) {
    client.disconnect();
    if (error instanceof StoreUnfitError) throw error;
    const cause = fault ?? error;
    throw new StoreUnfitError(`The store at ${shown(url)} cannot be reached: ${messageOf(cause)}`, { cause });
  }
}

/** Reads the answer of INFO; undefined where the server will do. INFO and not CONFIG, which many hosts forbid. */
export function unfitness(info: string): string | undefined {
  const value = (key: string): string | undefined =>
    new RegExp(`^${key}:(.*?)\\r?$`, 'm').exec(info)?.[1]?.trim();
  const version = value('redis_version') ?? 'unknown';
  // Every Valkey is fit; it calls itself Redis 7.2.4 for the sake of old clients.
  if (value('valkey_version') === undefined && !(Number.parseInt(version, 10) >= REDIS_MAJOR_MIN))
    return `Redis ${version} is older than ${REDIS_MAJOR_MIN}.0. Upgrade it, or use Valkey.`;
  const policy = value('maxmemory_policy') ?? 'unknown';
  if (policy !== 'noeviction')
    return `maxmemory-policy is ${policy}, so that it would forget people unseen and let caps pass. Set it to noeviction.`;
  return undefined;
}

const CLUSTER = /^redis(s?)\+cluster:\/\/(?:([^:@/]*):([^@/]*)@)?([^@/]+)\/?$/;

/** Nothing waits for a cluster that is away, and a command is sent after a key that has moved, but not to a node that has died. */
function clusterAt(
  [, tls, user, password, hosts = '']: RegExpExecArray,
  { lazyConnect: _, enableOfflineQueue: __, retryStrategy: ___, ...redisOptions }: RedisOptions,
  again: (times: number) => number,
): Cluster {
  return new Cluster(
    hosts.split(',').map((each) => {
      const { hostname, port } = new URL(`http://${each}`);
      return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || REDIS_PORT) };
    }),
    {
      lazyConnect: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: again,
      clusterNodeRetryStrategy: again,
      slotsRefreshTimeout: COMMAND_TIMEOUT_MS,
      // Who has died is known soon enough by what is asked of the others.
      slotsRefreshInterval: SILENCE_MS_MAX,
      maxRedirections: MOVES_MAX,
      retryDelayOnFailover: RECONNECT_MS_MIN,
      retryDelayOnClusterDown: RECONNECT_MS_MIN,
      redisOptions: {
        ...redisOptions,
        ...(user ? { username: decodeURIComponent(user) } : {}),
        ...(password ? { password: decodeURIComponent(password) } : {}),
        ...(tls ? { tls: {} } : {}),
      } as NonNullable<ClusterOptions['redisOptions']>,
    },
  );
}

const SENTINELS = /^redis(s?)\+sentinel:\/\/(?:([^:@/]*):([^@/]*)@)?([^@/]+)\/([^/]+)(?:\/(\d*))?$/;

function addressOf(url: string): RedisOptions {
  const named = SENTINELS.exec(url);
  if (!named) return atOneHost(new URL(url));
  const [, tls, user, password, hosts = '', name = '', database] = named;
  return {
    sentinels: hosts.split(',').map((each) => {
      const { hostname, port } = new URL(`http://${each}`);
      return { host: hostname, port: Number(port || SENTINEL_PORT) };
    }),
    name,
    db: Number(database || 0),
    ...(user ? { username: decodeURIComponent(user) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(tls ? { tls: {}, enableTLSForSentinelMode: true } : {}),
  };
}

function atOneHost({ protocol, hostname, port, username, password, pathname }: URL): RedisOptions {
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || REDIS_PORT),
    db: Number(pathname.slice(1) || 0),
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

function shown(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
