/** What an examination of machine and store says of one thing. */

export interface Finding {
  readonly about: string;
  readonly verdict: 'good' | 'doubtful' | 'bad';
  readonly found: string;
  /** What to do; empty where all is well. */
  readonly remedy: string;
}

export const good = (about: string, found: string): Finding => ({
  about,
  verdict: 'good',
  found,
  remedy: '',
});
export const doubtful = (about: string, found: string, remedy: string): Finding => ({
  about,
  verdict: 'doubtful',
  found,
  remedy,
});
export const bad = (about: string, found: string, remedy: string): Finding => ({
  about,
  verdict: 'bad',
  found,
  remedy,
});

/** By so much two clocks may differ. */
export const CLOCK_MS_MAX = 2_000;

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
