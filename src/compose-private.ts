/** Wires the private door: console, API, metrics, health. Part of the composition root. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import type { ShownCreative } from './bidding/media/media.ts';
import type { Book } from './campaign/campaign.ts';
import type { Catalog } from './campaign/catalog.ts';
import { linesAsWritten } from './campaign/catalog.ts';
import type { BidDesk } from './compose-bid.ts';
import type { Clock } from './core/clock.ts';
import { systemClock } from './core/clock.ts';
import type { AlertDesk } from './insight/alert/desk.ts';
import type { PathQuestion } from './insight/attribution/own-paths.ts';
import type { GatheredPaths } from './insight/attribution/report.ts';
import { attributionOf } from './insight/attribution/report.ts';
import { changeEffect } from './insight/change-effect.ts';
import { daysOf, questionOf } from './insight/experiment/question.ts';
import { experimentResults } from './insight/experiment/results.ts';
import { PLAN_DAYS, planOf } from './insight/plan/plan.ts';
import { solveProgramme } from './insight/plan/solve.ts';
import type { RECAP_DIMENSIONS } from './insight/recap/recap.ts';
import { recapOf } from './insight/recap/recap.ts';
import { steeringOf } from './insight/steering.ts';
import type { Consents } from './learning/consents.ts';
import type { Together } from './learning/creatives.ts';
import type { Learner } from './learning/learn.ts';
import type { Steering } from './learning/steer.ts';
import type { ExchangeProfile } from './openrtb/exchange-profile.ts';
import type { Belief } from './policy/bandit/policy.ts';
import type { Sessions } from './server/access.ts';
import type { AudiencePorts } from './server/audience-answers.ts';
import type { DiscrepancyPorts } from './server/discrepancy-routes.ts';
import type { Drain } from './server/drain.ts';
import type { ForecastPorts } from './server/forecast-routes.ts';
import type { Metrics } from './server/metrics.ts';
import type { NodePorts } from './server/node-routes.ts';
import type { PrivacyQuestions } from './server/privacy-routes.ts';
import { privateApp } from './server/private.ts';
import type { ProfileQuestions } from './server/profile-routes.ts';
import type { QuestionPorts, Questions } from './server/questions.ts';
import { questions } from './server/questions.ts';
import type { SamplePorts } from './server/sample-routes.ts';
import type { TimingPorts } from './server/timing-routes.ts';
import type { Tokens } from './server/tokens.ts';
import type { TransferPorts } from './server/transfer-routes.ts';
import type { ChangeDesk } from './server/write-routes.ts';
import type { ExperimentFacts, ExperimentQuestion } from './state/experiment-port.ts';
import type { ChoiceRecord, JournalPort, LedgerPort } from './state/port.ts';
import type { Treasury } from './state/treasury.ts';

const DAY_MS = 86_400_000;
const CHANGES_MAX = 200;

export interface PrivateState {
  readonly journal: Pick<JournalPort, 'report' | 'losses' | 'rejections'> & {
    choicesOf(lineItemId: string): Promise<readonly ChoiceRecord[]>;
  };
  readonly ledger: Pick<LedgerPort, 'bucketStates'>;
  health(): { readonly writable: boolean };
}

export interface PrivateParts {
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly drain: Drain;
  readonly watch: { fault(where: string, error: unknown): void };
  readonly metrics: Metrics;
  book(): Book;
  exchanges(): readonly ExchangeProfile[];
  catalog(): Catalog;
  participation(): Float64Array;
  /** What the snapshot in use believes of the creatives of line n. */
  beliefOf(line: number): Belief | undefined;
  /** Counts of creatives by circumstance, and what hashes of circumstances stand for. */
  together(lineItemId: string): Promise<Together>;
  nameOf(circumstance: number): string | undefined;
  state(): PrivateState;
  /** Of the funnel, with what is not in the journal yet. */
  readonly counts: JournalPort['counts'];
  treasury(): Treasury;
  profiles(): ProfileQuestions;
  privacy(): PrivacyQuestions;
  consents(): Pick<Consents, 'record' | 'recordsOf'>;
  readonly packs: AudiencePorts['packs'];
  shownCreative(id: string): ShownCreative | undefined;
  readonly steering: Pick<Steering, 'of'>;
  readonly explain: BidDesk['explain'];
  isStarted(): boolean;
  isStopped(): boolean;
  setStopped(stopped: boolean): Promise<void>;
  readonly whatIf: ForecastPorts['whatIf'];
  readonly samples: SamplePorts['samples'];
  readonly alerts: Pick<AlertDesk, 'acknowledgementOf'>;
  readonly alertFacts: QuestionPorts['alertFacts'];
  acknowledgeAlert(id: string, note: string): Promise<void>;
  readonly discrepancies: DiscrepancyPorts['discrepancies'];
  readonly timings: TimingPorts['timings'];
  readonly voidClicks: Learner['voidClicks'];
  readonly nodes: NodePorts['nodes'];
  readonly coverage: NodePorts['coverage'];
  readonly changes: ChangeDesk & TransferPorts['changes'];
  readonly tokens: Tokens;
  /** People's ways to their conversions. */
  paths(question: PathQuestion): Promise<GatheredPaths>;
  /** Who takes part in an experiment, and what came of them. */
  experimentFacts(question: ExperimentQuestion): Promise<ExperimentFacts>;
}

