// What must be flagged about the media: one change of a sound pair each.

import type { DepartureCode } from './departure.ts';
import {
  COMPANION,
  DAAST,
  DAAST_WRAPPER,
  OVERLAY,
  OVERLAY_AD,
  VAST_ONE,
  VAST_ONE_WRAPPER,
  VIDEO_FILE,
  VPAID_FILE,
  WRAPPER,
} from './samples.ts';
import type { Change } from './spoil.ts';

const MEDIUM: Partial<Record<DepartureCode, readonly Change[]>> = {
  missing_mtype: [{ on: 'banner', set: { 'bid.mtype': undefined } }],
  bad_mtype: [
    { on: 'banner', set: { 'bid.mtype': 5 } },
    { on: 'banner', set: { 'bid.mtype': 'banner' } },
  ],
  medium_not_offered: [
    { on: 'banner', set: { 'bid.mtype': 2 } },
    { on: 'native', set: { 'imp.native': undefined } },
  ],
  missing_markup: [{ on: 'banner', set: { 'bid.adm': '', 'bid.nurl': undefined } }],
  markup_mismatch: [
    { on: 'banner', set: { 'bid.adm': WRAPPER } },
    { on: 'banner', set: { 'bid.adm': '{"assets":[],"link":{"url":"https://a.example"}}' } },
    { on: 'native', set: { 'bid.adm': `<?xml version="1.0"?> ${WRAPPER}` } },
    { on: 'audio', set: { 'bid.adm': '{"assets":[],"link":{"url":"https://a.example"}}' } },
  ],
  bad_exp: [
    { on: 'banner', set: { 'bid.exp': 0 } },
    { on: 'banner', set: { 'bid.exp': 'soon' } },
  ],
  expires_before_showing: [{ on: 'banner', set: { 'imp.dt': 1_000_000 }, nowMs: 699_000 }],
};

const BANNER: Partial<Record<DepartureCode, readonly Change[]>> = {
  missing_size: [
    { on: 'banner', set: { 'bid.w': undefined, 'bid.h': undefined } },
    { on: 'banner', set: { 'bid.h': 0 } },
    { on: 'banner', set: { 'imp.banner': {}, 'bid.w': undefined } },
  ],
  size_not_offered: [
    { on: 'banner', set: { 'bid.w': 250, 'bid.h': 300 } },
    { on: 'banner', set: { 'bid.w': 320, 'bid.h': 100, 'imp.banner.w': undefined } },
    // The ratio is right, but it is narrower than wmin.
    { on: 'banner', set: { 'bid.w': 360, 'bid.h': 90 } },
    { on: 'banner', set: { 'imp.banner': { w: 320 } } },
    { on: 'banner', set: { 'imp.banner': { wmin: 100, wmax: 299, hmin: 50, hmax: 300 } } },
  ],
  missing_ratio: [
    { on: 'banner', set: { 'bid.w': 400, 'bid.h': 100 } },
    { on: 'banner', set: { 'bid.w': 400, 'bid.h': 100, 'bid.wratio': 4 } },
    { on: 'banner', set: { 'bid.w': 400, 'bid.h': 100, 'bid.wratio': 3, 'bid.hratio': 1 } },
  ],
  expansion_not_offered: [
    { on: 'banner', set: { 'imp.banner.expdir': [6], 'bid.attr': [4] } },
    { on: 'banner', set: { 'imp.banner.expdir': ['6'], 'bid.attr': [1, 5] } },
  ],
  blocked_banner_type: [
    { on: 'banner', set: { 'bid.adm': '<iframe src="https://a.example"></iframe>' } },
    { on: 'banner', set: { 'imp.banner.btype': [2] } },
    { on: 'banner', set: { 'imp.banner.btype': [1], 'bid.adm': '<a href="https://a.example">x</a>' } },
    {
      on: 'banner',
      set: { 'imp.banner.btype': [3], 'bid.adm': '<script src="https://a.example/b.js"></script>' },
    },
  ],
  api_not_offered: [
    { on: 'banner', set: { 'bid.apis': [5, 6], 'imp.banner.api': [3] } },
    { on: 'banner', set: { 'bid.api': 5 } },
    { on: 'banner', set: { 'bid.adm': '<script src="mraid.js"></script><img src="https://a.example/b">' } },
    {
      on: 'video',
      set: { 'imp.video.mimes': ['application/javascript'], 'imp.video.api': [7] },
      replace: [VIDEO_FILE, VPAID_FILE],
    },
  ],
  mime_not_offered: [
    { on: 'banner', set: { 'imp.banner.mimes': ['image/jpg'] } },
    {
      on: 'banner',
      set: { 'imp.banner.mimes': ['image/png'], 'bid.adm': '<script src="https://a.example/b.js"></script>' },
    },
    { on: 'video', set: { 'imp.video.mimes': ['video/webm'] } },
    { on: 'audio', set: { 'imp.audio.mimes': ['audio/ogg'] } },
    { on: 'native', set: { 'native.assets.1.img.url': 'https://cdn.example/main.webp?x=.png' } },
    { on: 'native', set: { 'asked.assets.4.video.mimes': ['video/webm'] } },
  ],
};

