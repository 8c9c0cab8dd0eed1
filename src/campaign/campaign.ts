/** The objects of a book of campaigns: schema and type of each. This file is one thing: the buyer's vocabulary. */

import type { Static } from 'typebox';
import { Type } from 'typebox';
import type { Audience } from './audience/kinds.ts';
import { bidSchema } from './bid-strategy.ts';
import type { Creative } from './creative.ts';
import type { Experiment } from './experiment.ts';
import { targetingSchema } from './targeting/index.ts';
import { amount, caps, categoryTaxonomy, closed, domain, id, name, status } from './words.ts';

export const accountSchema = closed(
  {
    id: id('Account id.'),
    name,
    currency: Type.String({
      pattern: '^[A-Z]{3}$',
      default: 'USD',
      description: 'Ledger currency, ISO 4217. Never changes once money was spent.',
    }),
    timeZone: Type.String({ default: 'UTC', description: 'IANA zone for campaigns that name none.' }),
    signalMissing: Type.Union([Type.Literal('allow'), Type.Literal('deny')], {
      description:
        'May a person’s id be used where the request carries no privacy signal at all? There is no default.',
    }),
    vendorId: Type.Optional(
      Type.Integer({
        minimum: 1,
        description:
          'Our id in the IAB Global Vendor List; without it consent under the GDPR is never given.',
      }),
    ),
    consentRecords: Type.Optional(
      Type.Array(
        Type.String({
          pattern: '^([A-Z]{3}|\\*)$',
          description: 'A country by its three letters, ISO 3166-1, or * for every request.',
        }),
        {
          description:
            'Where people are known only by a consent that was recorded for them (POST /api/v1/consents).',
        },
      ),
    ),
    firstParty: Type.Optional(
      closed(
        {
          key: Type.String({
            minLength: 16,
            maxLength: 200,
            writeOnly: true,
            description: 'Secret that POST /collect must carry as bearer.',
          }),
          pixel: Type.Boolean({
            default: false,
            description: 'May pages report events by GET /collect.gif, which carries no key?',
          }),
          retentionDays: Type.Integer({
            minimum: 1,
            maximum: 1100,
            default: 400,
            description: 'An event counts for its person for so long; older ones are deleted, and not taken.',
          }),
        },
        'Events that the account’s own sites and shops report of people. Where absent none are taken.',
      ),
    ),
    idPriority: Type.Array(
      Type.String({
        pattern: '^(buyeruid|user\\.id|ifa|eids|eid:[a-z0-9._-]{1,253})$',
        description: 'A kind of id, or one source of extended ids as eid:uidapi.com.',
      }),
      {
        minItems: 1,
        maxItems: 32,
        uniqueItems: true,
        default: ['buyeruid', 'user.id', 'ifa', 'eids'],
        description:
          'Ids of a request that may be read, the most trusted first: it is the one a bid names the person by. Kinds that are left out are never read.',
      },
    ),
    retention: Type.Object(
      {
        bidLogDays: Type.Integer({
          minimum: 1,
          maximum: 1100,
          default: 30,
          description: 'Records of single bids.',
        }),
        noticeDays: Type.Integer({
          minimum: 35,
          maximum: 1100,
          default: 90,
          description:
            'Wins, bills, losses, views and clicks one by one; a notice that comes twice is known as long.',
        }),
        touchDays: Type.Integer({
          minimum: 7,
          maximum: 1100,
          default: 400,
          description:
            'What people saw, clicked and bought, which caps and attribution go by: a lifetime cap reaches back as far.',
        }),
        conversionDays: Type.Integer({
          minimum: 35,
          maximum: 1100,
          default: 400,
          description: 'Reports of conversions; one that comes twice is known as long.',
        }),
        idDays: Type.Integer({
          minimum: 7,
          maximum: 1100,
          default: 180,
          description: 'Ids of people, as keyed hashes, since they were last met.',
        }),
      },
      {
        additionalProperties: false,
        default: {},
        description:
          'How long rows about single people and events are kept. Sums, charges and budgets name nobody and stay.',
      },
    ),
    currencyRates: Type.Optional(
      closed(
        {
          asOf: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'Date of the rates.' }),
          rates: Type.Record(Type.String({ pattern: '^[A-Z]{3}$' }), Type.Number({ exclusiveMinimum: 0 }), {
            description: 'Account currency for one unit of the named currency.',
          }),
        },
        'Dated exchange rates. A currency without a rate is not bid in.',
      ),
    ),
    testBidder: Type.Optional(
      Type.Boolean({
        description:
          'For tests of exchanges alone: under a deal that is for listed advertisers, a bid says to be of the first of them.',
      }),
    ),
    skadnetwork: Type.Optional(
      closed(
        {
          networkId: Type.String({
            pattern: '^[a-z0-9]+\\.(skadnetwork|adattributionkit)$',
            description: 'Ad network id, as registered with Apple.',
          }),
          registryNumber: Type.Optional(
            Type.Integer({ minimum: 1, description: 'Number in the IAB’s registry of networks.' }),
          ),
          privateKeyFile: Type.String({
            description: 'Private key of the network (P-256, PEM), relative to the configuration folder.',
          }),
        },
        'Credit for installations on Apple’s phones.',
      ),
    ),
    supply: Type.Optional(
      closed(
        {
          chain: Type.Union([Type.Literal('off'), Type.Literal('present'), Type.Literal('complete')], {
            default: 'off',
            description:
              'Supply chains of requests: not asked for; one must be there; or it must be whole and sound to the last node.',
          }),
          nodesMax: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 50, description: 'Longest chain that is bought from.' }),
          ),
          blockedSellers: Type.Array(
            closed(
              {
                system: domain,
                seller: Type.Optional(
                  Type.String({ description: 'Seller id there; every seller of the system where absent.' }),
                ),
              },
              'A node of a chain.',
            ),
            { default: [], description: 'Chains with any of these nodes are not bought from.' },
          ),
          sellersFolder: Type.Optional(
            Type.String({
              description:
                'Folder with the ads.txt or app-ads.txt of publishers, one file a domain (news.example.txt), relative to this file.',
            }),
          ),
          authorizedSellers: Type.Union(
            [Type.Literal('off'), Type.Literal('known'), Type.Literal('required')],
            {
              default: 'off',
              description:
                'Sellers that the publisher lists: not asked for; asked for where its file is there; or no file, no bid.',
            },
          ),
        },
        'From whom is bought.',
      ),
    ),
  },
  'The workspace: currency, zone, privacy choice, supply.',
);
export type Account = Static<typeof accountSchema>;

