// What must be flagged about ad breaks.

import type { DepartureCode } from './departure.ts';
import { SPOT } from './sound-pairs.ts';
import type { Change } from './spoil.ts';

export const POD_PROVOCATIONS: Partial<Record<DepartureCode, readonly Change[]>> = {
  slot_not_dynamic: [
    { on: 'video', set: { 'bid.slotinpod': 1, 'imp.video.podid': 'pod-1' } },
    { on: 'slots', set: { 'bid.slotinpod': 0 } },
    { on: 'hybrid', set: { 'bid.slotinpod': 1 } },
  ],
  bad_slot: [
    { on: 'pod', set: { 'bid.slotinpod': 3 } },
    { on: 'pod', set: { 'bid.slotinpod': 'first' } },
  ],
  slot_not_offered: [
    { on: 'pod', set: { 'imp.video.slotinpod': 0 } },
    { on: 'pod', set: { 'imp.video.slotinpod': undefined, 'bid.slotinpod': 2 } },
    { on: 'pod', set: { 'imp.video.slotinpod': -1 } },
  ],
  pod_too_long: [
    { on: 'pod', set: { 'imp.video.poddur': 29 }, addBid: { id: 'bid-2', crid: 'creative-2' } },
    { on: 'hybrid', set: { 'request.imp.1.video.poddur': 20 } },
  ],
  pod_too_many: [
    { on: 'pod', set: { 'imp.video.maxseq': 1 }, addBid: { id: 'bid-2', crid: 'creative-2' } },
    { on: 'hybrid', set: { 'request.imp.1.video.maxseq': '1' } },
  ],
  pod_repetition: [
    { on: 'slots', set: { 'seatbid.bid.1.adomain': ['SHOP.example'] } },
    { on: 'slots', set: { 'seatbid.bid.1.cat': ['IAB3', 'IAB22'] } },
    { on: 'slots', set: { 'seatbid.bid.1.crid': 'creative-1' } },
    { on: 'slots', set: { 'seatbid.bid.1.adm': SPOT } },
    // Within the dynamic part, and between it and the slot before it.
    { on: 'hybrid', set: { 'seatbid.bid.2.adomain': ['tools.example'] } },
    { on: 'hybrid', set: { 'seatbid.bid.2.adomain': ['shop.example'] } },
    {
      on: 'pod',
      set: { 'imp.video.podid': undefined, 'imp.video.poddedupe': [3] },
      addBid: { id: 'bid-2' },
    },
  ],
};
