// One sound request and answer for each medium, each kind of ad break, and a screen out of home, to be spoilt one way at a time (provocations-*.ts).

import type { Medium } from './bid-case.ts';

export interface Pair {
  request: unknown;
  response: unknown;
}

export type Kind = Medium | 'pod' | 'slots' | 'hybrid' | 'dooh' | 'dsa' | 'skadn';

/** A fresh copy, so that spoiling it spoils nothing else. */
export function soundPair(kind: Kind): Pair {
  return structuredClone(PAIRS[kind]);
}

const NOTICE = 'https://bid.example/notice?auction=${AUCTION_ID}&price=${AUCTION_PRICE:B64}';

const REQUEST = {
  id: 'auction-1',
  at: 1,
  cur: ['USD'],
  cattax: 1,
  bcat: ['IAB7', 'IAB25-3'],
  badv: ['blocked.example'],
  bapp: ['com.blocked.app'],
  wlang: ['en', 'de'],
  site: { domain: 'news.example', page: 'https://news.example/today' },
};

const IMP = {
  id: 'imp-1',
  secure: 1,
  bidfloor: 0.5,
  bidfloorcur: 'USD',
  pmp: {
    private_auction: 0,
    deals: [
      { id: 'deal-1', bidfloor: 1.5, bidfloorcur: 'USD', wseat: ['seat-1'], wadomain: ['shop.example'] },
      { id: 'deal-eur', bidfloor: 9, bidfloorcur: 'EUR' },
    ],
  },
};

const BID = {
  id: 'bid-1',
  impid: 'imp-1',
  price: 2.25,
  adomain: ['shop.example'],
  cat: ['IAB22'],
  crid: 'creative-1',
  language: 'en',
  exp: 300,
  nurl: NOTICE,
  burl: NOTICE,
  lurl: `${NOTICE}&loss=\${AUCTION_LOSS}`,
};

const BANNER_MARKUP =
  '<a href="https://bid.example/click"><img src="https://cdn.example/300x250.png" width="300" height="250"></a>' +
  '<img src="https://bid.example/i.gif?p=${AUCTION_PRICE}" width="1" height="1">';

const VIDEO_MARKUP = `<?xml version="1.0" encoding="UTF-8"?>
<VAST version="4.2"><Ad id="a"><InLine><AdSystem>Example</AdSystem><AdTitle>Shoes</AdTitle>
<AdServingId>s-1</AdServingId><Impression><![CDATA[https://bid.example/i?cb=[CACHEBUSTING]&p=\${AUCTION_PRICE}]]></Impression>
<Creatives><Creative id="c"><UniversalAdId idRegistry="unknown">u-1</UniversalAdId><Linear><Duration>00:00:15</Duration>
<TrackingEvents><Tracking event="start">https://bid.example/start</Tracking></TrackingEvents>
<VideoClicks><ClickThrough>https://bid.example/click</ClickThrough></VideoClicks>
<MediaFiles><MediaFile delivery="progressive" type="video/mp4" width="1280" height="720" bitrate="1500">https://cdn.example/v.mp4</MediaFile>
</MediaFiles></Linear></Creative></Creatives></InLine></Ad></VAST>`;

/** Fifteen seconds of video. */
export const SPOT = VIDEO_MARKUP;

/** The same length in another film of another advertiser. */
const OTHER_SPOT = SPOT.replace('v.mp4', 'w.mp4');
const THIRD_SPOT = SPOT.replace('v.mp4', 'x.mp4');

const AUDIO_MARKUP = VIDEO_MARKUP.replace(
  'type="video/mp4" width="1280" height="720" bitrate="1500">https://cdn.example/v.mp4',
  'type="audio/mpeg" bitrate="128">https://cdn.example/a.mp3',
);

