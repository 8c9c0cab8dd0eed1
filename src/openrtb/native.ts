/** The native object of an impression and the markup request inside it (Dynamic Native Ads 1.0 to 1.2). */

import { Notes } from './read/notes.ts';
import type { Json } from './read/value.ts';
import {
  isFilled,
  isObject,
  NONE,
  readCount,
  readFlag,
  readInteger,
  readIntegers,
  readObject,
  readObjects,
  readText,
  readTexts,
  requireFilled,
} from './read/value.ts';
import { readVideo } from './read/video.ts';
import type { BidRequest, Impression, Native, NativeAsset, NativeEventTracker } from './request.ts';

/** The shortest length the standard advises, taken where a title's `len` is missing. */
const TITLE_LENGTH_MIN = 25;
const MARKUP_LENGTH_MAX = 65_536;
/** Types of data that mean something else when cut: ratings, counts and prices. Texts are cut at a word. */
export const WHOLE_DATA: ReadonlySet<number> = new Set([3, 4, 5, 6, 7, 8]);

/**
 * Undefined where the markup cannot be answered: the request around it is valid all the same, for OpenRTB asks only
 * that `request` is there. Its other media, and other impressions, can still be bid on.
 */
export function readNative(raw: Json, notes: Notes): Native | undefined {
  requireFilled(raw.request, 'native.request', notes);
  const blockedAttributes = readIntegers(raw.battr, 'native.battr', notes);
  const apis = readIntegers(raw.api, 'native.api', notes);
  const ofMarkup = new Notes();
  ofMarkup.within = notes.place('native.request');
  const root = openMarkup(raw.request, ofMarkup);
  const wrapped = root !== undefined && isObject(root.native);
  const markup = wrapped ? (root.native as Json) : root;
  const native = markup && readMarkup(markup, ofMarkup);
  for (const warning of ofMarkup.warnings) notes.warnings.push(warning);
  if (!native || ofMarkup.refusal !== '') {
    notes.warn('native', `cannot be answered (${ofMarkup.refusal})`);
    return undefined;
  }
  const version = native.version || readText(raw.ver, 'native.ver', notes) || '1.2';
  return { ...native, version, blockedAttributes, apis, wrapped };
}

/**
 * Some exchanges agree the layout by word of mouth and send no markup: then `layout`, a markup request of our own, stands in.
 * Markup that can be opened is the exchange's word, even where it cannot be answered.
 */
export function withAgreedLayout(request: BidRequest, layout: object | undefined): BidRequest {
  if (layout === undefined) return request;
  const { impressions } = request;
  const agreed = impressions.map((impression): Impression => {
    const raw = impression.raw.native;
    if (impression.native || !isObject(raw) || openMarkup(raw.request, new Notes())) return impression;
    return { ...impression, native: readNative({ ...raw, request: layout }, new Notes()) };
  });
  const isChanged = agreed.some((impression, index) => impression !== impressions[index]);
  return isChanged ? { ...request, impressions: agreed } : request;
}

/** JSON in a string; some send the object itself, and some a string in a string. */
function openMarkup(request: unknown, notes: Notes): Json | undefined {
  let value = request;
  for (let layer = 0; layer < 2 && typeof value === 'string'; layer++) {
    if (layer > 0) notes.warn('', 'a string in a string');
    value = value.length <= MARKUP_LENGTH_MAX ? parse(value, notes) : undefined;
  }
  if (isObject(value)) {
    if (value === request) notes.warn('', 'an object where a string should be');
    return value;
  }
  notes.refuse('', 'not a JSON object');
  return undefined;
}

