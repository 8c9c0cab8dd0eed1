/** Packs: where their lists lie, what keeps them, what they are told of people. Part of the composition root. */
import { join, resolve } from 'node:path';
import type { BidPorts } from './bidding/ports.ts';
import type { Audience } from './campaign/audience/kinds.ts';
import { keyNumber } from './campaign/audience/pack.ts';
import type { Configuration } from './config.ts';
import { packFileChunks, stampOf } from './config-read.ts';
import type { Clock } from './core/clock.ts';
import type { PersonKeys } from './core/person-id.ts';
import type { ProfilesReading } from './core/profile.ts';
import { knownBy, overlapOf, reachOf } from './insight/audience-estimates.ts';
import type { PackEstimates } from './learning/pack-estimates.ts';
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
  estimates(): PackEstimates;
  audiences(): readonly Audience[];
  isShared(): boolean;
}): AudiencePorts['packs'] {
  const { clock, keeper, estimates, audiences } = parts;
  const sizes = (): ReadonlyMap<string, number | undefined> =>
    new Map(
      keeper()
        .states(clock.now())
        .map(({ facts, isCounted }) => [facts.id, isCounted ? facts.size : undefined]),
    );
  const since = (): { sinceMs?: number } => {
    const { sinceMs } = estimates().counted(clock.now());
    return sinceMs > 0 ? { sinceMs } : {};
  };
  const sized = (id: string, size: number | undefined): { id: string; size?: number } =>
    size === undefined ? { id } : { id, size };
  return {
    states: () => keeper().states(clock.now()),
    take: (audience, mode, chunks, options) =>
      keeper().takeMembers(audience, mode, chunks, clock.now(), options),
    reach: async (packIds) => {
      const seen = await estimates().seenOf(packIds, clock.now());
      const size = sizes();
      const items = [...seen].map(([id, counted]) => {
        const { matches, ...reach } = reachOf(counted, size.get(id));
        return { ...sized(id, size.get(id)), ...reach, matches: [...matches] };
      });
      return { ...since(), sampleRate: estimates().counted(clock.now()).rate, items };
    },
    overlap: async (packIds) => {
      const shared = await estimates().shared(packIds, clock.now());
      const size = sizes();
      const side = (id: string) => ({ id, size: size.get(id), knownBy: knownBy(audiences(), id) });
      return {
        ...since(),
        items: packIds.map((id) => sized(id, size.get(id))),
        pairs: shared.map((pair) => overlapOf(pair, side(pair.first), side(pair.second))),
      };
    },
    closedFor: () =>
      parts.isShared()
        ? 'Several processes share a store, and each reads its own lists: put the file beside the configuration of each of them'
        : undefined,
  };
}

/** What bids tell of who was seen. */
export function seenPort({ ids, people }: PackEstimates): BidPorts['seen'] {
  return {
    id: (exchangeId, space, key, nowMs) => ids.saw(exchangeId, space, key, nowMs),
    person: (userKey, packs, nowMs) => people.saw(keyNumber(userKey), packs, nowMs),
  };
}
