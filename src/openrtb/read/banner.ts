import type { Banner, CompanionPlace, Ratio, Size, SizeRange } from '../request.ts';
import type { Notes } from './notes.ts';
import type { Json } from './value.ts';
import {
  isFilled,
  isObject,
  NONE,
  readCount,
  readFlag,
  readInteger,
  readIntegers,
  readObjects,
  readTexts,
} from './value.ts';

/** `place` says whether it is an interstitial, and of what size the device's screen is. */
export function readBanner(raw: Json, notes: Notes, place: Place = IN_PAGE): Banner {
  const formats = readObjects(raw.format, 'banner.format', notes);
  const ratios = readRatios(formats, notes);
  const listed = readSizes(formats, notes);
  // A list that names nothing leaves what stands beside it.
  const isListed = listed.length > 0 || ratios.length > 0;
  const own = isListed ? NONE : readSizes([raw], notes);
  const range =
    isListed || own.length > 0 ? undefined : readRange(formats.find(({ w, h }) => w || h) ?? raw, notes);
  return {
    sizes: isListed ? listed : own,
    ratios,
    range,
    screen: isListed || range || !place.interstitial ? undefined : (own[0] ?? place.screen),
    blockedAttributes: readIntegers(raw.battr, 'banner.battr', notes),
    blockedTypes: readIntegers(raw.btype, 'banner.btype', notes),
    mimes: readTexts(raw.mimes, 'banner.mimes', notes),
    apis: readIntegers(raw.api, 'banner.api', notes),
    expandDirections: readIntegers(raw.expdir, 'banner.expdir', notes),
    topFrame: readFlag(raw.topframe, 'banner.topframe', notes),
    position: readInteger(raw.pos, 'banner.pos', notes),
  };
}

interface Place {
  readonly interstitial: boolean;
  readonly screen: Size | undefined;
}

const IN_PAGE: Place = { interstitial: false, screen: undefined };

/** Companions of video and audio; OpenRTB 2.0 wrapped them in `{"banner": […]}`. */
export function readCompanions(value: unknown, path: string, notes: Notes): readonly CompanionPlace[] {
  if (!isFilled(value)) return NONE;
  const wrapped = isObject(value) && isFilled(value.banner) ? value.banner : undefined;
  if (wrapped !== undefined) notes.warn(path, 'read out of its OpenRTB 2.0 wrapper');
  return readObjects(wrapped ?? value, path, notes).map((banner) => {
    const mode = readInteger(banner.vcm, 'banner.vcm', notes);
    return { ...readBanner(banner, notes), endCard: mode === undefined ? undefined : mode === 1 };
  });
}

/** A size of nothing says nothing: many senders write 0 for unknown. */
function readSizes(formats: readonly Json[], notes: Notes): readonly Size[] {
  const sizes: Size[] = [];
  for (const format of formats) {
    const width = readCount(format.w, 'banner.w', notes);
    const height = readCount(format.h, 'banner.h', notes);
    if (width && height) sizes.push({ width, height });
  }
  return sizes;
}

/** Before 2.6 a side beside these was the preferred one. One side alone leaves the other open. */
function readRange(raw: Json, notes: Notes): SizeRange | undefined {
  const [widthMin = 0, widthMax = 0, heightMin = 0, heightMax = 0] = RANGE.map(
    (name) => readCount(raw[name], `banner.${name}`, notes) ?? 0,
  );
  const width = readCount(raw.w, 'banner.w', notes) ?? 0;
  const height = readCount(raw.h, 'banner.h', notes) ?? 0;
  const range = {
    widthMin: widthMin || width,
    widthMax: widthMax || width,
    heightMin: heightMin || height,
    heightMax: heightMax || height,
  };
  return Object.values(range).some((side) => side > 0) ? range : undefined;
}

const RANGE = ['wmin', 'wmax', 'hmin', 'hmax'] as const;

function readRatios(formats: readonly Json[], notes: Notes): readonly Ratio[] {
  let ratios: Ratio[] | undefined;
  for (const format of formats) {
    if (format.wratio === undefined && format.hratio === undefined && format.wmin === undefined) continue;
    const widthRatio = readCount(format.wratio, 'banner.format.wratio', notes);
    const heightRatio = readCount(format.hratio, 'banner.format.hratio', notes);
    const widthMin = readCount(format.wmin, 'banner.format.wmin', notes) ?? 0;
    if (!widthRatio || !heightRatio) continue;
    ratios ??= [];
    ratios.push({ widthRatio, heightRatio, widthMin });
  }
  return ratios ?? NONE;
}
