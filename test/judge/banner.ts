// Banner (§3.2.6, §3.2.10): size, type, content type.

import type { BidCase } from './bid-case.ts';
import type { Report } from './departure.ts';
import type { Json } from './reading.ts';
import { isFilled, numberOf, numbersOf, objectsOf, textsOf } from './reading.ts';

export function checkBanner(bidCase: BidCase, report: Report): void {
  checkSize(bidCase, report);
  checkExpansion(bidCase, report);
  if (bidCase.markup === undefined) return;
  checkType(bidCase, bidCase.markup, report);
  checkContentType(bidCase, bidCase.markup, report);
}

function checkSize({ bid, imp, offer, path }: BidCase, report: Report): void {
  const size = sizeOf(bid);
  const sizes = [...objectsOf(offer.format), offer].filter(hasSize);
  const isFlexible = size.ratio !== undefined && sizes.some((one) => sizeOf(one).ratio === size.ratio);
  if (isFlexible) return;
  if (size.w === undefined || size.h === undefined) {
    report('missing_size', path, 'no w and h');
    return;
  }
  if (sizes.length === 0 || sizes.some((one) => isOwnSize(size, one))) return;
  if (sizes.some((one) => fitsRatio(size, one))) {
    report('missing_ratio', path, `${size.w}x${size.h} is offered as a ratio only`);
    return;
  }
  if (numberOf(imp.instl) === 1 && !isFilled(offer.format) && fillsScreen(size, sizeOf(offer))) return;
  report('size_not_offered', path, `${size.w}x${size.h}, offered are ${sizes.map(sizeText).join(', ')}`);
}

/** The one size of an interstitial is the screen's: sold to what fills at least half of either side. */
function fillsScreen({ w = 0, h = 0 }: Size, screen: Size): boolean {
  return [
    [w, screen.w],
    [h, screen.h],
  ].every(([side = 0, whole = 0]) => side <= whole && side >= whole / 2);
}

interface Size {
  readonly w: number | undefined;
  readonly h: number | undefined;
  /** Flex Ads: a size that is only a ratio. */
  readonly ratio: number | undefined;
}

function sizeOf(owner: Json): Size {
  const wide = positive(owner.wratio);
  const high = positive(owner.hratio);
  const ratio = wide === undefined || high === undefined ? undefined : wide / high;
  return { w: positive(owner.w), h: positive(owner.h), ratio };
}

function positive(value: unknown): number | undefined {
  const number = numberOf(value);
  return number !== undefined && number > 0 ? number : undefined;
}

// wmin to hmax were how 2.5 and earlier gave a range of sizes; 2.6 keeps wmin for Flex Ads.
const SIZE_FIELDS = ['w', 'h', 'wratio', 'wmin', 'hmin', 'wmax', 'hmax'] as const;

function hasSize(owner: Json): boolean {
  return SIZE_FIELDS.some((name) => positive(owner[name]) !== undefined);
}

function isOwnSize({ w = 0, h = 0 }: Size, offered: Json): boolean {
  const wanted = sizeOf(offered);
  return (wanted.w === w && wanted.h === h) || (wanted.ratio === undefined && isInRange(w, h, offered));
}

/** A fixed creative fills a flexible slot if it has the ratio, to the pixel, and the width. */
function fitsRatio({ w = 0, h = 0 }: Size, offered: Json): boolean {
  const { ratio } = sizeOf(offered);
  return ratio !== undefined && Math.abs(w / ratio - h) < 1 && w >= (positive(offered.wmin) ?? 0);
}

// AdCOM, "Creative Attributes": expands by itself, at a click, at a pointer. "Expandable Directions": 6 is to
// grow smaller.
const EXPANDS = [3, 4, 5];
const SHRINKS = 6;

/** §3.2.6: expdir lists the ways in which a banner may grow; without the list nothing is known. */
function checkExpansion({ bid, offer, path }: BidCase, report: Report): void {
  const directions = numbersOf(offer.expdir);
  const expands = numbersOf(bid.attr).find((attribute) => EXPANDS.includes(attribute));
  if (expands === undefined || directions.length === 0) return;
  if (directions.every((direction) => direction === SHRINKS))
    report('expansion_not_offered', `${path}.attr`, `attribute ${expands}, and expdir has ${SHRINKS} alone`);
}

