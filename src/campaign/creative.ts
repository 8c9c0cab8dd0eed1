/** What is shown: schema and type of a creative, a format each. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { dynamicSchema } from './dynamic/schema.ts';
import { mediaFile, timedProperties } from './timed-creative.ts';
import { caps, categoryTaxonomy, closed, domain, id, name, side, slotUrl, status, url } from './words.ts';

const mediaFiles = Type.Array(mediaFile, {
  minItems: 1,
  description: 'Renditions; the answer names those that the placement can play.',
});

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
  categoryTaxonomy,
  attributes: Type.Array(Type.Integer({ minimum: 1 }), {
    default: [],
    description: 'Creative attributes (AdCOM list).',
  }),
  language: Type.Optional(
    Type.String({ pattern: '^[a-z]{2}$', description: 'ISO 639-1 language of the text.' }),
  ),
  bundle: Type.Optional(Type.String({ description: 'Store id of the advertised app.' })),
  skadnetwork: Type.Optional(
    closed(
      {
        itunesItem: Type.String({
          pattern: '^\\d{1,20}$',
          description: 'Number of the app in the App Store.',
        }),
        campaign: Type.Integer({
          minimum: 1,
          maximum: 100,
          default: 1,
          description: 'Campaign in the reports of versions before 4.0.',
        }),
        sourceIdentifier: Type.String({
          pattern: '^\\d{1,4}$',
          default: '1',
          description: 'Campaign in the reports of version 4.0.',
        }),
        required: Type.Boolean({
          default: false,
          description: 'Shown only where an installation can be credited so.',
        }),
      },
      'The app whose installation is credited by SKAdNetwork.',
    ),
  ),
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
  dynamic: Type.Optional(dynamicSchema),
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
            description:
              'Markup. {clickUrl}, {clickUrlEncoded}, {clickTarget}, {width}, {height} are filled in.',
          }),
        ),
        imageUrl: Type.Optional(slotUrl('Picture, where there is no markup.')),
        imageMime: Type.Optional(
          Type.String({
            pattern: '^image/',
            description: 'MIME type of the picture, where its address does not end with it.',
          }),
        ),
        alt: Type.Optional(Type.String({ maxLength: 300, description: 'Text for the picture.' })),
        apis: Type.Array(Type.Integer(), { default: [], description: 'APIs the markup needs (AdCOM list).' }),
        type: Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(3), Type.Literal(4)], {
          default: 2,
          description: 'Banner type: 1 XHTML text, 2 XHTML banner, 3 JavaScript, 4 iframe.',
        }),
        expandDirections: Type.Array(Type.Integer({ minimum: 1, maximum: 6 }), {
          default: [],
          description:
            'Directions it expands in, all of which the placement must allow: 1 left, 2 right, 3 up, 4 down, 5 full screen, 6 smaller. How it does is attribute 3, 4 or 5.',
        }),
        topFrame: Type.Boolean({
          default: false,
          description: 'Draws outside its frame, so it must be in the top frame or find an iframe buster.',
        }),
        iframeBusters: Type.Array(Type.String({ minLength: 1 }), {
          default: [],
          description: 'Vendors of iframe busters that it works with, where it draws outside its frame.',
        }),
        verificationScripts: Type.Array(url('Address of the script.'), {
          default: [],
          description:
            'Measurement scripts that are loaded where the placement offers Open Measurement (API 7).',
        }),
      },
      'A banner.',
    ),
    closed(
      {
        ...creativeCommon,
        format: Type.Literal('video', { description: 'Video, answered as VAST.' }),
        ...timedProperties,
        skippableAfterSeconds: Type.Optional(
          Type.Integer({ minimum: 0, description: 'Own skip button after so many seconds (attribute 16).' }),
        ),
      },
      'A linear video.',
    ),
    closed(
      {
        ...creativeCommon,
        format: Type.Literal('audio', { description: 'Audio, answered as VAST or DAAST.' }),
        ...timedProperties,
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
              url: slotUrl('Address.'),
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
        deepLink: Type.Optional(
          Type.String({
            pattern: '^[a-z][a-z0-9+.-]*:\\S+$',
            maxLength: 2000,
            description:
              'Address inside an app that a click opens; the landing page where the app is not there.',
          }),
        ),
        clickTrackers: Type.Array(url('Address.'), {
          default: [],
          description: 'Addresses that are called on a click, beside our own.',
        }),
        eventTrackers: Type.Array(
          closed(
            {
              event: Type.Integer({
                minimum: 1,
                description:
                  'Event (Native 1.2): 1 impression, 2 half viewable, 3 viewable, 4 video half viewable, 555 Open Measurement.',
              }),
              method: Type.Union([Type.Literal(1), Type.Literal(2)], {
                default: 1,
                description: '1 picture, 2 script.',
              }),
              url: url('Address.'),
              vendor: Type.Optional(
                Type.String({ description: 'Vendor key of an Open Measurement script.' }),
              ),
              parameters: Type.Optional(
                Type.String({ description: 'What an Open Measurement script is told.' }),
              ),
            },
            'One tracker.',
          ),
          {
            default: [],
            description:
              'Trackers beside our own, each used where the placement offers its event and method.',
          },
        ),
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
