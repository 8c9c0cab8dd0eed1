/**
 * The size that a banner creative is shown in (OpenRTB 2.6 sections 3.2.6 and 3.2.10), or none. In this order: a size of
 * its own that is offered, in the order in which the creative names them, so that its native size wins over the
 * placement's order; a size of its own within a range; on an interstitial one that fills at least half of either side of
 * the screen and overflows neither; one of the ratio of a flexible place; and for a creative of any size what is offered
 * first.
 */
import type { BannerCreative } from '../campaign/creative.ts';
import type { Banner, Ratio, Size, SizeRange } from '../openrtb/request.ts';
import type { Fit } from './media/media.ts';

type Shown = Required<Pick<Fit, 'width' | 'height'>> & Pick<Fit, 'widthRatio' | 'heightRatio'>;

export function bannerSize(
  creative: Pick<BannerCreative, 'sizes' | 'anySize'>,
  banner: Banner,
): Shown | undefined {
  return (
    ownSize(creative.sizes, banner) ?? (creative.anySize ? openSize(creative.sizes[0], banner) : undefined)
  );
}

/** Smaller interstitials leave more of the app around them than their price pays for. */
const SCREEN_SHARE_MIN = 0.5;
/** An open side is filled as small as banners come, so that it never overflows its place. */
const SMALL_SIDE = 50;
const COMMONEST: Size = { width: 300, height: 250 };

function ownSize(own: readonly Size[], { sizes, range, screen, ratios }: Banner): Shown | undefined {
  if (sizes.length === 0 && ratios.length === 0 && !range && !screen) return own[0];
  return (
    firstOffered(own, sizes) ??
    (range && own.find((size) => isWithin(size, range))) ??
    (screen && own.find((size) => fills(size, screen))) ??
    ratioSize(own, ratios)
  );
}

/** A loop, for it runs for every creative of every candidate. */
function firstOffered(own: readonly Size[], sizes: readonly Size[]): Size | undefined {
  for (let at = 0; at < own.length; at++) {
    const size = own[at]!;
    for (let offered = 0; offered < sizes.length; offered++)
      if (size.width === sizes[offered]!.width && size.height === sizes[offered]!.height) return size;
  }
  return undefined;
}

function isWithin({ width, height }: Size, range: SizeRange): boolean {
  return (
    width >= range.widthMin &&
    height >= range.heightMin &&
    (range.widthMax === 0 || width <= range.widthMax) &&
    (range.heightMax === 0 || height <= range.heightMax)
  );
}

function fills({ width, height }: Size, screen: Size): boolean {
  return (
    width <= screen.width &&
    height <= screen.height &&
    width >= screen.width * SCREEN_SHARE_MIN &&
    height >= screen.height * SCREEN_SHARE_MIN
  );
}

/** Within a pixel: sides are whole, ratios often leave a rest. */
function ratioSize(own: readonly Size[], ratios: readonly Ratio[]): Shown | undefined {
  for (const { widthRatio, heightRatio, widthMin } of ratios) {
    const size = own.find(
      ({ width, height }) => width >= widthMin && Math.abs((width * heightRatio) / widthRatio - height) < 1,
    );
    if (size) return { ...size, widthRatio, heightRatio };
  }
  return undefined;
}

/** For a creative that renders in any size. */
function openSize(own: Size | undefined, { sizes, range, screen, ratios }: Banner): Shown | undefined {
  const [size] = sizes;
  if (size) return size;
  if (range) return sizeIn(range);
  if (screen) return screen;
  const [ratio] = ratios;
  if (!ratio) return own ?? COMMONEST;
  // The least whole multiple of the ratio that is wide enough, so that no side is rounded.
  const times = Math.ceil(Math.max(ratio.widthMin, SMALL_SIDE) / ratio.widthRatio);
  const { widthRatio, heightRatio } = ratio;
  return { width: widthRatio * times, height: heightRatio * times, widthRatio, heightRatio };
}

/** As large as may be; undefined where the least is more than the most. */
function sizeIn(range: SizeRange): Size | undefined {
  const width = range.widthMax || Math.max(range.widthMin, SMALL_SIDE);
  const height = range.heightMax || Math.max(range.heightMin, SMALL_SIDE);
  return width >= range.widthMin && height >= range.heightMin ? { width, height } : undefined;
}
