// What must be flagged about the answer as a whole, its terms, ad quality and delivery: one change of a sound
// pair each.

import type { DepartureCode } from './departure.ts';
import type { Change } from './spoil.ts';

const INSECURE = 'http://bid.example/notice';

export const TERMS_PROVOCATIONS: Partial<Record<DepartureCode, readonly Change[]>> = {
  not_an_object: [
    { on: 'banner', set: { response: [] } },
    { on: 'banner', set: { response: 'no bid' } },
    { on: 'banner', set: { response: null } },
  ],
  empty_answer: [
    { on: 'banner', set: { response: {} } },
    { on: 'banner', set: { 'response.seatbid': [] } },
    { on: 'banner', set: { 'seatbid.bid': [] } },
  ],
  missing_field: [
    { on: 'banner', set: { 'response.id': '' } },
    { on: 'banner', set: { 'bid.id': undefined } },
    { on: 'banner', set: { 'bid.impid': undefined } },
    { on: 'banner', set: { 'bid.price': undefined } },
    { on: 'banner', set: { 'seatbid.bid': [] } },
  ],
  wrong_type: [
    { on: 'banner', set: { 'bid.price': '2.25' } },
    { on: 'banner', set: { 'bid.w': 300.5 } },
    { on: 'banner', set: { 'bid.adomain': 'shop.example' } },
    { on: 'banner', set: { 'bid.adm': { html: 1 } } },
    { on: 'banner', set: { 'bid.cat': ['IAB22', 3] } },
    { on: 'banner', set: { 'bid.ext': 'x' } },
    { on: 'banner', set: { 'response.seatbid': {} } },
  ],
  unknown_field: [
    { on: 'banner', set: { 'bid.ttl': 300 } },
    { on: 'banner', set: { 'seatbid.type': 'banner' } },
    { on: 'banner', set: { 'response.constructor': 1 } },
  ],
  id_mismatch: [{ on: 'banner', set: { 'response.id': 'auction-2' } }],
  bad_nbr: [
    { on: 'banner', set: { 'response.nbr': 2 } },
    { on: 'banner', set: { response: { id: 'auction-1', nbr: 99 } } },
    { on: 'banner', set: { response: { id: 'auction-1', nbr: -1 } } },
  ],
  duplicate_bid_id: [{ on: 'pod', addBid: {} }],
  repeated_bid: [{ on: 'banner', addBid: { id: 'bid-2' } }],
  bad_group: [
    { on: 'banner', set: { 'seatbid.group': 2 } },
    { on: 'banner', set: { 'seatbid.group': 1 }, addBid: { id: 'bid-2', crid: 'creative-2' } },
  ],

  unknown_imp: [{ on: 'banner', set: { 'bid.impid': 'imp-2' } }],
  bad_price: [
    { on: 'banner', set: { 'bid.price': 0 } },
    { on: 'banner', set: { 'bid.price': -1, 'bid.dealid': 'deal-1' } },
    { on: 'banner', set: { 'bid.price': Number.NaN } },
  ],
  bad_currency: [
    { on: 'banner', set: { 'response.cur': 'usd' } },
    { on: 'banner', set: { 'response.cur': 'US$' } },
  ],
  currency_not_allowed: [
    { on: 'banner', set: { 'response.cur': 'EUR' } },
    { on: 'banner', set: { 'request.cur': ['EUR'], 'response.cur': undefined } },
    { on: 'banner', set: { 'request.cur': undefined, 'response.cur': 'EUR' } },
  ],
  below_floor: [
    { on: 'banner', set: { 'imp.bidfloor': 2.2500001 } },
    { on: 'banner', set: { 'imp.bidfloor': '3', 'imp.bidfloorcur': undefined } },
    { on: 'video', set: { 'imp.video.mincpmpersec': 0.16 } },
    { on: 'video', set: { 'imp.video.durfloors': [{ mindur: 1, maxdur: 15, bidfloor: 3 }] } },
    { on: 'video', set: { 'imp.video.durfloors': [{ mindur: 16, bidfloor: 1 }], 'imp.bidfloor': 4 } },
    { on: 'audio', set: { 'imp.audio.durfloors': [{ maxdur: 30, bidfloor: 5 }] } },
    { on: 'audio', set: { 'imp.audio.mincpmpersec': '0.16' } },
    // Two bands overlap at 15 s, and the price is under both.
    {
      on: 'video',
      set: {
        'imp.video.durfloors': [
          { mindur: 1, maxdur: 15, bidfloor: 4 },
          { mindur: 15, maxdur: 30, bidfloor: 3 },
        ],
      },
    },
    // What several people see costs as many impressions, and the price stays that of a thousand.
    { on: 'dooh', set: { 'bid.price': 2.25 / 14.2 } },
    // Without any floor of its own the deal leaves the impression's in force (§7.11.2).
    { on: 'banner', set: { 'bid.dealid': 'd', 'imp.pmp.deals': [{ id: 'd' }], 'imp.bidfloor': 4 } },
  ],
  below_deal_floor: [
    { on: 'banner', set: { 'bid.dealid': 'deal-1', 'bid.price': 1.49 } },
    { on: 'banner', set: { 'bid.dealid': 'd', 'imp.pmp.deals': [{ id: 'd', at: 3, bidfloor: 4 }] } },
    { on: 'video', set: { 'bid.dealid': 'd', 'imp.pmp.deals': [{ id: 'd', mincpmpersec: 1 }] } },
    {
      on: 'video',
      set: { 'bid.dealid': 'd', 'imp.pmp.deals': [{ id: 'd', durfloors: [{ mindur: 10, bidfloor: 3 }] }] },
    },
    // Outside its ranges the deal's own floor holds; inside them the band, where it is dearer too.
    {
      on: 'video',
      set: {
        'bid.dealid': 'd',
        'imp.pmp.deals': [{ id: 'd', bidfloor: 3, durfloors: [{ mindur: 16, maxdur: 30, bidfloor: 1 }] }],
      },
    },
    // Without a price per second of its own, the deal is not helped by that of the medium.
    {
      on: 'video',
      set: {
        'bid.dealid': 'd',
        'imp.pmp.deals': [{ id: 'd', bidfloor: 4 }],
        'imp.video.mincpmpersec': 0.01,
      },
    },
    // Not inherited from the impression: this deal's floor is in USD.
    {
      on: 'banner',
      set: { 'bid.dealid': 'd', 'imp.bidfloorcur': 'EUR', 'imp.pmp.deals': [{ id: 'd', bidfloor: 3 }] },
    },
  ],
  unknown_deal: [
    { on: 'banner', set: { 'bid.dealid': 'deal-2' } },
    { on: 'banner', set: { 'bid.dealid': 'deal-1', 'imp.pmp': undefined } },
  ],
  deal_required: [
    { on: 'banner', set: { 'imp.pmp.private_auction': 1 } },
    { on: 'banner', set: { 'imp.pmp.private_auction': '1', 'bid.dealid': '' } },
  ],
  seat_not_allowed: [
    { on: 'banner', set: { 'request.wseat': ['seat-2'] } },
    { on: 'banner', set: { 'request.wseat': ['seat-1'], 'seatbid.seat': undefined } },
    { on: 'banner', set: { 'bid.dealid': 'deal-1', 'seatbid.seat': 'seat-2' } },
  ],
  seat_blocked: [{ on: 'banner', set: { 'request.bseat': ['seat-0', 'seat-1'] } }],
  deal_advertiser: [
    { on: 'banner', set: { 'bid.dealid': 'deal-1', 'bid.adomain': ['other.example'] } },
    { on: 'banner', set: { 'bid.dealid': 'deal-1', 'bid.adomain': ['shop.example', 'other.example'] } },
    { on: 'banner', set: { 'bid.dealid': 'deal-1', 'bid.adomain': undefined } },
  ],
  guaranteed_not_bid: [
    { on: 'banner', set: { 'imp.pmp.deals.0.guar': 1 }, deals: ['deal-1'] },
    { on: 'banner', set: { 'imp.pmp.deals.1.guar': '1', 'bid.dealid': 'deal-1' }, deals: ['deal-eur'] },
  ],

  missing_crid: [
    { on: 'banner', set: { 'bid.crid': undefined } },
    { on: 'native', set: { 'bid.crid': '' } },
  ],
  missing_adomain: [
    { on: 'banner', set: { 'bid.adomain': undefined } },
    { on: 'banner', set: { 'bid.adomain': [] } },
  ],
  bad_adomain: [
    { on: 'banner', set: { 'bid.adomain': ['https://shop.example'] } },
    { on: 'banner', set: { 'bid.adomain': ['shop.example/shoes'] } },
    { on: 'banner', set: { 'bid.adomain': ['shop'] } },
    { on: 'banner', set: { 'bid.adomain': ['shop .example'] } },
  ],
  blocked_advertiser: [
    { on: 'banner', set: { 'bid.adomain': ['blocked.example'] } },
    { on: 'banner', set: { 'bid.adomain': ['shop.example', 'ads.Blocked.example'] } },
    { on: 'banner', set: { 'request.badv': ['www.SHOP.example/'] } },
  ],
  blocked_category: [
    { on: 'banner', set: { 'bid.cat': ['IAB7-1'] } },
    { on: 'banner', set: { 'bid.cat': ['IAB22', 'IAB25-3'] } },
    { on: 'banner', set: { 'request.cattax': 7, 'bid.cattax': 7, 'request.bcat': ['8'], 'bid.cat': ['8'] } },
  ],
  category_not_allowed: [
    { on: 'banner', set: { 'request.acat': ['IAB1'] } },
    { on: 'banner', set: { 'request.acat': ['IAB22'], 'bid.cat': ['IAB22-1', 'IAB3'] } },
    { on: 'banner', set: { 'request.acat': ['IAB22'], 'bid.cat': undefined } },
    { on: 'banner', set: { 'request.acat': ['IAB22'], 'bid.cattax': 7 } },
  ],
  blocked_app: [{ on: 'banner', set: { 'bid.bundle': 'com.blocked.app' } }],
  blocked_attribute: [
    { on: 'banner', set: { 'bid.attr': [2, 3] } },
    { on: 'video', set: { 'bid.attr': [8] } },
    { on: 'native', set: { 'imp.native.battr': [12], 'bid.attr': [12] } },
  ],
  language_not_allowed: [
    { on: 'banner', set: { 'bid.language': 'fr' } },
    { on: 'banner', set: { 'bid.language': undefined, 'bid.langb': 'fr-CA' } },
    { on: 'banner', set: { 'request.wlang': undefined, 'request.wlangb': ['de-AT'] } },
  ],
  two_languages: [{ on: 'banner', set: { 'bid.langb': 'en' } }],
  bad_language: [
    { on: 'banner', set: { 'bid.language': 'en-GB' } },
    { on: 'banner', set: { 'bid.language': 'english', 'request.wlang': undefined } },
    { on: 'banner', set: { 'bid.language': undefined, 'bid.langb': 'en_GB' } },
  ],
  bad_cattax: [
    { on: 'banner', set: { 'bid.cattax': 4, 'bid.cat': ['22'] } },
    { on: 'banner', set: { 'bid.cattax': 0, 'bid.cat': ['22'] } },
  ],
  category_taxonomy: [
    { on: 'banner', set: { 'bid.cat': ['22'] } },
    { on: 'banner', set: { 'bid.cattax': 2 } },
  ],
  bad_dsa: [
    { on: 'dsa', set: { 'bid.ext.dsa.paid': undefined } },
    { on: 'dsa', set: { 'bid.ext.dsa.behalf': '' } },
    { on: 'dsa', set: { 'bid.ext.dsa.behalf': 'x'.repeat(101) } },
    { on: 'dsa', set: { 'bid.ext.dsa.adrender': '0' } },
    { on: 'dsa', set: { 'bid.ext.dsa.transparency': { domain: 'bid.example', dsaparams: [1] } } },
    { on: 'dsa', set: { 'bid.ext.dsa.transparency': [{ domain: 'bid.example', params: [1] }] } },
    { on: 'dsa', set: { 'bid.ext.dsa.transparency': [{ domain: 'https://bid.example', dsaparams: [1] }] } },
  ],
  dsa_rendering: [
    { on: 'dsa', set: { 'request.regs.ext.dsa.pubrender': 0 } },
    { on: 'dsa', set: { 'request.regs.ext.dsa.pubrender': '0', 'bid.ext.dsa.adrender': undefined } },
    { on: 'dsa', set: { 'request.regs.ext.dsa.pubrender': 2, 'bid.ext.dsa.adrender': 1 } },
  ],
  skadn_not_offered: [
    { on: 'skadn', set: { 'imp.ext': undefined } },
    { on: 'skadn', set: { 'bid.ext.skadn.network': 'other.skadnetwork' } },
    { on: 'skadn', set: { 'bid.ext.skadn.version': '3.0', 'bid.ext.skadn.campaign': '45' } },
    { on: 'banner', set: { 'bid.ext': { skadn: { version: '4.0' } } } },
  ],
  bad_skadn: [
    { on: 'skadn', set: { 'bid.ext.skadn': 'x' } },
    { on: 'skadn', set: { 'bid.ext.skadn.itunesitem': undefined } },
    { on: 'skadn', set: { 'bid.ext.skadn.itunesitem': '1' } },
    { on: 'skadn', set: { 'bid.ext.skadn.sourceapp': '1' } },
    { on: 'skadn', set: { 'bid.ext.skadn.network': 'CDKW7GEQSH.skadnetwork' } },
    { on: 'skadn', set: { 'bid.ext.skadn.sourceidentifier': undefined } },
    { on: 'skadn', set: { 'bid.ext.skadn.version': '2.2', 'bid.ext.skadn.campaign': '101' } },
    { on: 'skadn', set: { 'bid.ext.skadn.version': '2.0', 'bid.ext.skadn.campaign': '45' } },
    { on: 'skadn', set: { 'bid.ext.skadn.fidelities': [] } },
    { on: 'skadn', set: { 'bid.ext.skadn.fidelities.0.fidelity': 2 } },
    { on: 'skadn', set: { 'bid.ext.skadn.fidelities.0.nonce': 'once' } },
    { on: 'skadn', set: { 'bid.ext.skadn.fidelities.0.timestamp': 'now' } },
    { on: 'skadn', set: { 'bid.ext.skadn.fidelities.0.signature': '' } },
  ],
  missing_dsa: [
    { on: 'banner', set: { 'request.regs': { ext: { dsa: { dsarequired: 2 } } } } },
    { on: 'banner', set: { 'request.regs': { ext: { dsa: { dsarequired: 3 } } }, 'bid.ext': { dsa: 1 } } },
  ],

  bad_url: [
    { on: 'banner', set: { 'bid.burl': '/notice' } },
    { on: 'banner', set: { 'bid.nurl': '//bid.example/notice' } },
    { on: 'banner', set: { 'bid.lurl': 'https://bid.example/a b' } },
    { on: 'banner', set: { 'bid.iurl': 'image.png' } },
    { on: 'video', replace: ['https://bid.example/start', 'start.gif'] },
    { on: 'native', set: { 'native.link.url': 'shop' } },
    { on: 'native', set: { 'native.link.fallback': 'shop' } },
    { on: 'native', set: { 'native.privacy': 'privacy' } },
    { on: 'native', set: { 'native.link.clicktrackers': ['c2'] } },
    { on: 'native', set: { 'native.imptrackers': [7] } },
    { on: 'native', set: { 'native.eventtrackers': [{ event: 1, method: 1 }] } },
    { on: 'native', set: { 'native.assets.1.img.url': 'main.jpg' } },
  ],
  insecure_url: [
    { on: 'banner', set: { 'bid.nurl': INSECURE } },
    { on: 'banner', set: { 'bid.burl': INSECURE } },
    { on: 'banner', set: { 'bid.lurl': INSECURE, 'imp.secure': '1' } },
  ],
  insecure_markup: [
    {
      on: 'banner',
      set: { 'bid.adm': '<img src="http://a.example/b.png"><img src="https://a.example/c.png">' },
    },
    { on: 'banner', set: { 'bid.adm': '<a href="https://a.example/?u=http%3A%2F%2Fb.example">x</a>' } },
    { on: 'banner', set: { 'bid.adm': '<b>text only</b>' } },
    { on: 'banner', set: { 'bid.adm': '<svg xmlns="http://www.w3.org/2000/svg"><!-- https: --></svg>' } },
    { on: 'video', replace: ['https://cdn.example/v.mp4', 'HTTP://cdn.example/v.mp4'] },
    { on: 'native', set: { 'native.imptrackers': [INSECURE] } },
  ],
  unexpanded_placeholder: [
    { on: 'banner', set: { 'bid.adm': '<a href="{clickUrl}">https:</a>' } },
    { on: 'banner', set: { 'bid.adm': '<a href="https://x.example/?c=%7BclickUrlEncoded%7D">x</a>' } },
    { on: 'banner', set: { 'bid.adm': '<div style="width:{width}px">https:</div>' } },
    { on: 'native', set: { 'native.link.url': 'https://bid.example/{clickUrl}' } },
    { on: 'video', replace: ['https://bid.example/start', 'https://bid.example/start?cb={CACHEBUSTER}'] },
    { on: 'banner', set: { 'bid.iurl': 'https://cdn.example/{width}.png?c={landingPage}' } },
  ],
  unknown_macro: [
    { on: 'banner', set: { 'bid.burl': 'https://bid.example/?p=${PRICE}' } },
    { on: 'banner', set: { 'bid.burl': 'https://bid.example/?p=${AUCTION_PRICES}' } },
    { on: 'banner', set: { 'bid.nurl': 'https://bid.example/?p=%24%7BAUCTION_PRICE%7D' } },
    { on: 'banner', set: { 'bid.adm': '<a href="https://bid.example/${click_id}">x</a>' } },
    { on: 'video', replace: ['${AUCTION_PRICE}', '${}'] },
  ],
};
