/** `/api/v1/discrepancy`: our counts against an exchange's own, and why they differ. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Static } from 'typebox';
import { Type } from 'typebox';
import type { Book } from '../campaign/campaign.ts';
import { toSheet } from '../campaign/sheet.ts';
import { isZone } from '../core/zone.ts';
import type { Comparison, TheirFigures } from '../insight/discrepancy/compare.ts';
import { CAUSE_KINDS } from '../insight/discrepancy/compare.ts';
import type { TakeMode } from '../insight/discrepancy/desk.ts';
import type { ReadFigures } from '../insight/discrepancy/figures.ts';
import { figuresInCsv, figuresInRows } from '../insight/discrepancy/figures.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { Coverage } from './api.ts';
import { problemSchema, reportSchema } from './api.ts';
import type { ProblemError } from './problem.ts';
import { sendProblem } from './problem.ts';

export interface DiscrepancyPorts {
  readonly clock: { now(): number };
  book(): Pick<Book, 'account'>;
  exchanges(): readonly ExchangeProfile[];
  /** Whose journals are summed; undefined for a process by itself. */
  coverage(): Promise<Coverage | undefined>;
  readonly discrepancies: {
    /** Kept durably before it resolves. */
    take(figures: TheirFigures, mode: TakeMode): Promise<void>;
    /** Of all exchanges that a report is kept of; `threshold` in the place of the agreed ones. */
    compare(asked: {
      readonly exchangeId?: string | undefined;
      readonly from?: string | undefined;
      readonly to?: string | undefined;
      readonly threshold?: number | undefined;
    }): Promise<readonly Comparison[]>;
  };
}

const THRESHOLD = 0.05;
const ZONE_CHARACTERS_MAX = 64;
const ID_CHARACTERS_MAX = 64;
const ROWS_MAX = 20_000;
const CSV_TYPES = ['text/csv', 'application/csv', 'text/tab-separated-values', 'text/plain'];

const day = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'Day of the exchange’s zone.' });
const thresholdSchema = Type.Number({
  exclusiveMinimum: 0,
  maximum: 1,
  description: 'Share by which counts may differ.',
});
const figuresSchema = Type.Object({
  impressions: Type.Number(),
  spendMicros: Type.Number({ description: 'Micros of the account’s currency.' }),
});
const comparedSchema = {
  ours: figuresSchema,
  theirs: figuresSchema,
  impressionsOff: Type.Optional(Type.Number({ description: 'Ours less theirs, as a share of theirs.' })),
  spendOff: Type.Optional(Type.Number({ description: 'Ours less theirs, as a share of theirs.' })),
  isOver: Type.Boolean({ description: 'One of the two is further off than the threshold.' }),
};
const answerSchema = Type.Object({
  coverage: reportSchema.properties.coverage,
  items: Type.Array(
    Type.Object({
      exchangeId: Type.String(),
      timeZone: Type.String(),
      currency: Type.String({ description: 'Of the report; the figures here are the account’s.' }),
      threshold: thresholdSchema,
      takenMs: Type.Number({ description: 'When the report came. Milliseconds since 1970.' }),
      isOver: Type.Boolean(),
      total: Type.Object(comparedSchema, { description: 'Of days that are over.' }),
      causes: Type.Array(
        Type.Object({
          kind: Type.String({ description: CAUSE_KINDS.join(', ') }),
          explains: Type.Number({ description: 'Part of the difference that goes with it, 0 to 1.' }),
          message: Type.String(),
          remedy: Type.String(),
        }),
        { description: 'What explains most, first; empty where nothing does, or nothing is off.' },
      ),
      days: Type.Array(
        Type.Object({
          day: Type.String(),
          ...comparedSchema,
          isOpen: Type.Boolean({
            description: 'The day was not over when the report came; it is not compared.',
          }),
        }),
      ),
    }),
    { description: 'Or the days as CSV, with format=csv.' },
  ),
});
const takenSchema = Type.Object({
  exchangeId: Type.String(),
  days: Type.Integer({ description: 'Days of the report.' }),
  totals: Type.Integer({ description: 'Lines passed over that sum others up.' }),
  comparison: Type.Optional(answerSchema.properties.items.items),
});

const saidAbout = {
  exchange: Type.String({
    maxLength: ID_CHARACTERS_MAX,
    description: 'Id of the exchange whose report it is.',
  }),
  time_zone: Type.Optional(
    Type.String({
      maxLength: ZONE_CHARACTERS_MAX,
      description: 'Zone of its days, as America/New_York; UTC where absent.',
    }),
  ),
  currency: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z]{3}$',
      description: 'Of its amounts; the exchange’s own where absent.',
    }),
  ),
  threshold: Type.Optional(thresholdSchema),
  mode: Type.Optional(
    Type.Enum(['add', 'replace'], {
      description: 'Days are added to those sent before (the usual), or take the place of all of them.',
    }),
  ),
};
const bodySchema = Type.Object(
  {
    ...saidAbout,
    rows: Type.Array(Type.Unknown({ description: 'day, impressions, spend in units of the currency.' }), {
      maxItems: ROWS_MAX,
    }),
  },
  { additionalProperties: false },
);
const uploadQuery = Type.Partial(Type.Object(saidAbout), { additionalProperties: false });
type Said = Static<typeof uploadQuery>;

