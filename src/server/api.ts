/**
 * What the API answers, as schemas: OpenAPI is made from them, tests hold the answers against them, and the console takes
 * its types from here. Optional figures are absent where there is nothing to divide by. This file is one thing: the
 * vocabulary of the API.
 */
import type { Static, TSchema } from 'typebox';
import { Type } from 'typebox';
import { audienceSchema } from '../campaign/audience/kinds.ts';
import {
  advertiserSchema,
  campaignSchema,
  conversionActionSchema,
  lineItemSchema,
} from '../campaign/campaign.ts';
import { creativeSchema } from '../campaign/creative.ts';
import { experimentSchema } from '../campaign/experiment.ts';
import { PLACE_NAMES } from '../core/place.ts';
import { FUNNEL_STAGES } from '../core/reason.ts';
import { STEERING_STATUSES } from '../learning/steering-status.ts';
import { exchangeSchema } from '../openrtb/exchange-profile.ts';
import { REPORT_DIMENSIONS } from '../state/port.ts';

const count = (description: string) => Type.Number({ minimum: 0, description });
const micros = (description: string) =>
  Type.Number({ description: `${description} Micros of the account’s currency.` });
const share = (description: string) => Type.Number({ minimum: 0, description });
const oneOf = (values: readonly string[], description: string) => Type.Enum([...values], { description });

export const problemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    errors: Type.Array(
      Type.Object({
        path: Type.String(),
        code: Type.String(),
        message: Type.String(),
        hint: Type.String(),
      }),
    ),
  },
  { description: 'What was wrong, every fault at once.' },
);

const figures = {
  id: Type.String(),
  name: Type.String(),
  status: oneOf(
    ['active', 'paused', 'not_started', 'ended', 'limited_by_budget', 'budget_spent', 'no_creatives'],
    'Whether it delivers, and what holds it back.',
  ),
  spendMicros: micros('Spent in all.'),
  spentTodayMicros: micros('Spent on the civil day of the campaign’s zone.'),
  dailyMicros: Type.Optional(micros('Daily budget.')),
  bids: count('Bids made.'),
  wins: count('Bids won.'),
  impressions: count('Bids shown.'),
  clicks: count('Clicks.'),
  conversions: count('Conversions credited, by their own time.'),
  cpaMicros: Type.Optional(micros('Spend for one conversion.')),
};

export const overviewSchema = Type.Object(
  {
    now: Type.Number({ description: 'The bidder’s clock, milliseconds since 1970.' }),
    currency: Type.String(),
    timeZone: Type.String(),
    totals: Type.Object({
      requests: count('Bid requests.'),
      bids: figures.bids,
      wins: figures.wins,
      impressions: figures.impressions,
      clicks: figures.clicks,
      conversions: figures.conversions,
      spendMicros: figures.spendMicros,
    }),
    campaigns: Type.Array(Type.Object({ ...figures, lineItems: Type.Array(Type.Object(figures)) })),
  },
  { description: 'Everything at a glance.' },
);
export type OverviewAnswer = Static<typeof overviewSchema>;

const stage = oneOf(FUNNEL_STAGES, 'Stage of the funnel.');
const funnelReason = Type.Object({
  reason: Type.String(),
  stage,
  remedy: Type.String({ description: 'What can be done about it.' }),
  count: count('How often.'),
});

export const funnelSchema = Type.Object(
  {
    lineItemId: Type.String(),
    fromMs: Type.Number(),
    toMs: Type.Number(),
    requests: count('Impressions offered to the account.'),
    bids: figures.bids,
    wins: figures.wins,
    impressions: figures.impressions,
    reasons: Type.Array(funnelReason, { description: 'Named losses, greatest first.' }),
    steps: Type.Array(
      Type.Object({ stage, entered: count('Came this far.'), lost: count('Went no further.') }),
    ),
    largest: Type.Optional(funnelReason),
  },
  { description: 'Where the chances of one line item are lost.' },
);
export type FunnelAnswer = Static<typeof funnelSchema>;

