// Reads VAST, as far as an exchange and a player must understand it: versions 2.0 to 4.3, and DAAST, its
// audio twin. Of VAST 1.0, whose elements have other names, only the version is read.

import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { Json } from './reading.ts';
import { isObject, listOf, numberOf } from './reading.ts';

export interface Vast {
  /** Why nothing else here can be relied on. */
  readonly fault: string | undefined;
  readonly version: string;
  readonly ads: readonly VastAd[];
  readonly isWrapper: boolean;
  /** Of the first linear creative. */
  readonly seconds: number | undefined;
}

export interface VastAd {
  readonly isWrapper: boolean;
  /** Elements that the schema of this version requires. */
  readonly missing: readonly string[];
  readonly linears: readonly Linear[];
  readonly overlayCount: number;
  /** Whatever a player or a person is sent to; media files apart. */
  readonly urls: readonly string[];
}

export interface Linear {
  readonly durationText: string | undefined;
  readonly seconds: number | undefined;
  readonly isSkippable: boolean;
  readonly mediaFiles: readonly MediaFile[];
}

export interface MediaFile {
  readonly url: string;
  readonly mime: string | undefined;
  readonly delivery: string | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly apiFramework: string | undefined;
  readonly minBitrateKbps: number | undefined;
  readonly maxBitrateKbps: number | undefined;
}

// Entities stay as they are: nothing here compares a decoded URL, and a document type cannot make the parser
// expand.
const PARSER = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
});

export function readVast(markup: string): Vast {
  try {
    const verdict = XMLValidator.validate(markup);
    if (verdict !== true) return faulty(verdict.err.msg);
    // The validator lets text follow the root.
    if (!markup.trimEnd().endsWith('>')) return faulty('text after the root element');
    return readRoot(PARSER.parse(markup));
  } catch (error) {
    return faulty(error instanceof Error ? error.message : 'unreadable');
  }
}

function faulty(reason: string): Vast {
  return { fault: reason.slice(0, 120), version: '', ads: [], isWrapper: false, seconds: undefined };
}

function readRoot(document: unknown): Vast {
  if (!isObject(document)) return faulty('no element');
  const names = Object.keys(document).filter((name) => !name.startsWith('?'));
  const [name = ''] = names;
  const root = document[name];
  if (names.length !== 1 || Array.isArray(root)) return faulty('not one root element');
  if (name === 'VideoAdServingTemplate') return { ...faulty(''), fault: undefined, version: '1.0' };
  if (name !== 'VAST' && name !== 'DAAST') return faulty(`root element ${name}`);
  const stated = attribute(root, 'version');
  if (stated === undefined) return faulty('no version');
  const version = name === 'DAAST' ? 'DAAST' : normalVersion(stated);
  const ads = children(root, 'Ad').map((ad) => readAd(ad, version));
  return {
    fault: undefined,
    version,
    ads,
    isWrapper: ads.some((ad) => ad.isWrapper),
    seconds: ads.flatMap((ad) => ad.linears).find((linear) => linear.seconds !== undefined)?.seconds,
  };
}

/** `2.0.1` is 2.0 with a mended schema, and `3` is how some write 3.0. */
function normalVersion(stated: string): string {
  const [major = '', minor = '0'] = stated.trim().split('.');
  return `${major}.${minor}`;
}

function readAd(ad: unknown, version: string): VastAd {
  const wrapper = children(ad, 'Wrapper')[0];
  const body = wrapper ?? children(ad, 'InLine')[0];
  const creatives = children(children(body, 'Creatives')[0], 'Creative');
  const linears = creatives.flatMap((creative) => children(creative, 'Linear').map(readLinear));
  const overlays = creatives.flatMap((creative) => children(creative, 'NonLinearAds'));
  return {
    isWrapper: wrapper !== undefined,
    missing: missingElements(body, wrapper !== undefined, creatives, version),
    linears,
    overlayCount: overlays.flatMap((overlay) => children(overlay, 'NonLinear')).length,
    urls: [...urlsUnder(body), ...creatives.flatMap(urlsOfCreative)],
  };
}

