/** The command line: run, check, explain, simulate. The only file that ends the process. The file is one thing: the commands and what they print. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { compose } from './compose.ts';
import { passingSecret } from './compose-secrets.ts';
import type { Configuration, Loaded } from './config.ts';
import { formatFaults, loadConfiguration } from './config.ts';
import { manualClock, scaledClock, systemClock } from './core/clock.ts';
import { entropySeed } from './core/random.ts';
import type { SimulatorLine } from './demo.ts';
import { keepDemoTime, lastDemoTime, startSimulator } from './demo.ts';
import type { SendEvents } from './import-events.ts';
import { importEvents } from './import-events.ts';
import type { Explanation } from './insight/explain.ts';
import { operatorCommands } from './operator-commands.ts';
import { CREATIVE_POLICY_NAMES } from './policy/bandit/policy.ts';
import type { FlownFlight } from './rehearse.ts';
import { rehearse } from './rehearse.ts';
import type { Running } from './serve.ts';
import { freePort, serve } from './serve.ts';
import type { JudgeAnswer } from './server/judge-routes.ts';
import { readFlightFile } from './simulate/flight-file.ts';
import { keepCount, settingsOfWorker, startWorkers, workersRefusal } from './workers.ts';
import { workerTalk } from './workers-talk.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const complain = (text: string): void => void process.stderr.write(`${text}\n`);

// Whoever reads our output may have seen enough, as `| head` does; that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const program = new Command('bidwright')
  .description('Demand-side bidder: OpenRTB in, the right creative at the right price out.')
  .version(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version);

program
  .command('demo')
  .description('bidder, console and a simulated exchange, all embedded; state in ./data')
  .option('--rate <n>', 'requests a second', positive, 200)
  .option('--speed <n>', 'how many times as fast as the wall clock the day runs', positive, 60)
  .option('--seed <n>', 'seed of the simulated world', positive, 1)
  .option(
    '--start <time>',
    'when the simulated day begins, as 2030-03-12T14:00:00Z; now where absent',
    timeMs,
  )
  .action(runDemo);

program
  .command('serve')
  .description('production: a bidder with the configuration of a folder')
  .requiredOption('--config <dir>', 'configuration folder')
  .option(
    '--workers <n>',
    'processes that share the public port; more than one need redisUrl',
    wholePositive,
    1,
  )
  .addOption(new Option('--seat <seat>').hideHelp())
  .action(runServe);

program
  .command('check')
  .description('validate a configuration folder: every fault at once')
  .argument('<dir>')
  .option('--json', 'faults as JSON')
  .action((dir: string, { json }: { json?: boolean }) => {
    const loaded = loadConfiguration(dir, { readPacks: true });
    const faults = [...(loaded.ok ? [] : loaded.faults), ...loaded.warnings];
    if (json) say(JSON.stringify(faults, undefined, 2));
    else if (faults.length > 0) say(formatFaults(faults, { color: process.stdout.isTTY === true }));
    if (loaded.ok && !json)
      say(`${dir}: sound${loaded.warnings.length > 0 ? `, with ${loaded.warnings.length} remarks` : ''}.`);
    process.exitCode = loaded.ok ? 0 : 1;
  });

program
  .command('explain')
  .description('the decision trace of one request against the current configuration')
  .requiredOption('--request <file>', 'a bid request in JSON or protobuf; - for standard input')
  .option('--config <dir>', 'configuration folder', builtIn('demo'))
  .option('--exchange <id>', 'exchange that sends it', 'example')
  .addOption(
    new Option('--format <format>', 'of the request; told by its first bytes where absent').choices([
      'json',
      'protobuf',
    ]),
  )
  .option('--json', 'the whole trace as JSON')
  .action(runExplain);

program
  .command('simulate')
  .description('flies a simulated flight as fast as the bidder answers, and says what would have been best')
  .requiredOption('--scenario <file>', 'flight as JSON; see config/flights')
  .option('--seed <n>', 'seed of the simulated world', positive, 1)
  .option('--json', 'the result as one line of JSON')
  .action(runSimulate);

program
  .command('import')
  .description('first-party events from a file: CSV with named columns, or one JSON object a line')
  .addArgument(new Argument('<kind>', 'what the file holds').choices(['events']))
  .argument('<file>')
  .option('--config <dir>', 'configuration folder', builtIn('demo'))
  .option(
    '--to <url>',
    'public address of a running bidder; without it the data folder, which no bidder may have open',
  )
  .action(runImport);

program
  .command('judge-rotation')
  .description('what another rotation of a line item would have earned, judged on the log of its bids')
  .requiredOption('--line-item <id>', 'line item')
  .addOption(
    new Option('--rotation <name>', 'rotation to judge').choices(CREATIVE_POLICY_NAMES).conflicts('only'),
  )
  .option('--only <creative>', 'in place of a rotation: this creative alone')
  .option('--config <dir>', 'configuration folder', builtIn('demo'))
  .option('--data <dir>', 'data folder, which no bidder may have open; the configuration’s where absent')
  .option('--json', 'the verdict as one line of JSON')
  .action(runJudge);

operatorCommands(program, builtIn, {
  say,
  complain,
  fail: () => {
    process.exitCode = 1;
  },
});

await program.parseAsync();

async function runServe({
  config,
  workers,
  seat,
}: {
  config: string;
  workers: number;
  seat?: string;
}): Promise<void> {
  const loaded = loadOrExit(config);
  const { settings } = loaded.configuration;
  const { seed } = settings;
  if (seat !== undefined) return runWorker(loaded, workers, seat);
  const refusal = workersRefusal(settings, workers === 1 ? 0 : workers);
  if (refusal !== undefined) {
    complain(refusal);
    process.exitCode = 1;
    return;
  }
  if (workers === 1) {
    const running = await serve(loaded, { clock: systemClock, random: seed ?? entropySeed() });
    announce(announcementOf(running, loaded.configuration));
    onSignal(() => running.stop());
    return;
  }
  keepCount(settings.dataDir, workers);
  const port = async (wanted: number, host: string): Promise<number> =>
    wanted === 0 ? await freePort(host) : wanted;
  const running = startWorkers({
    count: workers,
    publicPort: await port(settings.publicPort, settings.publicHost),
    privatePort: await port(settings.privatePort, settings.privateHost),
    args: process.argv.slice(2),
    clock: systemClock,
    announce,
    warn: complain,
  });
  // Before they are ready: a signal while they start must end them too.
  onSignal(async () => (await running.catch(() => undefined))?.stop());
  await running;
}

/** One of several, started by `workers.ts`. */
async function runWorker(loaded: SoundlyLoaded, count: number, seat: string): Promise<void> {
  const [number = 1, publicPort = 0, privatePort = 0] = seat.split(':').map(Number);
  const prepare = (configuration: Configuration): Configuration =>
    settingsOfWorker(configuration, { number, publicPort, privatePort });
  const talk = workerTalk();
  const { seed } = loaded.configuration.settings;
  const running = serve(loaded, {
    clock: systemClock,
    random: seed === undefined ? entropySeed() : seed + number,
    prepare,
    privateDoor: number === 1,
    worker: { own: number, count, portOf: talk.portOf, others: talk.others, answerBy: talk.answerBy },
  });
  const end = onSignal(async () => (await running.catch(() => undefined))?.stop());
  talk.onStop(end);
  const { innerPort } = await running;
  talk.ready(innerPort, number === 1 ? announcementOf(await running, prepare(loaded.configuration)) : []);
}

