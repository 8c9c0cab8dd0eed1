/**
 * What the click model is told of a showing: facts of the impression, and some of them crossed with the line item, hashed into one
 * space (Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask Learning"). Chosen as in Chapelle, Manavoglu & Rosales
 * 2014, "Simple and Scalable Response Prediction for Display Advertising". The creative is left out: it is chosen after the
 * worth is known, and the price must not see the draw.
 */
import type { Probe } from '../campaign/targeting/dimension.ts';
import { circumstanceHash } from '../core/circumstance.ts';
import type { DerivedTags } from '../core/profile.ts';
import { hash32, hash32After } from '../core/random.ts';
import type { BidRequest } from '../openrtb/request.ts';

/** 24 bits fit a notice token; a model takes as many of the lower ones as its table has. */
const FEATURE_MASK = 0xff_ffff;

/** Facts of one impression, worked out once for all line items. */
export interface ShowingFacts {
  readonly own: readonly number[];
  /** Those that line items differ in. */
  readonly crossed: readonly number[];
}

/** `namedPacks` are those that line items name; what others say of a person is not worth a place in the table. */
export function showingFacts(
  probe: Probe,
  derived?: DerivedTags,
  namedPacks: ReadonlySet<string> = NO_PACKS,
): ShowingFacts {
  const { request, impression, exchangeId, nowMs, packs } = probe;
  const { device } = request;
  const publication = publicationOf(request);
  const shape = shapeOf(probe);
  const localMs = nowMs + 60_000 * (device.geo.utcOffsetMinutes ?? 0);
  const hour = Math.floor(localMs / 3_600_000) % 24;
  const own = [
    EVERYWHERE,
    NAMED.exchange(exchangeId),
    NAMED.publication(publication),
    NAMED.place(`${publication} ${impression.tagId}`),
    NAMED.shape(shape),
    NAMED.device(String(device.type)),
    NAMED.os(device.os),
    NAMED.browser(device.browser),
    NAMED.country(device.geo.country),
    NAMED.region(`${device.geo.country} ${device.geo.region}`),
    NAMED.hour(String(hour)),
    NAMED.weekday(String(Math.floor(localMs / 86_400_000) % 7)),
    NAMED.connection(String(device.connectionType)),
  ];
  const crossed = [own[0]!, own[2]!, own[4]!, own[5]!, own[10]!, NAMED.packs(packs.join(' '))];
  if (derived) {
    const person = personFacts(derived).map(hashed);
    own.push(...person);
    crossed.push(person[0]!);
  }
  // Each by itself beside the set of them all, so that what is learned of one holds in whatever company it comes.
  let told = 0;
  for (const pack of packs) {
    if (!namedPacks.has(pack)) continue;
    if (told++ === PREDICTED_PACKS_MAX) break;
    const feature = NAMED.pack(pack);
    own.push(feature);
    crossed.push(feature);
  }
  for (let at = 0; at < own.length; at++) own[at]! &= FEATURE_MASK;
  return { own, crossed };
}

const NO_PACKS: ReadonlySet<string> = new Set();
/** The first by id; each takes six bytes of a notice token. */
const PREDICTED_PACKS_MAX = 4;

/** The beginning of each fact is hashed once and for all. */
const NAMED = {
  exchange: hash32After('exchange\0'),
  publication: hash32After('publication\0'),
  place: hash32After('place\0'),
  shape: hash32After('shape\0'),
  device: hash32After('device\0'),
  os: hash32After('os\0'),
  browser: hash32After('browser\0'),
  country: hash32After('country\0'),
  region: hash32After('region\0'),
  hour: hash32After('hour\0'),
  weekday: hash32After('weekday\0'),
  connection: hash32After('connection\0'),
  packs: hash32After('packs\0'),
  pack: hash32After('pack\0'),
};
const EVERYWHERE = hash32('\0', 0);

function hashed([name, value]: readonly string[]): number {
  return hash32(`${name}\0${value}`, 0);
}

/** Who the person is as a customer; amounts and chances in steps of two and of ten to the half. */
function personFacts({
  stage,
  rfmClass,
  expectedValueMicros,
  purchaseChance,
}: DerivedTags): [string, string][] {
  const steps = (value: number | undefined, perStep: number): string =>
    value === undefined || value <= 0 ? '' : String(Math.round(Math.log(value) / perStep));
  return [
    ['customer', `${stage} ${rfmClass}`],
    ['worth', steps(expectedValueMicros, Math.LN2)],
    ['propensity', steps(purchaseChance, Math.LN10 / 2)],
  ];
}

/**
 * What a creative may work better or worse with: where it stands, on what device, and before whom. Few of each are common, so that a line
 * item of some thousand impressions has something to learn them from.
 */
export function circumstancesOf({ request, packs }: Probe): Circumstances {
  const publication = publicationOf(request);
  const names = [`publication ${publication}`, `device ${request.device.type ?? ''}`];
  for (const pack of packs.slice(0, PACKS_MAX)) names.push(`pack ${pack}`);
  return { names, hashes: names.map(circumstanceHash) };
}

/** The app, site or screen that shows it, by the best name that it goes by. */
export function publicationOf({ app, site, outOfHome }: BidRequest): string {
  const place = app ?? site ?? outOfHome;
  return app?.bundle || place?.domain || place?.id || place?.publisherId || '';
}

export interface Circumstances {
  readonly hashes: readonly number[];
  /** For people, in the same order. */
  readonly names: readonly string[];
}

/** The first by id: a token has room for no more, and nobody's clicks tell six packs apart. */
const PACKS_MAX = 6;

/** All features of one line item's showing; the line item alone, by the hash of its id, is the first of its crosses. */
export function featuresOf(facts: ShowingFacts, lineItemHash: number): readonly number[] {
  const features = facts.own.slice();
  for (let at = 0; at < facts.crossed.length; at++) features.push(mixed(facts.crossed[at]!, lineItemHash));
  return features;
}

/** Finaliser of MurmurHash3 over both: every bit of either changes half of the result. */
function mixed(a: number, b: number): number {
  let hash = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) & FEATURE_MASK;
}

function shapeOf({ impression }: Probe): string {
  const { banner, video, audio } = impression;
  const position = video?.placement ?? video?.position ?? banner?.position ?? '';
  if (video) return `video ${position} ${video.startDelay ?? ''}`;
  if (audio) return 'audio';
  const size = banner?.sizes[0];
  return banner ? `banner ${size?.width ?? ''}x${size?.height ?? ''} ${position}` : 'native';
}
