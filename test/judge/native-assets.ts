// The assets of a native ad, one by one against what was asked for (Native 1.2, §4.2 to §4.6 and §5.2 to
// §5.6).

import { mimeOfUrl, normalMime } from './banner.ts';
import { isAbsoluteUrl } from './delivery.ts';
import type { Report } from './departure.ts';
import { isDurationAllowed } from './duration.ts';
import type { Json } from './reading.ts';
import { isFilled, isObject, listOf, numberOf, objectOf, objectsOf, textOf, textsOf } from './reading.ts';
import { readVast } from './vast.ts';

const KINDS = ['title', 'img', 'video', 'data'] as const;
type Kind = (typeof KINDS)[number];

/** `asked` is undefined where the layout is agreed on beforehand. */
export function checkNativeAssets(asked: Json | undefined, answer: Json, at: string, report: Report): void {
  // With assetsurl the assets are elsewhere and out of sight (§5.1).
  if (!isFilled(answer.assets) && isFilled(answer.assetsurl)) return;
  const wanted = assetsById(asked ?? {});
  // Who asks for a layout by number alone (Native 1.0) may get a link and trackers.
  if (!isFilled(answer.assets) && (asked === undefined || wanted.size > 0))
    report('bad_native', `${at}.assets`, 'neither assets nor assetsurl');
  const seen = new Set<number>();
  for (const [index, entry] of listOf(answer.assets).entries()) {
    const assetAt = `${at}.assets[${index}]`;
    const asset = objectOf(entry);
    const id = numberOf(asset.id);
    if (id === undefined || typeof asset.id === 'string')
      report('bad_native', `${assetAt}.id`, 'no integer id');
    if (id === undefined) continue;
    if (seen.has(id)) report('native_duplicate_asset', `${assetAt}.id`, `${id} is answered already`);
    seen.add(id);
    checkAsset(wanted, asset, id, assetAt, report);
  }
  for (const [id, asset] of wanted) {
    if (numberOf(asset.required) !== 1 || seen.has(id)) continue;
    report(
      'native_required_asset',
      `${at}.assets`,
      `asset ${id} (${kindOf(asset) ?? 'no kind'}) is required`,
    );
  }
}

function assetsById(asked: Json): Map<number, Json> {
  const assets = new Map<number, Json>();
  for (const asset of objectsOf(asked.assets)) {
    const id = numberOf(asset.id);
    if (id !== undefined) assets.set(id, asset);
  }
  return assets;
}

function checkAsset(
  wanted: ReadonlyMap<number, Json>,
  asset: Json,
  id: number,
  at: string,
  report: Report,
): void {
  const want = wanted.get(id);
  if (want === undefined && wanted.size > 0) {
    report('native_unknown_asset', `${at}.id`, `${id} was not asked for`);
    return;
  }
  const kind = kindOf(asset);
  const wantedKind = want && kindOf(want);
  if (kind === undefined || (wantedKind !== undefined && kind !== wantedKind)) {
    report('native_asset_kind', at, `${kind ?? 'nothing'} for ${wantedKind ?? 'nothing'}`);
    return;
  }
  const check = CHECKS[kind];
  check(objectOf(want?.[kind]), objectOf(asset[kind]), `${at}.${kind}`, report);
}

/** Exactly one of the four (§4.2); two of them are as wrong as none. */
function kindOf(asset: Json): Kind | undefined {
  const kinds = KINDS.filter((kind) => isObject(asset[kind]));
  return kinds.length === 1 ? kinds[0] : undefined;
}

type AssetCheck = (want: Json, given: Json, at: string, report: Report) => void;

const CHECKS: Readonly<Record<Kind, AssetCheck>> = {
  title: (want, given, at, report) => checkText(given.text, want.len, `${at}.text`, report),
  data: checkData,
  img: checkImage,
  video: checkNativeVideo,
};

/** len counts characters as a reader would, not UTF-16 units. */
function checkText(text: unknown, limit: unknown, at: string, report: Report): void {
  if (typeof text !== 'string' || text === '') {
    report('bad_native', at, 'no text');
    return;
  }
  const longest = numberOf(limit);
  const length = [...text].length;
  if (longest !== undefined && longest > 0 && length > longest) {
    report('native_text_too_long', at, `${length} characters, ${longest} are allowed`);
  }
}

function checkData(want: Json, given: Json, at: string, report: Report): void {
  checkText(given.value, want.len, `${at}.value`, report);
  checkSubtype(want, given, at, report);
}

/** The answer may repeat the type of an image or of data; then it must be the one asked for. */
function checkSubtype(want: Json, given: Json, at: string, report: Report): void {
  const wanted = numberOf(want.type);
  const stated = numberOf(given.type);
  if (wanted !== undefined && stated !== undefined && wanted !== stated) {
    report('native_asset_kind', `${at}.type`, `type ${stated} for ${wanted}`);
  }
}

function checkImage(want: Json, given: Json, at: string, report: Report): void {
  const url = textOf(given.url);
  if (url === undefined || !isAbsoluteUrl(url)) report('bad_url', `${at}.url`, (url ?? 'none').slice(0, 120));
  checkSubtype(want, given, at, report);
  const isSized = checkSide(want, given, 'w', at, report) && checkSide(want, given, 'h', at, report);
  if (!isSized) report('native_image_unsized', at, 'no w and h, so its size cannot be checked');
  const mimes = textsOf(want.mimes).map(normalMime);
  const mime = mimeOfUrl(url ?? '');
  if (mime !== undefined && mimes.length > 0 && !mimes.includes(mime)) {
    report('mime_not_offered', `${at}.url`, `${mime}, offered are ${mimes.join(', ')}`);
  }
}

/**
 * §4.4: a minimum leaves room for scaling; a bare w or h is exact. False if there is a wish and nothing to
 * compare.
 */
function checkSide(want: Json, given: Json, side: 'w' | 'h', at: string, report: Report): boolean {
  const least = numberOf(want[`${side}min`]) ?? 0;
  const exact = numberOf(want[side]) ?? 0;
  if (least <= 0 && exact <= 0) return true;
  const size = numberOf(given[side]);
  if (size === undefined) return false;
  const isRight = least > 0 ? size >= least : size === exact;
  if (!isRight)
    report(
      'native_image_size',
      `${at}.${side}`,
      `${size}, wanted is ${least > 0 ? `${least} or more` : exact}`,
    );
  return true;
}

/** §5.5: a video asset is a VAST tag, held to the asset's own types and durations. */
function checkNativeVideo(want: Json, given: Json, at: string, report: Report): void {
  const vast = readVast(textOf(given.vasttag) ?? '');
  if (vast.fault !== undefined) {
    report('bad_vast', `${at}.vasttag`, vast.fault);
    return;
  }
  if (vast.seconds !== undefined && !isDurationAllowed(vast.seconds, want)) {
    report('duration_not_allowed', `${at}.vasttag`, `${vast.seconds} s`);
  }
  const mimes = textsOf(want.mimes).map((mime) => mime.toLowerCase());
  const files = vast.ads.flatMap((ad) => ad.linears).flatMap((linear) => linear.mediaFiles);
  if (mimes.length > 0 && files.length > 0 && !files.some((file) => mimes.includes(file.mime ?? ''))) {
    report('mime_not_offered', `${at}.vasttag`, `offered are ${mimes.join(', ')}`);
  }
}
