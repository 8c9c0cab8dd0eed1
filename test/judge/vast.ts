// Reads VAST, as far as an exchange and a player must understand it: versions 2.0 to 4.3, and DAAST, its
// audio twin. VAST 1.0, whose elements have other names, is read beside it (vast-one.ts).

import { numberOf } from './reading.ts';
import type { Companion, CompanionResource, Linear, VastAd } from './timed-ad.ts';
import { linearOf, readMediaFile } from './timed-ad.ts';
import { NOBODY, readAdOfOne } from './vast-one.ts';
import { attribute, children, hasContent, rootOf, textIn, under } from './xml.ts';

export interface Vast {
  /** Why nothing else here can be relied on. */
  readonly fault: string | undefined;
  readonly version: string;
  readonly ads: readonly VastAd[];
  readonly isWrapper: boolean;
  /** Of the first linear creative. */
  readonly seconds: number | undefined;
}

export function readVast(markup: string): Vast {
  const root = rootOf(markup);
  if (typeof root === 'string') return faulty(root);
  const { name, node } = root;
  if (name === 'VideoAdServingTemplate') return vastOf('1.0', children(node, 'Ad').map(readAdOfOne));
  if (name !== 'VAST' && name !== 'DAAST') return faulty(`root element ${name}`);
  const stated = attribute(node, 'version');
  if (stated === undefined) return faulty('no version');
  const version = name === 'DAAST' ? 'DAAST' : normalVersion(stated);
  return vastOf(
    version,
    children(node, 'Ad').map((ad) => readAd(ad, version)),
  );
}

function faulty(reason: string): Vast {
  return { fault: reason.slice(0, 120), version: '', ads: [], isWrapper: false, seconds: undefined };
}

function vastOf(version: string, ads: readonly VastAd[]): Vast {
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
  const creatives = under(body, 'Creatives', 'Creative');
  const companions = creatives.flatMap((creative) => under(creative, 'CompanionAds', 'Companion'));
  const overlays = creatives.flatMap((creative) => under(creative, 'NonLinearAds', 'NonLinear'));
  return {
    isWrapper: wrapper !== undefined,
    missing: [
      ...missingElements(body, wrapper !== undefined, creatives, version),
      ...companions.flatMap((companion) => missingOfResource('Companion', companion)),
      // A wrapper may track an overlay that only the wrapped ad describes.
      ...(wrapper === undefined
        ? overlays.flatMap((overlay) => missingOfResource('NonLinear', overlay))
        : []),
    ],
    linears: creatives.flatMap((creative) => children(creative, 'Linear').map(readLinear)),
    overlayCount: overlays.length,
    companions: companions.map(readCompanion),
    urls: [
      ...urlsUnder(body),
      ...creatives.flatMap((creative) => children(creative, 'Linear').flatMap(urlsOfLinear)),
      ...companions.flatMap(urlsOfCompanion),
    ],
  };
}

/** What InLine and Wrapper must hold; DAAST asks for a category, and lets the system go unnamed. */
function missingElements(
  body: unknown,
  isWrapper: boolean,
  creatives: readonly unknown[],
  version: string,
): string[] {
  if (body === undefined) return ['InLine or Wrapper'];
  const isAudio = version === 'DAAST';
  const wanted = ['Impression', ...(isAudio ? [] : ['AdSystem'])];
  if (isWrapper) wanted.push(isAudio ? 'DAASTAdTagURI' : 'VASTAdTagURI');
  else wanted.push('AdTitle', ...(isAudio ? ['Category'] : []));
  // VAST 4.1 gave every inline ad an id that its events can be joined by.
  if (!isWrapper && ['4.1', '4.2', '4.3'].includes(version)) wanted.push('AdServingId');
  const missing = wanted.filter((name) => !children(body, name).some(hasContent));
  if (isWrapper) return missing;
  if (creatives.length === 0) missing.push('Creative');
  for (const creative of creatives) missing.push(...missingOfCreative(creative, version));
  return missing;
}