export const advertiserSchema = closed(
  {
    id: id('Advertiser id.'),
    name,
    status,
    domains: Type.Array(domain, {
      minItems: 1,
      description: 'Domains declared as adomain, and the only ones a landing page may be on.',
    }),
    categories: Type.Array(Type.String(), {
      default: [],
      description: 'IAB categories of what is advertised.',
    }),
    categoryTaxonomy,
    transparency: Type.Optional(
      closed(
        {
          behalf: Type.Optional(
            Type.String({
              maxLength: 100,
              description: 'On whose behalf; the advertiser’s name where absent.',
            }),
          ),
          paid: Type.Optional(
            Type.String({ maxLength: 100, description: 'Who pays; the advertiser’s name where absent.' }),
          ),
          parameters: Type.Array(Type.Integer({ minimum: 1, maximum: 3 }), {
            default: [],
            description: 'What people are chosen by: 1 profiling, 2 basic advertising, 3 precise location.',
          }),
        },
        'What people are told under the EU Digital Services Act.',
      ),
    ),
    frequencyCaps: caps,
  },
  'Who is advertised.',
);
export type Advertiser = Static<typeof advertiserSchema>;

export const budgetSchema = closed(
  {
    lifetimeMicros: Type.Optional(amount('Most to spend over the whole flight.')),
    dailyMicros: Type.Optional(amount('Most to spend on one civil day.')),
    lifetimeImpressions: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Most impressions over the whole flight.' }),
    ),
    dailyImpressions: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Most impressions on one civil day.' }),
    ),
  },
  'Limits. Never exceeded by more than the bound that the API states.',
);
export type Budget = Static<typeof budgetSchema>;

const flightSchema = closed(
  {
    start: Type.Optional(
      Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'First day, in the campaign’s zone.' }),
    ),
    end: Type.Optional(
      Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'Last day, inclusive.' }),
    ),
  },
  'Days of delivery.',
);

export const campaignSchema = closed(
  {
    id: id('Campaign id.'),
    advertiserId: id('Advertiser it belongs to.'),
    name,
    status,
    timeZone: Type.Optional(
      Type.String({ description: 'IANA zone of its days; the account’s where absent.' }),
    ),
    flight: Type.Optional(flightSchema),
    budget: Type.Optional(budgetSchema),
    frequencyCaps: caps,
  },
  'A flight, a budget and a goal.',
);
export type Campaign = Static<typeof campaignSchema>;

