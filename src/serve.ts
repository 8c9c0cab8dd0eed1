/** A running bidder: the engine behind two listening doors, its heartbeat, hot reload, and an orderly end. */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Engine, EngineOptions } from './compose.ts';
import { compose } from './compose.ts';
import type { Configuration } from './config.ts';

export interface Running {
  readonly engine: Engine;
  readonly publicPort: number;
  readonly privatePort: number;
  /** Readiness off, last requests answered, journal settled, leases given back. */
  stop(): Promise<void>;
}

const TICK_MS = 100;

export async function serve(configuration: Configuration, options: EngineOptions): Promise<Running> {
  const engine = compose(configuration, options);
  const { settings } = configuration;
  try {
    await engine.ready();
    await engine.publicApp.listen({ port: settings.publicPort, host: settings.publicHost });
    await engine.privateApp.listen({ port: settings.privatePort, host: settings.privateHost });
  } catch (error) {
    await engine.close();
    throw error;
  }
  let ticking = false;
  const heart = setInterval(() => {
    if (ticking) return;
    ticking = true;
    engine.tick().finally(() => {
      ticking = false;
    });
  }, TICK_MS);
  return {
    engine,
    publicPort: portOf(engine.publicApp),
    privatePort: portOf(engine.privateApp),
    stop: async () => {
      engine.drain();
      await delay(settings.drainMs);
      clearInterval(heart);
      await engine.close();
    },
  };
}

function portOf(app: FastifyInstance): number {
  return (app.server.address() as AddressInfo).port;
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
