/**
 * The composition root: the one place where all parts are made and joined. It opens no socket, so that a test or an
 * evaluation can move the clock by hand and call the doors directly. This file is one thing: the wiring.
 */
import { createHmac } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { landingPageFor } from './bidding/media/looks.ts';
import type { ShownCreative } from './bidding/media/media.ts';
import { idsOfPerson, permit } from './bidding/permit.ts';
import type { BidPorts } from './bidding/ports.ts';
import type { Addresses, ServedPorts } from './bidding/served.ts';
import { documentOf, markupOfWin } from './bidding/served.ts';
import type { Snapshot } from './bidding/snapshot.ts';
import { rateOf } from './bidding/terms.ts';
import type { ConversionAction } from './campaign/campaign.ts';
import type { Catalog, CatalogLine } from './campaign/catalog.ts';
import { linesAsWritten, steeredLines, versionsOf } from './campaign/catalog.ts';
import { compileCatalog, compileTemplates, shownCreatives } from './campaign/compile.ts';
import type { BidCounters, BidDesk } from './compose-bid.ts';
import { bidDesk } from './compose-bid.ts';
import { Changes, withKeptEdits } from './compose-changes.ts';
import { discrepanciesOf } from './compose-discrepancy.ts';
import type { EventFlow } from './compose-events.ts';
import { openEventFlow } from './compose-events.ts';
import { whatIf } from './compose-forecast.ts';
import type { Identity } from './compose-identity.ts';
import { openIdentity, peopleKeys } from './compose-identity.ts';
import type { SharedLearning } from './compose-learned.ts';
import { openSharedLearning } from './compose-learned.ts';
import { openLedger } from './compose-ledger.ts';
import { openSharedPeople } from './compose-links.ts';
import { engineCounters, engineObserver } from './compose-observe.ts';
import { openPacks, packsDesk, seenPort } from './compose-packs.ts';
import type { RememberedPeople } from './compose-people.ts';
import { openPeople } from './compose-people.ts';
import { privateDoor } from './compose-private.ts';
import type { KeptProfiles } from './compose-profiles.ts';
import { openProfiles } from './compose-profiles.ts';
import { keptSecret, passingSecret, skAdNetworkSigner } from './compose-secrets.ts';
import type { Shared } from './compose-shared.ts';
import { openShared } from './compose-shared.ts';
import type { Configuration } from './config.ts';
import { formatFaults, loadConfiguration } from './config.ts';
import type { BucketId } from './core/budget.ts';
import type { Clock } from './core/clock.ts';
import { idleMs, systemClock } from './core/clock.ts';
import type { BidFacts } from './core/event.ts';
import { bidIdFrom } from './core/ids.ts';
import type { Random } from './core/random.ts';
import { seededRandom } from './core/random.ts';
import { tokenCodec } from './core/token.ts';
import { zoneNamed } from './core/zone.ts';
import { readClearingPrice } from './exchange/clearing-price.ts';
import { dialectFor } from './exchange/index.ts';
import type { Alert } from './insight/alert/alert.ts';
import { AlertDesk } from './insight/alert/desk.ts';
import { editBetween } from './insight/alert/edits.ts';
import { gatherPaths } from './insight/attribution/report.ts';
import { DiscrepancyDesk } from './insight/discrepancy/desk.ts';
import { FunnelCounter } from './insight/funnel.ts';
import { CircumstanceNames } from './learning/circumstance-names.ts';
import { ClickLearner } from './learning/clicks.ts';
import { Consents } from './learning/consents.ts';
import { CreativeRecords, countingRules, rewards } from './learning/creatives.ts';
import { EnrolmentDesk } from './learning/enrolment.ts';
import { Forgetting } from './learning/forgetting.ts';
import type { Learner, StudyPort } from './learning/learn.ts';
import { learner } from './learning/learn.ts';
import { Pacer } from './learning/pace.ts';
import { PackEstimates } from './learning/pack-estimates.ts';
import type { PackKeeper } from './learning/packs.ts';
import { NO_PACKS } from './learning/packs.ts';
import type { SnapshotSources } from './learning/publish.ts';
import { learnedOfLines, nextSnapshot, publishEveryMs } from './learning/publish.ts';
import { RequestSamples } from './learning/request-samples.ts';
import { Results } from './learning/results.ts';
import type { Steered } from './learning/steer.ts';
import { Steering } from './learning/steer.ts';
import { LearnedTables } from './learning/tables.ts';
import { periodicDuties, rota } from './learning/tick.ts';
import { atOnce, inTurns } from './learning/turns.ts';
import type { ExchangeProfile } from './openrtb/exchange-profile.ts';
import type { Belief } from './policy/bandit/policy.ts';
import type { ClickModel } from './policy/predict/predictor.ts';
import { Sessions } from './server/access.ts';
import { Admission } from './server/admission.ts';
import { Drain } from './server/drain.ts';
import type { Log } from './server/log.ts';
import { LogBudget, makeLog } from './server/log.ts';
import { makeMetrics } from './server/metrics.ts';
import type { Neighbours } from './server/neighbours.ts';
import { answerInner, sharedReports } from './server/neighbours.ts';
import { publicApp } from './server/public.ts';
import { ExchangeTiming } from './server/timing.ts';
import { Tokens } from './server/tokens.ts';
import { traceHttp } from './server/trace.ts';
import { Webhook } from './server/webhook.ts';
import type { BucketState, ChoiceRecord, ReportQuery, ReportRow } from './state/port.ts';
import type { SqliteState } from './state/sqlite/open.ts';
import { openSqliteState } from './state/sqlite/open.ts';
import { Treasury } from './state/treasury.ts';
import type { Asked, AskOthers } from './workers-gather.ts';
import { ofAllWorkers, withNumber } from './workers-gather.ts';

