/** `bidwright doctor`: whether this machine, its store and its addresses will do for the configuration, before exchanges find out. */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statfsSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { getHeapStatistics } from 'node:v8';
import { storeFindings } from './compose-doctor.ts';
import type { Configuration } from './config.ts';
import type { Clock } from './core/clock.ts';
import type { Finding } from './finding.ts';
import { bad, CLOCK_MS_MAX, doubtful, good, messageOf } from './finding.ts';

export async function examine(
  configuration: Configuration,
  clock: Pick<Clock, 'now' | 'monotonic'>,
): Promise<readonly Finding[]> {
  const { settings } = configuration;
  return [
    node(),
    memory(),
    descriptors(),
    ...folder(settings.dataDir, clock),
    await port('public port', settings.publicPort, settings.publicHost),
    await port('private port', settings.privatePort, settings.privateHost),
    ...(await address(settings.publicUrl, clock)),
    ...(settings.redisUrl === undefined ? [] : await storeFindings(settings.redisUrl, clock)),
    ...configuration.exchanges.flatMap(keys),
  ];
}

const NODE_MAJOR_MIN = 24;

function node(): Finding {
  const { version } = process;
  return Number.parseInt(version.slice(1), 10) >= NODE_MAJOR_MIN
    ? good('node', version)
    : bad('node', version, `Run Node ${NODE_MAJOR_MIN} or newer.`);
}

const HEAP_BYTES_MIN = 1_000_000_000;

function memory(): Finding {
  const heapBytes = getHeapStatistics().heap_size_limit;
  const found = `${availableParallelism()} cores, ${gigabytes(totalmem())}, heap up to ${gigabytes(heapBytes)}`;
  return heapBytes >= HEAP_BYTES_MIN
    ? good('memory', found)
    : doubtful('memory', found, 'Give Node more: NODE_OPTIONS=--max-old-space-size=2048.');
}

/** Connections of exchanges, browsers and the store each need one. */
const DESCRIPTORS_MIN = 8_192;

function descriptors(): Finding {
  const text = textOf('/proc/self/limits');
  const soft = /^Max open files\s+(\S+)/m.exec(text ?? '')?.[1];
  if (soft === undefined)
    return doubtful('open files', 'not told by this system', `See that ${DESCRIPTORS_MIN} may be open.`);
  return soft === 'unlimited' || Number(soft) >= DESCRIPTORS_MIN
    ? good('open files', soft)
    : doubtful('open files', soft, `Raise the limit to ${DESCRIPTORS_MIN} (ulimit -n, LimitNOFILE).`);
}

const FREE_BYTES_MIN = 200_000_000;
const FREE_BYTES_WANTED = 5_000_000_000;
const SYNCS = 20;
/** A notice is acknowledged once it is on the disk; slower than this, exchanges wait for it. */
const SYNC_MS_MAX = 20;

function folder(dataDir: string, clock: Pick<Clock, 'now' | 'monotonic'>): Finding[] {
  const probe = join(dataDir, `.doctor-${process.pid}`);
  const times: number[] = [];
  try {
    mkdirSync(dataDir, { recursive: true });
    const descriptor = openSync(probe, 'wx');
    try {
      for (let index = 0; index < SYNCS; index++) {
        const beganMs = clock.monotonic();
        writeSync(descriptor, 'x'.repeat(4096));
        fsyncSync(descriptor);
        times.push(clock.monotonic() - beganMs);
      }
    } finally {
      closeSync(descriptor);
      unlinkSync(probe);
    }
  } catch (error) {
    return [
      bad('data folder', `${dataDir}: ${messageOf(error)}`, 'Let the user that runs the bidder write there.'),
    ];
  }
  const middleMs = times.sort((a, b) => a - b)[SYNCS / 2]!;
  const { bavail, bsize } = statfsSync(dataDir);
  const freeBytes = bavail * bsize;
  const newestMs = Math.max(0, ...readdirSync(dataDir).map((name) => changedMs(join(dataDir, name))));
  return [
    good('data folder', `${dataDir}, may be written`),
    freeBytes < FREE_BYTES_MIN
      ? bad('disk', `${gigabytes(freeBytes)} free`, 'Make room: a full disk stops billing.')
      : freeBytes < FREE_BYTES_WANTED
        ? doubtful('disk', `${gigabytes(freeBytes)} free`, 'A busy month of events takes some gigabytes.')
        : good('disk', `${gigabytes(freeBytes)} free`),
    middleMs > SYNC_MS_MAX
      ? doubtful(
          'disk sync',
          `${middleMs.toFixed(1)} ms`,
          'Notices wait for it; a local SSD takes a few milliseconds.',
        )
      : good('disk sync', `${middleMs.toFixed(1)} ms`),
    newestMs > clock.now() + CLOCK_MS_MAX
      ? bad('clock', 'is behind the data folder', 'Set the clock (NTP): budgets begin and end by it.')
      : good('clock', new Date(clock.now()).toISOString()),
  ];
}