function missingElements(
  body: unknown,
  isWrapper: boolean,
  creatives: readonly unknown[],
  version: string,
): string[] {
  if (body === undefined) return ['InLine or Wrapper'];
  const wanted = ['AdSystem', isWrapper ? 'VASTAdTagURI' : 'AdTitle', 'Impression'];
  // VAST 4.1 gave every inline ad an id that its events can be joined by.
  if (!isWrapper && ['4.1', '4.2', '4.3'].includes(version)) wanted.push('AdServingId');
  const missing = wanted.filter((name) => !children(body, name).some((child) => hasContent(child)));
  if (isWrapper) return missing;
  if (creatives.length === 0) missing.push('Creative');
  for (const creative of creatives) missing.push(...missingOfCreative(creative, version));
  return missing;
}

function missingOfCreative(creative: unknown, version: string): string[] {
  const missing: string[] = [];
  // VAST 4.0 made the id of the creative itself, the same at every server, an obligation.
  if (version.startsWith('4.') && children(creative, 'UniversalAdId').length === 0)
    missing.push('UniversalAdId');
  for (const linear of children(creative, 'Linear')) {
    if (!children(linear, 'Duration').some(hasContent)) missing.push('Duration');
    if (children(children(linear, 'MediaFiles')[0], 'MediaFile').length === 0) missing.push('MediaFile');
  }
  const kinds = ['Linear', 'NonLinearAds', 'CompanionAds'];
  if (!kinds.some((kind) => children(creative, kind).length > 0)) missing.push('Linear');
  return missing;
}

function hasContent(node: unknown): boolean {
  return textIn(node) !== '';
}

function readLinear(linear: unknown): Linear {
  const duration = children(linear, 'Duration')[0];
  const durationText = duration === undefined ? undefined : textIn(duration);
  return {
    durationText,
    seconds: durationText === undefined ? undefined : secondsOf(durationText),
    isSkippable: attribute(linear, 'skipoffset') !== undefined,
    mediaFiles: children(children(linear, 'MediaFiles')[0], 'MediaFile').map(readMediaFile),
  };
}

/** HH:MM:SS or HH:MM:SS.mmm. */
function secondsOf(text: string): number | undefined {
  const match = /^(\d{2}):([0-5]\d):([0-5]\d(?:\.\d{1,3})?)$/.exec(text);
  return match === null ? undefined : Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3]);
}

function readMediaFile(file: unknown): MediaFile {
  const bitrate = numberOf(attribute(file, 'bitrate'));
  return {
    url: textIn(file),
    mime: attribute(file, 'type')?.toLowerCase(),
    delivery: attribute(file, 'delivery')?.toLowerCase(),
    width: numberOf(attribute(file, 'width')),
    height: numberOf(attribute(file, 'height')),
    apiFramework: attribute(file, 'apiFramework')?.toUpperCase(),
    minBitrateKbps: numberOf(attribute(file, 'minBitrate')) ?? bitrate,
    maxBitrateKbps: numberOf(attribute(file, 'maxBitrate')) ?? bitrate,
  };
}

const URL_ELEMENTS = ['Impression', 'Error', 'VASTAdTagURI'];
const URL_ELEMENTS_OF_CLICKS = ['ClickThrough', 'ClickTracking', 'CustomClick'];

function urlsUnder(body: unknown): string[] {
  return URL_ELEMENTS.flatMap((name) => children(body, name).map(textIn)).filter((url) => url !== '');
}

function urlsOfCreative(creative: unknown): string[] {
  return children(creative, 'Linear').flatMap((linear) => [
    ...children(children(linear, 'TrackingEvents')[0], 'Tracking').map(textIn),
    ...children(linear, 'VideoClicks').flatMap((clicks) =>
      URL_ELEMENTS_OF_CLICKS.flatMap((name) => children(clicks, name).map(textIn)),
    ),
  ]);
}

function children(node: unknown, name: string): readonly unknown[] {
  return isObject(node) ? listOf(node[name]) : [];
}

function attribute(node: unknown, name: string): string | undefined {
  const value = isObject(node) ? (node as Json)[`@${name}`] : undefined;
  return typeof value === 'string' ? value : undefined;
}

function textIn(node: unknown): string {
  const text = isObject(node) ? node['#text'] : node;
  return typeof text === 'string' ? text.trim() : '';
}
