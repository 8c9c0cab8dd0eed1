/** Wire dialects by name. */
import type { Dialect } from './dialect.ts';
import { openrtbJson } from './openrtb-json.ts';
import { openrtbProtobuf } from './openrtb-protobuf.ts';

export const dialects: ReadonlyMap<string, Dialect> = new Map(
  [openrtbJson, openrtbProtobuf].map((dialect) => [dialect.name, dialect]),
);
