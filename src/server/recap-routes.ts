/** `/api/v1/recap`: a period in words and figures, as JSON, as Markdown or as a page to print. */
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { recapMarkdown } from '../insight/recap/markdown.ts';
import { RECAP_PAGE_POLICY, recapPage } from '../insight/recap/page.ts';
import type { Recap } from '../insight/recap/recap.ts';
import { problemSchema } from './api.ts';
import { sendProblem } from './problem.ts';
import type { Period } from './questions.ts';
import { readPeriod } from './questions.ts';

const recapQuery = Type.Object({
  from: Type.Optional(Type.String({ description: 'Time or day, in UTC; a week ago where absent.' })),
  to: Type.Optional(Type.String({ description: 'Time or day, inclusive; now where absent.' })),
  campaign: Type.Optional(Type.String()),
  format: Type.Optional(
    Type.Enum(['json', 'markdown', 'html'], {
      description: 'What `Accept` asks for where absent: text/html is a page to print, anything else JSON.',
    }),
  ),
});
const sums = {
  impressions: Type.Integer(),
  clicks: Type.Integer(),
  conversions: Type.Integer(),
  valueMicros: Type.Number(),
  spendMicros: Type.Number(),
  cpaMicros: Type.Optional(Type.Integer({ description: 'Absent without conversions.' })),
};
const part = Type.Object({
  dimension: Type.String({ description: 'campaign, line_item, creative, exchange or hour' }),
  id: Type.String(),
  ...sums,
  resultShare: Type.Number({ description: 'Of what is measured by.' }),
  spendShare: Type.Number(),
});
const recapSchema = Type.Object(
  {
    fromMs: Type.Number(),
    toMs: Type.Number(),
    measuredBy: Type.String({ description: 'conversions where there are any, else clicks' }),
    period: Type.Object(sums),
    before: Type.Object(sums, { description: 'As long, just before.' }),
    carried: Type.Array(part),
    worked: Type.Array(part, { description: 'More than their money beyond chance.' }),
    failed: Type.Array(part, { description: 'Less.' }),
    changes: Type.Array(
      Type.Object({ atMs: Type.Number(), who: Type.String(), what: Type.String(), why: Type.String() }),
    ),
    next: Type.Array(Type.String()),
  },
  { description: 'Or the same as Markdown or a page, with format=markdown or html.' },
);

export interface RecapPorts {
  readonly clock: { now(): number };
  recap(period: Period, campaignId: string | undefined): Promise<Recap>;
  currency(): string;
}

const WEEK_MS = 7 * 86_400_000;

export function recapRoutes(app: FastifyInstance, api: string, ports: RecapPorts): void {
  app.get<{ Querystring: Static<typeof recapQuery> }>(
    `${api}/recap`,
    {
      schema: {
        summary: 'What worked in a period, what changed, what carried it, and what to try next.',
        querystring: recapQuery,
        response: { 200: recapSchema, '4xx': problemSchema },
      },
    },
    async ({ query: { from, to, campaign, format: asked }, headers }, reply) => {
      const format = asked ?? (/^\s*text\/html\b/.test(headers.accept ?? '') ? 'html' : 'json');
      const nowMs = ports.clock.now();
      const text = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
      const period = readPeriod(text, { fromMs: nowMs - WEEK_MS, toMs: nowMs });
      if (!period) return sendProblem(reply, 400, 'from and to are no period');
      const recap = await ports.recap(period, campaign);
      reply.header('vary', 'accept');
      if (format === 'json') return { ...recap };
      if (format === 'html')
        return reply
          .header('content-security-policy', RECAP_PAGE_POLICY)
          .type('text/html; charset=utf-8')
          .send(recapPage(recap, ports.currency()));
      // A page that is sent as text is shown as text, whatever names are in it.
      return reply.type('text/markdown; charset=utf-8').send(recapMarkdown(recap, ports.currency()));
    },
  );
}