export const VERSION: string = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
).version;

export interface PrivateDoor {
  readonly app: FastifyInstance;
  readonly questions: Questions;
}

export function privateDoor(parts: PrivateParts): PrivateDoor {
  const asked = questionsOf(parts);
  return { app: doorFor(parts, asked), questions: asked };
}

function doorFor(parts: PrivateParts, asked: Questions): FastifyInstance {
  const { clock, sessions, drain, watch, metrics, catalog, state } = parts;
  return privateApp(
    {
      clock,
      book: parts.book,
      exchanges: parts.exchanges,
      explain: parts.explain,
      shownCreative: parts.shownCreative,
      packs: parts.packs,
      profiles: { tags: () => parts.profiles().tags(), profile: (id) => parts.profiles().profile(id) },
      privacy: {
        erase: (id) => parts.privacy().erase(id),
        retention: () => parts.privacy().retention(),
      },
      consents: {
        record: (given) => parts.consents().record(given),
        recordsOf: (id) => parts.consents().recordsOf(id),
        nowMs: () => clock.now(),
      },
      steering: () =>
        steeringOf(linesAsWritten(catalog()).flatMap(({ lineItem }) => parts.steering.of(lineItem.id) ?? [])),
      isStopped: parts.isStopped,
      setStopped: parts.setStopped,
      voidClicks: parts.voidClicks,
      acknowledgeAlert: parts.acknowledgeAlert,
      discrepancies: parts.discrepancies,
      timings: parts.timings,
      nodes: parts.nodes,
      coverage: parts.coverage,
      changes: parts.changes,
      changeEffect: (change) => changeEffect(change, clock.now(), (query) => state().journal.report(query)),
      whatIf: parts.whatIf,
      samples: parts.samples,
      delaysOf: (id) => parts.alertFacts().delaysOf?.(id),
      currency: () => parts.book().account.currency,
      recap: async ({ fromMs, toMs }, campaignId) => {
        const { journal } = state();
        const about = campaignId === undefined ? {} : { campaignId };
        const by = (dimension: (typeof RECAP_DIMENSIONS)[number] | 'hour') =>
          journal.report({ fromMs, toMs, dimensions: [dimension], ...about });
        const changes = await parts.changes.history({ before: Number.MAX_SAFE_INTEGER, limit: CHANGES_MAX });
        return recapOf({
          fromMs,
          toMs,
          byDimension: {
            campaign: await by('campaign'),
            line_item: await by('line_item'),
            creative: await by('creative'),
            exchange: await by('exchange'),
            hour: await by('hour'),
          },
          before: await journal.report({ fromMs: 2 * fromMs - toMs, toMs: fromMs, dimensions: [], ...about }),
          changes: changes.filter(({ atMs }) => atMs >= fromMs && atMs < toMs),
        });
      },
      plan: async (question) => {
        const nowMs = clock.now();
        // Of whole days alone: one that has just begun looks like one of little spend.
        const toMs = nowMs - (nowMs % DAY_MS);
        const rows = await state().journal.report({
          fromMs: toMs - PLAN_DAYS * DAY_MS,
          toMs,
          dimensions: ['day', 'line_item'],
        });
        return planOf(catalog(), rows, question, solveProgramme);
      },
      experimentResults: async (experiment) => {
        const [book, now] = [parts.book(), catalog()];
        const facts = await parts.experimentFacts(questionOf(experiment, book, now));
        return experimentResults(experiment, facts, { ...daysOf(experiment, book, now), nowMs: clock.now() });
      },
      attribution: async (question, models) => attributionOf(await parts.paths(question), models),
      sessions,
      tokens: parts.tokens,
      metrics,
      fault: watch.fault,
      readiness: () => {
        const started = parts.isStarted();
        const writable = started && state().health().writable;
        return {
          ready: drain.ready() && started && writable,
          checks: { started, journal: writable, draining: drain.begun },
        };
      },
      questions: asked,
    },
    { consoleDir: fileURLToPath(new URL('../dist/console', import.meta.url)), version: VERSION },
  );
}

function questionsOf(parts: PrivateParts): Questions {
  const { clock, catalog, participation, state, treasury } = parts;
  return questions({
    clock,
    wallClock: systemClock,
    catalog,
    participation,
    journal: {
      report: (query) => state().journal.report(query),
      counts: parts.counts,
      losses: (query) => state().journal.losses(query),
      rejections: () => state().journal.rejections(),
      choicesOf: (lineItemId) => state().journal.choicesOf(lineItemId),
    },
    ledger: { bucketStates: (buckets) => state().ledger.bucketStates(buckets) },
    profileOf: (id) => parts.exchanges().find((exchange) => exchange.id === id),
    heldMicros: (bucket) => treasury().heldOn(bucket),
    overspend: () => treasury().overspendBound(),
    beliefOf: (line) => parts.beliefOf(line),
    together: parts.together,
    nameOf: parts.nameOf,
    alertFacts: parts.alertFacts,
    acknowledgementOf: (id) => parts.alerts.acknowledgementOf(id),
  });
}
