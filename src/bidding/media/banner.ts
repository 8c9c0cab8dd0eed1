/** Banner answers (OpenRTB 2.6 sections 3.2.6 and 3.2.10). */
import type { BannerCreative } from '../../campaign/creative.ts';
import type { Reason } from '../../core/reason.ts';
import { escapeMarkup } from '../../openrtb/escape.ts';
import type { Banner } from '../../openrtb/request.ts';
import type { Fit, MarkupLinks, MediaAnswer } from './media.ts';

export const bannerAnswer: MediaAnswer = {
  media: 'banner',
  markupType: 1,
  blockedAttributes: (impression) => impression.banner?.blockedAttributes ?? [],
  fit: ({ creative }, impression) => {
    const banner = impression.banner;
    if (creative.format !== 'banner' || !banner) return 'no_creative_of_format';
    return unsupported(creative, banner) ?? sizeFor(creative, banner) ?? 'no_creative_of_size';
  },
  markup: ({ creative }, _impression, fit, links) =>
    creative.format === 'banner' ? bannerMarkup(creative, fit, links) : '',
};

function unsupported(creative: BannerCreative, banner: Banner): Reason | undefined {
  if (banner.blockedTypes.includes(creative.type)) return 'creative_type_not_supported';
  if (!creative.apis.every((api) => banner.apis.includes(api))) return 'creative_type_not_supported';
  return banner.mimes.length === 0 || renders(creative, banner.mimes)
    ? undefined
    : 'creative_type_not_supported';
}

/** Markup is text/html. A picture is its own type where types of pictures are listed, else part of the markup. */
function renders(creative: BannerCreative, mimes: readonly string[]): boolean {
  const pictures = mimes.filter((mime) => mime.startsWith('image/'));
  const markup = mimes.some(
    (mime) => mime === 'text/html' || mime === 'application/xhtml+xml' || mime === '*/*',
  );
  if (creative.html !== undefined || pictures.length === 0) return markup;
  const extension = /\.([a-z0-9]+)(?:[?#]|$)/i.exec(creative.imageUrl ?? '')?.[1]?.toLowerCase() ?? '';
  const type = `image/${extension === 'jpg' ? 'jpeg' : extension}`;
  return pictures.some(
    (mime) => mime === 'image/*' || mime === type || (mime === 'image/jpg' && type === 'image/jpeg'),
  );
}

function sizeFor(creative: BannerCreative, banner: Banner): Fit | undefined {
  const untold = banner.sizes.length === 0 && banner.ratios.length === 0;
  const apis = creative.apis.length > 0 ? { apis: creative.apis } : {};
  if (untold) {
    const own = creative.sizes[0] ?? (creative.anySize ? { width: 300, height: 250 } : undefined);
    return own && { media: 'banner', width: own.width, height: own.height, ...apis };
  }
  for (const size of banner.sizes) {
    const own = creative.sizes.find(
      ({ width, height }) => within(width, size.width) && within(height, size.height),
    );
    if (own) return { media: 'banner', width: own.width, height: own.height, ...apis };
    // An open side is filled as small as banners come, so that it never overflows its place.
    if (creative.anySize)
      return { media: 'banner', width: size.width || SMALL_SIDE, height: size.height || SMALL_SIDE, ...apis };
  }
  for (const ratio of banner.ratios) {
    const own = creative.anySize
      ? { width: Math.max(ratio.widthMin, ratio.widthRatio), height: 0 }
      : creative.sizes.find(
          (size) =>
            size.width * ratio.heightRatio === size.height * ratio.widthRatio && size.width >= ratio.widthMin,
        );
    if (!own) continue;
    const height = Math.round((own.width * ratio.heightRatio) / ratio.widthRatio);
    return {
      media: 'banner',
      width: own.width,
      height,
      widthRatio: ratio.widthRatio,
      heightRatio: ratio.heightRatio,
      ...apis,
    };
  }
  return undefined;
}

const SMALL_SIDE = 50;

/** A side that the placement leaves open takes any. */
function within(side: number, offered: number): boolean {
  return offered === 0 || side === offered;
}

function bannerMarkup(creative: BannerCreative, fit: Fit, links: MarkupLinks): string {
  const width = fit.width ?? 0;
  const height = fit.height ?? 0;
  const click = escapeMarkup(links.clickUrl);
  const pixel = `<img src="${escapeMarkup(links.impressionUrl)}" width="1" height="1" alt="" style="position:absolute;left:-9999px">`;
  if (creative.html === undefined) {
    const image = `<img src="${escapeMarkup(creative.imageUrl ?? '')}" width="${width}" height="${height}" alt="${escapeMarkup(creative.alt ?? '')}" style="border:0">`;
    return `<a href="${click}" target="_blank" rel="noopener">${image}</a>${pixel}`;
  }
  // A function as replacement: a `$` in an address must not be read as a pattern.
  const html = creative.html
    .replaceAll('{clickUrlEncoded}', () => encodeURIComponent(links.clickUrl))
    .replaceAll('{clickUrl}', () => click)
    .replaceAll('{width}', String(width))
    .replaceAll('{height}', String(height));
  const clickable = /\{clickUrl(Encoded)?\}/.test(creative.html);
  return (clickable ? html : `<a href="${click}" target="_blank" rel="noopener">${html}</a>`) + pixel;
}