export const budgetsSchema = Type.Object(
  {
    overspendBound: Type.Object({
      formula: Type.String({ description: 'By how much spend can exceed a budget at most.' }),
      micros: micros('The number now.'),
    }),
    budgets: Type.Array(
      Type.Object({
        scope: oneOf(['campaign', 'line_item'], 'Whose budget.'),
        id: Type.String(),
        period: oneOf(['day', 'lifetime'], 'For how long.'),
        bucket: Type.String({ description: 'Name in the ledger.' }),
        limitMicros: micros('Limit.'),
        spentMicros: micros('Charged.'),
        heldMicros: micros('Held by open bids.'),
        leasedMicros: micros('Granted to processes and not charged.'),
      }),
    ),
  },
  { description: 'Every limited budget, and the bound on overspend.' },
);
export type BudgetsAnswer = Static<typeof budgetsSchema>;

const reportRow = Type.Object({
  key: Type.Object(
    Object.fromEntries(REPORT_DIMENSIONS.map((name) => [name, Type.Optional(Type.String())])),
    { description: 'Value of each dimension asked for.' },
  ),
  bids: figures.bids,
  wins: figures.wins,
  losses: count('Bids that the exchange reported lost.'),
  billings: count('Billing notices.'),
  impressions: figures.impressions,
  clicks: figures.clicks,
  conversions: figures.conversions,
  clickConversions: count('Those of them that are credited to a click.'),
  viewConversions: count('Those of them that are credited to an impression that nobody clicked.'),
  conversionValueMicros: micros('Worth of the conversions.'),
  conversionsByTouchTime: count('Conversions by the time of the impression or click they are credited to.'),
  retractions: count(
    'Conversions that the advertiser took back, by their own time; not among the conversions.',
  ),
  voidedClicks: count('Clicks called invalid afterwards; not among the clicks.'),
  spendMicros: micros('Charged.'),
  lateSpendMicros: micros('Charged above what the budget had left.'),
  flagged: count('Notices whose price was not taken as it came.'),
  contradictions: count('Bids told both lost and won or shown.'),
  cpaMicros: figures.cpaMicros,
  cpcMicros: Type.Optional(micros('Spend for one click.')),
  cpmMicros: Type.Optional(micros('Spend for a thousand impressions.')),
  clickRate: Type.Optional(share('Clicks of impressions.')),
  conversionRate: Type.Optional(share('Conversions of clicks.')),
  winRate: Type.Optional(share('Wins of bids.')),
  roas: Type.Optional(share('Worth of the conversions for one of spend.')),
});

export const reportSchema = Type.Object(
  {
    fromMs: Type.Number(),
    toMs: Type.Number(),
    rows: Type.Array(reportRow),
    total: reportRow,
    coverage: Type.Optional(
      Type.Object(
        {
          node: Type.String({
            description: 'Who answered: the sums are of its journal, and of all workers of its host.',
          }),
          others: Type.Array(Type.String(), {
            description: 'Nodes heard of within a day whose journals are not in the sums: ask each of them.',
          }),
        },
        { description: 'Whose journals were summed, where nodes share a store.' },
      ),
    ),
  },
  { description: 'Sums of the journal by the dimensions asked for.' },
);
export type ReportAnswer = Static<typeof reportSchema>;
export type Coverage = NonNullable<ReportAnswer['coverage']>;

export const lossesSchema = Type.Object(
  {
    fromMs: Type.Number(),
    toMs: Type.Number(),
    rows: Type.Array(
      Type.Object({
        key: reportRow.properties.key,
        code: Type.Optional(
          Type.Integer({ description: 'OpenRTB loss reason; absent where none was told.' }),
        ),
        name: Type.String({ description: 'The code in a word.' }),
        kind: oneOf(
          ['won', 'bid', 'auction', 'creative', 'own'],
          'Whether bid, creative or price was at fault; own: a code of the exchange’s own.',
        ),
        remedy: Type.String({ description: 'What can be done about it.' }),
        count: count('How often.'),
      }),
      { description: 'Most frequent first.' },
    ),
    total: count('Lost bids in all.'),
  },
  { description: 'Why exchanges say that bids were lost.' },
);
export type LossesAnswer = Static<typeof lossesSchema>;

export const rejectionsSchema = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        exchangeId: Type.String(),
        creativeId: Type.String(),
        code: Type.Integer({ description: 'OpenRTB loss reason, 201 to 215.' }),
        name: Type.String({ description: 'The code in a word.' }),
        remedy: Type.String({ description: 'What can be done about it.' }),
        inARow: count('How often one after another, for this reason.'),
        sinceMs: Type.Number({ description: 'The first of them.' }),
        lastMs: Type.Number({ description: 'The last of them.' }),
        flagged: Type.Boolean({
          description: 'Disapproved as often in a row as the exchange’s disapprovedAfter; it is not stopped.',
        }),
      }),
      { description: 'The flagged first.' },
    ),
  },
  { description: 'Creatives that an exchange turned away when it last told of them.' },
);
export type RejectionsAnswer = Static<typeof rejectionsSchema>;

