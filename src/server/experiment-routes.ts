/** `/api/v1/experiments/…`: what an experiment can find before it starts, and what its counts say while it runs. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Static } from 'typebox';
import { Type } from 'typebox';
import type { Book } from '../campaign/campaign.ts';
import type { Experiment } from '../campaign/experiment.ts';
import { linesOf } from '../campaign/experiment-checks.ts';
import { leastRise, peopleNeeded, sampleRatio, twoProportions } from '../insight/experiment/fixed.ts';
import type { ExperimentResults } from '../insight/experiment/results.ts';
import { ADVICE } from '../insight/experiment/results.ts';
import { alwaysValid, groupSequential } from '../insight/experiment/sequential.ts';
import { problemSchema } from './api.ts';
import { sendProblem } from './problem.ts';
import type { ChangeDesk } from './write-routes.ts';
import { actorOf, notTaken } from './write-routes.ts';

const planQuery = Type.Object({
  rate: Type.Number({ exclusiveMinimum: 0, maximum: 0.5, description: 'Rate of the control, 0.02 for 2 %.' }),
  people_per_day: Type.Number({ minimum: 1, description: 'In both arms together.' }),
  change: Type.Number({
    minimum: 0.001,
    maximum: 10,
    default: 0.1,
    description: 'Relative rise to be found.',
  }),
  days: Type.Integer({ minimum: 1, maximum: 365, default: 14, description: 'How long it may run.' }),
});

const planSchema = Type.Object(
  {
    peopleNeeded: Type.Integer({ description: 'In each arm, for the rise to be found four times in five.' }),
    daysNeeded: Type.Integer(),
    leastRise: Type.Optional(
      Type.Number({
        description: 'Relative; found four times in five within the days. Absent where none is.',
      }),
    ),
  },
  { description: 'Two-sided, at 5 %.' },
);

const arm = (description: string) =>
  Type.Object(
    { people: Type.Integer({ minimum: 1 }), successes: Type.Integer({ minimum: 0 }) },
    { additionalProperties: false, description },
  );

const countsSchema = Type.Object(
  {
    control: arm('As before.'),
    variant: arm('Changed.'),
    variantShare: Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1, default: 0.5 }),
    plannedPeople: Type.Integer({ minimum: 1, description: 'In both arms together, by the end.' }),
    looks: Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'Even looks over the plan.' }),
  },
  { additionalProperties: false },
);
type Counts = Static<typeof countsSchema>;

const verdictSchema = Type.Object({
  difference: Type.Number(),
  low: Type.Number({ description: 'Of the interval of 95 %.' }),
  high: Type.Number(),
  fixed: Type.Object(
    { z: Type.Number(), p: Type.Number(), isReal: Type.Boolean() },
    { description: 'Holds at the planned end alone.' },
  ),
  sequential: Type.Object(
    { bound: Type.Number(), isReal: Type.Boolean() },
    { description: 'Holds at every look of the plan; its errors together are 5 %.' },
  ),
  alwaysValid: Type.Object(
    { p: Type.Number(), isReal: Type.Boolean() },
    { description: 'Holds at any time, without a plan.' },
  ),
  sampleRatio: Type.Object(
    { p: Type.Number(), isSound: Type.Boolean() },
    { description: 'Whether people were divided as intended.' },
  ),
});

const count = (description: string) => Type.Integer({ description });
const resultsSchema = Type.Object(
  {
    experimentId: Type.String(),
    metric: Type.String({ description: 'conversions, clicks or value' }),
    arms: Type.Array(
      Type.Object({
        armId: Type.String({ description: '`holdout` for those who are shown nothing.' }),
        share: Type.Number({ description: 'That it was to have.' }),
        people: count('Met since the beginning, whether they were shown anything or not.'),
        impressions: count('Shown to them.'),
        clicks: count('By them.'),
        clickers: count('People who clicked.'),
        conversions: count('Since each person was first met.'),
        converters: count('People who converted.'),
        valueMicros: Type.Number({ description: 'Of the conversions.' }),
        spendMicros: Type.Integer(),
        rate: Type.Number({ description: 'The metric in the mean of a person.' }),
      }),
    ),
    comparisons: Type.Array(
      Type.Object({
        armId: Type.String(),
        againstId: Type.String({ description: 'The control, or those who were shown nothing.' }),
        difference: Type.Number(),
        low: Type.Number({ description: 'Of the interval: of 95 %, or wider where several are compared.' }),
        high: Type.Number(),
        lift: Type.Optional(Type.Number({ description: 'The difference, relative.' })),
        fixed: verdictSchema.properties.fixed,
        sequential: Type.Optional(verdictSchema.properties.sequential),
        alwaysValid: verdictSchema.properties.alwaysValid,
        incremental: Type.Optional(
          Type.Object(
            {
              results: Type.Number(),
              low: Type.Number(),
              high: Type.Number(),
              spendMicrosEach: Type.Optional(Type.Integer()),
            },
            { description: 'What would not have come without it; value in micros.' },
          ),
        ),
      }),
    ),
    sampleRatio: verdictSchema.properties.sampleRatio,
    elapsed: Type.Optional(Type.Number({ description: 'Of the planned time.' })),
    advice: Type.String({ description: ADVICE.join(', ') }),
    adviceArm: Type.String(),
    why: Type.String(),
    clickOnlyConversions: count(
      'Reports that named a click alone. With people held out they do not count: only who was shown something can have clicked.',
    ),
    isCutOff: Type.Boolean({ description: 'There was more than was read.' }),
  },
  { description: 'By intention to treat.' },
);
const winnerSchema = Type.Object(
  {
    arm: Type.String({
      maxLength: 64,
      description: 'Whose version is to stay; the control’s changes nothing.',
    }),
    reason: Type.String({ maxLength: 500, default: '' }),
  },
  { additionalProperties: false },
);
const declaredSchema = Type.Object({
  changes: Type.Array(Type.Integer(), {
    description: 'Of the experiment and of line items, in the history.',
  }),
});
const NOT_THERE = 'There is no such experiment';

const ALPHA = 0.05;
/** As a share of the rate: what differences are like that people try for. */
const SCALE = 0.15;
const UNSOUND_P = 0.001;

