/** What buyers and operators ask of the journal and the ledger, put together for the API. This file is one thing: each question of the API in one place. */

import { countsConversions } from '../campaign/bid-strategy.ts';
import type { Catalog } from '../campaign/catalog.ts';
import { hasBit } from '../core/bitset.ts';
import type { BucketId } from '../core/budget.ts';
import type { Clock } from '../core/clock.ts';
import type { AlertSources } from '../insight/alert/alert.ts';
import { ALERT_DETAIL_MS, ALERT_HISTORY_MS, alertsOf } from '../insight/alert/alerts.ts';
import type { Acknowledgement } from '../insight/alert/desk.ts';
import type { CreativeCounts, CreativeStatistics } from '../insight/creative-statistics.ts';
import { creativeStatistics, slotStatistics } from '../insight/creative-statistics.ts';
import type { Funnel } from '../insight/funnel.ts';
import { funnelOf } from '../insight/funnel.ts';
import type { Draft } from '../insight/judge-rotation.ts';
import { judgeRotation } from '../insight/judge-rotation.ts';
import { lossLines, lossReasons, rejectionLines } from '../insight/losses.ts';
import { pairTable } from '../insight/pairs.ts';
import type { Overview } from '../insight/report.ts';
import { bucketsOf, budgetLines, overviewOf, totalOf, withRates } from '../insight/report.ts';
import { withWhom } from '../insight/with-whom.ts';
import type { Together } from '../learning/creatives.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { Belief } from '../policy/bandit/policy.ts';
import type {
  BucketState,
  ChoiceRecord,
  JournalPort,
  LedgerPort,
  ReportDimension,
  ReportRow,
} from '../state/port.ts';
import type { AlertsAnswer } from './alert-routes.ts';
import type { BudgetsAnswer, LossesAnswer, RejectionsAnswer, ReportAnswer } from './api.ts';
import type { CreativesAnswer, PairsAnswer, WithWhomAnswer } from './creative-routes.ts';
import type { JudgeAnswer } from './judge-routes.ts';
import { draftName, judgeAnswer } from './judge-routes.ts';

export interface QuestionPorts {
  readonly clock: Pick<Clock, 'now'>;
  /** The wall's: how fresh an answer must be does not follow simulated time. */
  readonly wallClock: Pick<Clock, 'monotonic'>;
  catalog(): Catalog;
  /** Share of opportunities that line n takes part in. */
  participation(): Float64Array;
  readonly journal: Pick<JournalPort, 'report' | 'counts' | 'losses' | 'rejections'> & {
    choicesOf(lineItemId: string): Promise<readonly ChoiceRecord[]>;
  };
  readonly ledger: Pick<LedgerPort, 'bucketStates'>;
  profileOf(exchangeId: string): ExchangeProfile | undefined;
  /** What open bids of this process hold of a bucket. */
  heldMicros(bucket: BucketId): number;
  /** By how much spend can exceed a budget, beside what came late. */
  overspend(): {
    readonly formula: string;
    readonly unconfirmedMicros: number;
    readonly roundingMicros: number;
  };
  /** What the snapshot in use believes of the creatives of line n. */
  beliefOf(line: number): Belief | undefined;
  together(lineItemId: string): Promise<Together>;
  nameOf(circumstance: number): string | undefined;
  /** What alerts are made from beside the journal. */
  alertFacts(): Pick<
    AlertSources,
    'delaysOf' | 'edits' | 'packs' | 'steered' | 'beliefsCorruptAtMs' | 'theirs'
  >;
  acknowledgementOf(alertId: string): Acknowledgement | undefined;
}

export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ReportQuestion extends Period {
  readonly dimensions: readonly ReportDimension[];
  readonly campaignId?: string;
  readonly lineItemId?: string;
}

export interface Questions {
  /** Shared by all who ask within a second. */
  overview(): Promise<Overview>;
  /** Undefined for a line item that is not there. */
  funnel(lineItemId: string, period: Period): Promise<(Funnel & Period) | undefined>;
  budgets(): Promise<BudgetsAnswer>;
  /** What each creative of a line item has shown of itself; undefined for a line item that is not there. */
  creatives(lineItemId: string, period: Period): Promise<CreativesAnswer | undefined>;
  /** What its creatives and elements work better or worse with; undefined for a line item that is not there. */
  withWhom(lineItemId: string): Promise<WithWhomAnswer | undefined>;
  /** Two slots of a creative against each other; undefined for what is not there. */
  pairs(
    lineItemId: string,
    creativeId: string,
    slots: readonly [string, string],
  ): Promise<PairsAnswer | undefined>;
  /** What another rotation would have earned; undefined for a line item that is not there. */
  judge(lineItemId: string, draft: Draft): Promise<JudgeAnswer | undefined>;
  report(question: ReportQuestion): Promise<ReportAnswer>;
  losses(question: ReportQuestion): Promise<LossesAnswer>;
  rejections(): Promise<RejectionsAnswer>;
  alerts(): Promise<AlertsAnswer>;
}