export interface EngineOptions {
  /** `monotonic` may be left out of a clock that is moved by hand. */
  readonly clock?: Pick<Clock, 'now'> & Partial<Clock>;
  /** A generator, the seed of one, or a function like Math.random that seeds one. */
  readonly random?: Random | (() => number) | number | string;
  /** `memory` keeps nothing; otherwise state is in the configured data folder. */
  readonly state?: 'memory' | 'disk';
  readonly log?: Log;
  /** In the place of our own model of clicks; it begins with what it knows. */
  readonly clickModel?: ClickModel;
  /** One of several workers of a host. */
  readonly worker?: WorkerSeat;
  /** Whether the engine is a node among those of its store, as a server is; in memory only where that is asked for. */
  readonly share?: boolean;
  /** Event loop, garbage collection and memory among the metrics; one engine of a process does that. */
  readonly processMetrics?: boolean;
}

export interface WorkerSeat extends Neighbours {
  readonly others: AskOthers;
  /** Hears what others may ask of this worker. */
  answerBy(own: Asked): void;
}

export interface Engine {
  readonly publicApp: FastifyInstance;
  readonly privateApp: FastifyInstance;
  /** Resolves when state is open and the first leases are granted; both doors wait for it by themselves. */
  ready(): Promise<void>;
  /** Runs every duty that is due at `clock.now()`. */
  tick(): Promise<void>;
  /** Takes a new configuration; what was spent, capped and learned stays. */
  reconfigure(configuration: Configuration): Promise<void>;
  /** A changed configuration had faults and was not taken: for the metrics. */
  countRefusedReload(): void;
  /** From here on not ready: callers are asked to go elsewhere. */
  drain(): void;
  /** Resolves when callers have noticed, `mostMs` later at most. */
  deserted(mostMs: number): Promise<void>;
  /** Answers what is open, writes what is queued, gives leases back. */
  close(): Promise<void>;
  /** An address that opens one session of the console. */
  consoleLink(base: string): string;
  /** The public port's answer without the port: what a bid costs when no socket stands between. */
  answerBid: BidDesk['answer'];
  explain: BidDesk['explain'];
  report(query: ReportQuery): Promise<readonly ReportRow[]>;
  buckets(buckets: readonly BucketId[]): Promise<readonly BucketState[]>;
  /** The controllers of line items that go by results, as they stand. */
  steering(): readonly Steered[];
  /** Faults of ours that were answered all the same. */
  faults(): number;
  /** Answers what workers of a host ask each other; false for what is none of it. */
  answerInner(call: IncomingMessage, reply: ServerResponse): Promise<boolean>;
  live(): { readonly spendMicros: number; readonly currency: string; readonly nowMs: number };
}

const STOPPED_TABLE = 'stopped';
/** Working alerts out reads sums of two months. */
const ALERTS_EVERY_MS = 300_000;
/** Rows of counts that are kept of themselves, and while somebody looks: a row takes the writer about 4 µs. */
const COUNTS_A_SECOND = 2000;
const COUNTS_A_SECOND_ASKED = 20_000;
/** 132 random bits. */
const VISITOR_ID_CHARACTERS = 22;

/** What exists once state is open. */
interface Started {
  /** Undefined for a process by itself. */
  readonly shared: Shared | undefined;
  readonly learning: SharedLearning | undefined;
  readonly flow: EventFlow | undefined;
  readonly state: SqliteState;
  readonly treasury: Treasury;
  readonly people: RememberedPeople;
  readonly profiles: KeptProfiles;
  readonly packs: PackKeeper;
  readonly estimates: PackEstimates;
  readonly identity: Identity;
  readonly forgetting: Forgetting;
  readonly consents: Consents;
  readonly learner: Learner;
  readonly desk: BidDesk;
  tick(): Promise<void>;
}

