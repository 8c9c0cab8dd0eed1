/** One impression of a request (OpenRTB 2.6 section 3.2.4) from a slot of a place, with floor and deals. */
import type { Media } from '../core/event.ts';
import type { Random } from '../core/random.ts';
import { drawLogNormal } from '../core/sampling.ts';
import type { Place, Scenario, Slot } from './story.ts';

type Json = Record<string, unknown>;

/** What the auction must know of an impression that it asked for. */
export interface OfferedImpression {
  readonly id: string;
  readonly slot: Slot;
  readonly media: readonly Media[];
  readonly floorCpmMicros: number;
  /** By id: what the deal costs and how it is sold. */
  readonly deals: ReadonlyMap<string, { readonly floorCpmMicros: number; readonly auctionType: number }>;
  readonly privateAuction: boolean;
  readonly json: Json;
}

export function offerImpression(
  id: string,
  slot: Slot,
  place: Place,
  auctionType: number,
  scenario: Scenario,
  random: Random,
): OfferedImpression {
  const floorCpmMicros = drawFloor(slot, place, scenario, random);
  const sold = place.deals.length > 0 && random.next() < scenario.requests.deals;
  const deals = sold ? place.deals : [];
  const privateAuction = deals.some((deal) => deal.private === true);
  const second = slot.alsoBanner === true;
  const json: Json = {
    id,
    tagid: `${place.id}/${slot.tag}`,
    ...mediaOf(slot, random),
    ...(second ? { banner: bannerOf({ ...slot, sizes: [{ width: 300, height: 250 }] }, random) } : {}),
    instl: slot.interstitial ? 1 : 0,
    ...(slot.rewarded ? { rwdd: 1 } : {}),
    ...(floorCpmMicros > 0 ? { bidfloor: floorCpmMicros / 1e6, bidfloorcur: scenario.currency } : {}),
    secure: 1,
    ...(random.next() < 0.4
      ? {
          metric: [{ type: 'viewability', value: Math.round(100 * random.next()) / 100, vendor: 'EXCHANGE' }],
        }
      : {}),
    ...(random.next() < 0.3 ? { exp: 300 } : {}),
    ...(deals.length > 0
      ? {
          pmp: {
            private_auction: privateAuction ? 1 : 0,
            deals: deals.map((deal) => ({
              id: deal.id,
              bidfloor: deal.floorCpm,
              bidfloorcur: scenario.currency,
              at: deal.auctionType,
            })),
          },
        }
      : {}),
    ext: { gpid: `/1042/${place.id}/${slot.tag}`, at: auctionType },
  };
  return {
    id,
    slot,
    media: second ? [slot.medium, 'banner'] : [slot.medium],
    floorCpmMicros,
    deals: new Map(
      deals.map((deal) => [
        deal.id,
        { floorCpmMicros: Math.round(deal.floorCpm * 1e6), auctionType: deal.auctionType },
      ]),
    ),
    privateAuction,
    json,
  };
}

/** Sellers price in cents. */
function drawFloor(slot: Slot, place: Place, { market }: Scenario, random: Random): number {
  if (random.next() >= market.floorShare) return 0;
  const median = place.priceCpm * market.mediumPrice[slot.medium] * market.floorOfPrice;
  return Math.round(drawLogNormal(median, market.floorSigma, random) * 100) * 10_000;
}

function mediaOf(slot: Slot, random: Random): Json {
  switch (slot.medium) {
    case 'banner':
      return { banner: bannerOf(slot, random) };
    case 'video':
      return { video: videoOf(slot) };
    case 'audio':
      return { audio: audioOf(slot) };
    case 'native':
      return { native: nativeOf() };
  }
}

function bannerOf(slot: Slot, random: Random): Json {
  const [first] = slot.sizes;
  // A third of sellers still name one size and no list of formats.
  const single = slot.sizes.length === 1 && random.next() < 0.6;
  return {
    ...(single ? {} : { format: slot.sizes.map(({ width, height }) => ({ w: width, h: height })) }),
    ...(first ? { w: first.width, h: first.height } : {}),
    btype: [1],
    battr: [1, 3, 5, 8, 9, 10, 17],
    pos: slot.position,
    topframe: 1,
    mimes: ['text/html', 'image/jpeg', 'image/png', 'image/gif', 'application/javascript'],
    ...(random.next() < 0.3 ? { api: [3, 5, 6, 7] } : {}),
    id: '1',
  };
}

function videoOf(slot: Slot): Json {
  const [size] = slot.sizes;
  return {
    mimes: ['video/mp4', 'video/webm'],
    minduration: 5,
    maxduration: slot.secondsMax ?? 30,
    protocols: [2, 3, 5, 6, 7, 8, 11, 13],
    w: size?.width ?? 640,
    h: size?.height ?? 360,
    startdelay: slot.startDelay ?? 0,
    plcmt: slot.placement ?? 1,
    placement: slot.placement === 4 ? 3 : 1,
    linearity: 1,
    skip: 0,
    playbackmethod: [2],
    delivery: [1, 2],
    api: [7],
    pos: slot.position,
    battr: [1, 8, 9, 10],
    minbitrate: 300,
    maxbitrate: 8000,
  };
}

function audioOf(slot: Slot): Json {
  return {
    mimes: ['audio/mpeg', 'audio/mp4'],
    minduration: 5,
    maxduration: slot.secondsMax ?? 30,
    protocols: [2, 3, 7],
    startdelay: 0,
    feed: 1,
    delivery: [1, 2],
    nvol: 4,
  };
}

const NATIVE_MARKUP = JSON.stringify({
  ver: '1.2',
  context: 1,
  plcmttype: 1,
  plcmtcnt: 1,
  assets: [
    { id: 1, required: 1, title: { len: 90 } },
    { id: 2, required: 1, img: { type: 3, wmin: 600, hmin: 314, mimes: ['image/jpeg', 'image/png'] } },
    { id: 3, required: 0, img: { type: 1, wmin: 50, hmin: 50, mimes: ['image/jpeg', 'image/png'] } },
    { id: 4, required: 1, data: { type: 1, len: 40 } },
    { id: 5, required: 0, data: { type: 2, len: 140 } },
    { id: 6, required: 0, data: { type: 12, len: 20 } },
  ],
  eventtrackers: [{ event: 1, methods: [1, 2] }],
  privacy: 1,
});

function nativeOf(): Json {
  return { ver: '1.2', request: NATIVE_MARKUP, battr: [1, 3, 8, 9] };
}
