import type { Banner, Ratio, Size } from '../request.ts';
import type { Notes } from './notes.ts';
import type { Json } from './value.ts';
import {
  isFilled,
  isObject,
  NONE,
  readCount,
  readInteger,
  readIntegers,
  readObjects,
  readTexts,
} from './value.ts';

export function readBanner(raw: Json, notes: Notes): Banner {
  const formats = readObjects(raw.format, 'banner.format', notes);
  return {
    sizes: formats.length > 0 ? readSizes(formats, notes) : readSizes([raw], notes),
    ratios: formats.length > 0 ? readRatios(formats, notes) : NONE,
    blockedAttributes: readIntegers(raw.battr, 'banner.battr', notes),
    blockedTypes: readIntegers(raw.btype, 'banner.btype', notes),
    mimes: readTexts(raw.mimes, 'banner.mimes', notes),
    apis: readIntegers(raw.api, 'banner.api', notes),
    expandDirections: readIntegers(raw.expdir, 'banner.expdir', notes),
    position: readInteger(raw.pos, 'banner.pos', notes),
  };
}

/** Companions of video and audio; OpenRTB 2.0 wrapped them in `{"banner": […]}`. */
export function readCompanions(value: unknown, path: string, notes: Notes): readonly Banner[] {
  if (!isFilled(value)) return NONE;
  const wrapped = isObject(value) && isFilled(value.banner) ? value.banner : undefined;
  if (wrapped !== undefined) notes.warn(path, 'read out of its OpenRTB 2.0 wrapper');
  return readObjects(wrapped ?? value, path, notes).map((banner) => readBanner(banner, notes));
}

/** A size of nothing says nothing: many senders write 0 for unknown. One side alone leaves the other open, as 0. */
function readSizes(formats: readonly Json[], notes: Notes): readonly Size[] {
  const sizes: Size[] = [];
  for (const format of formats) {
    const width = readCount(format.w, 'banner.w', notes);
    const height = readCount(format.h, 'banner.h', notes);
    if (width || height) sizes.push({ width: width || 0, height: height || 0 });
  }
  return sizes;
}

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