/** @throws Error for a folder whose configuration has faults. */
export function compose(given: Configuration | string, options: EngineOptions = {}): Engine {
  let configuration = typeof given === 'string' ? loaded(given) : given;
  const { settings } = configuration;
  const clock = wholeClock(options.clock ?? systemClock);
  const random = randomOf(options.random ?? settings.seed ?? 1);
  const log = options.log ?? makeLog(settings.logLevel);
  const inMemory = options.state === 'memory';
  const secret =
    settings.signingSecret ?? (inMemory ? passingSecret() : keptSecret(settings.dataDir, 'signing-secret'));
  const token =
    settings.adminToken ?? (inMemory ? passingSecret() : keptSecret(settings.dataDir, 'admin-token'));

  const derived = (purpose: string): Buffer => createHmac('sha256', secret).update(purpose).digest();
  const tokens = tokenCodec([{ id: 1, secret: derived('notice tokens') }]);
  const ids = random.stream('ids');
  const metrics = makeMetrics({ ofProcess: options.processMetrics === true });
  const budget = new LogBudget(clock);
  const funnel = new FunnelCounter();
  const tables = new LearnedTables();
  const creatives = new CreativeRecords((id) =>
    versionsOf(book.catalog, id).some(({ lineItem }) => lineItem.rotation === 'contextual'),
  );
  const circumstances = new CircumstanceNames();
  const pacer = new Pacer();
  const results = new Results();
  const steering = new Steering(results);
  const clicks = new ClickLearner(options.clickModel);
  const clickRateOf = (lineItemId: string): number => steering.clickRateOf(lineItemId);
  const enrolment = new EnrolmentDesk();
  const samples = new RequestSamples(random.stream('request samples'));
  const alerts = new AlertDesk();
  const theirCounts = new DiscrepancyDesk();
  const webhook =
    settings.alertWebhookUrl === undefined || (options.worker?.own ?? 1) !== 1
      ? undefined
      : new Webhook({
          url: settings.alertWebhookUrl,
          secret: settings.alertWebhookSecret ?? derived('alert webhook').toString('hex'),
          mayBePrivate: settings.alertWebhookPrivate,
        });
  let beliefsCorruptAtMs: number | undefined;
  let alertsToldMs = Number.NEGATIVE_INFINITY;
  const drain = new Drain();
  const changes = new Changes({
    clock,
    log,
    configuration: () => configuration,
    reconfigure,
    store: () => engine().state,
  });
  const admission = new Admission({
    clock: systemClock,
    idleMs,
    afterTurn: (then) => {
      setImmediate(then);
    },
  });
  // By the wall as well: exchanges hang up by it.
  const timing = new ExchangeTiming(systemClock, {
    late: metrics.late,
    turned: ({ exchangeId, share, marginMs, lateShare }) =>
      share < 1
        ? log.warn(
            { exchange: exchangeId, lateShare, share, marginMs },
            'answers come too late: fewer requests are looked at',
          )
        : log.info({ exchange: exchangeId, lateShare, marginMs }, 'all requests are looked at again'),
  });
  const timings = () => [...book.exchanges.values()].map((profile) => timing.stateOf(profile));
  metrics.exchangeGauge(
    'exchange_share_ratio',
    'Part of the requests of an exchange that are looked at.',
    () => timings().map(({ exchangeId, share }) => [exchangeId, share] as const),
  );
  metrics.exchangeGauge(
    'exchange_network_margin_seconds',
    'Part of tmax that is kept for the network, as configured or learned.',
    () => timings().map(({ exchangeId, marginMs }) => [exchangeId, marginMs / 1000] as const),
  );
  // People's sessions run by the wall, also where bids live in simulated time.
  const sessions = new Sessions(token, systemClock);
  const apiTokens = new Tokens(systemClock);

  const { worker, share = !inMemory } = options;
  let book = read(configuration);
  /** Whose files the keeper of packs reads: the book that is coming, while it is taken. */
  let packsFrom = configuration;
  let participation = pacer.shares(book.catalog.lines);
  let stopped = false;
  let version = 0;
  let started: Started | undefined;
  let snapshot: Snapshot = publish();
  let publishedAt = tables.changes;
  let publishedMs = Number.NEGATIVE_INFINITY;
  let spendMicros = 0;
  let faults = 0;

  function publish(): Snapshot {
    version++;
    return snapshotOf(version, book);
  }

  /** The same with bids in between, which go by the last one. What somebody publishes meanwhile is newer, and stays. */
  async function publishInTurns(): Promise<void> {
    const number = ++version;
    const learned = await inTurns(learnedOfLines(book.catalog.lines, tables, beliefOf));
    if (version === number) snapshot = nextSnapshot(number, sourcesOf(book), learned);
  }

  function beliefOf(line: CatalogLine): Belief {
    return creatives.beliefOf(line, { nowMs: clock.now(), delaysOf: (id) => steering.delaysOf(id) });
  }

  type SnapshotBook = Pick<ReadBook, 'catalog' | 'exchanges' | 'skAdNetwork'>;

  function snapshotOf(number: number, book: SnapshotBook): Snapshot {
    return nextSnapshot(
      number,
      sourcesOf(book),
      atOnce(learnedOfLines(book.catalog.lines, tables, beliefOf)),
    );
  }

  function sourcesOf(book: SnapshotBook): SnapshotSources {
    return {
      catalog: book.catalog,
      exchanges: book.exchanges,
      packs: started?.packs.directory ?? NO_PACKS,
      sellers: configuration.sellers,
      skAdNetwork: book.skAdNetwork,
      participation,
      learned: tables,
      expectations: steering.expectations(clicks.publish()),
      stopped,
    };
  }

  const watch = {
    answered: (route: string, method: string, status: number, seconds: number): void => {
      metrics.http(route, method, status, seconds);
      traceHttp(route, method, status, seconds);
    },
    fault: (where: string, error: unknown): void => {
      faults++;
      metrics.fault(where);
      const withheld = budget.take(where);
      if (withheld !== undefined)
        log.error({ where, error, withheld }, 'a fault of ours, answered all the same');
    },
  };
  const profileOf = (exchangeId: string): ExchangeProfile | undefined => book.exchanges.get(exchangeId);
  const addresses: Addresses = {
    tokens,
    publicUrl: settings.publicUrl,
    securePublicUrl: settings.publicUrl.replace(/^http:/, 'https:'),
  };
  const served: ServedPorts = { ...addresses, profileOf, creativeOf: (id) => book.creatives.get(id) };
  const engine = (): Started => {
    if (!started) throw new Error('the engine has not started');
    return started;
  };

  let requests = 0;
  const observed = engineCounters(funnel, metrics, watch, (records) => {
    for (const { facts, circumstances: names } of records)
      if (facts.circumstances && names) circumstances.note(facts.circumstances, names);
    engine().state.journal.logBids(records);
  });
  const counters: BidCounters = {
    ...observed,
    request: (exchange, impressions) => {
      requests++;
      observed.request(exchange, impressions);
    },
    sample: (exchange, request, current) =>
      samples.offer(exchange.id, request, clock.now(), () => {
        const { identity, consents } = engine();
        const { account } = current.catalog.book;
        const { permits, ids, userKey } = permit(request, exchange.id, account, {
          keysOf: identity.keysOf,
          consentOf: (known) => consents.of(known),
        });
        const packs = current.packs.packsOf(
          request,
          permits,
          idsOfPerson(ids, identity.graph),
          () => undefined,
        );
        return { packs, isKnown: userKey !== '' };
      }),
  };

  /** Before anything was opened that goes by it. */
  function useAtStart(found: Configuration): void {
    configuration = found;
    packsFrom = found;
    book = read(found);
    participation = pacer.shares(book.catalog.lines);
  }

  async function start(): Promise<void> {
    const nowMs = clock.now();
    const redisUrl = share ? settings.redisUrl : undefined;
    const opened = await openSqliteState({
      directory: inMemory ? ':memory:' : settings.dataDir,
      sharesLedger: redisUrl !== undefined,
      streamsEvents: redisUrl !== undefined && settings.eventsKept > 0,
    });
    const edited = await withKeptEdits(configuration, opened.tables, log).catch(async (error: unknown) => {
      await opened.close();
      throw error;
    });
    if (edited !== configuration) useAtStart(edited);
    await apiTokens.open(opened.tables);
    const spentFrom = await openLedger(redisUrl, {
      account: configuration.book.account.id,
      state: opened,
      clock,
      isWallClock: (options.clock ?? systemClock) === systemClock,
      random: random.stream('ledger store'),
      metrics,
      fault: watch.fault,
    }).catch(async (error: unknown) => {
      await opened.close();
      throw error;
    });
    const { ledger } = spentFrom;
    const state: SqliteState = {
      ...opened,
      ledger,
      close: async () => {
        await spentFrom.leave().catch((error: unknown) => watch.fault('close', error));
        await opened.close();
      },
    };
    const shared =
      redisUrl !== undefined
        ? await openShared({
            redisUrl,
            own: configuration,
            clock,
            random: random.stream('shared store'),
            tables: state.tables,
            log,
            metrics,
            fault: watch.fault,
          }).catch(async (error: unknown) => {
            await state.close();
            throw error;
          })
        : undefined;
    if (shared && shared.first.configuration !== configuration) {
      useAtStart(shared.first.configuration);
      log.info({ node: shared.node }, 'the nodes’ configuration is taken, not the files’');
    }
    const { journal } = state;
    const rows = await journal.report({
      fromMs: 0,
      toMs: Number.MAX_SAFE_INTEGER,
      dimensions: ['line_item', 'creative'],
    });
    const restored = await tables.restore(state.tables, rows);
    const creativesStart = await creatives.start(
      journal,
      state.tables,
      countingRules((id) => book.catalog.lineById.get(id)),
    );
    if (creativesStart === 'corrupt')
      log.error(
        { creatives: creativesStart },
        'what was saved of creatives was damaged; all of it was counted from the journal anew',
      );
    metrics.gauge(
      'creative_evidence_corrupt',
      'Saved evidence of creatives that could not be believed at the start.',
      () => (creativesStart === 'corrupt' ? 1 : 0),
    );
    beliefsCorruptAtMs = creativesStart === 'corrupt' ? nowMs : undefined;
    if (!(await alerts.restore(state.tables)))
      log.error({ table: 'alerts' }, 'what was kept of alerts was damaged and begins anew');
    if (!(await theirCounts.restore(state.tables)))
      log.error({ table: 'discrepancy' }, 'what exchanges told of their counts was damaged and begins anew');
    const pacing = await pacer.restore(state.tables);
    const goals = (
      await Promise.all([results, steering, clicks, circumstances].map((each) => each.restore(state.tables)))
    ).every(Boolean);
    const own = studyOf({ tables, creatives, results, clicks, clickRateOf }, (id) =>
      book.catalog.lineById.get(id),
    );
    const learning =
      shared &&
      (await openSharedLearning({
        client: shared.client,
        accountId: configuration.book.account.id,
        node: shared.node,
        disk: state.tables,
        study: own,
        tables,
        creatives,
        others: [results, clicks],
        log,
        metrics,
      }));
    stopped =
      shared?.first.stopped ?? Buffer.from((await state.tables.load(STOPPED_TABLE)) ?? []).toString() === '1';
    if (restored.corrupt > 0 || !pacing || !goals)
      log.error({ tables: restored.corrupt, pacing, goals }, 'learned tables were damaged and begin anew');
    steering.step(steeredLines(book.catalog.lines), (line) => pacer.logBudgetOf(line), nowMs);
    spendMicros = rows.reduce((sum, row) => sum + row.spendMicros, 0);
    const treasury = await Treasury.open(ledger, budgetsOf(book.catalog.lines), nowMs, {
      longestHoldMs: longestHoldMs(book.exchanges),
      monotonicMs: () => clock.monotonic(),
    });
    let forgetting: Forgetting | undefined;
    let consented: Consents | undefined;
    const keys = peopleKeys(settings, secret);
    const identity = await openIdentity({
      store: state.identity,
      keys,
      exchangeIds: () => [...book.exchanges.keys()],
      isSuppressed: (id) => forgetting?.isSuppressed(id) ?? false,
      metrics,
    });
    const flow =
      shared && settings.eventsKept > 0
        ? await openEventFlow({
            client: shared.client,
            accountId: configuration.book.account.id,
            node: shared.node,
            eventsKept: settings.eventsKept,
            clickhouseUrl: settings.clickhouseUrl,
            outbox: state.outbox,
            disk: state.tables,
            random: random.stream('event flow'),
            metrics,
            fault: watch.fault,
          })
        : undefined;
    if (!flow && settings.clickhouseUrl !== undefined)
      log.warn(
        { setting: 'clickhouseUrl' },
        'clickhouseUrl is set without redisUrl or eventsKept: no event is streamed, so none comes to ClickHouse',
      );
    const links =
      shared &&
      (await openSharedPeople({
        client: shared.client,
        accountId: configuration.book.account.id,
        node: shared.node,
        disk: state.tables,
        graph: identity.graph,
        metrics,
      }));
    const people = await openPeople(settings, {
      clock,
      graph: identity.graph,
      random: random.stream('people store'),
      journal,
      metrics,
      log,
      fault: watch.fault,
    }).catch(async (error: unknown) => {
      await treasury.close();
      await shared?.close();
      await state.close();
      throw error;
    });
    funnel.useLines(lineIds(book.catalog), nowMs);
    const profiles = await openProfiles({
      clock,
      random: random.stream('profiles'),
      store: state.profiles,
      metrics,
      identity,
      fault: watch.fault,
      account: () => configuration.book.account,
    });

    const packs = openPacks({
      dataDir: inMemory ? undefined : settings.dataDir,
      keys,
      profiles: profiles.reading,
      log,
      purchase: () => profiles.refresh.state.purchase,
      configuration: () => packsFrom,
    });
    await packs
      .use(configuration.book.audiences, zoneNamed(configuration.book.account.timeZone), nowMs)
      .catch(async (error: unknown) => {
        await treasury.close();
        await shared?.close();
        await state.close();
        throw error;
      });
    const estimates = new PackEstimates(
      packs,
      () => new Promise((go) => setImmediate(go)),
      async () => (await worker?.others('seen')) ?? [],
    );
    if (!(await estimates.restore(state.tables)))
      log.error({ table: 'seen ids' }, 'what was counted of people seen was damaged and begins anew');
    forgetting = await Forgetting.open({
      keys,
      graph: identity.graph,
      flush: identity.flush,
      histories: people,
      profiles: profiles.keeper,
      packs: {
        forget: async (keys) => {
          await packs.forget(keys);
          estimates.forget(keys);
          await estimates.save(state.tables, clock.now());
        },
      },
      store: state.erasure,
      tell: async (gone) => {
        consented?.forget(gone);
        await links?.erased(gone);
      },
      nowMs: () => clock.now(),
      account: () => configuration.book.account,
    });
    const retention = forgetting;
    const graph = links?.graph ?? identity.graph;
    const consents = await Consents.open({
      store: state.consents,
      keys,
      idsOf: (ids) => idsOfPerson(ids, graph),
      meet: (ids) => void graph.join(ids, clock.now(), 'declared'),
      isSuppressed: (id) => retention.isSuppressed(id),
      tell: async (records) => links?.consented(records),
    });
    consented = consents;
    links?.begin({
      erase: (gone) => retention.eraseKeys(gone),
      consent: (records) => consents.take(records),
      isErased: (key) => retention.isErased(key),
    });

    const ports: BidPorts = {
      clock,
      people,
      purse: treasury,
      keysOf: identity.keysOf,
      consentOf: (ids) => consents.of(ids),
      identity: links?.graph ?? identity.graph,
      experiments: {
        // Nodes that share histories name people by the best id of a request, so that all of them divide people alike.
        keyOf: (userKey) => (redisUrl === undefined ? identity.graph.leadOf(userKey) : userKey),
        enter: (...met) => enrolment.enter(...met),
      },
      profiles: profiles.forBids,
      seen: seenPort(estimates),
      choices: random.stream('choices'),
      bidIds: random.stream('bid ids'),
      worker: worker?.own,
      ...addresses,
    };
    const nameNow = (userKey: string): string => (retention.isErased(userKey) ? '' : people.leadOf(userKey));
    const duties = periodicDuties({
      tendTreasury: (now) => treasury.tick(now),
      pace: async (now) => {
        const { lines } = book.catalog;
        clicks.step(now, clickRateOf);
        pacer.countTraffic(requests, now);
        requests = 0;
        const shares = await pacer.step(lines, ledger, now, (line) => steering.logTargetOf(line));
        // Another book came meanwhile, with shares of its own.
        if (lines !== book.catalog.lines) return;
        participation = shares;
        await steering.stepInTurns(steeredLines(lines), (line) => pacer.logBudgetOf(line), now);
        await publishInTurns();
      },
      share: async (now) => {
        await shared?.tend(now);
        await learning?.tend();
        await links?.tend();
        flow?.kick();
      },
      publish: async (now) => {
        packs.step(now);
        // In slices, and nobody waits for it.
        estimates.tend(now).catch((error: unknown) => watch.fault('seen ids', error));
        const hasPacks = snapshot.packs === packs.directory;
        const isEarly = now >= publishedMs && now - publishedMs < publishEveryMs(book.catalog.lines.length);
        if (hasPacks && (isEarly || tables.changes === publishedAt)) return;
        publishedAt = tables.changes;
        publishedMs = now;
        await publishInTurns();
      },
      flushCounts: async (now) => {
        await keepCounts(now, COUNTS_A_SECOND);
        await enrolment.flush(state.experiments, nameNow);
        await samples.flush(state.samples);
      },
      tendProfiles: async (now) => {
        await profiles.tend(now);
        packs.follow(now);
      },
      tendIdentity: (now) => {
        identity.graph.recycle(now);
        return identity.flush();
      },
      retain: (now) => retention.tend(now),
      tellAlerts: async (now) => {
        if (!webhook) return;
        if (now - alertsToldMs >= ALERTS_EVERY_MS) {
          alertsToldMs = now;
          const { items } = await desk.questions.alerts();
          for (const alert of alerts.news(items as readonly Alert[])) webhook.add(alert.id, alert, now);
        }
        await webhook.tend(now);
      },
      fade: (elapsedMs) => tables.fade(elapsedMs),
      saveTables: async () => {
        await tables.save(state.tables);
        await pacer.save(state.tables);
        results.keepOnly(book.catalog.lines);
        creatives.tidy(clock.now());
        await creatives.checkpoint(journal, state.tables);
        await results.save(state.tables);
        await steering.save(state.tables);
        await clicks.save(state.tables);
        await circumstances.save(state.tables);
        await estimates.save(state.tables, clock.now());
        await alerts.save(state.tables, webhook?.waitingIds());
        await learning?.save();
      },
    });
    const heart = rota(duties, clock, (duty, error) => watch.fault(`duty ${duty}`, error));
    started = {
      shared,
      flow,
      learning,
      state,
      treasury,
      people,
      identity,
      forgetting,
      consents,
      profiles,
      packs,
      estimates,
      desk: bidDesk(
        () => snapshot,
        ports,
        counters,
        (exchange) => timing.timed(exchange),
      ),
      tick: () => heart.tick(),
      learner: learner({
        clock,
        codec: tokens,
        readPrice: readClearingPrice,
        profileOf,
        actionOf: (id) => book.actions.get(id),
        account: () => configuration.book.account,
        rateMicrosOf: (currency) => rateOf(currency, configuration.book.account),
        personOf: identity.personOf,
        leadOf: nameNow,
        newId: () => bidIdFrom(ids, clock.now()),
        journal,
        holds: treasury,
        people,
        profiles: profiles.keeper,
        study: learning?.study ?? own,
        observer: engineObserver(
          metrics,
          watch,
          configuration.book.account.currency,
          (micros) => {
            spendMicros += micros;
          },
          (exchangeId, code) => {
            const profile = profileOf(exchangeId);
            if (profile) timing.lost(profile, code);
          },
        ),
      }),
    };
    snapshot = publish();
    publishedAt = tables.changes;
    shared?.begin({ takeBook: takeConfiguration, takeStop: keepStopped });
    metrics.gauge(
      'experiment_people_dropped',
      'People whom experiments met and could not write down.',
      () => enrolment.dropped,
    );
    metrics.gauge(
      'alert_webhook_waiting',
      'Alerts that wait to be told.',
      () => webhook?.health().waiting ?? 0,
    );
    metrics.gauge(
      'alert_webhook_failed',
      'Alerts that could not be told.',
      () => webhook?.health().failed ?? 0,
    );
    metrics.gauge('config_version', 'Version of the snapshot in use.', () => version);
    metrics.gauge(
      'budget_reservation_micros',
      'Held by bids that are open.',
      () => treasury.overspendBound().reservedMicros,
    );
    metrics.gauge(
      'open_reservations',
      'Bids whose price is held.',
      () => treasury.overspendBound().openReservations,
    );
    metrics.gauge('events_queued', 'Events waiting to be written.', () => state.health().queued);
    metrics.gauge(
      'events_dropped',
      'Bid records that found the queue full.',
      () => state.health().droppedBids,
    );
  }

  const starting = start();
  // A caller may first look at `ready()`; until then the failure must not end the process.
  starting.catch(() => undefined);

  const ownReports: Pick<Learner, 'takeConversions' | 'takePixel'> = {
    takeConversions: (body, bearer) => engine().learner.takeConversions(body, bearer),
    takePixel: (query) => engine().learner.takePixel(query),
  };
  async function keepCounts(nowMs: number, rowsASecond: number): Promise<void> {
    const counted = funnel.drain(nowMs, rowsASecond);
    if (counted.length > 0) await engine().state.journal.addCounts(counted);
  }
  const counts: Asked['counts'] = async (fromMs, toMs) => {
    await keepCounts(clock.now(), COUNTS_A_SECOND_ASKED);
    return engine().state.journal.counts(fromMs, toMs);
  };
  const asked: Asked = {
    report: (query) => engine().state.journal.report(query),
    counts,
    losses: (query) => engine().state.journal.losses(query),
    rejections: () => engine().state.journal.rejections(),
    bucketStates: (buckets) => engine().state.ledger.bucketStates(buckets),
    voidClicks: (clickIds) => engine().learner.voidClicks(clickIds),
    together: async (lineItemId) => creatives.togetherOf(lineItemId),
    paths: (question) => gatherPaths(engine().state.journal, question),
    experiment: (question) => engine().state.experiments.facts(question),
    choicesOf: async (lineItemId) => {
      const choices: ChoiceRecord[] = [];
      await engine().state.journal.choices(lineItemId, (choice) => choices.push(choice));
      return choices;
    },
    seen: () => engine().estimates.here(clock.now()),
    metrics: () => metrics.text(),
  };
  const told = worker ? ofAllWorkers(asked, worker.others, worker.own) : asked;
  worker?.answerBy({ ...asked, metrics: async () => withNumber(await metrics.text(), worker.own) });

  const discrepancies = discrepanciesOf({
    desk: theirCounts,
    nowMs: () => clock.now(),
    account: () => configuration.book.account,
    profileOf,
    report: (query) => told.report(query),
    store: () => engine().state.tables,
  });

  const door = publicApp(
    {
      dialectOf: (exchangeId, mediaType) => {
        const profile = profileOf(exchangeId);
        return profile && dialectFor(profile, mediaType);
      },
      answerBid: (...given) => engine().desk.answer(...given),
      admission,
      admissionRules: (exchangeId) => {
        const profile = profileOf(exchangeId);
        return {
          tmaxMs: profile?.tmaxDefaultMs ?? 0,
          requestsPerSecond: profile?.requestsPerSecond,
          takes: () => profile === undefined || timing.takes(profile),
        };
      },
      shed: (exchangeId, why) => engine().desk.shed(exchangeId, why),
      timed: (exchangeId, ...when) => {
        const profile = profileOf(exchangeId);
        if (profile) timing.answered(profile, ...when);
      },
      leftUnheard: (exchangeId, ...when) => {
        const profile = profileOf(exchangeId);
        if (profile) timing.leftUnheard(profile, ...when);
      },
      learner: {
        takeNotice: (...given) => engine().learner.takeNotice(...given),
        ...(worker ? sharedReports(ownReports, worker) : ownReports),
      },
      neighbours: worker,
      collector: {
        takeEvents: (...given) => engine().profiles.collector.takeEvents(...given),
        takeEventPixel: (query) => engine().profiles.collector.takeEventPixel(query),
      },
      codec: tokens,
      landingPageOf: (facts: BidFacts) => {
        const shown = book.creatives.get(facts.creativeId);
        return shown && landingPageFor(shown, facts.elements);
      },
      markup: {
        ofWin: (query) => markupOfWin(query, served),
        ofDocument: (query) => documentOf(query, served),
      },
      sync: {
        exchanges: () => configuration.exchanges,
        account: () => configuration.book.account,
        keysOf: (id) => engine().identity.keysOf(id),
        identity: () => engine().identity.graph,
        newId: () => passingSecret().slice(0, VISITOR_ID_CHARACTERS),
        nowMs: () => clock.now(),
        publicUrl: settings.publicUrl,
        count: metrics.synced,
      },
      watch,
      drain,
    },
    { bodyLimitBytes: settings.bodyLimitBytes },
  );
  const desk = privateDoor({
    clock,
    sessions,
    drain,
    watch,
    metrics: { ...metrics, text: told.metrics },
    book: () => configuration.book,
    exchanges: () => configuration.exchanges,
    catalog: () => book.catalog,
    participation: () => participation,
    beliefOf: (line) => snapshot.beliefs[line],
    together: told.together,
    paths: told.paths,
    experimentFacts: told.experiment,
    nameOf: (circumstance) => circumstances.nameOf(circumstance),
    state: () => ({
      journal: told,
      ledger: told,
      health: () => engine().state.health(),
    }),
    treasury: () => engine().treasury,
    profiles: () => engine().profiles.questions,
    privacy: () => ({
      erase: (id) => engine().forgetting.erase(id),
      retention: () => engine().forgetting.state(),
    }),
    consents: () => engine().consents,
    packs: packsDesk({
      clock,
      keeper: () => engine().packs,
      estimates: () => engine().estimates,
      audiences: () => configuration.book.audiences,
      isShared: () => engine().shared !== undefined,
    }),
    shownCreative: (id) => book.creatives.get(id),
    steering,
    explain: (...asked) => engine().desk.explain(...asked),
    isStarted: () => started !== undefined,
    isStopped: () => stopped,
    setStopped: async (next) => {
      await keepStopped(next);
      await engine().shared?.publishStop(next);
    },
    voidClicks: told.voidClicks,
    alerts,
    whatIf: (changes) =>
      whatIf(changes, {
        configuration: () => configuration,
        snapshotOf: (other) => {
          const fresh = other === configuration ? book : read(other);
          return {
            ...snapshotOf(0, fresh),
            participation: new Float64Array(fresh.catalog.lines.length).fill(1),
          };
        },
        samples: () => engine().state.samples.samples(),
        addresses,
        report: (query) => told.report(query),
        winRate: async () => {
          const [sums] = await told.report({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, dimensions: [] });
          return sums && sums.bids > 0 ? Math.min(1, sums.impressions / sums.bids) : 0;
        },
      }),
    samples: () => engine().state.samples.samples(),
    alertFacts: () => ({
      delaysOf: (id) => steering.delaysOf(id),
      edits: alerts.edits,
      packs: snapshot.packs.packs,
      steered: linesAsWritten(book.catalog).flatMap(({ lineItem }) => steering.of(lineItem.id) ?? []),
      beliefsCorruptAtMs,
      theirs: discrepancies.reports(),
    }),
    discrepancies: discrepancies.routes,
    timings,
    counts,
    acknowledgeAlert: async (id, note) => {
      alerts.acknowledge(id, { atMs: clock.now(), note });
      await alerts.save(engine().state.tables, webhook?.waitingIds());
    },
    nodes: async () => (await engine().shared?.nodes()) ?? [],
    coverage: async () => engine().shared?.coverage(worker !== undefined),
    changes,
    tokens: apiTokens,
  });
  for (const app of [door, desk.app]) app.addHook('onReady', () => starting);

  async function keepStopped(next: boolean): Promise<void> {
    await engine().state.tables.save(STOPPED_TABLE, Buffer.from(next ? '1' : '0'));
    if (stopped === next) return;
    stopped = next;
    snapshot = publish();
    log.warn({ stopped }, 'the emergency stop was set');
  }

  /** Of several nodes, each takes it from the store, in the order in which it came there. */
  async function reconfigure(given: Configuration): Promise<void> {
    await starting;
    const next = changes.onFiles(given);
    const { shared } = engine();
    if (!shared) return takeConfiguration(next);
    // What cannot be read here is not for others either.
    read(next);
    await shared.publish(next);
  }

  async function takeConfiguration(next: Configuration): Promise<void> {
    const nowMs = clock.now();
    const fresh = read(next);
    packsFrom = next;
    try {
      await engine().packs.use(next.book.audiences, zoneNamed(next.book.account.timeZone), nowMs);
    } catch (error) {
      packsFrom = configuration;
      throw error;
    }
    // New buckets have their first grant before a bid can ask for one.
    await engine().treasury.configure(budgetsOf(fresh.catalog.lines), nowMs);
    // Remembered before it counts: what is in use is never more than what a restart finds.
    await changes.keep(next);
    alerts.noteEdit(editBetween(configuration.book, next.book, nowMs));
    configuration = next;
    book = fresh;
    steering.step(steeredLines(book.catalog.lines), (line) => pacer.logBudgetOf(line), nowMs);
    funnel.useLines(lineIds(book.catalog), nowMs);
    participation = pacer.shares(book.catalog.lines);
    snapshot = publish();
    metrics.reload('ok');
  }

  let closing: Promise<void> | undefined;
  async function shut(): Promise<void> {
    drain.begin();
    await starting.catch(() => undefined);
    await door.close();
    await desk.app.close();
    if (!started) return;
    const { state, treasury, people, identity, profiles, estimates, shared, learning, flow } = started;
    flow?.kick();
    await flow?.idle();
    await learning?.tend().catch((error) => watch.fault('close', error));
    await learning?.save().catch((error) => watch.fault('close', error));
    await shared?.close();
    await people.close();
    await profiles.keeper.writeNotes().catch((error) => watch.fault('close', error));
    await identity.flush().catch((error) => watch.fault('close', error));
    await state.journal.addCounts(funnel.drain(clock.now())).catch((error) => watch.fault('close', error));
    await enrolment
      .flush(state.experiments, (key) => (started?.forgetting.isErased(key) ? '' : people.leadOf(key)))
      .catch((error) => watch.fault('close', error));
    await tables.save(state.tables).catch((error) => watch.fault('close', error));
    await pacer.save(state.tables).catch((error) => watch.fault('close', error));
    await creatives.checkpoint(state.journal, state.tables).catch((error) => watch.fault('close', error));
    await results.save(state.tables).catch((error) => watch.fault('close', error));
    await steering.save(state.tables).catch((error) => watch.fault('close', error));
    await clicks.save(state.tables).catch((error) => watch.fault('close', error));
    await circumstances.save(state.tables).catch((error) => watch.fault('close', error));
    await estimates.save(state.tables, clock.now()).catch((error) => watch.fault('close', error));
    await alerts.save(state.tables, webhook?.waitingIds()).catch((error) => watch.fault('close', error));
    await treasury.close().catch((error) => watch.fault('close', error));
    await state.close();
  }

  return {
    publicApp: door,
    privateApp: desk.app,
    ready: () => starting,
    tick: async () => {
      await starting;
      await engine().tick();
    },
    reconfigure,
    countRefusedReload: () => metrics.reload('refused'),
    drain: () => drain.begin(),
    deserted: (mostMs) => drain.deserted(mostMs),
    close: () => {
      closing ??= shut();
      return closing;
    },
    consoleLink: (base) => sessions.link(base),
    answerBid: (...given) => engine().desk.answer(...given),
    explain: async (...asked) => {
      await starting;
      return engine().desk.explain(...asked);
    },
    report: async (query) => {
      await starting;
      return engine().state.journal.report(query);
    },
    buckets: async (buckets) => {
      await starting;
      return engine().state.ledger.bucketStates(buckets);
    },
    steering: () => linesAsWritten(book.catalog).flatMap(({ lineItem }) => steering.of(lineItem.id) ?? []),
    faults: () => faults,
    answerInner: async (call, reply) => {
      await starting;
      return answerInner(call, reply, ownReports);
    },
    live: () => ({ spendMicros, currency: configuration.book.account.currency, nowMs: clock.now() }),
  };
}

