/** What each campaign, line item or creative is credited with, model beside model. */
import type { HistoryTouch } from '../../core/history.ts';
import { ATTRIBUTION_MODELS } from './index.ts';
import type { PathQuestion } from './own-paths.ts';
import { PathGatherer } from './own-paths.ts';
import type { TouchPath } from './path.ts';

export interface AttributionReport {
  readonly models: readonly { readonly name: string; readonly about: string }[];
  /** Conversions that had a path, and ways that led to none. */
  readonly conversions: number;
  readonly misses: number;
  /** Touches were more than are read; the latest are missing. */
  readonly isCutOff: boolean;
  readonly rows: readonly {
    readonly channel: string;
    /** Conversions by the name of the model. */
    readonly credits: Readonly<Record<string, number>>;
  }[];
}

export interface TouchSource {
  touchesSince(sinceMs: number, visit: (touch: HistoryTouch) => void): Promise<number>;
}

const TOUCHES_MAX = 1_000_000;
const DAY_MS = 86_400_000;

export interface GatheredPaths {
  readonly paths: readonly TouchPath[];
  readonly isCutOff: boolean;
}

export async function gatherPaths(source: TouchSource, question: PathQuestion): Promise<GatheredPaths> {
  const gatherer = new PathGatherer(question);
  // By the date of touches conversions may come until now; by their own, not after the period.
  const untilMs = question.date === 'conversion' ? question.toMs : Number.POSITIVE_INFINITY;
  let read = 0;
  await source.touchesSince(Math.max(0, question.fromMs - question.windowDays * DAY_MS), (touch) => {
    if (touch.atMs < untilMs && read++ < TOUCHES_MAX) gatherer.take(touch);
  });
  return { paths: gatherer.paths(), isCutOff: read > TOUCHES_MAX };
}

/** `models` by their names; all of them where none is named. */
export function attributionOf(
  { paths, isCutOff }: GatheredPaths,
  models: readonly string[],
): AttributionReport {
  const asked = ATTRIBUTION_MODELS.filter(({ name }) => models.length === 0 || models.includes(name));
  const credits = asked.map((model) => [model.name, model.credits(paths)] as const);
  const channels = [...new Set(credits.flatMap(([, of]) => [...of.keys()]))].sort();
  const sum = (key: 'conversions' | 'misses'): number => paths.reduce((total, path) => total + path[key], 0);
  return {
    models: asked.map(({ name, about }) => ({ name, about })),
    conversions: sum('conversions'),
    misses: sum('misses'),
    isCutOff,
    rows: channels.map((channel) => ({
      channel,
      credits: Object.fromEntries(credits.map(([name, of]) => [name, of.get(channel)?.conversions ?? 0])),
    })),
  };
}
