/** The objects of a book of campaigns: schema and type of each. This file is one thing: the buyer's vocabulary. */

import type { Static, TSchema } from 'typebox';
import { Type } from 'typebox';
import { targetingSchema } from './targeting/index.ts';

const id = (what: string) =>
  Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$',
    description: `${what} 1 to 64 letters, digits, dots, dashes or underscores.`,
  });
const name = Type.Optional(Type.String({ maxLength: 200, description: 'Name shown to people.' }));
const status = Type.Union([Type.Literal('active'), Type.Literal('paused'), Type.Literal('archived')], {
  default: 'active',
  description: 'Only active objects deliver.',
});
const amount = (what: string) =>
  Type.Integer({
    minimum: 0,
    maximum: 1e15,
    description: `${what} In micros of the account currency; 2.5e6 is 2.50.`,
  });
const cpm = (what: string) =>
  Type.Integer({
    minimum: 1,
    maximum: 1e10,
    description: `${what} Micros for a thousand impressions; 2.5e6 is a CPM of 2.50.`,
  });
const domain = Type.String({ pattern: '^[a-z0-9.-]{1,253}$', description: 'Lower-case host name.' });
const closed = <Properties extends Record<string, TSchema>>(properties: Properties, description: string) =>
  Type.Object(properties, { additionalProperties: false, description });

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
  },
  'The workspace: currency, zone, privacy choice.',
);
export type Account = Static<typeof accountSchema>;

export const frequencyCapSchema = closed(
  {
    level: Type.Union(
      [
        Type.Literal('advertiser'),
        Type.Literal('campaign'),
        Type.Literal('line_item'),
        Type.Literal('creative'),
      ],
      {
        description: 'Whose events are counted for one person.',
      },
    ),
    event: Type.Union([Type.Literal('impression'), Type.Literal('click'), Type.Literal('conversion')], {
      default: 'impression',
      description: 'What is counted.',
    }),
    max: Type.Integer({ minimum: 0, maximum: 10_000, description: 'Most events in the window.' }),
    window: Type.String({
      pattern: '^(lifetime|[1-9]\\d{0,3}(m|h|d|w|mo))$',
      description: 'Length: 30m, 12h, 1d, 2w, 1mo or lifetime.',
    }),
    kind: Type.Union([Type.Literal('rolling'), Type.Literal('calendar')], {
      default: 'rolling',
      description:
        'The last such span, or since the last full hour, midnight, Monday or first of the month in the campaign’s zone.',
    }),
  },
  'At most `max` events a person in a window. All caps must pass; bids in flight count.',
);
export type FrequencyCap = Static<typeof frequencyCapSchema>;

const caps = Type.Array(frequencyCapSchema, {
  default: [],
  maxItems: 20,
  description: 'Frequency caps; all must pass.',
});

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
      description: 'IAB content categories (taxonomy 1.0) of what is advertised.',
    }),
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

export const bidSchema = Type.Union(
  [
    closed(
      {
        strategy: Type.Literal('fixed_cpm', {
          description: 'Bids this price; only the buyer’s own daypart and pack factors move it.',
        }),
        priceCpmMicros: cpm('The price.'),
      },
      'A fixed price.',
    ),
    closed(
      {
        strategy: Type.Literal('max_cpm', {
          description: 'Bids at most this; shaded towards the clearing price in first-price auctions.',
        }),
        maxCpmMicros: cpm('The ceiling, and what an impression is worth.'),
        minCpmMicros: Type.Optional(cpm('The least bid worth making.')),
      },
      'A ceiling, shaded.',
    ),
  ],
  { description: 'How the price of a bid is found.' },
);
export type BidStrategy = Static<typeof bidSchema>;

