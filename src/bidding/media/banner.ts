/** Banner answers (OpenRTB 2.6 sections 3.2.6 and 3.2.10): whether a creative may stand there, and its markup. Sizes: ../banner-size.ts. */
import type { BannerCreative } from '../../campaign/creative.ts';
import type { Reason } from '../../core/reason.ts';
import { escapeMarkup } from '../../openrtb/escape.ts';
import type { Banner, Impression } from '../../openrtb/request.ts';
import { bannerSize } from '../banner-size.ts';
import type { Fit, MarkupLinks, MediaAnswer } from './media.ts';

/** AdCOM list of API frameworks: Open Measurement 1. */
const OPEN_MEASUREMENT = 7;
/** AdCOM list of banner types: JavaScript. */
const SCRIPT = 3;

export const bannerAnswer: MediaAnswer = {
  media: 'banner',
  markupType: 1,
  blockedAttributes: (impression) => impression.banner?.blockedAttributes ?? [],
  fit: ({ creative }, impression) => {
    const banner = impression.banner;
    if (creative.format !== 'banner' || !banner) return 'no_creative_of_format';
    const refused = unsupported(creative, banner, impression);
    if (refused) return refused;
    const size = bannerSize(creative, banner);
    if (!size) return 'no_creative_of_size';
    const apis = usedApis(creative, banner);
    const { clicksStayInApp } = impression;
    const plain = plainFit(size);
    return apis.length === 0 && !clicksStayInApp
      ? plain
      : {
          ...plain,
          ...(apis.length > 0 ? { apis } : {}),
          ...(clicksStayInApp ? { clicksStayInApp } : {}),
        };
  },
  markup: ({ creative }, _impression, fit, links) =>
    creative.format === 'banner' ? bannerMarkup(creative, fit, links) : '',
  remake: {
    contentType: 'text/html; charset=utf-8',
    markup: ({ creative }, fit, links) =>
      creative.format === 'banner' ? bannerMarkup(creative, fit, links) : '',
  },
};

/** Most banners are no more than their size, which is one object for all bids: each creative judged made two more. */
const plainFits = new WeakMap<object, Fit>();

function plainFit(size: NonNullable<ReturnType<typeof bannerSize>>): Fit {
  let fit = plainFits.get(size);
  if (!fit) plainFits.set(size, (fit = { media: 'banner', ...size }));
  return fit;
}

function unsupported(creative: BannerCreative, banner: Banner, impression: Impression): Reason | undefined {
  const supported =
    !banner.blockedTypes.includes(creative.type) &&
    creative.apis.every((api) => banner.apis.includes(api)) &&
    creative.expandDirections.every((direction) => banner.expandDirections.includes(direction)) &&
    (!creative.topFrame || banner.topFrame || isBusted(creative.iframeBusters, impression.iframeBusters)) &&
    (banner.mimes.length === 0 || renders(creative, banner.mimes));
  return supported ? undefined : 'creative_type_not_supported';
}

function isBusted(known: readonly string[], hosted: readonly string[]): boolean {
  if (known.length === 0 || hosted.length === 0) return false;
  const vendors = new Set(hosted.map((vendor) => vendor.toLowerCase()));
  return vendors.has('all') || known.some((vendor) => vendors.has(vendor.toLowerCase()));
}

const MARKUP_MIMES = new Set(['text/html', 'application/xhtml+xml', '*/*']);
const SCRIPT_MIMES = new Set(['text/javascript', 'application/javascript', 'application/x-javascript']);

/** Markup is text/html. A picture is its own type where types of pictures are listed, else part of the markup. */
function renders(creative: BannerCreative, mimes: readonly string[]): boolean {
  const pictures = creative.html === undefined ? mimes.filter((mime) => mime.startsWith('image/')) : [];
  const isPicture = pictures.length > 0;
  if (!isPicture)
    return mimes.some(
      (mime) => MARKUP_MIMES.has(mime) || (creative.type === SCRIPT && SCRIPT_MIMES.has(mime)),
    );
  const type = mimeOf(creative);
  return pictures.some((mime) => mime === 'image/*' || mime === type || ALIASES[mime] === type);
}

const ALIASES: Readonly<Record<string, string>> = { 'image/jpg': 'image/jpeg', 'image/svg': 'image/svg+xml' };

function mimeOf({ imageMime, imageUrl = '' }: BannerCreative): string {
  const extension = /\.([a-z0-9]+)(?:[?#]|$)/i.exec(imageUrl)?.[1]?.toLowerCase() ?? '';
  const type = imageMime ?? `image/${extension}`;
  return ALIASES[type] ?? type;
}

/** What the creative cannot do without, and measurement where it is offered and scripts may run. */
function usedApis(creative: BannerCreative, banner: Banner): readonly number[] {
  const isMeasured =
    creative.verificationScripts.length > 0 &&
    banner.apis.includes(OPEN_MEASUREMENT) &&
    !banner.blockedTypes.includes(SCRIPT) &&
    (banner.mimes.length === 0 || banner.mimes.some((mime) => MARKUP_MIMES.has(mime)));
  return isMeasured && !creative.apis.includes(OPEN_MEASUREMENT)
    ? [...creative.apis, OPEN_MEASUREMENT]
    : creative.apis;
}

function bannerMarkup(creative: BannerCreative, fit: Fit, links: MarkupLinks): string {
  const click = escapeMarkup(links.clickUrl);
  // A new window leaves the app for the system's browser; the same one opens in the app.
  const target = fit.clicksStayInApp ? '_top' : '_blank';
  const inLink = (content: string): string =>
    `<a href="${click}" target="${target}" rel="noopener">${content}</a>`;
  const pixel = `<img src="${escapeMarkup(links.impressionUrl)}" width="1" height="1" alt="" style="position:absolute;left:-9999px">`;
  const after = pixel + measurement(creative, fit) + noticeMarkup(links.notice);
  if (creative.html === undefined) {
    const image = `<img src="${escapeMarkup(creative.imageUrl ?? '')}" width="${fit.width ?? 0}" height="${fit.height ?? 0}" alt="${escapeMarkup(creative.alt ?? '')}" style="border:0">`;
    return inLink(image) + after;
  }
  // A function as replacement: a `$` in an address must not be read as a pattern.
  const html = creative.html
    .replaceAll('{clickUrlEncoded}', () => encodeURIComponent(links.clickUrl))
    .replaceAll('{clickUrl}', () => click)
    .replaceAll('{clickTarget}', target)
    .replaceAll('{width}', String(fit.width ?? 0))
    .replaceAll('{height}', String(fit.height ?? 0));
  const hasLink = creative.html.includes('{clickUrl}') || creative.html.includes('{clickUrlEncoded}');
  return (hasLink ? html : inLink(html)) + after;
}

function measurement({ verificationScripts }: BannerCreative, fit: Fit): string {
  if (!fit.apis?.includes(OPEN_MEASUREMENT)) return '';
  return verificationScripts.map((script) => `<script src="${escapeMarkup(script)}"></script>`).join('');
}

/** Small, legible on any picture, and never in the way of a click. */
function noticeMarkup(notice: string | undefined): string {
  if (notice === undefined) return '';
  const style =
    'position:absolute;left:0;bottom:0;max-width:100%;padding:1px 4px;background:rgba(255,255,255,.85);color:#111;font:10px/1.3 sans-serif;pointer-events:none';
  return `<div style="${style}">${escapeMarkup(notice)}</div>`;
}
