import { describe, expect, it } from 'vitest';
import type { Medium } from './bid-case.ts';
import { soundPair } from './sound-pairs.ts';
import { requestDepartures } from './strict.ts';

const IMP = { id: '1', banner: {} };

describe('the strict reading of requests', () => {
  it.each<Medium>(['banner', 'video', 'audio', 'native'])('finds nothing in a sound %s request', (medium) => {
    expect(requestDepartures(soundPair(medium).request)).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['type:', 'request'],
    ['type:', null],
    ['required:id', { imp: [IMP] }],
    ['required:imp', { id: '1', imp: [] }],
    ['required:imp[0].id', { id: '1', imp: [{ id: '', banner: {} }] }],
    ['required:imp[0].(banner|video|audio|native)', { id: '1', imp: [{ id: '1', banner: null }] }],
    ['required:imp[0].video.mimes', { id: '1', imp: [{ id: '1', video: { mimes: [] } }] }],
    ['required:imp[0].native.request', { id: '1', imp: [{ id: '1', native: {} }] }],
    ['required:imp[0].pmp.deals[0].id', { id: '1', imp: [{ ...IMP, pmp: { deals: [{}] } }] }],
    ['required:imp[0].qty.vendor', { id: '1', imp: [{ ...IMP, qty: { multiplier: 2, sourcetype: 1 } }] }],
    ['type:imp[0].banner.format', { id: '1', imp: [{ id: '1', banner: { format: {} } }] }],
    ['type:imp[0].banner.battr[1]', { id: '1', imp: [{ id: '1', banner: { battr: [1, '2'] } }] }],
    ['type:tmax', { id: '1', imp: [IMP], tmax: 120.5 }],
    ['type:regs.ext', { id: '1', imp: [IMP], regs: { ext: '' } }],
    ['unique:imp[1].id', { id: '1', imp: [IMP, IMP] }],
    ['exclusive:site-app-dooh', { id: '1', imp: [IMP], site: {}, app: {} }],
    ['exclusive:wseat-bseat', { id: '1', imp: [IMP], wseat: ['a'], bseat: ['b'] }],
  ])('says %s', (departure, request) => {
    expect(requestDepartures(request)).toEqual([departure]);
  });

  it.each<[string, unknown]>([
    ['unknown fields', { id: '1', imp: [{ ...IMP, constructor: 1 }], new_field: {}, __proto__: { id: 3 } }],
    ['null for absent', { id: '1', imp: [IMP], site: null, app: {}, tmax: null }],
    ['anything inside ext', { id: '1', imp: [{ ...IMP, ext: { id: 5, imp: 'x' } }] }],
    ['a whole number written with a point', JSON.parse('{"id":"1","imp":[{"id":"1","banner":{"w":300.0}}]}')],
  ])('tolerates %s', (_, request) => {
    expect(requestDepartures(request)).toEqual([]);
  });
});