const FRESH_MS = 900;
const HOUR_MS = 3_600_000;
/** The end of time for SQL: an integer that survives as one. */
const FOREVER_MS = Number.MAX_SAFE_INTEGER;

export function questions(ports: QuestionPorts): Questions {
  const { clock, wallClock, catalog, journal, ledger } = ports;
  const requests = requestTotals(journal);
  let known: { readonly atMs: number; readonly answer: Promise<Overview> } | undefined;

  const ask = async (): Promise<Overview> => {
    const nowMs = clock.now();
    const current = catalog();
    const [rows, total, buckets] = await Promise.all([
      journal.report({ fromMs: 0, toMs: FOREVER_MS, dimensions: ['campaign', 'line_item'] }),
      requests(nowMs),
      ledger.bucketStates(bucketsOf(current, nowMs)),
    ]);
    const counts = [{ lineItemId: '', name: 'requests', count: total }];
    return overviewOf({
      catalog: current,
      nowMs,
      rows,
      counts,
      buckets,
      participation: ports.participation(),
    });
  };

  return {
    overview: () => {
      const atMs = wallClock.monotonic();
      if (!known || atMs - known.atMs > FRESH_MS) {
        known = { atMs, answer: ask() };
        // A failed answer is nobody's second answer.
        known.answer.catch(() => {
          known = undefined;
        });
      }
      return known.answer;
    },
    funnel: async (lineItemId, { fromMs, toMs }) => {
      const { lineById, active } = catalog();
      const line = lineById.get(lineItemId);
      if (!line) return undefined;
      const [rows, [delivered = { wins: 0, impressions: 0 }], lost] = await Promise.all([
        journal.counts(fromMs, toMs),
        journal.report({ fromMs, toMs, dimensions: [], lineItemId }),
        journal.losses({ fromMs, toMs, dimensions: [], lineItemId }),
      ]);
      const isActive = hasBit(active, line.number);
      return { ...funnelOf(lineItemId, isActive, rows, delivered, lossReasons(lost)), fromMs, toMs };
    },
    budgets: async () => {
      const nowMs = clock.now();
      const current = catalog();
      const [states, rows] = await Promise.all([
        ledger.bucketStates(bucketsOf(current, nowMs)),
        journal.report({ fromMs: 0, toMs: FOREVER_MS, dimensions: [] }),
      ]);
      const { formula, unconfirmedMicros, roundingMicros } = ports.overspend();
      const lateMicros = Math.max(totalOf(rows).lateSpendMicros, lateOfAll(states));
      return {
        overspendBound: { formula, micros: lateMicros + unconfirmedMicros + roundingMicros },
        budgets: budgetLines(current, nowMs, states, ports.heldMicros).map((budget) => ({ ...budget })),
      };
    },
    creatives: async (lineItemId, { fromMs, toMs }) => {
      const line = catalog().lineById.get(lineItemId);
      if (!line) return undefined;
      const rows = await journal.report({ fromMs, toMs, dimensions: ['creative', 'day'], lineItemId });
      const reward = countsConversions(line.lineItem.bid) ? 'conversions' : 'clicks';
      const counts = line.creatives.map(({ creative }) => countsOf(creative.id, rows));
      const belief = ports.beliefOf(line.number);
      const { cells } = await ports.together(lineItemId);
      const known = creativeStatistics(counts, reward);
      const creatives = line.creatives.map(({ creative, template }, place) => ({
        ...withoutFatigue(known[place]!),
        paused: belief?.arms[place]?.shareMax === 0,
        slots: slotStatistics(template, belief?.looks?.get(creative.id), cells),
      }));
      return { lineItemId, fromMs, toMs, reward, creatives };
    },
    withWhom: async (lineItemId) => {
      const line = catalog().lineById.get(lineItemId);
      if (!line) return undefined;
      const { cells, leftOut } = await ports.together(lineItemId);
      const reward = countsConversions(line.lineItem.bid) ? 'conversions' : 'clicks';
      return { lineItemId, reward, ...withWhom(cells, { reward, line, nameOf: ports.nameOf }), leftOut };
    },
    pairs: async (lineItemId, creativeId, slots) => {
      const line = catalog().lineById.get(lineItemId);
      const template = line?.creatives.find(({ creative }) => creative.id === creativeId)?.template;
      if (!line || !template) return undefined;
      const reward = countsConversions(line.lineItem.bid) ? 'conversions' : 'clicks';
      const { pairs } = await ports.together(lineItemId);
      const table = pairTable(template, slots, pairs, reward);
      return table && { lineItemId, creativeId, reward, ...table };
    },
    judge: async (lineItemId, draft) => {
      const line = catalog().lineById.get(lineItemId);
      if (!line) return undefined;
      if ('only' in draft && !line.creatives.some(({ creative }) => creative.id === draft.only))
        return undefined;
      const choices = await journal.choicesOf(lineItemId);
      const reward = countsConversions(line.lineItem.bid) ? 'conversions' : 'clicks';
      const verdict = judgeRotation(line, draft, choices, reward);
      return { lineItemId, draft: draftName(draft), reward, ...judgeAnswer(verdict) };
    },
    report: async (question) => {
      const { fromMs, toMs } = question;
      const rows = await journal.report(question);
      return { fromMs, toMs, rows: rows.map(withRates), total: withRates(totalOf(rows)) };
    },
    losses: async (question) => {
      const { fromMs, toMs } = question;
      const rows = await journal.losses(question);
      const total = rows.reduce((sum, { count }) => sum + count, 0);
      // A code that was not told is absent, as JSON has it.
      return { fromMs, toMs, rows: lossLines(rows).map(withoutGaps), total };
    },
    rejections: async () => {
      const rows = await journal.rejections();
      return { items: rejectionLines(rows, ports.profileOf).map((row) => ({ ...row })) };
    },
    alerts: async () => {
      const nowMs = clock.now();
      const current = catalog();
      const [rows, byCreative, counts, rejections, states] = await Promise.all([
        journal.report({
          fromMs: nowMs - ALERT_HISTORY_MS,
          toMs: FOREVER_MS,
          dimensions: ['hour', 'exchange', 'campaign', 'line_item'],
        }),
        journal.report({
          fromMs: nowMs - ALERT_DETAIL_MS,
          toMs: FOREVER_MS,
          dimensions: ['hour', 'exchange', 'line_item', 'creative'],
        }),
        journal.counts(nowMs - 2 * HOUR_MS, FOREVER_MS),
        journal.rejections(),
        ledger.bucketStates(bucketsOf(current, nowMs)),
      ]);
      const budgets = budgetLines(current, nowMs, states, ports.heldMicros);
      const items = alertsOf({
        ...ports.alertFacts(),
        catalog: current,
        nowMs,
        rows,
        byCreative,
        counts,
        rejections,
        budgets,
      });
      return {
        nowMs,
        items: items.map((alert) => {
          const acknowledged = ports.acknowledgementOf(alert.id);
          return { ...alert, ...(acknowledged ? { acknowledged: { ...acknowledged } } : {}) };
        }),
      };
    },
  };
}