/** A configuration made ready for bids. */
interface ReadBook {
  readonly catalog: Catalog;
  readonly exchanges: ReadonlyMap<string, ExchangeProfile>;
  readonly actions: ReadonlyMap<string, ConversionAction>;
  readonly creatives: ReadonlyMap<string, ShownCreative>;
  readonly skAdNetwork: Snapshot['skAdNetwork'];
}

/** @throws Error when a key cannot be read. */
function read(configuration: Configuration): ReadBook {
  const { book, exchanges, folder } = configuration;
  const templates = compileTemplates(book, configuration.feeds);
  return {
    catalog: compileCatalog(book, templates),
    exchanges: new Map(exchanges.map((exchange) => [exchange.id, exchange])),
    skAdNetwork: skAdNetworkSigner(book.account.skadnetwork, folder),
    actions: new Map(book.conversionActions.map((action) => [action.id, action])),
    creatives: shownCreatives(book, templates),
  };
}

/** What arms and prices learn from, and what line items that go by results do. */
function studyOf(
  {
    tables,
    creatives,
    results,
    clicks,
    clickRateOf,
  }: {
    readonly tables: LearnedTables;
    readonly creatives: CreativeRecords;
    readonly results: Results;
    readonly clicks: ClickLearner;
    clickRateOf(lineItemId: string): number;
  },
  lineOf: (id: string) => CatalogLine | undefined,
): StudyPort {
  return {
    impression: (facts, atMs) => {
      tables.impression(facts);
      creatives.impression(facts);
      results.impression(facts);
      clicks.impression(facts, atMs);
    },
    click: (facts, atMs) => {
      tables.click(facts);
      creatives.click(facts);
      results.click(facts, atMs);
      clicks.click(facts, atMs, clickRateOf);
    },
    price: (facts, cpmMicros) => tables.price(facts, cpmMicros),
    result: (facts, won) => tables.result(facts, won),
    charged: (facts, micros, atMs) => results.charged(facts, micros, atMs),
    clickVoided: (facts, atMs) => {
      tables.clickVoided(facts);
      creatives.clickVoided(facts);
      results.clickVoided(facts, atMs);
      clicks.clickVoided(facts);
    },
    journaled: (seq) => creatives.journaled(seq),
    missed: () => creatives.missed(),
    credit: (credit) => {
      const { touch, actionId, valueMicros, sign } = credit;
      const line = lineOf(touch.facts.lineItemId);
      if (rewards(line, actionId)) creatives.conversion(touch.facts, valueMicros, sign);
      if (line?.countedActions.has(actionId)) results.conversion(touch, credit, sign);
    },
  };
}