function missingOfCreative(creative: unknown, version: string): string[] {
  const missing: string[] = [];
  if (version.startsWith('4.')) missing.push(...missingOfUniversalId(creative, version));
  for (const linear of children(creative, 'Linear')) {
    if (!children(linear, 'Duration').some(hasContent)) missing.push('Duration');
    if (under(linear, 'MediaFiles', 'MediaFile').length === 0) missing.push('MediaFile');
  }
  const kinds = ['Linear', 'NonLinearAds', 'CompanionAds'];
  if (!kinds.some((kind) => children(creative, kind).length > 0)) missing.push('Linear');
  return missing;
}

/**
 * VAST 4.0 made the id of the creative itself, the same at every server, an obligation; its value stood in an
 * attribute at first, and is the element's text since 4.1.
 */
function missingOfUniversalId(creative: unknown, version: string): string[] {
  const ids = children(creative, 'UniversalAdId');
  if (ids.length === 0) return ['UniversalAdId'];
  const hasValue = (id: unknown) =>
    hasContent(id) || (version === '4.0' && attribute(id, 'idValue') !== undefined);
  return ids
    .filter((id) => attribute(id, 'idRegistry') === undefined || !hasValue(id))
    .map(() => 'UniversalAdId with idRegistry and a value');
}

const RESOURCES: Readonly<Record<string, CompanionResource>> = {
  StaticResource: 'static',
  HTMLResource: 'html',
  IFrameResource: 'iframe',
};

/** A companion and an overlay have a size, and something to show in it. */
function missingOfResource(kind: string, node: unknown): string[] {
  const missing = ['width', 'height']
    .filter((side) => attribute(node, side) === undefined)
    .map((side) => `${side} of a ${kind}`);
  if (resourcesOf(node).length === 0) missing.push(`resource of a ${kind}`);
  return missing;
}

function resourcesOf(node: unknown): CompanionResource[] {
  return Object.entries(RESOURCES).flatMap(([name, resource]) =>
    children(node, name).some(hasContent) ? [resource] : [],
  );
}

function readCompanion(companion: unknown): Companion {
  return {
    width: numberOf(attribute(companion, 'width')),
    height: numberOf(attribute(companion, 'height')),
    resources: resourcesOf(companion),
  };
}

function readLinear(linear: unknown): Linear {
  return linearOf(
    children(linear, 'Duration')[0],
    attribute(linear, 'skipoffset') !== undefined,
    under(linear, 'MediaFiles', 'MediaFile').map((file) => readMediaFile(file, textIn(file))),
  );
}

function urlsUnder(body: unknown): string[] {
  const own = ['Error', 'VASTAdTagURI', 'DAASTAdTagURI'].flatMap((name) => children(body, name));
  own.push(...children(body, 'Impression').filter((one) => textIn(one) !== NOBODY));
  return [...own, ...under(body, 'AdVerifications', 'Verification', 'JavaScriptResource')]
    .map(textIn)
    .filter(Boolean);
}

/** Clicks have an element of another name in DAAST. */
function urlsOfLinear(linear: unknown): string[] {
  const clicks = [...children(linear, 'VideoClicks'), ...children(linear, 'AdInteractions')];
  return [
    ...under(linear, 'TrackingEvents', 'Tracking'),
    ...['ClickThrough', 'ClickTracking', 'CustomClick'].flatMap((name) =>
      clicks.flatMap((one) => children(one, name)),
    ),
  ].map(textIn);
}

function urlsOfCompanion(companion: unknown): string[] {
  return [
    ...['StaticResource', 'IFrameResource', 'CompanionClickThrough', 'CompanionClickTracking'].flatMap(
      (name) => children(companion, name),
    ),
    ...under(companion, 'TrackingEvents', 'Tracking'),
  ].map(textIn);
}
