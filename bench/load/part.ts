/** What a part of the load benchmark is given and gives. */
import type { BookSize } from './book.ts';

export interface PartSettings {
  readonly seed: number;
  readonly rounds: number;
  /** A round. */
  readonly requests: number;
  readonly size: BookSize;
}

export interface PartResult {
  readonly figures: Readonly<Record<string, number>>;
  /** By the figure's name: at most so much. */
  readonly goals: Readonly<Record<string, number>>;
  /** For a curve. */
  readonly rows: readonly Readonly<Record<string, number | string>>[];
}
