/** A running bidder: the engine behind two listening doors, its heartbeat, hot reload, and an orderly end. */

import type { Server as HttpServer } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Engine, EngineOptions } from './compose.ts';
import { compose } from './compose.ts';
import type { Configuration, Loaded } from './config.ts';
import { formatFaults } from './config.ts';
import { ConfigurationBreaker } from './config-breaker.ts';
import { watchConfiguration } from './config-watch.ts';
import { systemClock } from './core/clock.ts';
import type { Log } from './server/log.ts';
import { makeLog, shownText } from './server/log.ts';

export interface ServeOptions extends EngineOptions {
  /** Changes what is read from the folder, the first time and at every reload: a worker's own settings. */
  prepare?(configuration: Configuration): Configuration;
  /** False for a worker beside another that has the private door. */
  readonly privateDoor?: boolean;
}

export interface Running {
  readonly engine: Engine;
  readonly publicPort: number;
  /** 0 without a private door. */
  readonly privatePort: number;
  /** Where other workers of the host reach this one over loopback; 0 where it is alone. */
  readonly innerPort: number;
  /** Readiness off, last requests answered, journal settled, leases given back. */
  stop(): Promise<void>;
}

const TICK_MS = 100;

/** @throws Error when a port is taken, or the state cannot be opened. */
export async function serve(first: Extract<Loaded, { ok: true }>, options: ServeOptions): Promise<Running> {
  const { prepare = (same) => same, privateDoor = true, worker } = options;
  const configuration = await withPublicPort(prepare(first.configuration));
  const { settings, folder } = configuration;
  const log = options.log ?? makeLog(settings.logLevel);
  const engine = compose(configuration, { processMetrics: true, ...options, log });
  const inner = createHttpServer((call, reply) => {
    engine.answerInner(call, reply).then((taken) => {
      if (!taken) engine.publicApp.routing(call, reply);
    });
  });
  try {
    await engine.ready();
    if (worker) await listenInside(inner);
    await engine.publicApp.listen({ port: settings.publicPort, host: settings.publicHost });
    if (privateDoor)
      await engine.privateApp.listen({ port: settings.privatePort, host: settings.privateHost });
  } catch (error) {
    await engine.close();
    throw error;
  }
  const heart = beat(engine, log);
  const stopWatching = watchFolder(folder, first, engine, log, { everyMs: settings.reloadMs, prepare });
  return {
    engine,
    publicPort: portOf(engine.publicApp),
    privatePort: privateDoor ? portOf(engine.privateApp) : 0,
    innerPort: worker ? (inner.address() as AddressInfo).port : 0,
    stop: async () => {
      stopWatching();
      engine.drain();
      await engine.deserted(settings.drainNoticeMs);
      clearInterval(heart);
      inner.close();
      inner.closeIdleConnections();
      await Promise.race([engine.close(), delay(settings.drainMs)]);
    },
  };
}

function beat(engine: Engine, log: Log): NodeJS.Timeout {
  return setInterval(() => {
    engine.tick().catch((error) => log.error({ error }, 'a tick failed'));
  }, TICK_MS);
}

/** A change is taken whole or not at all; what is wrong with it is logged, and the configuration that works goes on. */
export function watchFolder(
  folder: string,
  first: Loaded,
  engine: Pick<Engine, 'reconfigure' | 'countRefusedReload' | 'faults'>,
  log: Log,
  { everyMs, prepare }: { readonly everyMs: number; prepare(configuration: Configuration): Configuration },
): () => void {
  if (everyMs === 0) return () => undefined;
  const breaker = new ConfigurationBreaker<Configuration>(engine.faults, systemClock);
  let inUse = first.ok ? prepare(first.configuration) : undefined;
  const watch = watchConfiguration(
    folder,
    first,
    (loaded) => {
      if (!loaded.ok) {
        engine.countRefusedReload();
        const faults = linesOf(formatFaults(loaded.faults));
        log.error({ faults }, 'the changed configuration has faults; the old one goes on');
        return;
      }
      const next = prepare(loaded.configuration);
      engine
        .reconfigure(next)
        .then(() => {
          if (inUse) breaker.changed(inUse);
          inUse = next;
          log.info({ hash: next.hash }, 'configuration taken');
        })
        .catch((error) => {
          engine.countRefusedReload();
          log.error({ error }, 'the changed configuration was refused; the old one goes on');
        });
    },
    systemClock,
  );
  const goBack = (former: Configuration): void => {
    engine.countRefusedReload();
    engine
      .reconfigure(former)
      .then(() => {
        inUse = former;
        log.error(
          { hash: former.hash },
          'bids fault since the configuration changed; the one before is in use again',
        );
      })
      .catch((error) => log.error({ error }, 'the configuration before could not be taken again'));
  };
  const timer = setInterval(() => {
    watch.poll();
    const former = breaker.poll();
    if (former) goBack(former);
  }, everyMs);
  return () => clearInterval(timer);
}

const LOGGED_LINES_MAX = 50;

/** Line by line: a log shortens long texts and takes line breaks out of them. */
function linesOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(0, LOGGED_LINES_MAX).map((line) => shownText(line));
}

/** Port 0 means a free one; it must be known before the first bid, whose addresses carry it. */
async function withPublicPort(configuration: Configuration): Promise<Configuration> {
  const { settings } = configuration;
  if (settings.publicPort !== 0) return configuration;
  const publicPort = await freePort(settings.publicHost);
  const publicUrl = settings.publicUrl.replace(/^(http:\/\/localhost):0$/, `$1:${publicPort}`);
  return { ...configuration, settings: { ...settings, publicPort, publicUrl } };
}

export function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, host, () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** A port of this worker alone, which the cluster does not share out. */
function listenInside(server: HttpServer): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1', exclusive: true }, resolve);
  });
}

function portOf(app: FastifyInstance): number {
  return (app.server.address() as AddressInfo).port;
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