function countsOf(creativeId: string, rows: readonly ReportRow[]): CreativeCounts {
  const days = rows
    .filter(({ key }) => key.creative === creativeId)
    .sort((a, b) => (a.key.day ?? '').localeCompare(b.key.day ?? ''));
  const { impressions, clicks, conversions } = totalOf(days);
  return {
    creativeId,
    impressions,
    clicks,
    conversions,
    days: days.map((row) => ({ day: row.key.day ?? '', impressions: row.impressions, clicks: row.clicks })),
  };
}

/** Absent where too little is known. */
function withoutFatigue({ fatigue, ...known }: CreativeStatistics) {
  return { ...known, ...(fatigue ? { fatigue: { ...fatigue } } : {}) };
}

function withoutGaps<Row extends { readonly code: number | undefined }>({ code, ...row }: Row) {
  return { ...row, ...(code === undefined ? {} : { code }) };
}

/** Hours that are over are added up once: their rows grow without end, and the overview is asked for every second. */
function requestTotals(journal: Pick<JournalPort, 'counts'>): (nowMs: number) => Promise<number> {
  let closed = 0;
  let closedUntilMs = 0;
  const sum = async (fromMs: number, toMs: number): Promise<number> => {
    let total = 0;
    for (const row of await journal.counts(fromMs, toMs))
      if (row.lineItemId === '' && row.name === 'requests') total += row.count;
    return total;
  };
  return async (nowMs) => {
    // An hour may still receive counts for a little while after its end.
    const until = Math.floor(nowMs / HOUR_MS) * HOUR_MS - HOUR_MS;
    if (until > closedUntilMs) {
      const more = await sum(closedUntilMs, until);
      if (until > closedUntilMs) {
        closed += more;
        closedUntilMs = until;
      }
    }
    return closed + (await sum(closedUntilMs, FOREVER_MS));
  };
}

export type PeriodText = { readonly from?: string; readonly to?: string };

/** Days are those of UTC, as in reports. Undefined for a text that is no time, or an end before its beginning. */
export function readPeriod({ from, to }: PeriodText, standard: Period): Period | undefined {
  const fromMs = from === undefined ? standard.fromMs : readTime(from, 0);
  const toMs = to === undefined ? standard.toMs : readTime(to, 24 * HOUR_MS);
  if (fromMs === undefined || toMs === undefined || toMs < fromMs) return undefined;
  return { fromMs, toMs };
}

function readTime(text: string, dayMs: number): number | undefined {
  if (/^\d{9,15}$/.test(text)) return Number(text);
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text);
  if (!day && !/^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/.test(text)) return undefined;
  const parsed = Date.parse(day ? `${text}T00:00:00Z` : text);
  return Number.isNaN(parsed) ? undefined : parsed + (day ? dayMs : 0);
}

/** What the ledger calls late, whichever node told it; each charge is in one campaign's lifetime bucket. */
function lateOfAll(states: readonly BucketState[]): number {
  let sum = 0;
  for (const { bucket, late = 0 } of states)
    if (bucket.startsWith('campaign/') && bucket.endsWith('/life')) sum += late;
  return sum;
}
