/** A market scenario as data: who lives there, what is sold, how others bid, what people do. One JSON file each. */

import type { Static, TSchema } from 'typebox';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import demo from './scenarios/demo.json' with { type: 'json' };

const closed = <Properties extends Record<string, TSchema>>(properties: Properties) =>
  Type.Object(properties, { additionalProperties: false });
const share = Type.Number({ minimum: 0, maximum: 1 });
const weight = Type.Number({ exclusiveMinimum: 0 });
const amount = Type.Number({ minimum: 0 });
const hours = Type.Array(weight, { minItems: 24, maxItems: 24 });
const medium = Type.Union([
  Type.Literal('banner'),
  Type.Literal('video'),
  Type.Literal('audio'),
  Type.Literal('native'),
]);

const citySchema = closed({
  city: Type.String(),
  region: Type.String(),
  country: Type.String(),
  zone: Type.String(),
  zip: Type.String(),
  latitude: Type.Number(),
  longitude: Type.Number(),
  /** Of the people, relative to the other cities. */
  share: weight,
  language: Type.String(),
});
export type City = Static<typeof citySchema>;

const slotSchema = closed({
  tag: Type.String(),
  medium,
  sizes: Type.Array(closed({ width: Type.Integer(), height: Type.Integer() })),
  /** AdCOM placement position. */
  position: Type.Integer(),
  share: weight,
  placement: Type.Optional(Type.Integer()),
  startDelay: Type.Optional(Type.Integer()),
  secondsMax: Type.Optional(Type.Integer()),
  /** A banner of 300 × 250 is taken as well. */
  alsoBanner: Type.Optional(Type.Boolean()),
  interstitial: Type.Optional(Type.Boolean()),
  rewarded: Type.Optional(Type.Boolean()),
});
export type Slot = Static<typeof slotSchema>;

const dealSchema = closed({
  id: Type.String(),
  floorCpm: weight,
  auctionType: Type.Integer({ minimum: 1, maximum: 3 }),
  /** Its auctions admit no open bids. */
  private: Type.Optional(Type.Boolean()),
});
export type DealOffer = Static<typeof dealSchema>;

const placeSchema = closed({
  id: Type.String(),
  kind: Type.Union([Type.Literal('site'), Type.Literal('app'), Type.Literal('tv')]),
  domain: Type.String(),
  name: Type.String(),
  bundle: Type.String(),
  storeUrl: Type.String(),
  categories: Type.Array(Type.String()),
  keywords: Type.Array(Type.String()),
  /** Of the requests, relative to the other places. */
  share: weight,
  /** Median of what one rival bids here at an ordinary hour. */
  priceCpm: weight,
  clickFactor: weight,
  /** Where privacy and identity fields stand. */
  version: Type.Union([Type.Literal('2.5'), Type.Literal('2.6')]),
  deals: Type.Array(dealSchema),
  slots: Type.Array(slotSchema, { minItems: 1 }),
});
export type Place = Static<typeof placeSchema>;

const requestsSchema = closed({
  twoImpressions: share,
  threeImpressions: share,
  /** Of the impressions at places that have deals. */
  deals: share,
  gzip: share,
  withoutId: share,
  limitTracking: share,
  withoutSignal: share,
  children: share,
  /** Privacy fields in the places of 2.5 and of 2.6 at once. */
  bothPlaces: share,
  testAuctions: share,
});

const marketSchema = closed({
  firstPriceShare: share,
  /** Mean number of other bids. */
  rivals: amount,
  priceSigma: amount,
  floorShare: share,
  /** Median floor as a part of the place's price. */
  floorOfPrice: weight,
  floorSigma: amount,
  incrementCpm: amount,
  hourPrice: hours,
  mediumPrice: closed({ banner: weight, video: weight, audio: weight, native: weight }),
});

const outcomesSchema = closed({
  /** Won bids that are shown at all. */
  rendered: share,
  clickRate: closed({ banner: share, video: share, audio: share, native: share }),
  /** Spread of creatives, and of people, around the rate: sigma of a log-normal. */
  creativeSigma: amount,
  personSigma: amount,
  /** Of the chance of a click, lost with each showing of the same campaign that a person has had before. */
  fatigue: share,
  /** After a click. */
  conversionRate: share,
  valueSigma: amount,
  conversionDelay: Type.Array(closed({ share: weight, medianMinutes: weight, sigma: amount }), {
    minItems: 1,
  }),
});

const noiseSchema = closed({
  /** Notices, clicks and conversions that come twice. */
  duplicate: share,
  /** Billing notices that come 10 to 40 minutes late. */
  late: share,
  lostTracker: share,
  /** Lost bids whose notices an auditor calls with AUDIT for every macro. */
  audit: share,
  /** Loss notices without prices. */
  blankPrice: share,
  lossNotice: share,
  /** Conversions told by the pixel rather than by the server. */
  pixelConversions: share,
});

const actionSchema = closed({
  host: Type.String(),
  action: Type.String(),
  /** Of the conversions there. */
  share: weight,
  /** Of the order; 0 for an action that brings none to tell. */
  valueMedian: amount,
});

export const scenarioSchema = closed({
  name: Type.String(),
  note: Type.Optional(Type.String()),
  exchangeId: Type.String(),
  currency: Type.String({ pattern: '^[A-Z]{3}$' }),
  peopleCount: Type.Integer({ minimum: 1, maximum: 10_000_000 }),
  /** How busy people are by the hour of their own clock. */
  activity: hours,
  interests: Type.Array(Type.String(), { minItems: 1 }),
  cities: Type.Array(citySchema, { minItems: 1 }),
  places: Type.Array(placeSchema, { minItems: 1 }),
  requests: requestsSchema,
  market: marketSchema,
  outcomes: outcomesSchema,
  noise: noiseSchema,
  /** What people do on the landing pages of a host; a host that is not told of has the one action that is named after it. */
  actions: Type.Array(actionSchema),
  /** What is different from one hour of the flight to another; an empty host means everywhere. */
  changes: Type.Array(
    closed({
      fromHour: amount,
      toHour: amount,
      what: Type.Union([
        Type.Literal('conversionRate'),
        Type.Literal('clickRate'),
        Type.Literal('rivalPrice'),
      ]),
      factor: amount,
      host: Type.String(),
    }),
  ),
});
export type Scenario = Static<typeof scenarioSchema>;
export type Change = Scenario['changes'][number];

export type ReadScenario =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly faults: readonly string[] };

/** All faults of a scenario at once, each with its place. */
export function readScenario(value: unknown): ReadScenario {
  if (Value.Check(scenarioSchema, value)) return { ok: true, scenario: value };
  const faults = [...Value.Errors(scenarioSchema, value)].map(
    ({ instancePath, message }) => `${instancePath || '/'}: ${message}`,
  );
  return { ok: false, faults };
}

/** The scenario of the demo, the load benchmark and most tests. */
export const demoScenario: Scenario = demo as Scenario;

/** The product of all changes that hold at a time of the flight. */
export function changeFactor(
  changes: readonly Change[],
  what: Change['what'],
  flightHour: number,
  host: string,
): number {
  let factor = 1;
  for (const change of changes) {
    const holds = change.what === what && flightHour >= change.fromHour && flightHour < change.toHour;
    if (holds && (change.host === '' || host === change.host || host.endsWith(`.${change.host}`)))
      factor *= change.factor;
  }
  return factor;
}