const listQuery = Type.Object({
  exchange: Type.Optional(Type.String({ maxLength: ID_CHARACTERS_MAX })),
  from: Type.Optional(
    Type.String({
      pattern: '^\\d{4}-\\d{2}-\\d{2}$',
      description: 'Day of the exchange’s zone; the last 92 days where absent.',
    }),
  ),
  to: Type.Optional(day),
  threshold: Type.Optional(thresholdSchema),
  format: Type.Optional(Type.Enum(['json', 'csv'], { description: 'json where absent.' })),
});

export function discrepancyRoutes(app: FastifyInstance, api: string, ports: DiscrepancyPorts): void {
  const { discrepancies } = ports;
  app.get<{ Querystring: Static<typeof listQuery> }>(
    `${api}/discrepancy`,
    {
      schema: {
        summary: 'Our counts against those of exchanges, and why they differ.',
        querystring: listQuery,
        response: { 200: answerSchema, '4xx': problemSchema },
      },
    },
    async ({ query: { exchange: exchangeId, from, to, threshold, format } }, reply) => {
      const items = await discrepancies.compare({ exchangeId, from, to, threshold });
      if (format === 'csv') return sendCsv(reply, items);
      const coverage = await ports.coverage();
      return { items, ...(coverage && { coverage }) };
    },
  );
  app.register(async (inner) => {
    inner.addContentTypeParser(CSV_TYPES, { parseAs: 'string' }, (_request, body, done) => done(null, body));
    inner.post<{ Querystring: Said; Body: string | Static<typeof bodySchema> }>(
      `${api}/discrepancy`,
      {
        schema: {
          summary: 'Send what an exchange counted: CSV or JSON of day, impressions, spend.',
          consumes: ['application/json', 'text/csv'],
          querystring: uploadQuery,
          body: { content: { 'application/json': { schema: bodySchema } } },
          response: { 200: takenSchema, '4xx': problemSchema },
        },
      },
      async ({ query, body }, reply) => {
        const said: Said = typeof body === 'object' && body !== null ? { ...query, ...body } : query;
        const read =
          typeof body === 'object' && body !== null
            ? figuresInRows(body.rows)
            : figuresInCsv(String(body ?? ''));
        return take(said, read, reply, ports);
      },
    );
  });
}

async function take(said: Said, read: ReadFigures, reply: FastifyReply, ports: DiscrepancyPorts) {
  const { exchange: exchangeId, time_zone: timeZone = 'UTC', threshold = THRESHOLD, mode = 'add' } = said;
  const profile = ports.exchanges().find(({ id }) => id === exchangeId);
  if (!profile)
    return sendProblem(reply, 400, 'Nothing of the report was taken', [
      {
        path: 'exchange',
        code: exchangeId === undefined ? 'missing' : 'unknown_exchange',
        message: exchangeId === undefined ? 'is missing' : 'is no exchange of the configuration',
        hint: `There are ${ports
          .exchanges()
          .map(({ id }) => id)
          .join(', ')}.`,
      },
    ]);
  const { account } = ports.book();
  const currency = (said.currency ?? profile.currency).toUpperCase();
  const isEmptied = mode === 'replace' && read.faults.length === 1 && read.faults[0]?.code === 'no_days';
  const faults: ProblemError[] = isEmptied ? [] : [...read.faults];
  if (!isZone(timeZone))
    faults.push({
      path: 'time_zone',
      code: 'unknown_zone',
      message: 'is no zone of the tz database',
      hint: 'As Europe/Berlin or America/New_York.',
    });
  if (currency !== account.currency && account.currencyRates?.rates[currency] === undefined)
    faults.push({
      path: 'currency',
      code: 'currency_without_rate',
      message: 'has no rate to the account’s',
      hint: `Known: ${[account.currency, ...Object.keys(account.currencyRates?.rates ?? {})].join(', ')}.`,
    });
  if (faults.length > 0) return sendProblem(reply, 400, 'Nothing of the report was taken', faults);
  const takenMs = ports.clock.now();
  const { days, totals } = read;
  await ports.discrepancies.take(
    { exchangeId: profile.id, timeZone, currency, threshold, takenMs, days },
    mode,
  );
  const [comparison] = await ports.discrepancies.compare({ exchangeId: profile.id });
  return { exchangeId: profile.id, days: days.length, totals, ...(comparison && { comparison }) };
}

function sendCsv(reply: FastifyReply, items: readonly Comparison[]): FastifyReply {
  const rows = items.flatMap(({ exchangeId, days }) =>
    days.map(({ day, ours, theirs, isOver, isOpen, ...off }) => ({
      exchange: exchangeId,
      day,
      ours,
      theirs,
      ...off,
      isOver,
      isOpen,
    })),
  );
  const text = toSheet(rows, { properties: { exchange: { type: 'string' }, day: { type: 'string' } } });
  reply.header('content-disposition', 'attachment; filename="discrepancy.csv"');
  return reply.type('text/csv; charset=utf-8').send(text);
}