function changedMs(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

/** Free, or held by a bidder: told by the address that exchanges probe. */
async function port(about: string, number: number, host: string): Promise<Finding> {
  if (number === 0) return good(about, 'a free one is taken');
  const fault = await listenOnce(number, host);
  if (fault === undefined) return good(about, `${number} is free`);
  if (fault !== 'EADDRINUSE')
    return bad(about, `${number} on ${host}: ${fault}`, 'Take another port or address.');
  const path = about === 'public port' ? '/status' : '/healthz';
  const answer = await fetch(`http://127.0.0.1:${number}${path}`, {
    signal: AbortSignal.timeout(2_000),
  }).catch(() => undefined);
  return answer?.ok
    ? good(about, `${number}, a bidder listens there`)
    : bad(about, `${number} is taken by another program`, 'End that program, or take another port.');
}

function listenOnce(number: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(number, host, () => server.close(() => resolve(undefined)));
  });
}

const LOCAL = /^(?:localhost|127\.|\[?::1)/;
const CERTIFICATE_DAYS_MIN = 14;

async function address(publicUrl: string, clock: Pick<Clock, 'now'>): Promise<Finding[]> {
  const { protocol, hostname, port: number } = new URL(publicUrl);
  if (LOCAL.test(hostname))
    return [
      doubtful('public address', publicUrl, 'Set publicUrl: exchanges and browsers cannot call this one.'),
    ];
  if (protocol === 'http:')
    return [
      doubtful('public address', publicUrl, 'Browsers block trackers over http on secure pages; use https.'),
    ];
  const certificate = await certificateOf(hostname, Number(number || 443));
  if ('fault' in certificate)
    return [
      bad(
        'public address',
        `${publicUrl}: ${certificate.fault}`,
        'See that it resolves, is reachable and has a valid certificate.',
      ),
    ];
  const days = Math.floor((certificate.endsMs - clock.now()) / 86_400_000);
  const found = `${publicUrl}, certificate for ${days} days`;
  return [
    days < CERTIFICATE_DAYS_MIN
      ? doubtful('public address', found, 'Renew the certificate.')
      : good('public address', found),
  ];
}

function certificateOf(
  host: string,
  number: number,
): Promise<{ readonly fault: string } | { readonly endsMs: number }> {
  return new Promise((resolve) => {
    const socket = connectTls({ host, port: number, servername: host, timeout: 3_000 }, () => {
      const endsMs = Date.parse(socket.getPeerCertificate().valid_to);
      socket.destroy();
      resolve({ endsMs });
    });
    const fail = (fault: string): void => {
      socket.destroy();
      resolve({ fault });
    };
    socket.once('timeout', () => fail('does not answer'));
    socket.once('error', (error) => fail(error.message));
  });
}

const KEY_BYTES = 32;

function keys({ id, priceCodec, priceKeys }: Configuration['exchanges'][number]): Finding[] {
  if (priceCodec !== 'google-hmac-sha1' || !priceKeys) return [];
  const short = Object.entries(priceKeys).filter(
    ([, key]) => Buffer.from(key, 'base64').length !== KEY_BYTES,
  );
  return short.length === 0
    ? [good(`exchange ${id}`, 'keys of prices have 32 bytes')]
    : [
        doubtful(
          `exchange ${id}`,
          `${short.map(([name]) => name).join(' and ')} not of 32 bytes`,
          'Look at what the exchange sent; every price would be unreadable.',
        ),
      ];
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