export interface ExperimentPorts {
  book(): Pick<Book, 'experiments' | 'lineItems'>;
  experimentResults(experiment: Experiment): Promise<ExperimentResults>;
  readonly changes: ChangeDesk;
}

export function experimentRoutes(app: FastifyInstance, api: string, ports: ExperimentPorts): void {
  app.get<{ Params: { id: string } }>(
    `${api}/experiments/:id/results`,
    {
      schema: {
        summary: 'What an experiment has shown so far: each arm, the tests, and what to do.',
        response: { 200: resultsSchema, '4xx': problemSchema },
      },
    },
    ({ params: { id } }, reply) => {
      const experiment = ports.book().experiments.find((one) => one.id === id);
      return experiment ? ports.experimentResults(experiment) : sendProblem(reply, 404, NOT_THERE);
    },
  );
  app.post<{ Params: { id: string }; Body: Static<typeof winnerSchema> }>(
    `${api}/experiments/:id/winner`,
    {
      schema: {
        summary: 'Ends the experiment and makes an arm’s version the line item, through the history.',
        body: winnerSchema,
        response: { 200: declaredSchema, '4xx': problemSchema },
      },
    },
    (request, reply) => {
      const experiment = ports.book().experiments.find((one) => one.id === request.params.id);
      if (!experiment) return sendProblem(reply, 404, NOT_THERE);
      const arm = experiment.arms.find(({ id }) => id === request.body.arm);
      if (!arm) return sendProblem(reply, 404, 'There is no such arm');
      const why = request.body.reason || `${arm.id} of the experiment ${experiment.id}`;
      return declare(experiment, arm, { who: actorOf(request).who, why }, ports, reply);
    },
  );
  app.get<{ Querystring: Static<typeof planQuery> }>(
    `${api}/experiments/plan`,
    {
      schema: {
        summary: 'How long an experiment must run, and what it can find.',
        querystring: planQuery,
        response: { 200: planSchema, '4xx': problemSchema },
      },
    },
    ({ query: { rate, change, days, people_per_day: daily } }, reply) => {
      if (rate * (1 + change) >= 1) return sendProblem(reply, 400, 'change leads to a rate above 1');
      const needed = peopleNeeded(rate, change);
      const least = leastRise(rate, (days * daily) / 2);
      return {
        peopleNeeded: needed,
        daysNeeded: Math.ceil((2 * needed) / daily),
        ...(Number.isFinite(least) ? { leastRise: least } : {}),
      };
    },
  );
  app.post<{ Body: Counts }>(
    `${api}/experiments/verdict`,
    {
      schema: {
        summary: 'What the counts of two arms say: at a fixed end, look by look, and at any time.',
        body: countsSchema,
        response: { 200: verdictSchema, '4xx': problemSchema },
      },
    },
    ({ body }, reply) => {
      const impossible = [body.control, body.variant].some(({ people, successes }) => successes > people);
      return impossible ? sendProblem(reply, 400, 'more successes than people') : verdictOf(body);
    },
  );
}

