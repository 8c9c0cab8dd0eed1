/** Packs: where their lists lie, what keeps them, what they are told of people. Part of the composition root. */
import { join, resolve } from 'node:path';
import { keyNumber } from './campaign/audience/pack.ts';
import type { Configuration } from './config.ts';
import { packFileChunks, stampOf } from './config-read.ts';
import type { Clock } from './core/clock.ts';
import type { PersonKeys } from './core/person-id.ts';
import type { ProfilesReading } from './core/profile.ts';
import { PackKeeper } from './learning/packs.ts';
import { tagsOf } from './learning/profile-tags.ts';
import type { AudiencePorts } from './server/audience-answers.ts';
import type { Log } from './server/log.ts';
import { artefactFiles, artefactsInMemory } from './state/artefacts.ts';

interface Needs {
  /** Undefined where nothing is kept. */
  readonly dataDir: string | undefined;
  readonly keys: PersonKeys;
  readonly profiles: ProfilesReading;
  readonly log: Pick<Log, 'warn'>;
  purchase(): string;
  configuration(): Pick<Configuration, 'folder'>;
}

export function openPacks({ dataDir, keys, profiles, log, purchase, configuration }: Needs): PackKeeper {
  return new PackKeeper({
    keyOf: (idSpace, sha256) => keyNumber(keys.keyOf({ space: idSpace.toLowerCase(), id: sha256 }).key),
    store: dataDir === undefined ? artefactsInMemory() : artefactFiles(join(dataDir, 'packs')),
    chunksOf: (file) => packFileChunks(configuration().folder, file),
    stampOf: (file) => stampOf(resolve(configuration().folder, file)),
    profiles,
    tagsOf: (profile, derived, nowMs) => tagsOf({ profile, derived, purchase: purchase(), nowMs }),
    fault: ({ packId, file, row, code, message }) => log.warn({ pack: packId, file, row, code }, message),
    pause: () => new Promise((go) => setImmediate(go)),
  });
}

/** What the private door asks of packs. Nodes that share a store would each have a list of their own, so that none is taken there. */
export function packsDesk(parts: {
  readonly clock: Pick<Clock, 'now'>;
  keeper(): PackKeeper;
  isShared(): boolean;
}): AudiencePorts['packs'] {
  const { clock, keeper } = parts;
  return {
    states: () => keeper().states(clock.now()),
    take: (audience, mode, chunks, options) =>
      keeper().takeMembers(audience, mode, chunks, clock.now(), options),
    closedFor: () =>
      parts.isShared()
        ? 'Several processes share a store, and each reads its own lists: put the file beside the configuration of each of them'
        : undefined,
  };
}