interface DemoOptions {
  readonly rate: number;
  readonly speed: number;
  readonly seed: number;
  readonly start?: number;
}

async function runDemo({ rate, speed, seed, start }: DemoOptions): Promise<void> {
  const loaded = loadOrExit(builtIn('demo'));
  const { configuration } = loaded;
  const { dataDir } = configuration.settings;
  const startMs = Math.max(start ?? systemClock.now(), lastDemoTime(dataDir) ?? 0);
  const clock = scaledClock(startMs, speed);
  const running = await serve(loaded, { clock, random: seed });
  announce(announcementOf(running, configuration));
  const keys = Object.fromEntries(
    configuration.book.conversionActions.map((action) => [action.id, action.key]),
  );
  const live = liveLine(running);
  const lines = (line: SimulatorLine): void => {
    keepDemoTime(dataDir, clock.now());
    live(line);
  };
  const simulator = startSimulator(
    running,
    keys,
    { requestsPerSecond: rate, speed, seed, startMs: clock.now() },
    lines,
  );
  say(`Traffic  simulator → ${rate} requests/s, clock ×${speed}`);
  simulator.child.once('exit', (code) => {
    if (code !== 0 && code !== null)
      complain(`the simulator ended with ${code}; the bidder goes on without traffic`);
  });
  onSignal(async () => {
    await simulator.stop();
    await running.stop();
    keepDemoTime(dataDir, clock.now());
    if (process.stdout.isTTY) say('');
    say(`Stopped. State is kept in ${dataDir}.`);
  });
}

