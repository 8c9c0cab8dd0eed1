/**
 * Flies a simulated flight against the whole engine on a clock moved by hand: the bidder that serves, as fast as it answers.
 * Beside what it reached stands what would have been best with foreknowledge.
 */
import { dirname, resolve } from 'node:path';
import type { BidStrategy } from './campaign/bid-strategy.ts';
import type { Book, LineItem } from './campaign/campaign.ts';
import type { Engine } from './compose.ts';
import { compose } from './compose.ts';
import type { Configuration } from './config.ts';
import { formatFaults, loadConfiguration } from './config.ts';
import { manualClock } from './core/clock.ts';
import { mergePatch } from './core/merge-patch.ts';
import { seededRandom } from './core/random.ts';
import type { Zone } from './core/zone.ts';
import { zoneNamed } from './core/zone.ts';
import type { ClickModel } from './policy/predict/predictor.ts';
import type { ShownTruth } from './simulate/aftermath.ts';
import { flyUntil, makeFlight } from './simulate/flight.ts';
import type { FlightEdit, FlightFile } from './simulate/flight-file.ts';
import type { Best, Contestant } from './simulate/hindsight.ts';
import { Hindsight } from './simulate/hindsight.ts';
import { withOutages } from './simulate/outage.ts';
import type { Scenario } from './simulate/story.ts';
import { injectTransport } from './simulate/transport.ts';

export interface FlownCampaign {
  readonly campaignId: string;
  readonly budgetMicros: number | undefined;
  /** The one target that all its line items have, where they have one. */
  readonly targetMicros: number | undefined;
  /** By the exchange's book. */
  readonly spendMicros: number;
  readonly impressions: number;
  readonly clicks: number;
  readonly conversions: number;
  /** What the truth expects of these impressions: conversions without their chance. */
  readonly expectedConversions: number;
  /** Spend by the bidder's own report; equal to the exchange's unless notices were lost. */
  readonly reportedSpendMicros: number;
  readonly best: Best;
}

export interface FlownFlight {
  readonly name: string;
  readonly seed: number;
  readonly days: number;
  readonly requests: number;
  readonly bids: number;
  readonly invalidBids: number;
  /** Answers neither 200 nor 204 to requests that arrived, and faults inside the engine. */
  readonly errors: number;
  readonly campaigns: readonly FlownCampaign[];
}

const DAY_MS = 86_400_000;
const SETTLE_DAYS = 30;
const TICK_SECONDS = 30;

/** For one who looks on. */
export interface Onlooker {
  /** In the place of the engine's own. */
  readonly clickModel?: ClickModel;
  readonly shown?: (showing: ShownTruth) => void;
  /** At each tick, when the engine has done its duties. */
  readonly ticked?: (engine: Pick<Engine, 'steering'>, nowMs: number) => void;
}

/** @throws Error for a configuration with faults. */
export async function rehearse(
  path: string,
  file: FlightFile,
  scenario: Scenario,
  seed: number,
  onlooker: Onlooker = {},
): Promise<FlownFlight> {
  let configuration = configurationFor(resolve(dirname(path), file.config), Date.parse(file.start));
  const { startMs, endMs } = periodOf(file, zoneNamed(configuration.book.account.timeZone));
  const clock = manualClock(startMs);
  const engine = compose(configuration, {
    clock,
    random: seededRandom(seed),
    state: 'memory',
    ...(onlooker.clickModel ? { clickModel: onlooker.clickModel } : {}),
  });
  await engine.ready();
  const hindsight = new Hindsight(contestantsOf(configuration.book));
  let lost = 0;
  const flight = makeFlight({
    seed,
    startMs,
    scenario,
    hindsight,
    ...(onlooker.shown ? { shown: onlooker.shown } : {}),
    requestsPerSecond: file.requestsPerSecond,
    transport: withOutages(
      injectTransport(engine.publicApp),
      file.outages ?? [],
      startMs,
      () => clock.now(),
      () => {
        lost++;
      },
    ),
    stopwatch: clock,
    actionKeys: Object.fromEntries(configuration.book.conversionActions.map(({ id, key }) => [id, key])),
  });
  const tickMs = 1000 * (file.tickSeconds ?? TICK_SECONDS);
  const tick = async (): Promise<void> => {
    await engine.tick();
    onlooker.ticked?.(engine, clock.now());
  };
  const books = [{ fromHour: 0, book: configuration.book }];
  const edits = [...(file.edits ?? [])].sort((a, b) => a.atHour - b.atHour);
  for (const edit of edits) {
    await flyUntil(flight, clock, startMs + edit.atHour * 3_600_000, tickMs, tick);
    configuration = edited(configuration, edit);
    books.push({ fromHour: edit.atHour, book: configuration.book });
    await engine.reconfigure(configuration);
  }
  await flyUntil(flight, clock, endMs, tickMs, tick);
  flight.stopArrivals();
  // Nothing is bid any more; conversions come for weeks, so the hours may pass in longer strides.
  await flyUntil(flight, clock, endMs + (file.settleDays ?? SETTLE_DAYS) * DAY_MS, 40 * tickMs, tick);
  const rows = await engine.report({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, dimensions: ['campaign'] });
  const faults = engine.faults();
  await engine.close();
  const { totals, campaigns } = flight.book;
  return {
    name: file.name,
    seed,
    days: file.days,
    requests: totals.requests,
    bids: totals.bids,
    invalidBids: totals.invalidBids,
    errors: totals.errors - lost + faults,
    campaigns: configuration.book.campaigns.map((campaign): FlownCampaign => {
      const lines = configuration.book.lineItems.filter((line) => line.campaignId === campaign.id);
      const budgetMicros = budgetOver(campaign.id, books, file.days);
      const targetMicros = targetOf(lines);
      const tally = campaigns.get(campaign.id);
      return {
        campaignId: campaign.id,
        budgetMicros,
        targetMicros,
        spendMicros: Math.floor((tally?.billedCpmMicros ?? 0) / 1000),
        impressions: tally?.billed ?? 0,
        clicks: tally?.clicks ?? 0,
        conversions: tally?.conversions ?? 0,
        expectedConversions: tally?.expectedConversions ?? 0,
        reportedSpendMicros: rows.find(({ key }) => key.campaign === campaign.id)?.spendMicros ?? 0,
        best: hindsight.best(campaign.id, budgetMicros ?? Number.POSITIVE_INFINITY, targetMicros),
      };
    }),
  };
}

