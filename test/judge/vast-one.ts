// VAST 1.0 (IAB, "Digital Video Ad Serving Template", 2008): one ad has one video, every address lies in a
// URL element of its own, and what became Creatives are siblings.

import { numberOf } from './reading.ts';
import type { Companion, CompanionResource, VastAd } from './timed-ad.ts';
import { linearOf, readMediaFile } from './timed-ad.ts';
import { attribute, children, hasContent, textIn, under } from './xml.ts';

export function readAdOfOne(ad: unknown): VastAd {
  const wrapper = children(ad, 'Wrapper')[0];
  const body = wrapper ?? children(ad, 'InLine')[0];
  const video = wrapper === undefined ? children(body, 'Video')[0] : undefined;
  const overlays = under(body, 'NonLinearAds', 'NonLinear');
  const companions = under(body, 'CompanionAds', 'Companion');
  return {
    isWrapper: wrapper !== undefined,
    missing: missingElements(body, wrapper !== undefined, video, overlays.length),
    linears: video === undefined ? [] : [linearOf(children(video, 'Duration')[0], false, filesOf(video))],
    overlayCount: overlays.length,
    companions: companions.map(readCompanion),
    urls: urlsOf(body, video),
  };
}

function missingElements(body: unknown, isWrapper: boolean, video: unknown, overlayCount: number): string[] {
  if (body === undefined) return ['InLine or Wrapper'];
  const missing = [];
  for (const name of ['AdSystem', ...(isWrapper ? [] : ['AdTitle'])]) {
    if (!children(body, name).some(hasContent)) missing.push(name);
  }
  for (const name of ['Impression', ...(isWrapper ? ['VASTAdTagURL'] : [])]) {
    if (!under(body, name, 'URL').some(hasContent)) missing.push(`${name} with a URL`);
  }
  if (isWrapper) return missing;
  if (video === undefined && overlayCount === 0) missing.push('Video');
  if (video === undefined) return missing;
  if (!children(video, 'Duration').some(hasContent)) missing.push('Duration');
  if (filesOf(video).length === 0) missing.push('MediaFile');
  return missing;
}

function filesOf(video: unknown) {
  return under(video, 'MediaFiles', 'MediaFile').map((file) =>
    readMediaFile(file, textIn(children(file, 'URL')[0])),
  );
}

const RESOURCES: Readonly<Record<string, CompanionResource>> = {
  static: 'static',
  iframe: 'iframe',
  html: 'html',
};

function readCompanion(companion: unknown): Companion {
  const resource = RESOURCES[attribute(companion, 'resourceType')?.toLowerCase() ?? ''];
  return {
    width: numberOf(attribute(companion, 'width')),
    height: numberOf(attribute(companion, 'height')),
    resources: resource === undefined ? [] : [resource],
  };
}

/** Where nobody counts, as later versions put it (VAST 4.2, §3.4.5). */
export const NOBODY = 'about:blank';

function urlsOf(body: unknown, video: unknown): string[] {
  const owners = [
    ...['Impression', 'Error', 'VASTAdTagURL'].flatMap((name) => children(body, name)),
    ...under(body, 'TrackingEvents', 'Tracking'),
    ...['ClickThrough', 'ClickTracking', 'CustomClick'].flatMap((name) => under(video, 'VideoClicks', name)),
  ];
  return owners
    .flatMap((owner) => children(owner, 'URL'))
    .map(textIn)
    .filter((url) => url !== '' && url !== NOBODY);
}
