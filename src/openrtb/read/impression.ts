import { readNative } from '../native.ts';
import type { Deal, Impression, Size } from '../request.ts';
import { readBanner } from './banner.ts';
import { readDurationFloors, readFloor, readFloorCurrency, readOptionalFloor } from './floor.ts';
import type { Notes } from './notes.ts';
import { readSkAdNetwork } from './skadnetwork.ts';
import type { Json } from './value.ts';
import {
  isFilled,
  isObject,
  NONE,
  newerFirst,
  readCount,
  readFlag,
  readId,
  readInteger,
  readNumber,
  readObject,
  readObjects,
  readText,
  readTexts,
  requireFilled,
} from './value.ts';
import { readAudio, readVideo } from './video.ts';

const MULTIPLIER_MAX = 1_000_000;

/** `screen` is the device's, where told: the most that an interstitial fills. */
export function readImpression(raw: Json, screen: Size | undefined, notes: Notes): Impression {
  const banner = readObject(raw.banner, 'banner', notes);
  const video = readObject(raw.video, 'video', notes);
  const audio = readObject(raw.audio, 'audio', notes);
  const native = readObject(raw.native, 'native', notes);
  if (!banner && !video && !audio && !native) notes.refuse('(banner|video|audio|native)', 'none of them');
  const pmp = readObject(raw.pmp, 'pmp', notes);
  const interstitial = readFlag(raw.instl, 'instl', notes);
  return {
    id: readId(raw.id, 'id', notes),
    banner: banner && readBanner(banner, notes, { interstitial, screen }),
    video: video && readVideo(video, notes),
    audio: audio && readAudio(audio, notes),
    native: native && readNative(native, notes),
    floorCpmMicros: readFloor(raw.bidfloor, 'bidfloor', notes),
    floorCurrency: readFloorCurrency(raw.bidfloorcur, 'bidfloorcur', notes),
    secure: readFlag(raw.secure, 'secure', notes),
    interstitial,
    serverSideInsertion: readInteger(raw.ssai, 'ssai', notes) ?? 0,
    rewarded: readRewarded(raw, video, notes),
    tagId: readText(raw.tagid, 'tagid', notes),
    deals: pmp ? readDeals(pmp.deals, notes) : NONE,
    privateAuction: pmp !== undefined && readFlag(pmp.private_auction, 'pmp.private_auction', notes),
    expirySeconds: readCount(raw.exp, 'exp', notes),
    displayAtMs: readNumber(raw.dt, 'dt', notes) || undefined,
    viewability: readViewability(raw.metric, notes),
    multiplierMilli: readMultiplier(raw.qty, notes),
    skAdNetwork: readSkAdNetwork(raw.ext, notes),
    displayManager: readText(raw.displaymanager, 'displaymanager', notes),
    displayManagerVersion: readText(raw.displaymanagerver, 'displaymanagerver', notes),
    clicksStayInApp: isFilled(raw.clickbrowser) && readInteger(raw.clickbrowser, 'clickbrowser', notes) === 0,
    iframeBusters: readTexts(raw.iframebuster, 'iframebuster', notes),
    raw,
  };
}

/** `rwdd`, or one of the places exchanges used before 2.6 had it; there the shape is nobody's standard. */
function readRewarded(raw: Json, video: Json | undefined, notes: Notes): boolean {
  const ext = readObject(raw.ext, 'ext', notes);
  if (isFilled(raw.rwdd)) return readFlag(raw.rwdd, 'rwdd', notes);
  const old = newerFirst(ext?.rwdd, newerFirst(ext?.rewarded, ext?.is_rewarded_inventory));
  const ofVideo = isObject(video?.ext) ? newerFirst(video.ext.rwdd, video.ext.rewarded) : undefined;
  return [old, ofVideo].some((value) => value === 1 || value === true || value === '1');
}

function readDeals(value: unknown, notes: Notes): readonly Deal[] {
  return readObjects(value, 'pmp.deals', notes).map((deal) => readDeal(deal, notes));
}

function readDeal(raw: Json, notes: Notes): Deal {
  return {
    id: readId(raw.id, 'pmp.deals.id', notes),
    floorCpmMicros: readFloor(raw.bidfloor, 'pmp.deals.bidfloor', notes),
    floorCurrency: readFloorCurrency(raw.bidfloorcur, 'pmp.deals.bidfloorcur', notes),
    auctionType: readInteger(raw.at, 'pmp.deals.at', notes) || undefined,
    allowedSeats: readTexts(raw.wseat, 'pmp.deals.wseat', notes),
    allowedAdvertisers: readTexts(raw.wadomain, 'pmp.deals.wadomain', notes).map((domain) =>
      domain.toLowerCase(),
    ),
    guaranteed: readFlag(raw.guar, 'pmp.deals.guar', notes),
    floorCpmMicrosPerSecond: readOptionalFloor(raw.mincpmpersec, 'pmp.deals.mincpmpersec', notes),
    durationFloors: readDurationFloors(raw.durfloors, 'pmp.deals.durfloors', notes),
  };
}

/** Every metric names its type and value; of all of them viewability is used. Some give it in percent. */
function readViewability(value: unknown, notes: Notes): number | undefined {
  if (value === undefined) return undefined;
  let viewability: number | undefined;
  for (const metric of readObjects(value, 'metric', notes)) {
    requireFilled(metric.type, 'metric.type', notes);
    requireFilled(metric.value, 'metric.value', notes);
    if (metric.type === 'viewability') viewability = readNumber(metric.value, 'metric.value', notes);
  }
  if (viewability === undefined || (viewability >= 0 && viewability <= 1)) return viewability;
  const isPercent = viewability > 1 && viewability <= 100;
  notes.warn('metric.value', isPercent ? 'viewability read as percent' : 'no share, left out');
  return isPercent ? viewability / 100 : undefined;
}

/** How many people a screen shows it to (section 3.2.31), in thousandths. */
function readMultiplier(value: unknown, notes: Notes): number {
  if (value === undefined) return 1000;
  const quantity = readObject(value, 'qty', notes);
  if (!quantity) return 1000;
  requireFilled(quantity.multiplier, 'qty.multiplier', notes);
  if (quantity.sourcetype === 1) requireFilled(quantity.vendor, 'qty.vendor', notes);
  const multiplier = readNumber(quantity.multiplier, 'qty.multiplier', notes) ?? 1;
  if (multiplier > 0 && multiplier <= MULTIPLIER_MAX) return Math.max(1, Math.round(multiplier * 1000));
  notes.refuse('qty.multiplier', 'not a number of impressions');
  return 1000;
}
