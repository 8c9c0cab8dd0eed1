/** Packs of the made-up bidder: a list, one that only requests decide, and one that was refused. */

import type { PackView } from '../../src/console/audiences-model.ts';

const HOUR_MS = 3_600_000;
const checksum = (digit: string): string => digit.repeat(64);

export function audiencesAt(nowMs: number) {
  const pack = (digit: string, rest: Pick<PackView, 'source'> & Partial<PackView>): PackView => ({
    checksum: checksum(digit),
    version: checksum(digit).slice(0, 12),
    createdMs: nowMs - 30 * HOUR_MS,
    refreshedMs: nowMs - HOUR_MS,
    status: 'fresh',
    why: '',
    usedBy: { lineItems: [], packs: [] },
    ...rest,
  });
  return {
    items: [
      {
        id: 'customers',
        name: 'Customers',
        pack: pack('a', {
          source: 'upload',
          size: 120_000,
          usedBy: { lineItems: [{ lineItemId: 'boots', as: 'exclude' }], packs: ['readers-not-customers'] },
        }),
      },
      { id: 'readers', name: 'Readers of the trade', pack: pack('b', { source: 'exchange_segments' }) },
      {
        id: 'old-list',
        name: 'A list \u202eof last year',
        pack: pack('c', {
          source: 'upload',
          size: 800,
          expiresMs: nowMs + 50 * HOUR_MS,
          status: 'refused',
          why: 'list.csv row 7 is a SHA-256 and not a plain id. The version before it goes on.',
        }),
      },
    ],
    classes: [],
  };
}

export function reachAt(nowMs: number) {
  return {
    sinceMs: nowMs - 100 * HOUR_MS,
    sampleRate: 0.25,
    items: [
      {
        id: 'customers',
        size: 120_000,
        people: 64_000,
        low: 63_100,
        high: 64_900,
        share: 0.533,
        matches: [
          { exchangeId: 'example', idSpace: 'ifa', people: 60_000, low: 59_200, high: 60_800, share: 0.5 },
        ],
      },
      { id: 'readers', people: 9_000, low: 8_700, high: 9_300, matches: [] },
      { id: 'old-list', size: 800, people: 0, low: 0, high: 12, share: 0, matches: [] },
    ],
  };
}

export function overlap() {
  return {
    items: [{ id: 'customers', size: 120_000 }, { id: 'readers' }, { id: 'old-list', size: 800 }],
    pairs: [
      { first: 'customers', second: 'readers', people: 3_000, low: 2_900, high: 120_000, basis: 'seen' },
      { first: 'customers', second: 'old-list', people: 400, low: 400, high: 400, basis: 'ids' },
      { first: 'readers', second: 'old-list', people: 0, low: 0, high: 800, basis: 'seen' },
    ],
  };
}
