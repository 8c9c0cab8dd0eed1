/** What video and audio creatives have in common: media or a tag that brings them, companions, scripts. */
import { Type } from 'typebox';
import { closed, side, slotUrl, url } from './words.ts';

/** Renditions; a native video asset has them as well. */
export const mediaFile = closed(
  {
    url: slotUrl('Address of the file.'),
    mime: Type.String({ description: 'MIME type, as video/mp4.' }),
    width: Type.Optional(side('Pixels.')),
    height: Type.Optional(side('Pixels.')),
    bitrateKbps: Type.Optional(Type.Integer({ minimum: 1, description: 'Kilobits a second.' })),
    delivery: Type.Union([Type.Literal('progressive'), Type.Literal('streaming')], {
      default: 'progressive',
      description: 'Delivery.',
    }),
    api: Type.Optional(
      Type.Union([Type.Literal('VPAID'), Type.Literal('SIMID')], {
        description:
          'Framework that runs the file, where it is no plain media. A SIMID file lies over the others, in VAST 4 alone.',
      }),
    ),
  },
  'One rendition.',
);

const companion = closed(
  {
    width: side('Pixels.'),
    height: side('Pixels.'),
    endCard: Type.Boolean({
      default: false,
      description: 'Stands in the player’s place after the end, rather than beside it throughout.',
    }),
    imageUrl: Type.Optional(slotUrl('Picture; a click leads to the landing page.')),
    mime: Type.String({ default: 'image/jpeg', description: 'MIME type of the picture.' }),
    alt: Type.Optional(Type.String({ maxLength: 300, description: 'Text for the picture.' })),
    html: Type.Optional(
      Type.String({
        maxLength: 50_000,
        description: 'Markup, in place of a picture. {clickUrl} and {clickUrlEncoded} are filled in.',
      }),
    ),
    iframeUrl: Type.Optional(
      slotUrl('Page for a frame, in place of a picture. {clickUrlEncoded} is filled in.'),
    ),
  },
  'A companion: one of imageUrl, html and iframeUrl.',
);

export const timedProperties = {
  durationSeconds: Type.Integer({ minimum: 1, maximum: 3600, description: 'Length.' }),
  mediaFiles: Type.Array(mediaFile, {
    default: [],
    maxItems: 100,
    description: 'Renditions; the answer names those that the placement can play.',
  }),
  vastTagUrl: Type.Optional(
    url(
      'Another server’s tag, in place of media files; wrapped where wrappers are taken. {CACHEBUSTER} is filled in.',
    ),
  ),
  vastTagVersion: Type.Union(
    [
      Type.Literal('VAST 2.0'),
      Type.Literal('VAST 3.0'),
      Type.Literal('VAST 4.0'),
      Type.Literal('VAST 4.1'),
      Type.Literal('VAST 4.2'),
      Type.Literal('VAST 4.3'),
      Type.Literal('DAAST 1.0'),
    ],
    { default: 'VAST 3.0', description: 'What the tag answers with; wrapped in the same version.' },
  ),
  vastTagMimes: Type.Array(Type.String(), {
    default: [],
    description: 'MIME types that the tag can serve; the placement must take one of them. Needed with a tag.',
  }),
  apis: Type.Array(Type.Integer(), {
    default: [],
    description: 'APIs that it cannot do without (AdCOM list: 1 and 2 VPAID, 7 OMID, 8 and 9 SIMID).',
  }),
  companions: Type.Array(companion, {
    default: [],
    maxItems: 100,
    description: 'Beside the player or after the end, in sizes that the placement offers.',
  }),
  verification: Type.Array(
    closed(
      {
        vendor: Type.String({
          minLength: 1,
          maxLength: 200,
          description: 'Vendor key, as company.com-omid.',
        }),
        scriptUrl: url('Script of the Open Measurement SDK.'),
        parameters: Type.Optional(Type.String({ maxLength: 2000, description: 'Handed to the script.' })),
      },
      'One vendor.',
    ),
    {
      default: [],
      description: 'Measured by these where the placement offers OMID (api 7); else shown without.',
    },
  ),
};
