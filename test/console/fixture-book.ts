/**
 * A small book whose figures grow with each step, and the answers that the API gives about it. This file is one thing: a
 * made-up bidder's memory.
 */

import type { ExplainAnswer } from '../../src/console/overview-model.ts';
import type { BudgetsAnswer, FunnelAnswer, OverviewAnswer } from '../../src/server/api.ts';

const NOW_MS = Date.UTC(2026, 2, 12, 13, 41, 7);
/** A name as an attacker would choose it. */
export const HOSTILE = '<img src=x onerror=alert(1)>\u202e gnol yrev';

interface Story {
  id: string;
  name: string;
  status: string;
  daily?: number;
  spend: number;
  today: number;
  wins: number;
  ctr: number;
  cvr: number;
}
const CAMPAIGNS: (Story & { lines: Story[] })[] = [
  {
    id: 'c1',
    name: 'Northwind Coffee, spring subscriptions',
    status: 'active',
    daily: 120e6,
    spend: 214.6e6,
    today: 71.3e6,
    wins: 98_412,
    ctr: 0.0081,
    cvr: 0.062,
    lines: [
      {
        id: 'l1',
        name: 'Morning readers, display',
        status: 'active',
        daily: 80e6,
        spend: 160.2e6,
        today: 48.9e6,
        wins: 71_020,
        ctr: 0.0079,
        cvr: 0.064,
      },
      {
        id: 'l2',
        name: 'Evening video',
        status: 'limited_by_budget',
        daily: 22e6,
        spend: 54.4e6,
        today: 22e6,
        wins: 27_392,
        ctr: 0.0088,
        cvr: 0.055,
      },
    ],
  },
  {
    id: 'c2',
    name: 'Juniper Outdoor, spring sale',
    status: 'active',
    daily: 300e6,
    spend: 388.1e6,
    today: 104.7e6,
    wins: 141_230,
    ctr: 0.0052,
    cvr: 0.041,
    lines: [
      {
        id: 'l3',
        name: 'Retargeting, visitors of 30 days',
        status: 'active',
        daily: 140e6,
        spend: 301.8e6,
        today: 92.2e6,
        wins: 101_830,
        ctr: 0.0066,
        cvr: 0.048,
      },
      {
        id: 'l4',
        name: 'Prospecting, bid under the floor',
        status: 'no_creatives',
        daily: 160e6,
        spend: 86.3e6,
        today: 12.5e6,
        wins: 39_400,
        ctr: 0.0021,
        cvr: 0.012,
      },
    ],
  },
  {
    id: 'c3',
    name: 'Halden Insurance, quote',
    status: 'active',
    daily: 60e6,
    spend: 51.9e6,
    today: 59.98e6,
    wins: 18_204,
    ctr: 0.0037,
    cvr: 0.018,
    lines: [
      {
        id: 'l5',
        name: 'Drivers, in-app native',
        status: 'budget_spent',
        daily: 60e6,
        spend: 51.9e6,
        today: 59.98e6,
        wins: 18_204,
        ctr: 0.0037,
        cvr: 0.018,
      },
    ],
  },
  {
    id: 'c4',
    name: HOSTILE,
    status: 'paused',
    spend: 4.2e6,
    today: 0,
    wins: 1_204,
    ctr: 0.002,
    cvr: 0,
    lines: [],
  },
];

function figuresOf(story: Story, step: number) {
  const moving = story.status === 'paused' ? 0 : step;
  const wins = Math.round(story.wins * (1 + moving * 0.0004));
  const impressions = Math.round(wins * 0.97);
  const clicks = Math.round(impressions * story.ctr);
  const conversions = Math.round(clicks * story.cvr);
  const extra = Math.round(story.spend * moving * 0.0004 * (1 + 0.3 * Math.sin(step / 7)));
  const spendMicros = Math.round(story.spend) + extra;
  return {
    id: story.id,
    name: story.name,
    status: story.status,
    spendMicros,
    spentTodayMicros: Math.min(story.daily ?? Number.POSITIVE_INFINITY, Math.round(story.today + extra)),
    ...(story.daily === undefined ? {} : { dailyMicros: story.daily }),
    bids: Math.round(wins * 3.4),
    wins,
    impressions,
    clicks,
    conversions,
    ...(conversions > 0 ? { cpaMicros: Math.round(spendMicros / conversions) } : {}),
  };
}

export function overviewAt(step: number): OverviewAnswer {
  const campaigns = CAMPAIGNS.map((story) => ({
    ...figuresOf(story, step),
    lineItems: story.lines.map((line) => figuresOf(line, step)),
  }));
  const sum = (key: 'wins' | 'impressions' | 'clicks' | 'conversions' | 'spendMicros') =>
    campaigns.reduce((total, one) => total + one[key], 0);
  return {
    now: NOW_MS + step * 60_000,
    currency: 'USD',
    timeZone: 'America/New_York',
    totals: {
      requests: 2_400_000 + step * 800 + Math.round(60 * Math.sin(step / 3)),
      bids: Math.round(sum('wins') * 3.4 + 25 * Math.sin(step / 4)),
      wins: sum('wins'),
      impressions: sum('impressions'),
      clicks: sum('clicks'),
      conversions: sum('conversions'),
      spendMicros: sum('spendMicros'),
    },
    campaigns,
  };
}