const VIDEO = {
  mimes: ['video/mp4', 'video/webm'],
  protocols: [2, 3, 7, 11, 13],
  minduration: 5,
  maxduration: 30,
  linearity: 1,
  skip: 0,
  w: 1280,
  h: 720,
  minbitrate: 300,
  maxbitrate: 3000,
  delivery: [2],
  battr: [1, 8],
};

const NATIVE_REQUEST = {
  ver: '1.2',
  eventtrackers: [{ event: 1, methods: [1] }],
  assets: [
    { id: 1, required: 1, title: { len: 25 } },
    { id: 2, required: 1, img: { type: 3, wmin: 1200, hmin: 627, mimes: ['image/png', 'image/jpg'] } },
    { id: 3, required: 0, img: { type: 1, w: 80, h: 80 } },
    { id: 4, required: 0, data: { type: 2, len: 90 } },
    { id: 5, required: 0, video: { mimes: ['video/mp4'], minduration: 5, maxduration: 30, protocols: [13] } },
  ],
};

const NATIVE_MARKUP = {
  ver: '1.2',
  link: { url: 'https://bid.example/click', clicktrackers: ['https://bid.example/c2'] },
  imptrackers: ['https://bid.example/i'],
  eventtrackers: [{ event: 1, method: 1, url: 'https://bid.example/e' }],
  assets: [
    { id: 1, title: { text: 'Shoes that last' } },
    { id: 2, img: { type: 3, url: 'https://cdn.example/main.jpg', w: 1200, h: 627 } },
    { id: 3, img: { url: 'https://cdn.example/icon', w: 80, h: 80 } },
    { id: 4, data: { type: 2, value: 'Mended free of charge for ten years' } },
    { id: 5, video: { vasttag: VIDEO_MARKUP } },
  ],
};

function pairOf(imp: object, bid: object): Pair {
  return {
    request: { ...REQUEST, imp: [{ ...IMP, ...imp }] },
    response: {
      id: 'auction-1',
      bidid: 'response-1',
      cur: 'USD',
      seatbid: [{ seat: 'seat-1', bid: [{ ...BID, ...bid }] }],
    },
  };
}

const SLOT = { ...VIDEO, podid: 'pod-1', podseq: 1, poddedupe: [1, 2, 3, 4] };
const SPOT_BID = { ...BID, mtype: 2, dur: 15, protocol: 13, adm: SPOT };
const OTHER_SPOT_BID = {
  ...SPOT_BID,
  id: 'bid-2',
  impid: 'imp-2',
  crid: 'creative-2',
  adomain: ['tools.example'],
  cat: ['IAB10'],
  adm: OTHER_SPOT,
};

/** Two impressions of one break. */
function breakOf(slots: readonly object[], bids: readonly object[]): Pair {
  return {
    request: { ...REQUEST, imp: slots.map((video, index) => ({ ...IMP, id: `imp-${index + 1}`, video })) },
    response: { id: 'auction-1', bidid: 'response-1', cur: 'USD', seatbid: [{ seat: 'seat-1', bid: bids }] },
  };
}

const BANNER_IMP = {
  banner: {
    format: [
      { w: 300, h: 250 },
      { w: 320, h: 50 },
      { wratio: 4, hratio: 1, wmin: 400 },
    ],
    w: 728,
    h: 90,
    btype: [4],
    battr: [3],
    mimes: ['image/png', 'text/html'],
  },
};

const BANNER_BID = { mtype: 1, w: 300, h: 250, adm: BANNER_MARKUP };

// Networks, app and product as in the examples of the extension.
const SKADN_ASKED = {
  versions: ['2.0', '2.1', '2.2', '4.0'],
  sourceapp: '880047117',
  skadnetids: ['cdkw7geqsh.skadnetwork', 'qyjfv329m4.skadnetwork'],
};