/** Whole civil days of the account, for their budgets are by the day; a day may have 23 or 25 hours. */
function periodOf(
  { start, days }: FlightFile,
  zone: Zone,
): { readonly startMs: number; readonly endMs: number } {
  const last = new Date(Date.parse(start) + (Math.ceil(days) - 1) * DAY_MS).toISOString().slice(0, 10);
  const whole = zone.bounds(last);
  const part = days - Math.floor(days);
  const endMs = part === 0 ? whole.endMs : whole.startMs + part * (whole.endMs - whole.startMs);
  return { startMs: zone.bounds(start).startMs, endMs };
}

function configurationFor(folder: string, nowMs: number): Configuration {
  const loaded = loadConfiguration(folder, { environment: {}, flags: { logLevel: 'error' }, nowMs });
  if (!loaded.ok) throw new Error(formatFaults(loaded.faults));
  return loaded.configuration;
}

function edited(configuration: Configuration, edit: FlightEdit): Configuration {
  const book: Record<string, unknown> = { ...configuration.book };
  for (const list of ['campaigns', 'lineItems', 'creatives'] as const) {
    const patches = edit[list] ?? {};
    book[list] = configuration.book[list].map((object) => mergePatch(object, patches[object.id] ?? {}));
  }
  return { ...configuration, book: book as unknown as Book };
}

function contestantsOf(book: Book): Contestant[] {
  return book.campaigns.map((campaign) => {
    const ids = new Set(
      book.lineItems
        .filter((line) => line.campaignId === campaign.id)
        .flatMap((line) => line.creatives.map(({ id }) => id)),
    );
    const advertiser = book.advertisers.find(({ id }) => id === campaign.advertiserId);
    return {
      campaignId: campaign.id,
      host: advertiser?.domains[0] ?? '',
      creatives: book.creatives
        .filter(({ id }) => ids.has(id))
        .map((creative) => ({
          id: creative.crid ?? creative.id,
          medium: creative.format,
          sizes: creative.format === 'banner' && !creative.anySize ? creative.sizes : [],
        })),
    };
  });
}

interface BookFrom {
  readonly fromHour: number;
  readonly book: Book;
}

/** The whole of it: each day what its last book allows, or the lifetime's, whichever is less. */
function budgetOver(campaignId: string, books: readonly BookFrom[], days: number): number | undefined {
  const budgetAt = (hour: number) =>
    books.findLast(({ fromHour }) => fromHour < hour)?.book.campaigns.find(({ id }) => id === campaignId)
      ?.budget;
  let daily: number | undefined = 0;
  for (let day = 1; day <= Math.ceil(days); day++) {
    const micros = budgetAt(24 * day)?.dailyMicros;
    daily = daily === undefined || micros === undefined ? undefined : daily + micros;
  }
  const lifetime = budgetAt(Number.POSITIVE_INFINITY)?.lifetimeMicros;
  if (daily === undefined || lifetime === undefined) return daily ?? lifetime;
  return Math.min(daily, lifetime);
}

function targetOf(lines: readonly LineItem[]): number | undefined {
  const targets = new Set(lines.map(({ bid }) => actionTarget(bid)));
  const [only] = targets;
  return targets.size === 1 ? only : undefined;
}

function actionTarget(bid: BidStrategy): number | undefined {
  return bid.strategy === 'target_cpa' ? bid.targetMicros : undefined;
}
