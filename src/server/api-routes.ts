/** `/api/v1`: what is configured, what happened, why, and what is left of the budgets. It is one thing: the list of its routes. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import { Type } from 'typebox';
import type { Book } from '../campaign/campaign.ts';
import { accountSchema } from '../campaign/campaign.ts';
import { advertiserOf } from '../campaign/ownership.ts';
import type { Clock } from '../core/clock.ts';
import type { Explanation } from '../insight/explain.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { AlertPorts } from './alert-routes.ts';
import { alertRoutes } from './alert-routes.ts';
import type { BiddingState, ExplainBody, FunnelQueryText, ObjectList, SteeringAnswer } from './api.ts';
import {
  biddingSchema,
  budgetsSchema,
  explainBodySchema,
  funnelQuerySchema,
  funnelSchema,
  OBJECT_LISTS,
  overviewSchema,
  problemSchema,
  steeringSchema,
} from './api.ts';
import type { AttributionPorts } from './attribution-routes.ts';
import { attributionRoutes } from './attribution-routes.ts';
import type { AudiencePorts } from './audience-answers.ts';
import { audienceRoutes } from './audience-routes.ts';
import type { ChangePorts } from './change-routes.ts';
import { changeRoutes } from './change-routes.ts';
import type { ClickPorts } from './click-routes.ts';
import { clickRoutes } from './click-routes.ts';
import type { ConsentPorts } from './consent-routes.ts';
import { consentRoutes } from './consent-routes.ts';
import { creativeRoutes } from './creative-routes.ts';
import type { DiscrepancyPorts } from './discrepancy-routes.ts';
import { discrepancyRoutes } from './discrepancy-routes.ts';
import type { ExperimentPorts } from './experiment-routes.ts';
import { experimentRoutes } from './experiment-routes.ts';
import type { ForecastPorts } from './forecast-routes.ts';
import { forecastRoutes } from './forecast-routes.ts';
import { judgeRoutes } from './judge-routes.ts';
import type { Listing } from './list.ts';
import {
  byKey,
  keyFilter,
  listQuerySchema,
  nextSchema,
  sendList,
  sendUnlessKnown,
  TEXT_FILTER,
} from './list.ts';
import type { NodePorts } from './node-routes.ts';
import { nodeRoutes } from './node-routes.ts';
import { withoutSecrets } from './object-shown.ts';
import type { PlanPorts } from './plan-routes.ts';
import { planRoutes } from './plan-routes.ts';
import type { PreviewPorts } from './preview-routes.ts';
import { previewRoutes } from './preview-routes.ts';
import type { PrivacyQuestions } from './privacy-routes.ts';
import { privacyRoutes } from './privacy-routes.ts';
import { sendProblem } from './problem.ts';
import type { ProfileQuestions } from './profile-routes.ts';
import { profileRoutes } from './profile-routes.ts';
import type { Questions } from './questions.ts';
import { readPeriod } from './questions.ts';
import type { RecapPorts } from './recap-routes.ts';
import { recapRoutes } from './recap-routes.ts';
import { badQuestion, NOT_A_PERIOD, reportRoutes } from './report-routes.ts';
import type { SamplePorts } from './sample-routes.ts';
import { sampleRoutes } from './sample-routes.ts';
import type { TimingPorts } from './timing-routes.ts';
import { timingRoutes } from './timing-routes.ts';
import type { TransferPorts } from './transfer-routes.ts';
import { transferRoutes } from './transfer-routes.ts';
import { actorOf, LIST_OF, writeRoutes } from './write-routes.ts';

export interface ApiPorts
  extends PreviewPorts,
    ClickPorts,
    NodePorts,
    AttributionPorts,
    ExperimentPorts,
    ChangePorts,
    AudiencePorts,
    AlertPorts,
    DiscrepancyPorts,
    TimingPorts,
    PlanPorts,
    ForecastPorts,
    SamplePorts,
    RecapPorts,
    TransferPorts {
  readonly clock: Pick<Clock, 'now'>;
  readonly changes: ChangePorts['changes'] & TransferPorts['changes'];
  book(): Book;
  exchanges(): readonly ExchangeProfile[];
  readonly questions: Questions;
  readonly profiles: ProfileQuestions;
  readonly privacy: PrivacyQuestions;
  readonly consents: ConsentPorts;
  steering(): SteeringAnswer;
  isStopped(): boolean;
  /** Kept durably before it resolves. */
  setStopped(stopped: boolean): Promise<void>;
  /** JSON and protobuf are told apart by the body. */
  explain(
    exchangeId: string,
    body: Buffer,
  ): Promise<
    | { readonly ok: true; readonly explanation: Explanation }
    | { readonly ok: false; readonly message: string }
  >;
}

export const API = '/api/v1';
const DAY_MS = 86_400_000;
const FOREVER_MS = Number.MAX_SAFE_INTEGER;

