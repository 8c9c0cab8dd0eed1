/** What nodes that share a ledger, the exchange that sends them bids, and the judge know alike: budgets, prices, and how fast time passes. */
import type { Clock } from '../../src/core/clock.ts';
import { systemClock } from '../../src/core/clock.ts';
import { MINUTE, NOW } from '../contract/state-events.ts';

export const TOKEN = 'a-token-for-the-test';
export const ACCOUNT = 'chaos';
/** Where the price of a bid stays reserved: no win comes later but one that a test means to. */
export const HOLD_MS = 3 * MINUTE;
/** Dear enough that twenty bids are more than a node is granted before it has bid. */
export const BID_CPM_MICROS = 100_000_000;

export interface Limited {
  readonly id: string;
  /** The banner that only this campaign has, so that a request says who bids. */
  readonly width: number;
  readonly lifetimeMicros: number;
  /** Of its line item. */
  readonly dailyMicros: number;
}

/** Campaigns that run out one after the other, where about so many bids are made in all; the last does not. */
export function campaignsFor(bids: number): readonly Limited[] {
  const cost = BID_CPM_MICROS / 1000;
  const count = 5 + Math.floor(bids / 2000);
  return Array.from({ length: count }, (_, index) => {
    const most = index === count - 1 ? 10_000_000 : Math.ceil((bids * (index + 1)) / (2 * count ** 2));
    return {
      id: `chaos-${index}`,
      width: 300 + index,
      lifetimeMicros: most * cost,
      // Every other one is stopped by its line item's day.
      dailyMicros: Math.ceil(most * (index % 2 === 0 ? 2 : 0.9)) * cost,
    };
  });
}

/** For a fault each, small enough that one node can drain them. */
export function freshCampaigns(count: number): readonly Limited[] {
  const limit = (40 * BID_CPM_MICROS) / 1000;
  return Array.from({ length: count }, (_, index) => ({
    id: `fault-${index}`,
    width: 600 + index,
    lifetimeMicros: limit,
    dailyMicros: 2 * limit,
  }));
}

/** As a configuration folder's one file says it. */
export function bookOf(campaigns: readonly Limited[]): unknown {
  const seconds = HOLD_MS / 1000;
  return {
    account: { id: ACCOUNT, currency: 'USD', signalMissing: 'allow' },
    exchanges: [
      {
        id: 'example',
        holdSeconds: { banner: seconds, video: seconds, audio: seconds, native: seconds },
        holdSecondsMax: seconds,
      },
    ],
    advertisers: [{ id: 'bakery', domains: ['bakery.example'] }],
    campaigns: campaigns.map(({ id, lifetimeMicros }) => ({
      id,
      advertiserId: 'bakery',
      budget: { lifetimeMicros },
    })),
    lineItems: campaigns.map(({ id, dailyMicros }) => ({
      id: `line-${id}`,
      campaignId: id,
      bid: { strategy: 'fixed_cpm', priceCpmMicros: BID_CPM_MICROS },
      budget: { dailyMicros },
      pacing: 'asap',
      creatives: [{ id: `rye-${id}` }],
    })),
    creatives: campaigns.map(({ id, width }) => ({
      id: `rye-${id}`,
      advertiserId: 'bakery',
      format: 'banner',
      sizes: [{ width, height: 250 }],
      html: '<a href="{clickUrl}">Rye</a>',
      landingPage: 'https://bakery.example/',
    })),
  };
}

/** The same for all processes that are told the same beginning; `pace` times as fast as the wall's. */
export function chaosClock(beganMs: number, pace: number): Clock {
  const now = (): number => Math.floor(NOW + (systemClock.now() - beganMs) * pace);
  return { now, monotonic: now, waiting: now };
}
