/**
 * Hot reload. The files are looked at when `poll` is called, not by events of the file system, which editors,
 * containers and network disks each send in their own way. A change is read whole, checked whole, and handed over
 * whole; a broken one is reported and the configuration that works stays.
 */
import type { Loaded, LoadOptions } from './config.ts';
import { loadConfiguration } from './config.ts';
import { stampOf } from './config-read.ts';
import type { Clock } from './core/clock.ts';

/** Polls in a row that may find files still changing before what is there is taken all the same. */
const UNSETTLED_POLLS_MAX = 5;

export interface ConfigurationWatch {
  /**
   * Looks once, and calls `onChange` when something else is to be said than last time: a new configuration that is
   * valid (`ok`), or the faults of one that is not. Costs one stat for each file while nothing changes.
   */
  poll(): 'same' | 'unsettled' | 'changed' | 'broken';
}

/** `first` is what is in use now; changes made since it was read count. */
export function watchConfiguration(
  folder: string,
  first: Loaded,
  onChange: (loaded: Loaded) => void,
  clock: Clock,
  options: LoadOptions = {},
): ConfigurationWatch {
  let seen = first.watched;
  let known = identityOf(first);
  let unsettledPolls = 0;
  return {
    poll: () => {
      if (isUnchanged(seen)) return 'same';
      const loaded = loadConfiguration(folder, { ...options, nowMs: clock.now() });
      // A file that changed while it was read may have been half written; the next poll reads it again.
      if (!isUnchanged(loaded.watched) && ++unsettledPolls < UNSETTLED_POLLS_MAX) return 'unsettled';
      unsettledPolls = 0;
      seen = loaded.watched;
      if (!loaded.ok) {
        onChange(loaded);
        // Should the files go back to what is in use, that is worth telling: the fault is gone.
        known = '';
        return 'broken';
      }
      const identity = identityOf(loaded);
      if (identity === known) return 'same';
      known = identity;
      onChange(loaded);
      return 'changed';
    },
  };
}

function isUnchanged(stamps: ReadonlyMap<string, string>): boolean {
  for (const [path, stamp] of stamps) if (stampOf(path) !== stamp) return false;
  return true;
}

/** Equal for two readings with nothing to tell apart: files may be touched, or other files come and go beside them. */
function identityOf(loaded: Loaded): string {
  if (!loaded.ok) return '';
  const { hash, settings } = loaded.configuration;
  return JSON.stringify([hash, settings, loaded.packFiles.map((path) => [path, loaded.watched.get(path)])]);
}
