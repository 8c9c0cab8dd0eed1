/** `/api/v1/creatives/{id}/preview`: a creative as it would be shown, with any combination of its elements. */
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { Type } from 'typebox';
import type { ShownCreative } from '../bidding/media/media.ts';
import type { Size } from '../insight/preview.ts';
import { previewOf } from '../insight/preview.ts';
import { PREVIEW_PAGE_POLICY, previewPage } from '../insight/preview-page.ts';
import { problemSchema } from './api.ts';
import { sendProblem } from './problem.ts';

const texts = (description: string) => Type.Record(Type.String(), Type.String(), { description });

export const previewSchema = Type.Object(
  {
    creativeId: Type.String(),
    format: Type.Enum(['banner', 'video', 'audio', 'native']),
    crid: Type.String({ description: 'What exchanges review this look under.' }),
    landingPage: Type.String({ description: 'Where a click on it leads.' }),
    slots: Type.Array(
      Type.Object({
        id: Type.String(),
        variants: Type.Array(
          Type.Object({
            id: Type.String(),
            values: texts('What is shown: by column for rows of a feed, under the empty name otherwise.'),
            weight: Type.Number({ description: 'How often it is drawn by weight; 0 never.' }),
            approval: texts('State of review by exchange; the creative’s own where absent.'),
          }),
        ),
      }),
      { description: 'What there is to choose from; none for a creative without slots.' },
    ),
    combinations: Type.Number({ description: 'How many are allowed.' }),
    elements: texts('Variant by slot, as shown here.'),
    allowed: Type.Boolean({ description: 'False for what a rule forbids: no bid shows it.' }),
    contentType: Type.String({ description: 'Of the markup.' }),
    markup: Type.String({
      description: 'As it would stand in a bid, with the landing page in place of our click address.',
    }),
    width: Type.Number(),
    height: Type.Number(),
  },
  { description: 'One look of a creative.' },
);
export type PreviewAnswer = Static<typeof previewSchema>;

/** Names of slots begin with a letter, so these are never taken for one. */
const querySchema = Type.Object(
  {
    _size: Type.Optional(
      Type.String({ pattern: '^[1-9]\\d{0,4}x[1-9]\\d{0,4}$', description: 'As 300x250.' }),
    ),
    _page: Type.Optional(Type.Literal('1', { description: 'As a page for a frame, not as JSON.' })),
  },
  { additionalProperties: Type.String({ maxLength: 100, description: 'Variant of the slot of this name.' }) },
);

export interface PreviewPorts {
  shownCreative(id: string): ShownCreative | undefined;
}

export function previewRoutes(app: FastifyInstance, api: string, { shownCreative }: PreviewPorts): void {
  app.get<{ Params: { id: string }; Querystring: Static<typeof querySchema> }>(
    `${api}/creatives/:id/preview`,
    {
      schema: {
        summary: 'A creative with any combination of its elements.',
        description:
          'Each slot is named as a parameter: ?headline=warm&item=boots. Slots left out take what is allowed.',
        querystring: querySchema,
        response: { 200: previewSchema, '4xx': problemSchema },
      },
    },
    (request, reply) => {
      const { _size, _page, ...wanted } = request.query;
      const shown = shownCreative(request.params.id);
      if (!shown) return sendProblem(reply, 404, 'There is no such object in creatives');
      const previewed = previewOf(shown, wanted as Record<string, string>, sizeOf(_size));
      if (!previewed.ok) return sendProblem(reply, 400, 'The question has faults', previewed.faults);
      if (_page !== undefined)
        return reply
          .headers({
            'content-type': 'text/html; charset=utf-8',
            'content-security-policy': PREVIEW_PAGE_POLICY,
            'x-frame-options': 'SAMEORIGIN',
          })
          .serializer((page: unknown) => String(page))
          .send(previewPage(previewed.preview));
      const { look: _look, ...answer } = previewed.preview;
      return reply.send(answer);
    },
  );
}

function sizeOf(text: string | undefined): Size | undefined {
  const [width, height] = text?.split('x').map(Number) ?? [];
  return width && height ? { width, height } : undefined;
}