const TIMED: Partial<Record<DepartureCode, readonly Change[]>> = {
  bad_vast: [
    { on: 'video', set: { 'bid.adm': 'https://bid.example/vast.xml' } },
    { on: 'video', replace: ['</InLine>', ''] },
    { on: 'video', replace: ['</VAST>', '</VAST> and more'] },
    { on: 'video', replace: ['</VAST>', '</VAST><VAST version="4.2"/>'] },
    { on: 'video', replace: ['https://bid.example/click', 'https://bid.example/click?a=1&b=2'] },
    { on: 'video', replace: ['<VAST version="4.2">', '<VAST>'] },
    { on: 'video', replace: ['00:00:15', '15'] },
    { on: 'video', set: { 'bid.adm': '<html>https:</html>' } },
    { on: 'native', set: { 'native.assets.4.video': { vasttag: '<VAST' } } },
  ],
  vast_missing_element: [
    { on: 'video', set: { 'bid.adm': '<VAST version="3.0"/>' } },
    { on: 'video', set: { 'bid.adm': '<VAST version="3.0"><Ad id="1"/></VAST>' } },
    { on: 'video', replace: ['<AdSystem>Example</AdSystem>', ''] },
    { on: 'video', replace: ['<AdTitle>Shoes</AdTitle>', '<AdTitle/>'] },
    { on: 'video', replace: ['<AdServingId>s-1</AdServingId>', ''] },
    { on: 'video', replace: ['<UniversalAdId idRegistry="unknown">u-1</UniversalAdId>', ''] },
    { on: 'video', replace: ['<Duration>00:00:15</Duration>', ''] },
    { on: 'audio', replace: ['https://bid.example/i?cb=[CACHEBUSTING]&p=${AUCTION_PRICE}', ' '] },
    { on: 'video', set: { 'bid.adm': WRAPPER.replace('https://bid.example/v<', '<') } },
    { on: 'video', set: { 'bid.adm': OVERLAY_AD.replace(OVERLAY, '') } },
    { on: 'video', set: { 'bid.adm': OVERLAY_AD.replace(' height="50"', '') } },
    { on: 'video', replace: [' idRegistry="unknown"', ''] },
    { on: 'video', set: { 'bid.adm': VAST_ONE.replace('<AdTitle>t</AdTitle>', '') } },
    { on: 'video', set: { 'bid.adm': VAST_ONE.replace('<URL id="i">https://bid.example/i</URL>', '') } },
    { on: 'video', set: { 'bid.adm': VAST_ONE.replace('<Duration>00:00:15</Duration>', '') } },
    { on: 'video', set: { 'bid.adm': VAST_ONE.replace(/<MediaFile .*<\/MediaFile>/, '') } },
    { on: 'video', set: { 'bid.adm': VAST_ONE.replace(/<Video>.*<\/Video>/, '') } },
    { on: 'video', set: { 'bid.adm': VAST_ONE_WRAPPER.replace('https://bid.example/v', ' ') } },
    { on: 'audio', set: { 'bid.adm': DAAST.replace('<Category>IAB22</Category>', '') } },
    { on: 'audio', set: { 'bid.adm': DAAST.replace('https://bid.example/i', '') } },
    { on: 'audio', set: { 'bid.adm': DAAST_WRAPPER.replaceAll('DAASTAdTagURI', 'VASTAdTagURI') } },
    { on: 'video', replace: ['</Linear>', `</Linear>${COMPANION.replace(' width="300"', '')}`] },
    { on: 'video', replace: ['</Linear>', `</Linear>${COMPANION.replace('https://cdn.example/c.png', '')}`] },
  ],
  vast_protocol: [
    { on: 'video', set: { 'imp.video.protocols': [2, 3] } },
    { on: 'video', set: { 'imp.video.protocols': [3], 'bid.adm': WRAPPER } },
    { on: 'video', replace: ['version="4.2"', 'version="4.9"'] },
    { on: 'audio', set: { 'imp.audio.protocols': ['9', '10'] } },
    { on: 'video', set: { 'imp.video.protocols': undefined, 'imp.video.protocol': 2 } },
    { on: 'video', set: { 'bid.adm': VAST_ONE } },
    { on: 'video', set: { 'imp.video.protocols': [1], 'bid.adm': VAST_ONE_WRAPPER } },
    { on: 'audio', set: { 'bid.adm': DAAST } },
    { on: 'audio', set: { 'imp.audio.protocols': [9], 'bid.adm': DAAST_WRAPPER } },
    // Markup that comes with the answer to the win notice is known by what the bid says of it.
    { on: 'video', set: { 'imp.video.protocols': [2, 3], 'bid.adm': undefined } },
  ],
  protocol_mismatch: [{ on: 'video', set: { 'bid.protocol': 3 } }],
  bad_media_file: [
    { on: 'video', replace: ['https://cdn.example/v.mp4', 'v.mp4'] },
    { on: 'video', replace: [' width="1280"', ''] },
    { on: 'video', replace: ['delivery="progressive"', ''] },
    { on: 'audio', replace: ['type="audio/mpeg"', ''] },
    { on: 'video', set: { 'bid.adm': VAST_ONE.replace('https://cdn.example/v.mp4', '') } },
    { on: 'audio', set: { 'bid.adm': DAAST.replace('id="1" ', '') } },
  ],
  delivery_not_offered: [{ on: 'video', set: { 'imp.video.delivery': [1] } }],
  bitrate_out_of_range: [
    { on: 'video', set: { 'imp.video.maxbitrate': 1000 } },
    { on: 'audio', set: { 'imp.audio.minbitrate': 192 } },
  ],
  boxing_not_allowed: [
    {
      on: 'video',
      set: { 'imp.video.boxingallowed': 0 },
      replace: ['width="1280" height="720"', 'width="640" height="480"'],
    },
  ],
  companion_not_offered: [
    { on: 'video', replace: ['</Linear>', `</Linear>${COMPANION}`] },
    {
      on: 'video',
      set: { 'imp.video.companionad': [{ w: 728, h: 90 }, { format: [{ w: 250, h: 300 }] }] },
      replace: ['</Linear>', `</Linear>${COMPANION}`],
    },
    {
      on: 'video',
      set: { 'imp.video.companionad': [{ w: 300, h: 250 }], 'imp.video.companiontype': [2, 3] },
      replace: ['</Linear>', `</Linear>${COMPANION}`],
    },
  ],
  missing_duration: [{ on: 'video', set: { 'bid.dur': undefined } }],
  duration_mismatch: [{ on: 'video', set: { 'bid.dur': 16 } }],
  duration_not_allowed: [
    { on: 'video', set: { 'imp.video.maxduration': 14 } },
    { on: 'video', set: { 'imp.video.minduration': '16' } },
    { on: 'video', set: { 'imp.video.maxduration': 10, 'imp.video.maxextended': 4 } },
    { on: 'video', set: { 'imp.video.rqddurs': [30, 10] } },
    { on: 'audio', set: { 'imp.audio.rqddurs': [15] }, replace: ['00:00:15', '00:00:14.900'] },
    { on: 'pod', set: { 'imp.video.poddur': 10 } },
    { on: 'native', set: { 'asked.assets.4.video.maxduration': 10 } },
  ],
  linearity_not_offered: [
    { on: 'video', set: { 'imp.video.linearity': 2 } },
    { on: 'video', set: { 'bid.adm': OVERLAY_AD } },
  ],
  skip_not_allowed: [{ on: 'video', set: { 'imp.video.skip': 1, 'bid.attr': [16] } }],
  skip_undeclared: [{ on: 'video', replace: ['<Linear>', '<Linear skipoffset="00:00:05">'] }],
};