const REMEDIES = {
  too_little_time: [
    'requests',
    812,
    'tmax leaves no time after the network share; move nearer to the exchange or ask for a longer tmax.',
  ],
  not_targeted: ['targeting', 1_402_111, 'Widen the targeting key that excludes most requests.'],
  no_creative_of_size: ['creative_fit', 203_940, 'Add a creative in the size asked for most.'],
  category_blocked: ['creative_fit', 41_200, 'The publisher blocks the creative’s category (bcat, acat).'],
  frequency_capped: [
    'frequency_caps',
    98_120,
    'People have seen it as often as the cap allows; raise the cap or widen the audience.',
  ],
  paced: [
    'pacing',
    120_944,
    'Held back on purpose to last the day; on plan. Raise the budget to spend faster.',
  ],
  below_floor: ['price', 419_871, 'The bid is below the floor; raise the bid or its ceiling.'],
  outranked: ['auction', 31_002, 'Another line item of the account offered more for this impression.'],
} as const;
const STAGES = [
  'requests',
  'targeting',
  'creative_fit',
  'frequency_caps',
  'pacing',
  'budget',
  'value',
  'price',
  'auction',
  'delivery',
];
/** What the journal adds: bids that others won, wins that were not shown. */
const AFTER_BID: Record<string, number> = { auction: 42_600, delivery: 1_180 };

export function funnelAt(step: number, lineItemId: string): FunnelAnswer {
  const grow = (count: number): number => Math.round(count * (1 + step * 0.001));
  const reasons = Object.entries(REMEDIES).map(([reason, [stage, count, remedy]]) => ({
    reason,
    stage,
    remedy,
    count: grow(count),
  }));
  reasons.sort((a, b) => b.count - a.count);
  let entered = grow(2_400_000);
  const steps = STAGES.map((stage) => {
    const named = reasons.filter((one) => one.stage === stage).reduce((sum, { count }) => sum + count, 0);
    const one = { stage, entered, lost: named + grow(AFTER_BID[stage] ?? 0) };
    entered -= one.lost;
    return one;
  });
  return {
    lineItemId,
    fromMs: 0,
    toMs: NOW_MS,
    requests: grow(2_400_000),
    bids: grow(51_000),
    wins: grow(39_400),
    impressions: grow(38_200),
    reasons,
    steps,
    ...(reasons[0] ? { largest: reasons[0] } : {}),
  };
}

export function budgetsAt(step: number): BudgetsAnswer {
  return {
    overspendBound: {
      formula:
        'overspend <= late: the sum of wins whose first notice came after their reservation was freed. What was in flight when a process died stays covered by its old lease.',
      micros: 12_400 + step * 10,
    },
    budgets: CAMPAIGNS.flatMap((story) =>
      story.daily === undefined
        ? []
        : [
            budgetOf(story.id, 'day', story.daily, story.today),
            budgetOf(story.id, 'lifetime', story.daily * 30, story.spend),
          ],
    ),
  };
}

function budgetOf(
  id: string,
  period: string,
  limitMicros: number,
  spent: number,
): BudgetsAnswer['budgets'][number] {
  const spentMicros = Math.round(spent);
  const heldMicros = Math.round(spent * 0.04);
  const bucket = `campaign/${id}/${period}`;
  return {
    scope: 'campaign',
    id,
    period,
    bucket,
    limitMicros,
    spentMicros,
    heldMicros,
    leasedMicros: heldMicros,
  };
}

export function explanation(requestId: string): ExplainAnswer {
  return {
    requestId,
    bid: true,
    identity: { permitted: true, refusal: '', known: true, packs: ['visitors-30d'] },
    impressions: [
      {
        impressionId: '1',
        lines: [
          {
            lineItemId: 'l1',
            name: 'Morning readers, display',
            verdict: 'bid',
            stage: 'bid',
            remedy: '',
            refusedBy: [],
            bidCpmMicros: 2_130_000,
            valueCpmMicros: 3_400_000,
            creativeId: 'coffee-300x250',
          },
          {
            lineItemId: 'l2',
            name: 'Evening video',
            verdict: 'no_creative_of_format',
            stage: 'creative_fit',
            remedy: 'Add a creative of the format asked for (banner, video, audio, native).',
            refusedBy: [],
          },
          {
            lineItemId: 'l3',
            name: 'Retargeting, visitors of 30 days',
            verdict: 'not_targeted',
            stage: 'targeting',
            remedy: 'Widen the targeting key that excludes most requests.',
            refusedBy: ['audience', 'device_type'],
          },
          {
            lineItemId: 'l4',
            name: 'Prospecting, bid under the floor',
            verdict: 'below_floor',
            stage: 'price',
            remedy: 'The bid is below the floor; raise the bid or its ceiling.',
            refusedBy: [],
          },
        ],
      },
    ],
  };
}
