/** Circles around points. Coordinates count to two decimals (about a kilometre) where precise location is not permitted. */

import type { Static } from 'typebox';
import { Type } from 'typebox';
import type { Dimension, Probe } from './dimension.ts';
import { residualIndex } from './residual.ts';

const circle = Type.Object(
  {
    latitude: Type.Number({ minimum: -90, maximum: 90, description: 'Degrees north.' }),
    longitude: Type.Number({ minimum: -180, maximum: 180, description: 'Degrees east.' }),
    km: Type.Number({ exclusiveMinimum: 0, maximum: 5000, description: 'Radius in kilometres.' }),
  },
  { additionalProperties: false, description: 'A circle.' },
);
const circles = (what: string) =>
  Type.Optional(Type.Array(circle, { minItems: 1, maxItems: 1000, description: what }));

const schema = Type.Object(
  {
    include: circles('Within at least one of these; an unknown place is refused.'),
    exclude: circles('Within none of these; an unknown place is accepted.'),
  },
  { additionalProperties: false, description: 'Distance of the device from points.' },
);
type Circle = Static<typeof circle>;
type RadiusRule = Static<typeof schema>;

export const radius = {
  name: 'radius',
  schema,
  level: 'request',
  cost: 80,
  accepts,
  index: (rules, lines) => residualIndex(accepts, rules, lines),
} as const satisfies Dimension<RadiusRule>;

function accepts(rule: RadiusRule, { request, permits }: Probe): boolean {
  const include = rule.include !== undefined && rule.include.length > 0 ? rule.include : undefined;
  const { latitude, longitude } = request.device.geo;
  if (latitude === undefined || longitude === undefined) return include === undefined;
  const north = permits.preciseGeo ? latitude : coarse(latitude);
  const east = permits.preciseGeo ? longitude : coarse(longitude);
  const within = (area: Circle): boolean => isNear(area, north) && distanceKm(area, north, east) <= area.km;
  return (include?.some(within) ?? true) && !rule.exclude?.some(within);
}

function coarse(degrees: number): number {
  return Math.round(degrees * 100) / 100;
}

const RADIANS = Math.PI / 180;
const EARTH_RADIUS_KM = 6371.0088;

/** No point is nearer than its parallel, which rules most circles out without a sine. */
function isNear(area: Circle, latitude: number): boolean {
  return Math.abs(latitude - area.latitude) * RADIANS * EARTH_RADIUS_KM <= area.km;
}

/** Great circle by the haversine, which keeps its precision for short distances. */
function distanceKm(from: Circle, latitude: number, longitude: number): number {
  const north = Math.sin(((latitude - from.latitude) * RADIANS) / 2);
  const east = Math.sin(((longitude - from.longitude) * RADIANS) / 2);
  const chord =
    north * north + Math.cos(from.latitude * RADIANS) * Math.cos(latitude * RADIANS) * east * east;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)));
}
