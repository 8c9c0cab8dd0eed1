/** A simulated flight as data: how long, how much traffic, what is different from the demo's world, what happens on the way. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { mergePatch } from '../core/merge-patch.ts';
import type { Scenario } from './story.ts';
import { demoScenario, readScenario } from './story.ts';

const closed = <Properties extends Record<string, import('typebox').TSchema>>(properties: Properties) =>
  Type.Object(properties, { additionalProperties: false });
const patches = Type.Optional(Type.Record(Type.String(), Type.Unknown()));
const hour = Type.Number({ minimum: 0 });

const flightFileSchema = closed({
  name: Type.String(),
  note: Type.Optional(Type.String()),
  /** Folder of the bidder's configuration, relative to the file. */
  config: Type.String(),
  /** First day, by the account's clock. */
  start: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
  days: Type.Number({ exclusiveMinimum: 0, maximum: 366 }),
  /** After the last request, for conversions that are still to come. */
  settleDays: Type.Optional(Type.Number({ minimum: 0, maximum: 60 })),
  requestsPerSecond: Type.Number({ exclusiveMinimum: 0 }),
  /** How often the bidder's periodic duties are called, in simulated seconds. */
  tickSeconds: Type.Optional(Type.Number({ minimum: 1, maximum: 3600 })),
  /** Merged into the world of the demo (RFC 7396). */
  market: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  /** Changes of the configuration while it flies, by object id, merged into the object. */
  edits: Type.Optional(
    Type.Array(closed({ atHour: hour, campaigns: patches, lineItems: patches, creatives: patches })),
  ),
  /** What does not come through for a while. */
  outages: Type.Optional(
    Type.Array(
      closed({
        fromHour: hour,
        toHour: hour,
        what: Type.Union([Type.Literal('requests'), Type.Literal('notices'), Type.Literal('conversions')]),
      }),
    ),
  ),
});
export type FlightFile = Static<typeof flightFileSchema>;
export type FlightEdit = NonNullable<FlightFile['edits']>[number];
export type Outage = NonNullable<FlightFile['outages']>[number];

export type ReadFlightFile =
  | { readonly ok: true; readonly file: FlightFile; readonly scenario: Scenario }
  | { readonly ok: false; readonly faults: readonly string[] };

/** All faults at once, each with its place. */
export function readFlightFile(value: unknown): ReadFlightFile {
  if (!Value.Check(flightFileSchema, value)) {
    const faults = [...Value.Errors(flightFileSchema, value)].map(
      ({ instancePath, message }) => `${instancePath || '/'}: ${message}`,
    );
    return { ok: false, faults };
  }
  const read = readScenario(mergePatch(demoScenario, value.market ?? {}));
  if (!read.ok) return { ok: false, faults: read.faults.map((fault) => `/market${fault}`) };
  return { ok: true, file: value, scenario: read.scenario };
}