const SKADN_GIVEN = {
  version: '4.0',
  network: 'cdkw7geqsh.skadnetwork',
  sourceidentifier: '4321',
  itunesitem: '123456789',
  sourceapp: '880047117',
  fidelities: [0, 1].map((fidelity) => ({
    fidelity,
    nonce: '473b1a16-b4ef-43ad-9591-fcf3aefa82a7',
    timestamp: '1594406341000',
    signature: `MEQCIEQ${'lmZR'.repeat(20)}==`,
  })),
};

const PAIRS: Readonly<Record<Kind, Pair>> = {
  banner: pairOf(BANNER_IMP, BANNER_BID),
  video: pairOf({ video: VIDEO }, { mtype: 2, dur: 15, protocol: 13, adm: VIDEO_MARKUP }),
  audio: pairOf(
    { audio: { mimes: ['audio/mpeg'], protocols: [13], minduration: 5, maxduration: 30 } },
    { mtype: 3, dur: 15, adm: AUDIO_MARKUP },
  ),
  native: pairOf(
    { native: { request: JSON.stringify(NATIVE_REQUEST), ver: '1.2' } },
    { mtype: 4, adm: JSON.stringify(NATIVE_MARKUP) },
  ),
  pod: pairOf(
    { video: { ...VIDEO, podid: 'pod-1', poddur: 60, maxseq: 4, slotinpod: 2 } },
    { mtype: 2, dur: 15, slotinpod: 1, adm: VIDEO_MARKUP },
  ),
  slots: breakOf(
    [
      { ...SLOT, slotinpod: 1 },
      { ...SLOT, slotinpod: 0 },
    ],
    [SPOT_BID, OTHER_SPOT_BID],
  ),
  hybrid: breakOf(
    [
      { ...SLOT, slotinpod: 1, rqddurs: [15] },
      { ...SLOT, slotinpod: 0, poddur: 60, maxseq: 4 },
    ],
    [
      SPOT_BID,
      OTHER_SPOT_BID,
      {
        ...OTHER_SPOT_BID,
        id: 'bid-3',
        crid: 'creative-3',
        adomain: ['seeds.example'],
        cat: ['IAB15'],
        slotinpod: 0,
        adm: THIRD_SPOT,
      },
    ],
  ),
  dsa: withRegs(
    { ext: { dsa: { dsarequired: 3, pubrender: 1, datatopub: 2 } } },
    pairOf(BANNER_IMP, {
      ...BANNER_BID,
      ext: {
        dsa: {
          behalf: 'Shoes that last',
          paid: 'Shoes that last Ltd',
          adrender: 0,
          transparency: [{ domain: 'bid.example', dsaparams: [1, 2] }],
        },
      },
    }),
  ),
  skadn: pairOf(
    { ...BANNER_IMP, ext: { skadn: SKADN_ASKED } },
    { ...BANNER_BID, bundle: '123456789', ext: { skadn: SKADN_GIVEN } },
  ),
  dooh: screenOf({ banner: { format: [{ w: 1080, h: 1920 }], mimes: ['image/png', 'text/html'] } }),
};

export const KINDS = Object.keys(PAIRS) as Kind[];

/** §7.9: a screen seen by 14.2 people on the average; the price is that of a thousand all the same. */
function screenOf(imp: object): Pair {
  const pair = pairOf(
    { ...imp, qty: { multiplier: 14.2, sourcetype: 1, vendor: 'route.org.uk' }, dt: 1_000_000, exp: 7200 },
    { mtype: 1, w: 1080, h: 1920, exp: 7200, adm: BANNER_MARKUP },
  );
  const { site: _, ...request } = pair.request as Record<string, unknown>;
  return {
    ...pair,
    request: {
      ...request,
      dooh: { id: 'screen-7', venuetype: ['30101'], venuetypetax: 1, publisher: { id: 'p' } },
      device: { devicetype: 8, w: 1080, h: 1920, geo: { lat: 51.5, lon: -0.1 } },
    },
  };
}

function withRegs(regs: object, pair: Pair): Pair {
  return { ...pair, request: { ...(pair.request as object), regs } };
}
