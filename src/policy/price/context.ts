/**
 * A market's landscape by context: exchange → floor → slot …, whatever keys the caller has, the widest first. A narrow context
 * starts from the wider one it lies in and departs from it as it sees prices of its own, so that one never seen is priced as
 * its parent is. What is seen counts at every level.
 */
import type { Fit } from './landscape.ts';
import { LandscapeHistogram, landscapeOf } from './landscape.ts';
import type { MarketLandscape, PriceLandscape } from './pricer.ts';

/** Some 3 to 15 KB each. Past it no new context is begun; what would have been one is priced as its parent. */
const CONTEXTS_MAX = 2000;
/** A context faded to less than one observation is given up. */
const WEIGHT_MIN = 1;
/** A fit is kept until a twentieth more was seen, or so much. */
const FRESH_SHARE = 0.05;
const FRESH_MAX = 200;
const SEPARATOR = '\0';

interface Context {
  readonly seen: LandscapeHistogram;
  fit: Fit | undefined;
  /** Observed since that fit. */
  pending: number;
  /** As it was last saved; undefined once it changed. */
  text: string | undefined;
}

/** Contexts by path, the whole market as ''; each a saved landscape in base64. */
export type SavedLandscape = Readonly<Record<string, string>>;

/** Owned by learning, which publishes frozen copies. */
export class ContextLandscape {
  readonly #root: Context = emptyContext();
  readonly #contexts = new Map<string, Context>();
  readonly #contextsMax: number;

  constructor(contextsMax = CONTEXTS_MAX) {
    this.#contextsMax = contextsMax;
  }

  /** The least price that would have won, where our own bid is not known. */
  observe(context: readonly string[], minToWinCpmMicros: number): void {
    for (const each of this.#path(context, true)) {
      each.seen.observe(minToWinCpmMicros);
      each.pending++;
      each.text = undefined;
    }
  }

  /** What became of a bid, and the least price that would have won where it was told. */
  learn(context: readonly string[], bidCpmMicros: number, won: boolean, minToWinCpmMicros?: number): void {
    for (const each of this.#path(context, true)) {
      each.seen.learn(bidCpmMicros, won, minToWinCpmMicros);
      each.pending++;
      each.text = undefined;
    }
  }

  /** As of a moment ago, for one who learns and bids in turn; a bid that others learn for reads a published copy. */
  within(context: readonly string[]): PriceLandscape {
    let fit: Fit | undefined;
    for (const each of this.#path(context, false)) fit = freshFit(each, fit);
    return landscapeOf(this.#root.seen.observations, fit ?? this.#root.seen.fit());
  }

  /** A copy that later observations do not change. What has seen little since it was last fitted is not fitted anew. */
  publish(): MarketLandscape {
    const fits = new Map<string, Fit>();
    const root = freshFit(this.#root, undefined);
    const { observations } = this.#root.seen;
    // Parents come before what lies in them: a context is begun after the wider one.
    for (const [path, each] of this.#contexts)
      fits.set(path, freshFit(each, fits.get(parentOf(path)) ?? root));
    const landscapes = new Map([...fits].map(([path, fit]) => [path, landscapeOf(observations, fit)]));
    const market = landscapeOf(observations, root);
    return {
      ...market,
      within: (context) => {
        for (let length = context.length; length > 0; length--) {
          const landscape = landscapes.get(context.slice(0, length).join(SEPARATOR));
          if (landscape) return landscape;
        }
        return market;
      },
    };
  }

  /** Keeps this share of all that was observed, 0..1. */
  decay(keep: number): void {
    for (const context of [this.#root, ...this.#contexts.values()]) {
      context.seen.decay(keep);
      forget(context);
    }
    // Nothing in a context weighs more than the context, so none is left without its parent.
    for (const [path, { seen }] of this.#contexts) if (seen.weight < WEIGHT_MIN) this.#contexts.delete(path);
  }

  /** Adds what another node saw. */
  merge(other: ContextLandscape): void {
    this.#root.seen.merge(other.#root.seen);
    forget(this.#root);
    for (const [path, { seen }] of other.#contexts) {
      const mine = this.#contexts.get(path) ?? this.#begin(path);
      mine?.seen.merge(seen);
      if (mine) forget(mine);
    }
  }

  save(): SavedLandscape {
    const text = (context: Context) =>
      (context.text ??= Buffer.from(context.seen.serialise()).toString('base64'));
    return Object.fromEntries([
      ['', text(this.#root)],
      ...[...this.#contexts].map(([path, context]) => [path, text(context)] as const),
    ]);
  }

  /** Undefined where anything in it cannot be believed. A text alone is what was saved before there were contexts. */
  static restore(saved: unknown, contextsMax = CONTEXTS_MAX): ContextLandscape | undefined {
    const landscape = new ContextLandscape(contextsMax);
    const entries = typeof saved === 'string' ? [['', saved] as const] : entriesOf(saved);
    if (!entries?.some(([path]) => path === '')) return undefined;
    for (const [path, text] of entries) {
      const seen =
        typeof text === 'string' ? LandscapeHistogram.restore(Buffer.from(text, 'base64')) : undefined;
      if (!seen) return undefined;
      if (path === '') landscape.#root.seen.merge(seen);
      else landscape.#begin(path)?.seen.merge(seen);
    }
    return landscape;
  }

  /** From the whole market down to the narrowest that there is, or can be begun. */
  *#path(context: readonly string[], begin: boolean): Generator<Context> {
    yield this.#root;
    let path = '';
    for (const value of context) {
      path = path === '' ? value : path + SEPARATOR + value;
      const found = this.#contexts.get(path) ?? (begin ? this.#begin(path) : undefined);
      if (!found) return;
      yield found;
    }
  }

  #begin(path: string): Context | undefined {
    if (this.#contexts.size >= this.#contextsMax) return undefined;
    const begun = emptyContext();
    this.#contexts.set(path, begun);
    return begun;
  }
}

function emptyContext(): Context {
  return { seen: new LandscapeHistogram(), fit: undefined, pending: 0, text: undefined };
}

/** Not told to those within: they follow as they see prices of their own. */
function freshFit(context: Context, parent: Fit | undefined): Fit {
  const isStale = context.pending >= Math.max(1, Math.min(FRESH_MAX, context.seen.weight * FRESH_SHARE));
  if (!context.fit || isStale) {
    context.fit = context.seen.fit(parent);
    context.pending = 0;
  }
  return context.fit;
}

/** What was worked out of it. */
function forget(context: Context): void {
  context.fit = undefined;
  context.text = undefined;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf(SEPARATOR)));
}

function entriesOf(saved: unknown): [string, unknown][] | undefined {
  return typeof saved === 'object' && saved !== null ? Object.entries(saved) : undefined;
}