export function apiRoutes(app: FastifyInstance, ports: ApiPorts): void {
  const answers = (schema: TSchema, summary: string) => ({
    summary,
    response: { 200: schema, '4xx': problemSchema },
  });
  objectRoutes(app, ports, answers);
  profileRoutes(app, API, ports.profiles);
  privacyRoutes(app, API, ports.privacy);
  consentRoutes(app, API, ports.consents);
  previewRoutes(app, API, ports);
  creativeRoutes(app, API, ports);
  clickRoutes(app, API, ports);
  judgeRoutes(app, API, ports);
  attributionRoutes(app, API, ports);
  audienceRoutes(app, API, ports);
  alertRoutes(app, API, ports);
  discrepancyRoutes(app, API, ports);
  experimentRoutes(app, API, ports);
  planRoutes(app, API, ports);
  forecastRoutes(app, API, ports);
  sampleRoutes(app, API, ports);
  recapRoutes(app, API, ports);
  reportRoutes(app, API, ports);
  nodeRoutes(app, API, ports);
  timingRoutes(app, API, ports);
  writeRoutes(app, API, ports.changes);
  changeRoutes(app, API, ports);
  transferRoutes(app, API, ports);

  app.get(`${API}/overview`, { schema: answers(overviewSchema, 'Everything at a glance.') }, () =>
    ports.questions.overview(),
  );
  app.get(`${API}/budgets`, { schema: answers(budgetsSchema, 'Budgets and the bound on overspend.') }, () =>
    ports.questions.budgets(),
  );
  app.get<{ Querystring: FunnelQueryText }>(
    `${API}/funnel`,
    {
      schema: { ...answers(funnelSchema, 'Why a line item does not spend.'), querystring: funnelQuerySchema },
    },
    async (request, reply) => {
      const nowMs = ports.clock.now();
      const period = readPeriod(request.query, { fromMs: nowMs - DAY_MS, toMs: FOREVER_MS });
      if (!period) return badQuestion(reply, [NOT_A_PERIOD]);
      const id = request.query.line_item;
      return (
        (await ports.questions.funnel(id, period)) ?? sendProblem(reply, 404, `There is no line item ${id}`)
      );
    },
  );
  app.get(
    `${API}/steering`,
    { schema: answers(steeringSchema, 'What steers line items that go by results, and why.') },
    () => ports.steering(),
  );
  app.get(
    `${API}/bidding`,
    { schema: answers(biddingSchema, 'Whether bidding is stopped by hand.') },
    () => ({
      stopped: ports.isStopped(),
    }),
  );
  app.put<{ Body: BiddingState }>(
    `${API}/bidding`,
    { schema: { ...answers(biddingSchema, 'The emergency stop, on and off.'), body: biddingSchema } },
    async (request) => {
      await ports.setStopped(request.body.stopped);
      return { stopped: ports.isStopped() };
    },
  );
  app.post<{ Body: ExplainBody }>(
    `${API}/explain`,
    { schema: { summary: 'The decision trace of one request.', body: explainBodySchema } },
    async (request, reply) => {
      const { exchange = 'example', request: bidRequest, body } = request.body;
      const bytes =
        body === undefined ? Buffer.from(JSON.stringify(bidRequest ?? null)) : Buffer.from(body, 'base64');
      const explained = await ports.explain(exchange, bytes);
      return explained.ok ? explained.explanation : sendProblem(reply, 400, explained.message);
    },
  );
}

function objectRoutes(
  app: FastifyInstance,
  ports: ApiPorts,
  answers: (schema: TSchema, summary: string) => object,
): void {
  const workspace: TSchema = accountSchema;
  app.get(`${API}/account`, { schema: answers(accountSchema, 'The workspace.') }, () =>
    withoutSecrets(ports.book().account, workspace),
  );
  for (const [list, schema] of Object.entries(OBJECT_LISTS) as [ObjectList, TSchema][]) {
    // These are shown with how they stand.
    if (list === 'audiences') continue;
    const name = list.replace('-', ' ');
    const all = (request: FastifyRequest): readonly { readonly id: string }[] => {
      const { advertisers } = actorOf(request);
      const owner = (object: { readonly id: string }) =>
        advertiserOf(LIST_OF[list], object, ports.book()) ?? '';
      return listOf(list, ports)
        .filter((object) => advertisers === undefined || advertisers.has(owner(object)))
        .map((object) => withoutSecrets(object, schema));
    };
    const listing = listingOf(list, ports);
    app.get(
      `${API}/${list}`,
      {
        schema: {
          ...answers(Type.Object({ items: Type.Array(schema), next: nextSchema }), `The ${name}.`),
          querystring: listQuerySchema(listing),
        },
      },
      (request, reply) => sendList(request, reply, all(request), listing),
    );
    app.get<{ Params: { id: string } }>(
      `${API}/${list}/:id`,
      { schema: answers(schema, `One of the ${name}.`) },
      (request, reply) => {
        const found = all(request).find(({ id }) => id === request.params.id);
        const tag = ports.changes.read(LIST_OF[list], request.params.id)?.tag;
        if (!found) return sendProblem(reply, 404, `There is no such object in ${list}`);
        return tag === undefined ? reply.send(found) : sendUnlessKnown(request, reply, tag, found);
      },
    );
  }
}

function listingOf(list: ObjectList, ports: ApiPorts): Listing<{ readonly id: string }> {
  const { properties } = OBJECT_LISTS[list] as { readonly properties?: Readonly<Record<string, unknown>> };
  const has = (key: string): boolean => properties?.[key] !== undefined;
  return {
    sorts: {
      id: ({ id }) => id,
      ...(has('name') && { name: byKey('name') }),
      ...(has('status') && { status: byKey('status') }),
    },
    filters: {
      text: TEXT_FILTER,
      ...(has('status') && { status: keyFilter('status', 'As they say it: active, paused, archived.') }),
      ...(has('campaignId') && { campaign: keyFilter('campaignId', 'Of this campaign.') }),
      ...((has('advertiserId') || has('campaignId')) && {
        advertiser: {
          description: 'Of this advertiser.',
          matches: (object: { readonly id: string }, asked: string) =>
            advertiserOf(LIST_OF[list], object, ports.book()) === asked,
        },
      }),
    },
  };
}

function listOf(list: ObjectList, ports: ApiPorts): readonly { readonly id: string }[] {
  const book = ports.book();
  switch (list) {
    case 'exchanges':
      return ports.exchanges();
    case 'line-items':
      return book.lineItems;
    case 'conversion-actions':
      return book.conversionActions;
    default:
      return book[list];
  }
}