const NATIVE: Partial<Record<DepartureCode, readonly Change[]>> = {
  bad_native: [
    { on: 'native', set: { 'bid.adm': '<div>https:</div>' } },
    { on: 'native', set: { 'bid.adm': '[]' } },
    { on: 'native', set: { 'native.assets.0.id': '1' } },
    { on: 'native', set: { 'native.assets.0.title.text': '' } },
    { on: 'native', set: { 'native.assets.3.data': { value: 5 } } },
    { on: 'native', set: { 'native.eventtrackers': [{ url: 'https://bid.example/e' }] } },
    // Also where the layout was agreed on beforehand and the request says nothing of it.
    { on: 'native', set: { 'imp.native.request': '...', 'native.assets': [] } },
    { on: 'native', set: { 'imp.native.request': '...', 'native.assets.0.title.text': '' } },
  ],
  native_required_asset: [
    { on: 'native', set: { 'native.assets': [{ id: 1, title: { text: 'Shoes' } }] } },
    { on: 'native', set: { 'native.assets': undefined } },
  ],
  native_unknown_asset: [{ on: 'native', set: { 'native.assets.3.id': 9 } }],
  native_duplicate_asset: [{ on: 'native', set: { 'native.assets.3': { id: 1, title: { text: 'Shoes' } } } }],
  native_asset_kind: [
    { on: 'native', set: { 'native.assets.0': { id: 1, data: { value: 'Shoes' } } } },
    { on: 'native', set: { 'native.assets.0': { id: 1 } } },
    { on: 'native', set: { 'imp.native.request': '{}', 'native.assets.0': { id: 1 } } },
    { on: 'native', set: { 'native.assets.0.data': { value: 'Shoes' } } },
    { on: 'native', set: { 'native.assets.1.img.type': 1 } },
    { on: 'native', set: { 'native.assets.3.data.type': 1 } },
  ],
  native_text_too_long: [
    { on: 'native', set: { 'native.assets.0.title.text': 'A title of 26 characters..' } },
    { on: 'native', set: { 'asked.assets.3.data.len': '10' } },
  ],
  native_image_size: [
    { on: 'native', set: { 'native.assets.1.img.h': 626 } },
    { on: 'native', set: { 'native.assets.2.img.w': 81 } },
  ],
  native_image_unsized: [{ on: 'native', set: { 'native.assets.2.img.w': undefined } }],
  native_link: [
    { on: 'native', set: { 'native.link': undefined } },
    { on: 'native', set: { 'native.link.url': '' } },
  ],
  native_tracker_not_offered: [
    {
      on: 'native',
      set: { 'native.eventtrackers': [{ event: 2, method: 1, url: 'https://bid.example/e' }] },
    },
    {
      on: 'native',
      set: { 'native.eventtrackers': [{ event: 1, method: 2, url: 'https://bid.example/e.js' }] },
    },
    { on: 'native', set: { 'asked.eventtrackers': undefined } },
    { on: 'native', set: { 'imp.native.request': '{}' } },
    { on: 'native', set: { 'native.jstracker': '<script src="https://bid.example/e.js"></script>' } },
  ],
};

export const MEDIA_PROVOCATIONS = { ...MEDIUM, ...BANNER, ...TIMED, ...NATIVE };
