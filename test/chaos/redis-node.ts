/**
 * One node: the real server with its two doors, on a clock that may run fast, and with a deliberate fault where a test wants one. It says
 * where it listens in one line of JSON, and is meant to be killed.
 *
 *   node redis-node.ts <what it is given, as JSON>
 */
import { loadConfiguration } from '../../src/config.ts';
import { systemClock } from '../../src/core/clock.ts';
import { entropySeed } from '../../src/core/random.ts';
import { serve } from '../../src/serve.ts';
import type { Mutant } from './redis-mutants.ts';
import { mutate } from './redis-mutants.ts';
import { chaosClock } from './redis-world.ts';

export interface NodeGiven {
  readonly config: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly beganMs: number;
  /** 1 for the wall clock itself. */
  readonly pace: number;
  readonly mutant: Mutant | undefined;
}

const given: NodeGiven = JSON.parse(process.argv[2] ?? '{}');
if (given.mutant !== undefined) mutate(given.mutant, String(given.settings['redisUrl']));
const loaded = loadConfiguration(given.config);
if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
const running = await serve(loaded, {
  clock: given.pace === 1 ? systemClock : chaosClock(given.beganMs, given.pace),
  random: entropySeed(),
  prepare: (configuration) => ({
    ...configuration,
    settings: { ...configuration.settings, ...given.settings },
  }),
});
process.stdout.write(`${JSON.stringify({ door: running.publicPort, desk: running.privatePort })}\n`);
process.once('SIGTERM', () => {
  running.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
});