/** The experiment ends first, so that nobody is divided over what has become the same. What one step refuses, none takes. */
async function declare(
  experiment: Experiment,
  arm: Experiment['arms'][number],
  by: { readonly who: string; readonly why: string },
  ports: ExperimentPorts,
  reply: FastifyReply,
): Promise<unknown> {
  const step = { ...by, action: 'patch' as const, ifMatch: '*' };
  const lines = Object.keys(arm.changes).length === 0 ? [] : linesOf(experiment, ports.book());
  const writes = [
    { ...step, list: 'experiments' as const, id: experiment.id, body: { status: 'archived' } },
    ...lines.map(({ id }) => ({ ...step, list: 'lineItems' as const, id, body: arm.changes })),
  ];
  const numbers: number[] = [];
  for (const validateOnly of [true, false])
    for (const write of writes) {
      const written = await ports.changes.write({ ...write, validateOnly });
      if (written.status !== 'done') return notTaken(reply, `${write.id}: ${written.status}`);
      if (written.change !== undefined) numbers.push(written.change);
    }
  return { changes: numbers };
}

function verdictOf({
  control,
  variant,
  variantShare,
  plannedPeople,
  looks,
}: Counts): Static<typeof verdictSchema> {
  const { difference, low, high, z, p } = twoProportions(control, variant);
  const fraction = Math.min(1, (control.people + variant.people) / plannedPeople);
  const look = Math.floor(fraction * looks);
  const bounds = groupSequential(
    Array.from({ length: looks }, (_, place) => (place + 1) / looks),
    ALPHA,
  );
  // Between two looks, and before the first, what the one before allowed has been used up.
  const bound = look === 0 ? Number.MAX_VALUE : bounds[look - 1]!;
  const [a, b] = [control.successes / control.people, variant.successes / variant.people];
  const variance = a * (1 - a) + b * (1 - b);
  // As many as two even arms of the same certainty would have.
  const people = 2 / (1 / control.people + 1 / variant.people);
  const always = alwaysValid(difference, variance, people, SCALE * a);
  const ratio = sampleRatio(control.people, variant.people, variantShare);
  return {
    difference,
    low,
    high,
    fixed: { z, p, isReal: fraction >= 1 && p < ALPHA },
    sequential: { bound, isReal: Math.abs(z) >= bound },
    alwaysValid: { p: always, isReal: always < ALPHA },
    sampleRatio: { p: ratio, isSound: ratio >= UNSOUND_P },
  };
}