const period = {
  from: Type.Optional(
    Type.String({ maxLength: 40, description: 'Day, time, or milliseconds since 1970; inclusive.' }),
  ),
  to: Type.Optional(
    Type.String({ maxLength: 40, description: 'Day (then including it), time, or milliseconds since 1970.' }),
  ),
};

export const reportQuerySchema = Type.Object({
  ...period,
  dimensions: Type.Optional(
    Type.String({
      maxLength: 200,
      description: `Comma-separated: ${REPORT_DIMENSIONS.join(', ')}. Of ${PLACE_NAMES.join(', ')} one at a time, without creative; of their values 500 an hour, all others together as (other).`,
    }),
  ),
  campaign: Type.Optional(Type.String({ maxLength: 64, description: 'This campaign only.' })),
  line_item: Type.Optional(Type.String({ maxLength: 64, description: 'This line item only.' })),
});

export const funnelQuerySchema = Type.Object({
  ...period,
  line_item: Type.String({ maxLength: 64, description: 'Line item id.' }),
});
export type FunnelQueryText = Static<typeof funnelQuerySchema>;

const factor = (description: string) => Type.Number({ minimum: 0, description });

export const steeringSchema = Type.Object(
  {
    lineItems: Type.Array(
      Type.Object({
        lineItemId: Type.String(),
        status: oneOf(STEERING_STATUSES, 'Where it stands.'),
        why: Type.String({ description: 'In a sentence.' }),
        targetMicros: Type.Optional(micros('Most that a result may cost on average.')),
        spendMicros: figures.spendMicros,
        results: count('Clicks or conversions that its strategy counts, so far.'),
        expectedResults: count('Those to be expected of all that was shown, to come included.'),
        expectedClicks: factor('Clicks that were expected of its impressions when they were bid for.'),
        costMicros: Type.Optional(micros('Spend for one expected result.')),
        maturedShare: share('Of the conversions of all its clicks, the part that should have come by now.'),
        clickRate: share('Estimated clicks of an impression.'),
        conversionsPerClick: factor('Estimated conversions of a click, as of late.'),
        conversionsPerClickSoFar: factor('The same in the mean of all clicks so far.'),
        drifting: Type.Boolean({ description: 'The one has moved away from the other, beyond chance.' }),
        portfolio: Type.Optional(Type.String({ description: 'Whose target it shares.' })),
        targetFactor: factor('On the worth of an impression, by the target.'),
        budgetFactor: factor('The same by its budgets.'),
        factor: factor('The lesser of the two, which is in force.'),
        guardChance: share('Probability of so few conversions, or fewer, if they cost twice the target.'),
      }),
    ),
  },
  { description: 'The controllers of line items that go by results.' },
);
export type SteeringAnswer = Static<typeof steeringSchema>;

export const biddingSchema = Type.Object(
  {
    stopped: Type.Boolean({
      description: 'True: no bid leaves, whatever the budgets. It outlives a restart.',
    }),
  },
  { description: 'The emergency stop.' },
);
export type BiddingState = Static<typeof biddingSchema>;

export const explainBodySchema = Type.Object(
  {
    exchange: Type.Optional(
      Type.String({ maxLength: 64, description: 'Exchange id; `example` where absent.' }),
    ),
    request: Type.Optional(Type.Unknown({ description: 'A bid request in JSON.' })),
    body: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9+/_-]*={0,2}$',
        description: 'In its place the bytes of one in base64, JSON or protobuf, as an exchange sent it.',
      }),
    ),
  },
  { description: 'A request to be explained; nothing is bid, held or remembered.' },
);
export type ExplainBody = Static<typeof explainBodySchema>;

/** Lists of the API: path, schema of one object. Secrets are left out of every answer. */
export const OBJECT_LISTS = {
  exchanges: exchangeSchema,
  advertisers: advertiserSchema,
  campaigns: campaignSchema,
  'line-items': lineItemSchema,
  creatives: creativeSchema,
  audiences: audienceSchema,
  'conversion-actions': conversionActionSchema,
  experiments: experimentSchema,
} as const satisfies Record<string, TSchema>;
export type ObjectList = keyof typeof OBJECT_LISTS;