/** Some wrap what they send by hand and close one brace too many. */
function parse(text: string, notes: Notes): unknown {
  const whole = parsed(text);
  if (whole !== undefined || !text.endsWith('}}')) return whole;
  const shorter = parsed(text.slice(0, -1));
  if (shorter !== undefined) notes.warn('', 'one brace too many at its end');
  return shorter;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Markup = Omit<Native, 'blockedAttributes' | 'apis' | 'wrapped'>;

function readMarkup(raw: Json, notes: Notes): Markup {
  const eventTrackers = isFilled(raw.eventtrackers) ? readTrackers(raw.eventtrackers, notes) : NONE;
  const assets = raw.assets === undefined ? NONE : readAssets(raw.assets, notes);
  // Without assets to answer the publisher knows by its layout what it shows (Native 1.0): link and trackers are left.
  if (assets.length === 0) notes.warn('assets', 'none named');
  return {
    version: readText(raw.ver, 'ver', notes),
    assets,
    eventTrackers,
    context: readInteger(raw.context, 'context', notes) || undefined,
    placementType: readInteger(raw.plcmttype, 'plcmttype', notes) || undefined,
    privacySupported: readFlag(raw.privacy, 'privacy', notes),
  };
}

/**
 * An asset that cannot be read is left out where it is optional. A required one must be answered, so the whole markup
 * cannot be; nor can one whose id is missing or stands twice, for the exchange would not know what is what.
 */
function readAssets(value: unknown, notes: Notes): readonly NativeAsset[] {
  const assets: NativeAsset[] = [];
  const ids = new Set<number>();
  for (const raw of readObjects(value, 'assets', notes)) {
    const asset = readAsset(raw, notes);
    const fault = notes.takeRefusal() || (asset && ids.has(asset.id) ? 'assets.id: stands twice' : '');
    if (asset && fault === '') {
      ids.add(asset.id);
      assets.push(asset);
    } else if (!isFilled(raw.required) || raw.required === 0 || raw.required === false) {
      notes.warn('assets', `one left out (${fault})`);
    } else {
      notes.refuse('assets', `a required one cannot be read (${fault})`);
      return NONE;
    }
  }
  return assets;
}

function readAsset(raw: Json, notes: Notes): NativeAsset | undefined {
  const id = readInteger(raw.id, 'assets.id', notes);
  if (id === undefined) notes.refuse('assets.id', 'missing');
  const required = readFlag(raw.required, 'assets.required', notes);
  const base = { id: id ?? 0, required };
  const kinds =
    Number(isFilled(raw.title)) +
    Number(isFilled(raw.img)) +
    Number(isFilled(raw.video)) +
    Number(isFilled(raw.data));
  if (kinds !== 1) {
    notes.refuse('assets', 'not exactly one of title, img, video and data');
    return undefined;
  }
  if (isFilled(raw.title)) return readTitle(base, readObject(raw.title, 'assets.title', notes), notes);
  if (isFilled(raw.img)) return readImage(base, readObject(raw.img, 'assets.img', notes), notes);
  if (isFilled(raw.data)) return readData(base, readObject(raw.data, 'assets.data', notes), notes);
  const video = readObject(raw.video, 'assets.video', notes);
  return video && { ...base, kind: 'video', video: readVideo(video, notes) };
}

interface AssetBase {
  readonly id: number;
  readonly required: boolean;
}

function readTitle(base: AssetBase, raw: Json | undefined, notes: Notes): NativeAsset | undefined {
  if (!raw) return undefined;
  const length = readCount(raw.len, 'assets.title.len', notes);
  if (!length) notes.warn('assets.title.len', 'missing, taken to be the shortest advised');
  return { ...base, kind: 'title', lengthMax: length || TITLE_LENGTH_MIN };
}

function readImage(base: AssetBase, raw: Json | undefined, notes: Notes): NativeAsset | undefined {
  if (!raw) return undefined;
  return {
    ...base,
    kind: 'image',
    type: readInteger(raw.type, 'assets.img.type', notes) || undefined,
    width: readCount(raw.w, 'assets.img.w', notes) || undefined,
    height: readCount(raw.h, 'assets.img.h', notes) || undefined,
    widthMin: readCount(raw.wmin, 'assets.img.wmin', notes) || undefined,
    heightMin: readCount(raw.hmin, 'assets.img.hmin', notes) || undefined,
    mimes: readTexts(raw.mimes, 'assets.img.mimes', notes),
  };
}

function readData(base: AssetBase, raw: Json | undefined, notes: Notes): NativeAsset | undefined {
  if (!raw) return undefined;
  const type = readInteger(raw.type, 'assets.data.type', notes);
  if (!type) notes.refuse('assets.data.type', 'missing');
  const lengthMax = readCount(raw.len, 'assets.data.len', notes) || undefined;
  return { ...base, kind: 'data', type: type ?? 0, lengthMax };
}

/** An entry without event or methods offers nothing. */
function readTrackers(value: unknown, notes: Notes): readonly NativeEventTracker[] {
  const trackers: NativeEventTracker[] = [];
  for (const raw of readObjects(value, 'eventtrackers', notes)) {
    const event = readInteger(raw.event, 'eventtrackers.event', notes);
    const methods = readIntegers(raw.methods, 'eventtrackers.methods', notes);
    if (event && methods.length > 0) trackers.push({ event, methods });
  }
  if (notes.refusal === '') return trackers;
  notes.warn('eventtrackers', `left out (${notes.takeRefusal()})`);
  return NONE;
}