export const lineItemSchema = closed(
  {
    id: id('Line item id.'),
    campaignId: id('Campaign it belongs to.'),
    name,
    status,
    flight: Type.Optional(flightSchema),
    budget: Type.Optional(budgetSchema),
    bid: bidSchema,
    pacing: Type.Union(
      [
        Type.Literal('even'),
        Type.Literal('ahead'),
        Type.Literal('asap'),
        closed(
          {
            hours: Type.Array(Type.Number({ minimum: 0, maximum: 1e6 }), {
              minItems: 1,
              maxItems: 25,
              description: 'A weight for each hour of the day, the last for all that follow.',
            }),
          },
          'By the hour.',
        ),
      ],
      {
        default: 'even',
        description:
          'How a daily budget is spread over its day: along the expected traffic, more of it early, as fast as it goes, or by a weight for each hour.',
      },
    ),
    rotation: Type.Union(
      [
        Type.Literal('even'),
        Type.Literal('weighted'),
        Type.Literal('sequential'),
        Type.Literal('thompson'),
        Type.Literal('planned'),
        Type.Literal('top_two'),
        Type.Literal('value'),
        Type.Literal('contextual'),
        Type.Literal('discounted'),
        Type.Literal('sliding_window'),
        Type.Literal('change_aware'),
      ],
      {
        default: 'even',
        description:
          'How a creative is chosen among those that fit: alike, by weight, in order for each person; by what brings most (thompson), the same with what is left of a plan in view (planned), to find the best soonest (top_two), by worth (value), by place, device and audience (contextual); or as thompson, with old results fading (discounted), left out (sliding_window), or left out once something changed (change_aware).',
      },
    ),
    frequencyCaps: caps,
    minimumGapSeconds: Type.Integer({
      minimum: 0,
      default: 0,
      description: 'Least time between two impressions of the line item to one person.',
    }),
    targeting: targetingSchema,
    anyDeal: Type.Boolean({
      default: false,
      description: 'Also answer under deals that its targeting does not name.',
    }),
    creatives: Type.Array(
      closed(
        {
          id: id('Creative id.'),
          weight: Type.Integer({ minimum: 0, default: 1, description: 'Share under weighted rotation.' }),
          shareMin: Type.Optional(
            Type.Number({
              minimum: 0,
              maximum: 1,
              description: 'Never shown less than in this share of the choices it fits.',
            }),
          ),
          shareMax: Type.Optional(
            Type.Number({ exclusiveMinimum: 0, maximum: 1, description: 'Never shown more than that.' }),
          ),
        },
        'A creative of this line item.',
      ),
      { minItems: 1, description: 'Creatives it may show.' },
    ),
    pauseCreatives: Type.Optional(
      closed(
        {
          chanceToBeBestBelow: Type.Number({
            exclusiveMinimum: 0,
            maximum: 0.2,
            description: 'How improbable it must be that it is the best of them.',
          }),
          afterImpressions: Type.Integer({
            minimum: 100,
            description: 'Seen at least so often, so that nothing is judged early.',
          }),
        },
        'When a creative, or an element of a template, is no longer shown. It comes back when what is known of the others makes it likely again.',
      ),
    ),
    audienceWeights: Type.Array(
      closed(
        {
          audience: id('Pack id.'),
          multiplier: Type.Number({ minimum: 0.1, maximum: 10, description: 'Factor on the value.' }),
        },
        'Weight of one pack.',
      ),
      {
        default: [],
        description: 'Factors on the value of people in a pack; the greatest that applies counts.',
      },
    ),
  },
  'Targeting, price, pacing and creatives.',
);
export type LineItem = Static<typeof lineItemSchema>;

export const conversionActionSchema = closed(
  {
    id: id('Action id, named in reports of conversions.'),
    advertiserId: id('Advertiser it belongs to.'),
    name,
    status,
    key: Type.String({
      minLength: 16,
      maxLength: 200,
      writeOnly: true,
      description: 'Secret that POST /conversion must carry as bearer.',
    }),
    clickWindowHours: Type.Integer({
      minimum: 0,
      maximum: 2160,
      default: 720,
      description: 'A click counts for so long; 0 switches it off.',
    }),
    viewWindowHours: Type.Integer({
      minimum: 0,
      maximum: 2160,
      default: 24,
      description: 'An impression counts for so long; 0 switches it off.',
    }),
    counting: Type.Union([Type.Literal('every'), Type.Literal('one_per_click')], {
      default: 'every',
      description: 'Reports without order id: each counts, or one for a click.',
    }),
    valueMicros: Type.Integer({
      minimum: 0,
      default: 0,
      description: 'Worth where a report carries none, in micros of the account currency.',
    }),
    pixel: Type.Boolean({ default: true, description: 'Accept GET /conversion.gif, which carries no key.' }),
  },
  'Something people do that is worth money.',
);
export type ConversionAction = Static<typeof conversionActionSchema>;

/** Everything a buyer configures, by kind, validated one by one and against each other. */
export interface Book {
  readonly account: Account;
  readonly advertisers: readonly Advertiser[];
  readonly campaigns: readonly Campaign[];
  readonly lineItems: readonly LineItem[];
  readonly creatives: readonly Creative[];
  readonly audiences: readonly Audience[];
  readonly conversionActions: readonly ConversionAction[];
  readonly experiments: readonly Experiment[];
}
