/** CPU of a request by what becomes of it, as a ratio to the bare route on the same bodies; both wires; Redis against memory. */

import { seededRandom } from '../../src/core/random.ts';
import { startRedis } from '../../test/fixture/redis-server.ts';
import type { LoadRequest } from './bodies.ts';
import { fromNowhere, isPlainBanner, loadRequests, messages } from './bodies.ts';
import { PATHS } from './book.ts';
import type { PartResult, PartSettings } from './part.ts';
import type { Bidder, Compared } from './servers.ts';
import { compare, startBare, startBidder, statusesOf } from './servers.ts';

const REQUESTS = 8000;
const NO_BID_SHARE = 0.7;

export async function ratios({ seed, rounds, requests, size }: PartSettings): Promise<PartResult> {
  const bidder = await startBidder(seed, size);
  const bare = await startBare();
  try {
    const offered = loadRequests(seed, REQUESTS, size.people);
    const { bid, refused } = await sort(bidder, offered);
    const nowhere = bid.map(fromNowhere);
    const mixed = mix(seed, bid, [...refused, ...nowhere]);
    const banners = bid.filter(isPlainBanner);
    const against = (asked: readonly LoadRequest[]): Promise<Compared> => {
      const json = messages(asked, PATHS);
      return compare({ served: bidder, messages: json }, { served: bare, messages: json }, rounds, requests);
    };
    const rows: Record<string, Compared> = {
      'no bid at lookup': await against(nowhere),
      'single-imp banner bid': await against(banners),
      'mixed, 70 % no bid': await against(mixed),
      'all kinds of bids': await against(bid),
      'protobuf to JSON': await compare(
        { served: bidder, messages: messages(mixed, PATHS, 'protobuf') },
        { served: bidder, messages: messages(mixed, PATHS) },
        rounds,
        requests,
      ),
      'gzip to plain': await compare(
        { served: bidder, messages: messages(mixed, PATHS, 'gzip') },
        { served: bidder, messages: messages(mixed, PATHS) },
        rounds,
        requests,
      ),
    };
    await bidder.stop();
    rows['Redis to memory'] = await redisToMemory({ seed, rounds, requests, size });
    const ratioOf = (name: string): number => rows[name]!.ratio;
    return {
      figures: {
        noBidAtLookup: ratioOf('no bid at lookup'),
        bannerBid: ratioOf('single-imp banner bid'),
        mixed: ratioOf('mixed, 70 % no bid'),
        protobufToJson: ratioOf('protobuf to JSON'),
        redisToMemory: ratioOf('Redis to memory'),
        mixedCpuUs: rows['mixed, 70 % no bid']!.cpuUs,
        bareCpuUs: rows['mixed, 70 % no bid']!.referenceCpuUs,
        bidRateOfAllOffered: bid.length / offered.length,
        otherStatuses: Object.values(rows).reduce((sum, row) => sum + row.otherStatuses, 0),
        lineItems: size.lines,
      },
      goals: {
        noBidAtLookup: 1.2,
        bannerBid: 1.8,
        mixed: 1.4,
        protobufToJson: 1,
        redisToMemory: 1.5,
        otherStatuses: 0,
      },
      rows: Object.entries(rows).map(([name, row]) => ({ name, ...row })),
    };
  } finally {
    await bidder.stop();
    await bare.stop();
  }
}

/** By what the bidder makes of them. */
async function sort(bidder: Bidder, offered: readonly LoadRequest[]) {
  const statuses = await statusesOf({ served: bidder, messages: messages(offered, PATHS) });
  return {
    bid: offered.filter((_, number) => statuses[number] === 200),
    refused: offered.filter((_, number) => statuses[number] === 204),
  };
}

function mix(seed: number, bids: readonly LoadRequest[], others: readonly LoadRequest[]): LoadRequest[] {
  const random = seededRandom(seed).stream('mix');
  return Array.from({ length: REQUESTS }, () => {
    const from = random.next() < NO_BID_SHARE ? others : bids;
    return from[Math.floor(random.next() * from.length)]!;
  });
}

/** Two bidders alike but for where people are remembered; requests of people, for those alone cost a read. */
async function redisToMemory({ seed, rounds, requests, size }: PartSettings): Promise<Compared> {
  const small = { ...size, people: Math.min(size.people, 100_000) };
  const redis = await startRedis();
  const inRedis = await startBidder(seed, small, { BIDWRIGHT_REDIS_URL: redis.url });
  const inMemory = await startBidder(seed, small);
  try {
    const json = messages(loadRequests(seed, REQUESTS, small.people), PATHS);
    return await compare(
      { served: inRedis, messages: json },
      { served: inMemory, messages: json },
      rounds,
      requests,
    );
  } finally {
    await inRedis.stop();
    await inMemory.stop();
    await redis.stop();
  }
}