function randomOf(given: NonNullable<EngineOptions['random']>): Random {
  if (typeof given === 'object') return given;
  return seededRandom(typeof given === 'function' ? Math.floor(given() * 2 ** 32) : given);
}

function loaded(folder: string): Configuration {
  const result = loadConfiguration(folder);
  if (!result.ok) throw new Error(formatFaults(result.faults));
  return result.configuration;
}

function wholeClock(clock: Pick<Clock, 'now'> & Partial<Clock>): Clock {
  const monotonic = (): number => clock.monotonic?.() ?? clock.now();
  return { now: () => clock.now(), monotonic, waiting: () => clock.waiting?.() ?? monotonic() };
}

function budgetsOf(lines: readonly CatalogLine[]) {
  return lines.flatMap((line) => line.budgets);
}

function lineIds(catalog: Catalog): string[] {
  return catalog.lines.map((line) => line.lineItem.id);
}

/** After so long no win of a dead process is expected any more. */
function longestHoldMs(exchanges: ReadonlyMap<string, ExchangeProfile>): number {
  const seconds = [...exchanges.values()].flatMap(({ holdSeconds, holdSecondsMax }) => [
    ...Object.values(holdSeconds),
    holdSecondsMax,
  ]);
  return 1000 * Math.max(60, ...seconds);
}