function liveLine(running: Running): (line: SimulatorLine) => void {
  const terminal = process.stdout.isTTY === true;
  return (line) => {
    const live = running.engine.live();
    const text = [
      `${line.requestsPerSecond} requests/s`,
      `bid rate ${percent(line.bids, line.requests)}`,
      `win rate ${percent(line.wins, line.bids)}`,
      `p99 ${line.latencyP99Ms.toFixed(1)} ms`,
      `spend ${(live.spendMicros / 1e6).toFixed(2)} ${live.currency}`,
      new Date(live.nowMs).toISOString().slice(0, 16).replace('T', ' '),
    ].join('  ');
    if (terminal) process.stdout.write(`\r\u001b[2K${text}`);
    else say(text);
  };
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}

async function runExplain({
  request,
  config,
  exchange,
  format,
  json,
}: {
  request: string;
  config: string;
  exchange: string;
  format?: 'json' | 'protobuf';
  json?: boolean;
}): Promise<void> {
  const body = bytesOf(request);
  if (body === undefined) {
    complain(`${request} cannot be read`);
    process.exitCode = 1;
    return;
  }
  const { configuration } = loadOrExit(config);
  const engine = compose(configuration, {
    clock: manualClock(systemClock.now()),
    random: 1,
    state: 'memory',
  });
  try {
    const trace = await engine.explain(exchange, body, format && `openrtb-${format}`);
    if (!trace.ok) {
      complain(trace.message);
      process.exitCode = 1;
      return;
    }
    if (json) say(JSON.stringify(trace.explanation, undefined, 2));
    else for (const line of traceLines(trace.explanation)) say(line);
  } finally {
    await engine.close();
  }
}