export const lineItemSchema = closed(
  {
    id: id('Line item id.'),
    campaignId: id('Campaign it belongs to.'),
    name,
    status,
    flight: Type.Optional(flightSchema),
    budget: Type.Optional(budgetSchema),
    bid: bidSchema,
    pacing: Type.Union([Type.Literal('even'), Type.Literal('asap')], {
      default: 'even',
      description: 'How a daily budget is spread over its day.',
    }),
    rotation: Type.Union([Type.Literal('even'), Type.Literal('weighted'), Type.Literal('thompson')], {
      default: 'even',
      description: 'How a creative is chosen among those that fit.',
    }),
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
        },
        'A creative of this line item.',
      ),
      { minItems: 1, description: 'Creatives it may show.' },
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

const url = (what: string) => Type.String({ pattern: '^https?://', maxLength: 2000, description: what });
const side = (what: string) => Type.Integer({ minimum: 1, maximum: 10_000, description: what });
const mediaFiles = Type.Array(
  closed(
    {
      url: url('Address of the file.'),
      mime: Type.String({ description: 'MIME type, as video/mp4.' }),
      width: Type.Optional(side('Pixels.')),
      height: Type.Optional(side('Pixels.')),
      bitrateKbps: Type.Optional(Type.Integer({ minimum: 1, description: 'Kilobits a second.' })),
      delivery: Type.Union([Type.Literal('progressive'), Type.Literal('streaming')], {
        default: 'progressive',
        description: 'Delivery.',
      }),
    },
    'One rendition.',
  ),
  { minItems: 1, description: 'Renditions; the answer names those that the placement can play.' },
);

const creativeCommon = {
  id: id('Creative id; also the crid unless one is given.'),
  advertiserId: id('Advertiser it belongs to.'),
  name,
  status,
  landingPage: url('Where a click leads; its host must be one of the advertiser’s domains.'),
  crid: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 128,
      description: 'Id for review by exchanges; a new look needs a new one.',
    }),
  ),
  domains: Type.Optional(
    Type.Array(domain, { minItems: 1, description: 'adomain, where it differs from the advertiser’s.' }),
  ),
  categories: Type.Optional(
    Type.Array(Type.String(), { description: 'IAB categories, where they differ from the advertiser’s.' }),
  ),
  attributes: Type.Array(Type.Integer({ minimum: 1 }), {
    default: [],
    description: 'Creative attributes (AdCOM list).',
  }),
  language: Type.Optional(
    Type.String({ pattern: '^[a-z]{2}$', description: 'ISO 639-1 language of the text.' }),
  ),
  bundle: Type.Optional(Type.String({ description: 'Store id of the advertised app.' })),
  previewUrl: Type.Optional(url('Picture for review (iurl).')),
  approval: Type.Record(
    Type.String(),
    Type.Union([Type.Literal('approved'), Type.Literal('pending'), Type.Literal('rejected')]),
    {
      default: {},
      description: 'State of review by exchange id; pending where absent.',
    },
  ),
  frequencyCaps: caps,
};

