/** Wire dialects by name. */
import type { Dialect } from './dialect.ts';
import { openrtbJson } from './openrtb-json.ts';

export const dialects: ReadonlyMap<string, Dialect> = new Map(
  [openrtbJson].map((dialect) => [dialect.name, dialect]),
);
