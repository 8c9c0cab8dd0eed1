/** `/api/v1/reports`: sums of the journal by any dimensions, as JSON or CSV, beside the period before where asked. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { toSheet } from '../campaign/sheet.ts';
import { PLACE_NAMES } from '../core/place.ts';
import { isZone, zoneNamed } from '../core/zone.ts';
import { withRates } from '../insight/report.ts';
import { byCivilDay } from '../insight/report-zone.ts';
import type { ReportDimension } from '../state/port.ts';
import { REPORT_DIMENSIONS } from '../state/port.ts';
import type { Coverage, ReportAnswer } from './api.ts';
import { lossesSchema, problemSchema, rejectionsSchema, reportQuerySchema, reportSchema } from './api.ts';
import type { ProblemError } from './problem.ts';
import { sendProblem } from './problem.ts';
import type { Period, Questions, ReportQuestion } from './questions.ts';
import { readPeriod } from './questions.ts';

export interface ReportPorts {
  readonly clock: { now(): number };
  readonly questions: Pick<Questions, 'report' | 'losses' | 'rejections'>;
  coverage(): Promise<Coverage | undefined>;
}

/** Of the book's own objects; losses are kept by these alone. */
const OBJECT_DIMENSIONS = REPORT_DIMENSIONS.filter((name) => !isPlace(name));
const NEWEST_MS = 253_402_300_800_000;
const ZONE_CHARACTERS_MAX = 64;

export const NOT_A_PERIOD: ProblemError = {
  path: 'from',
  code: 'not_a_period',
  message: 'and to are not a period',
  hint: 'Days as 2026-11-23, times as 2026-11-23T15:00:00Z, or milliseconds since 1970; from before to.',
};

const lossQuery = Type.Object({
  ...reportQuerySchema.properties,
  dimensions: Type.Optional(
    Type.String({ maxLength: 200, description: `Comma-separated: ${OBJECT_DIMENSIONS.join(', ')}.` }),
  ),
});
const query = Type.Object({
  ...reportQuerySchema.properties,
  time_zone: Type.Optional(
    Type.String({
      maxLength: ZONE_CHARACTERS_MAX,
      description:
        'Days are those of this zone, as Europe/Berlin; UTC where absent. Hours stay in UTC; one across midnight is of the day it begins in.',
    }),
  ),
  compare: Type.Optional(
    Type.Enum(['before'], { description: 'The same of the period as long, just before; needs `from`.' }),
  ),
  format: Type.Optional(Type.Enum(['json', 'csv'], { description: 'json where absent.' })),
});
type Query = Static<typeof query>;
const answerSchema = Type.Object(
  { ...reportSchema.properties, before: Type.Optional(reportSchema) },
  { description: 'Or the rows as CSV, with format=csv.' },
);

export function reportRoutes(app: FastifyInstance, api: string, ports: ReportPorts): void {
  const { questions } = ports;
  app.get<{ Querystring: Query }>(
    `${api}/reports`,
    {
      schema: {
        summary: 'Sums by any dimensions.',
        querystring: query,
        response: { 200: answerSchema, '4xx': problemSchema },
      },
    },
    async (request, reply) => {
      const read = readQuestion(request.query);
      if (!read.ok) return badQuestion(reply, read.faults);
      const { time_zone: zone, compare, format, from } = request.query;
      if (compare && from === undefined) return badQuestion(reply, [NEEDS_FROM]);
      const report = await reportIn(zone, read.value, questions);
      if (format === 'csv') return sendCsv(reply, report);
      const coverage = await ports.coverage();
      return {
        ...report,
        ...(coverage && { coverage }),
        ...(compare && { before: await reportIn(zone, before(read.value, ports.clock.now()), questions) }),
      };
    },
  );
  app.get<{ Querystring: Static<typeof lossQuery> }>(
    `${api}/reports/losses`,
    {
      schema: {
        summary: 'Why bids were lost, by loss code and any dimensions.',
        querystring: lossQuery,
        response: { 200: lossesSchema, '4xx': problemSchema },
      },
    },
    async (request, reply) => {
      const question = readQuestion(request.query, OBJECT_DIMENSIONS);
      return question.ok ? questions.losses(question.value) : badQuestion(reply, question.faults);
    },
  );
  app.get(
    `${api}/reports/rejections`,
    {
      schema: {
        summary: 'Creatives that exchanges turn away time after time.',
        response: { 200: rejectionsSchema, '4xx': problemSchema },
      },
    },
    () => questions.rejections(),
  );
}