export const creativeSchema = Type.Union(
  [
    closed(
      {
        ...creativeCommon,
        format: Type.Literal('banner', { description: 'Display.' }),
        sizes: Type.Array(closed({ width: side('Pixels.'), height: side('Pixels.') }, 'Size.'), {
          default: [],
          description: 'Sizes it renders in.',
        }),
        anySize: Type.Boolean({ default: false, description: 'Renders in whatever size is offered.' }),
        html: Type.Optional(
          Type.String({
            maxLength: 100_000,
            description: 'Markup. {clickUrl}, {clickUrlEncoded}, {width}, {height} are filled in.',
          }),
        ),
        imageUrl: Type.Optional(url('Picture, where there is no markup.')),
        alt: Type.Optional(Type.String({ maxLength: 300, description: 'Text for the picture.' })),
        apis: Type.Array(Type.Integer(), { default: [], description: 'APIs the markup needs (AdCOM list).' }),
        type: Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(3), Type.Literal(4)], {
          default: 2,
          description: 'Banner type: 1 XHTML text, 2 XHTML banner, 3 JavaScript, 4 iframe.',
        }),
      },
      'A banner.',
    ),
    closed(
      {
        ...creativeCommon,
        format: Type.Literal('video', { description: 'Video, answered as VAST.' }),
        durationSeconds: Type.Integer({ minimum: 1, maximum: 3600, description: 'Length.' }),
        mediaFiles,
        skippableAfterSeconds: Type.Optional(
          Type.Integer({ minimum: 0, description: 'Own skip button after so many seconds (attribute 16).' }),
        ),
      },
      'A linear video.',
    ),
    closed(
      {
        ...creativeCommon,
        format: Type.Literal('audio', { description: 'Audio, answered as VAST.' }),
        durationSeconds: Type.Integer({ minimum: 1, maximum: 3600, description: 'Length.' }),
        mediaFiles,
      },
      'An audio spot.',
    ),
    closed(
      {
        ...creativeCommon,
        format: Type.Literal('native', { description: 'Native assets.' }),
        title: Type.String({
          minLength: 1,
          maxLength: 500,
          description: 'Headline; cut at a word where the placement allows less.',
        }),
        images: Type.Array(
          closed(
            {
              type: Type.Union([Type.Literal('icon'), Type.Literal('main')], { description: 'Use.' }),
              url: url('Address.'),
              width: side('Pixels.'),
              height: side('Pixels.'),
              mime: Type.String({ default: 'image/jpeg', description: 'MIME type.' }),
              scalable: Type.Boolean({
                default: false,
                description: 'May be declared in whatever size is asked for.',
              }),
            },
            'One picture.',
          ),
          { default: [], description: 'Pictures.' },
        ),
        data: Type.Record(Type.String({ pattern: '^\\d{1,3}$' }), Type.String(), {
          default: {},
          description:
            'Texts by native data type: 1 sponsored, 2 description, 3 rating, 6 price, 11 display url, 12 call to action, …',
        }),
        video: Type.Optional(
          closed(
            { durationSeconds: Type.Integer({ minimum: 1, description: 'Length.' }), mediaFiles },
            'Video asset.',
          ),
        ),
        privacyUrl: Type.Optional(url('Page about the advertiser’s use of data.')),
      },
      'Native assets.',
    ),
  ],
  { description: 'What is shown.' },
);
export type Creative = Static<typeof creativeSchema>;
export type BannerCreative = Extract<Creative, { format: 'banner' }>;
export type VideoCreative = Extract<Creative, { format: 'video' }>;
export type AudioCreative = Extract<Creative, { format: 'audio' }>;
export type NativeCreative = Extract<Creative, { format: 'native' }>;

export const audienceSchema = Type.Union(
  [
    closed(
      {
        id: id('Pack id.'),
        name,
        source: Type.Literal('upload', { description: 'A list of ids in a file.' }),
        file: Type.String({ description: 'CSV or text beside this file, one id a line.' }),
        idSpace: Type.String({
          pattern: '^(ifa|user\\.id|buyeruid|eid:.+)$',
          description: 'What the ids are: ifa, user.id, buyeruid, or eid:SOURCE.',
        }),
        hashed: Type.Union([Type.Literal('none'), Type.Literal('sha256')], {
          default: 'none',
          description: 'Form of the ids in the file.',
        }),
        expires: Type.Optional(
          Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'Last day of use.' }),
        ),
      },
      'An uploaded list.',
    ),
    closed(
      {
        id: id('Pack id.'),
        name,
        source: Type.Literal('exchange_segments', {
          description: 'Segments that exchanges send in user.data.',
        }),
        segments: Type.Array(Type.String(), {
          minItems: 1,
          description: 'provider:segment; any one of them makes a member.',
        }),
      },
      'Segments of an exchange.',
    ),
  ],
  { description: 'A named set of people.' },
);
export type Audience = Static<typeof audienceSchema>;

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
}