async function runImport(
  _kind: string,
  file: string,
  { config, to }: { config: string; to?: string },
): Promise<void> {
  const { configuration } = loadOrExit(config);
  const { account } = configuration.book;
  if (!account.firstParty) {
    complain(`${config}: the account takes no events; name its firstParty key first`);
    process.exitCode = 1;
    return;
  }
  const headers = { authorization: `Bearer ${account.firstParty.key}`, 'content-type': 'application/json' };
  const engine = to === undefined ? compose(configuration, { share: false }) : undefined;
  const send: SendEvents = async (events) => {
    const payload = JSON.stringify(events);
    const answer = engine
      ? await engine.publicApp.inject({ method: 'POST', url: '/collect', headers, payload })
      : await fetch(new URL('/collect', to), { method: 'POST', headers, body: payload });
    const told = await answer.json();
    return told.title === undefined ? told : `${told.title} ${JSON.stringify(told.errors ?? '')}`;
  };
  try {
    await engine?.ready();
    const done = await importEvents(file, account, systemClock.now(), send);
    for (const { path, message } of done.faults) complain(`${file}: ${path} ${message}`);
    if (done.faults.length > 0)
      complain(done.accepted === 0 ? 'Nothing was loaded.' : 'Import the file again to load the rest.');
    else
      say(
        `${done.rows} rows: ${done.accepted} new, ${done.duplicates} known, ${done.refused} of people who may not be known.`,
      );
    process.exitCode = done.faults.length > 0 ? 1 : 0;
  } catch (error) {
    complain(`${file}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  } finally {
    await engine?.close().catch(() => undefined);
  }
}

async function runJudge({
  lineItem,
  rotation,
  only,
  config,
  data,
  json,
}: {
  lineItem: string;
  rotation?: string;
  only?: string;
  config: string;
  data?: string;
  json?: boolean;
}): Promise<void> {
  const adminToken = passingSecret();
  const { configuration } = loadOrExit(config, {
    adminToken,
    ...(data === undefined ? {} : { dataDir: data }),
  });
  const engine = compose(configuration);
  try {
    await engine.ready();
    const draft = new URLSearchParams({ ...(rotation ? { rotation } : {}), ...(only ? { only } : {}) });
    const answer = await engine.privateApp.inject({
      url: `/api/v1/line-items/${encodeURIComponent(lineItem)}/creatives/judge?${draft}`,
      headers: { authorization: `Bearer ${adminToken}` },
    });
    const told = answer.json();
    if (answer.statusCode !== 200) {
      const hints = (told.errors ?? []).map((fault: { hint: string }) => ` ${fault.hint}`);
      throw new Error(`${told.title}.${hints.join('')}`);
    }
    if (json) say(JSON.stringify(told));
    else for (const line of verdictLines(told)) say(line);
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  } finally {
    await engine.close().catch(() => undefined);
  }
}

function verdictLines(answer: JudgeAnswer): string[] {
  const conclusions: Readonly<Record<JudgeAnswer['conclusion'], string>> = {
    better: 'The draft would have earned more.',
    worse: 'The draft would have earned less.',
    undecided: 'The log does not tell the two apart.',
    too_thin: 'Nothing is concluded: the log has too little of what the draft would do.',
    nothing_shown: 'Nothing was shown yet.',
  };
  const perThousand = (value: number): string => (1000 * value).toFixed(3);
  const rows = (['logged', 'ips', 'snips', 'dr', 'difference'] as const).flatMap((name) => {
    const found = answer[name];
    return found
      ? [
          `${name.padEnd(12)}${perThousand(found.value).padStart(10)}   ${perThousand(found.low)} to ${perThousand(found.high)}`,
        ]
      : [];
  });
  return [
    `${answer.lineItemId}, draft ${answer.draft}: ${answer.choices} showings, effective ${answer.effectiveSize.toFixed(0)}, learned from ${answer.learnedFrom} before`,
    ...(rows.length > 0 ? [`${answer.reward} of a thousand showings, and 95 %`, ...rows] : []),
    conclusions[answer.conclusion],
  ];
}

async function runSimulate({
  scenario: path,
  seed,
  json,
}: {
  scenario: string;
  seed: number;
  json?: boolean;
}): Promise<void> {
  const bytes = bytesOf(path);
  const read = bytes === undefined ? undefined : readFlightFile(parsed(bytes.toString()));
  if (!read?.ok) {
    complain(read ? read.faults.map((fault) => `${path}: ${fault}`).join('\n') : `${path} cannot be read`);
    process.exitCode = 1;
    return;
  }
  const flown = await rehearse(path, read.file, read.scenario, seed);
  if (json) say(JSON.stringify(flown));
  else for (const line of flownLines(flown)) say(line);
}

/** Undefined, which no schema takes, for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function flownLines(flown: FlownFlight): string[] {
  const money = (micros: number | undefined): string =>
    micros === undefined ? '–' : (micros / 1e6).toFixed(2);
  const head = [
    'campaign',
    'budget',
    'spend',
    'impr.',
    'clicks',
    'conv.',
    'CPA',
    'target',
    'of informed best',
  ];
  const rows = flown.campaigns.map((campaign) => [
    campaign.campaignId,
    money(campaign.budgetMicros),
    money(campaign.spendMicros),
    String(campaign.impressions),
    String(campaign.clicks),
    String(campaign.conversions),
    campaign.conversions === 0 ? '–' : (campaign.spendMicros / campaign.conversions / 1e6).toFixed(4),
    campaign.targetMicros === undefined ? '–' : (campaign.targetMicros / 1e6).toFixed(4),
    percent(campaign.expectedConversions, campaign.best.informed.conversions),
  ]);
  const table = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return [
    `${flown.name}, seed ${flown.seed}: ${flown.days} days, ${flown.requests} requests, ${flown.bids} bids, ${flown.errors} errors`,
    ...table.map((row) => row.map((cell, column) => cell.padStart(widths[column]!)).join('  ')),
  ];
}

/** `-` is standard input. */
function bytesOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch {
    return undefined;
  }
}

function traceLines(trace: Explanation): string[] {
  const lines = [
    `request ${trace.requestId} from ${trace.exchangeId}: ${trace.bid ? 'bid' : `no bid (${trace.reason})`}`,
  ];
  if (trace.remedy) lines.push(`  ${trace.remedy}`);
  lines.push(
    `identity: ${trace.identity.permitted ? (trace.identity.known ? 'known' : 'permitted, no id sent') : `not used (${trace.identity.refusal})`}`,
  );
  for (const impression of trace.impressions) {
    lines.push(`impression ${impression.impressionId}`);
    for (const line of impression.lines) {
      const why = line.refusedBy.length > 0 ? ` by ${line.refusedBy.join(', ')}` : '';
      const price =
        line.bidCpmMicros === undefined
          ? ''
          : ` at ${(line.bidCpmMicros / 1e6).toFixed(4)} CPM with ${line.creativeId}`;
      lines.push(`  ${line.lineItemId.padEnd(28)} ${line.stage.padEnd(16)} ${line.verdict}${why}${price}`);
    }
  }
  return lines;
}

function announce(lines: readonly string[]): void {
  for (const line of lines) say(line);
}

function announcementOf(running: Running, configuration: Configuration): string[] {
  const { settings } = configuration;
  return [
    `Bidder   http://${shown(settings.publicHost)}:${running.publicPort}/openrtb2/${configuration.exchanges[0]?.id ?? 'example'}   (OpenRTB ${configuration.exchanges[0]?.version ?? '2.6'})`,
    `Console  ${running.engine.consoleLink(`http://${shown(settings.privateHost)}:${running.privatePort}`)}`,
  ];
}

function shown(host: string): string {
  return host === '0.0.0.0' || host === '::' ? 'localhost' : host;
}

type SoundlyLoaded = Extract<Loaded, { ok: true }>;

function loadOrExit(dir: string, flags: Readonly<Record<string, unknown>> = {}): SoundlyLoaded {
  const loaded = loadConfiguration(dir, { flags });
  if (loaded.warnings.length > 0)
    complain(formatFaults(loaded.warnings, { color: process.stderr.isTTY === true }));
  if (loaded.ok) return loaded;
  complain(formatFaults(loaded.faults, { color: process.stderr.isTTY === true }));
  process.exit(1);
}

/** The longest an orderly end may take, drain included. */
const STOP_MS = 25_000;
/** A signal to a process group reaches us twice, once through npm: a second one so soon is the same wish. */
const SAME_WISH_MS = 500;

/** Drains on SIGTERM, SIGINT and on a fault; a second signal, or time running out, ends the process at once. Gives the orderly end itself. */
function onSignal(stop: () => Promise<void>): () => void {
  let begunMs: number | undefined;
  const end = (code: number): void => {
    const nowMs = systemClock.monotonic();
    if (begunMs !== undefined) {
      if (nowMs - begunMs > SAME_WISH_MS) process.exit(1);
      return;
    }
    begunMs = nowMs;
    setTimeout(() => process.exit(1), STOP_MS).unref();
    stop().then(
      () => process.exit(code),
      (error) => {
        complain(String(error?.stack ?? error));
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => end(0));
  for (const fault of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(fault, (error: unknown) => {
      complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
      end(1);
    });
  return () => {
    if (begunMs === undefined) end(0);
  };
}

function builtIn(name: string): string {
  return fileURLToPath(new URL(`../config/${name}`, import.meta.url));
}

function wholePositive(text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value > 0))
    throw new InvalidArgumentError('It must be a whole number above zero.');
  return value;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above zero.');
  return value;
}

function timeMs(text: string): number {
  const value = Date.parse(text);
  if (Number.isNaN(value)) throw new InvalidArgumentError('It must be a time, as 2030-03-12T14:00:00Z.');
  return value;
}