async function reportIn(
  zone: string | undefined,
  question: ReportQuestion,
  questions: Pick<Questions, 'report'>,
): Promise<ReportAnswer> {
  if (zone === undefined || !question.dimensions.includes('day')) return questions.report(question);
  const dimensions = [...new Set([...question.dimensions.filter((name) => name !== 'day'), 'hour' as const])];
  const byHour = await questions.report({ ...question, dimensions });
  const rows = byCivilDay(byHour.rows, zoneNamed(zone), question.dimensions.includes('hour'));
  return { ...byHour, rows: rows.map(withRates) } as ReportAnswer;
}

/** A period that has not ended is as long as it has lasted. */
function before(question: ReportQuestion, nowMs: number): ReportQuestion {
  const { fromMs } = question;
  const endMs = Math.max(fromMs, Math.min(question.toMs, nowMs));
  return { ...question, fromMs: 2 * fromMs - endMs, toMs: fromMs };
}

function sendCsv(reply: FastifyReply, { rows }: ReportAnswer): FastifyReply {
  const described = Object.fromEntries(REPORT_DIMENSIONS.map((name) => [name, { type: 'string' }]));
  const text = toSheet(
    rows.map(({ key, ...sums }) => ({ ...key, ...sums })),
    { properties: described },
  );
  reply.header('content-disposition', 'attachment; filename="report.csv"');
  return reply.type('text/csv; charset=utf-8').send(text);
}

export function badQuestion(reply: FastifyReply, faults: readonly ProblemError[]): FastifyReply {
  return sendProblem(reply, 400, 'The question has faults', faults);
}

type ReadQuestion =
  | { readonly ok: true; readonly value: ReportQuestion }
  | { readonly ok: false; readonly faults: readonly ProblemError[] };

function readQuestion(asked: Query, known: readonly ReportDimension[] = REPORT_DIMENSIONS): ReadQuestion {
  const { dimensions: list, campaign, line_item: lineItem, time_zone: zone } = asked;
  const dimensions = (list ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const hint = `There are ${known.join(', ')}.`;
  const faults: ProblemError[] = dimensions
    .filter((name) => !(known as readonly string[]).includes(name))
    .map((name) => ({ path: 'dimensions', code: 'unknown_dimension', message: `has no ${name}`, hint }));
  if (tooManyPlaces(dimensions)) faults.push(ONE_PLACE);
  const isKnownZone = zone === undefined || isZone(zone);
  if (!isKnownZone) faults.push(NOT_A_ZONE);
  const period = isKnownZone ? periodIn(zone, asked) : undefined;
  if (isKnownZone && !period) faults.push(NOT_A_PERIOD);
  if (!period || faults.length > 0) return { ok: false, faults };
  const value = {
    ...period,
    dimensions: dimensions as ReportDimension[],
    ...(campaign === undefined ? {} : { campaignId: campaign }),
    ...(lineItem === undefined ? {} : { lineItemId: lineItem }),
  };
  return { ok: true, value };
}

/** Days that are written as days are those of the zone. */
function periodIn(zone: string | undefined, { from, to }: Query): Period | undefined {
  const edge = (text: string | undefined, side: 'startMs' | 'endMs'): string | undefined => {
    if (zone === undefined || text === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
    if (Number.isNaN(Date.parse(`${text}T00:00:00Z`))) return text;
    return String(zoneNamed(zone).bounds(text)[side]);
  };
  const [start, end] = [edge(from, 'startMs'), edge(to, 'endMs')];
  return readPeriod(
    { ...(start === undefined ? {} : { from: start }), ...(end === undefined ? {} : { to: end }) },
    { fromMs: 0, toMs: NEWEST_MS },
  );
}

const NEEDS_FROM: ProblemError = {
  path: 'from',
  code: 'needs_from',
  message: 'is needed to know which period is before',
  hint: 'Say where the period begins.',
};
const NOT_A_ZONE: ProblemError = {
  path: 'time_zone',
  code: 'unknown_zone',
  message: 'is no zone of the tz database',
  hint: 'As Europe/Berlin or America/New_York.',
};

function isPlace(name: string): boolean {
  return (PLACE_NAMES as readonly string[]).includes(name);
}

/** Sums of places are kept by one name at a time: all combinations would be more rows than bids. */
function tooManyPlaces(dimensions: readonly string[]): boolean {
  const places = new Set(dimensions.filter(isPlace)).size;
  return places > 1 || (places === 1 && dimensions.includes('creative'));
}

const ONE_PLACE: ProblemError = {
  path: 'dimensions',
  code: 'not_together',
  message: 'asks for sums that are not kept together',
  hint: `One of ${PLACE_NAMES.join(', ')}; with any others but creative.`,
};
