/** Native answers (OpenRTB Dynamic Native Ads 1.2 section 5), as a JSON string in `adm`. */

import type { CatalogCreative } from '../../campaign/catalog.ts';
import type { NativeCreative } from '../../campaign/creative.ts';
import { WHOLE_DATA } from '../../openrtb/native.ts';
import type { Impression, Native, NativeAsset } from '../../openrtb/request.ts';
import type { MarkupLinks, MediaAnswer } from './media.ts';
import { nativeVideoFits } from './timed.ts';
import { nativeVideoMarkup } from './timed-markup.ts';

export const nativeAnswer: MediaAnswer = {
  media: 'native',
  markupType: 4,
  blockedAttributes: (impression) => impression.native?.blockedAttributes ?? [],
  fit: (catalogCreative, impression) => {
    const native = impression.native;
    const { creative } = catalogCreative;
    if (creative.format !== 'native' || !native) return 'no_creative_of_format';
    const answers = (asset: NativeAsset): boolean =>
      answerAsset(asset, creative, catalogCreative, undefined) !== undefined;
    const complete =
      native.assets.every((asset) => !asset.required || answers(asset)) &&
      // Where all are optional, one at least: an ad without any asset is none.
      (native.assets.length === 0 || native.assets.some(answers));
    return complete ? { media: 'native' } : 'native_assets_missing';
  },
  markup: (creative, impression, _fit, links) => nativeMarkup(creative, impression, links),
};

type AnsweredAsset = { id: number } & Record<string, unknown>;

function nativeMarkup(catalogCreative: CatalogCreative, impression: Impression, links: MarkupLinks): string {
  const { creative } = catalogCreative;
  const native = impression.native;
  if (creative.format !== 'native' || !native) return '';
  const assets: AnsweredAsset[] = [];
  for (const asset of native.assets) {
    const answered = answerAsset(asset, creative, catalogCreative, links);
    if (answered) assets.push(answered);
  }
  const answer = {
    ver: native.version,
    assets,
    link: linkOf(creative, links.clickUrl),
    ...trackers(native, creative, links.impressionUrl),
    ...(native.privacySupported && creative.privacyUrl ? { privacy: creative.privacyUrl } : {}),
  };
  return JSON.stringify(native.wrapped ? { native: answer } : answer);
}

/** Our click address leads on to the landing page. A link into an app does not pass it, so it is called beside. */
function linkOf({ deepLink, clickTrackers }: NativeCreative, clickUrl: string): Record<string, unknown> {
  const link = deepLink === undefined ? { url: clickUrl } : { url: deepLink, fallback: clickUrl };
  const called = deepLink === undefined ? clickTrackers : [clickUrl, ...clickTrackers];
  return called.length > 0 ? { ...link, clicktrackers: called } : link;
}

const IMPRESSION = 1;
const BY_IMAGE = 1;

/** Events by methods that the placement offers. Impressions by image have an older place too, where they are not offered. */
function trackers(
  { eventTrackers: offered }: Native,
  creative: NativeCreative,
  impressionUrl: string,
): Record<string, unknown> {
  const own: NativeCreative['eventTrackers'][number] = {
    event: IMPRESSION,
    method: BY_IMAGE,
    url: impressionUrl,
  };
  const eventtrackers: Record<string, unknown>[] = [];
  const imptrackers: string[] = [];
  for (const { event, method, url, vendor, parameters } of [own, ...creative.eventTrackers]) {
    const ext =
      vendor === undefined ? {} : { ext: { vendorKey: vendor, verification_parameters: parameters } };
    if (offered.some((one) => one.event === event && one.methods.includes(method)))
      eventtrackers.push({ event, method, url, ...ext });
    else if (event === IMPRESSION && method === BY_IMAGE) imptrackers.push(url);
  }
  return {
    ...(eventtrackers.length > 0 ? { eventtrackers } : {}),
    ...(imptrackers.length > 0 ? { imptrackers } : {}),
  };
}

/** The answer to one asset, or undefined when the creative has nothing for it. Without links, only whether it could. */
function answerAsset(
  asset: NativeAsset,
  creative: NativeCreative,
  catalogCreative: CatalogCreative,
  links: MarkupLinks | undefined,
): AnsweredAsset | undefined {
  switch (asset.kind) {
    case 'title': {
      const text = shorten(creative.title, asset.lengthMax);
      return text === '' ? undefined : { id: asset.id, title: { text } };
    }
    case 'data': {
      const value = dataValue(asset.type, creative.data[String(asset.type)], asset.lengthMax);
      return value === undefined ? undefined : { id: asset.id, data: { value } };
    }
    case 'image': {
      const image = imageFor(asset, creative);
      return image && { id: asset.id, img: image };
    }
    case 'video': {
      const fit = creative.video ? nativeVideoFits(creative.video, asset.video) : undefined;
      if (!creative.video || fit === undefined || typeof fit === 'string') return undefined;
      const vasttag = links ? nativeVideoMarkup(catalogCreative, creative.video, fit, links) : '';
      return { id: asset.id, video: { vasttag } };
    }
  }
}

function dataValue(
  type: number,
  value: string | undefined,
  lengthMax: number | undefined,
): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (lengthMax === undefined || value.length <= lengthMax) return value;
  if (WHOLE_DATA.has(type)) return undefined;
  return shorten(value, lengthMax) || undefined;
}

/** Cut at the last word that fits; inside the first word where not even that fits. Lengths are UTF-16 units, as exchanges count. */
function shorten(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  if (lengthMax < 1) return '';
  const cut = text.slice(0, lengthMax + 1);
  const space = cut.lastIndexOf(' ');
  const kept = space > 0 ? cut.slice(0, space) : text.slice(0, lengthMax);
  // Half of a surrogate pair is no character.
  return /[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept;
}

type ImageAsset = Extract<NativeAsset, { kind: 'image' }>;

function imageFor(
  asset: ImageAsset,
  creative: NativeCreative,
): { url: string; w: number; h: number } | undefined {
  const wanted = asset.type === 1 || asset.type === 2 ? 'icon' : 'main';
  for (const image of creative.images) {
    if (image.type !== wanted || (asset.mimes.length > 0 && !asset.mimes.includes(image.mime))) continue;
    const size = image.scalable ? scaledTo(asset, image.width, image.height) : image;
    const fits =
      size.width >= (asset.widthMin ?? 0) &&
      size.height >= (asset.heightMin ?? 0) &&
      (asset.widthMin !== undefined || asset.width === undefined || size.width === asset.width) &&
      (asset.heightMin !== undefined || asset.height === undefined || size.height === asset.height);
    if (fits) return { url: image.url, w: size.width, h: size.height };
  }
  return undefined;
}

/** The size asked for; where a least one stands beside it, that rules (section 4.4). */
function scaledTo(asset: ImageAsset, width: number, height: number): { width: number; height: number } {
  return {
    width: Math.max(asset.widthMin ?? 0, asset.width ?? width),
    height: Math.max(asset.heightMin ?? 0, asset.height ?? height),
  };
}