function isInRange(w: number, h: number, offered: Json): boolean {
  const range = {
    wmin: positive(offered.wmin) ?? positive(offered.w),
    wmax: positive(offered.wmax) ?? positive(offered.w),
    hmin: positive(offered.hmin) ?? positive(offered.h),
    hmax: positive(offered.hmax) ?? positive(offered.h),
  };
  const hasRange = SIZE_FIELDS.slice(3).some((name) => positive(offered[name]) !== undefined);
  const isOneSided = (positive(offered.w) === undefined) !== (positive(offered.h) === undefined);
  if (!hasRange && !isOneSided) return false;
  return w >= (range.wmin ?? 0) && w <= (range.wmax ?? w) && h >= (range.hmin ?? 0) && h <= (range.hmax ?? h);
}

function sizeText(offered: Json): string {
  const { w, h, ratio } = sizeOf(offered);
  return w === undefined && ratio !== undefined
    ? `${numberOf(offered.wratio)}:${numberOf(offered.hratio)}`
    : `${w ?? '?'}x${h ?? '?'}`;
}

/** AdCOM "Banner Ad Types": 1 text link, 2 linked image, 3 script, 4 iframe; btype lists what is blocked. */
function checkType({ offer, path }: BidCase, markup: string, report: Report): void {
  const blocked = numbersOf(offer.btype);
  const has = (tag: string) => new RegExp(`<${tag}[\\s>]`, 'i').test(markup);
  const isRich = has('script') || has('iframe');
  const type: Readonly<Record<number, boolean>> = {
    1: has('a') && !isRich && !shownImages(markup).length,
    2: has('a') && !isRich && shownImages(markup).length > 0,
    3: has('script'),
    4: has('iframe'),
  };
  for (const one of blocked) {
    if (type[one] === true) report('blocked_banner_type', `${path}.adm`, `type ${one} is blocked`);
  }
}

const SCRIPT_MIMES = ['text/html', 'text/javascript', 'application/javascript', 'application/x-javascript'];

/**
 * A list of image types says nothing about the frame around an image, so only what is plain to see is judged.
 */
function checkContentType({ offer, path }: BidCase, markup: string, report: Report): void {
  const mimes = textsOf(offer.mimes).map(normalMime);
  if (mimes.length === 0) return;
  if (/<script[\s>]/i.test(markup) && !mimes.some((mime) => SCRIPT_MIMES.includes(mime))) {
    report('mime_not_offered', `${path}.adm`, `a script, offered are ${mimes.join(', ')}`);
  }
  if (!mimes.some((mime) => mime.startsWith('image/'))) return;
  for (const image of shownImages(markup)) {
    const mime = mimeOfUrl(image);
    if (mime === undefined || mimes.includes(mime)) continue;
    report('mime_not_offered', `${path}.adm`, `${mime}, offered are ${mimes.join(', ')}`);
  }
}

const MIME_BY_EXTENSION: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  svg: 'image/svg+xml',
  avif: 'image/avif',
};

export function normalMime(mime: string): string {
  const lower = mime.trim().toLowerCase();
  return lower === 'image/jpg' ? 'image/jpeg' : lower;
}

/** By the extension of the path; undefined if it has none that says something. */
export function mimeOfUrl(url: string): string | undefined {
  const [path = ''] = url.split(/[?#]/);
  return MIME_BY_EXTENSION[/\.([a-z0-9]{2,5})$/i.exec(path)?.[1]?.toLowerCase() ?? ''];
}

/** Sources of images that are meant to be seen; pixels of one by one, or hidden ones, are trackers. */
function shownImages(markup: string): string[] {
  const sources: string[] = [];
  for (const [tag] of markup.matchAll(/<img\b[^>]{0,2000}>/gi)) {
    if (/(?:width|height)\s*[=:]\s*["']?[01](?:px)?\s*["';\s/>]|display\s*:\s*none/i.test(tag)) continue;
    const source = /\bsrc\s*=\s*["']?([^"'\s>]+)/i.exec(tag)?.[1];
    if (source !== undefined) sources.push(source);
  }
  return sources;
}
