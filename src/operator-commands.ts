/** Commands for whoever runs a bidder: look at the machine, try it, present it to an exchange. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { BackupFile } from './compose-backup.ts';
import { backUp, restore } from './compose-backup.ts';
import type { Configuration } from './config.ts';
import { formatFaults, loadConfiguration } from './config.ts';
import { systemClock } from './core/clock.ts';
import { examine } from './doctor.ts';
import type { ExampleRequest } from './example-requests.ts';
import type { Finding } from './finding.ts';
import { onboard } from './onboard.ts';
import { htmlOf, linesOf } from './onboard-report.ts';
import { send } from './send.ts';
import { serve } from './serve.ts';
import { makeLog } from './server/log.ts';

export interface Terminal {
  say(text: string): void;
  complain(text: string): void;
  /** Exit code of the process, once all is done. */
  fail(): void;
}

export function operatorCommands(
  program: Command,
  builtIn: (name: string) => string,
  terminal: Terminal,
): void {
  program
    .command('send')
    .description('post a request to a running bidder and say what came back')
    .option('--to <url>', 'public address of the bidder', 'http://127.0.0.1:8080')
    .option('--exchange <id>', 'exchange that sends it', 'example')
    .option(
      '--request <file>',
      'a bid request in JSON or protobuf, - for standard input; an example where absent',
    )
    .option(
      '--private <url>',
      'private address: with it and --token, why there was no bid',
      'http://127.0.0.1:8081',
    )
    .option('--token <token>', 'token of the private address')
    .action((options: SendArguments) => guarded(terminal, () => runSend(options, terminal)));
  program
    .command('doctor')
    .description('whether machine, store and addresses will do for a configuration')
    .option('--config <dir>', 'configuration folder', builtIn('demo'))
    .option('--json', 'findings as JSON')
    .action((options: DoctorArguments) => guarded(terminal, () => runDoctor(options, terminal)));
  program
    .command('backup')
    .description('copy the data folder, also while the bidder runs')
    .argument('<folder>', 'where to, an empty folder; it will hold secrets')
    .option('--config <dir>', 'configuration folder', builtIn('demo'))
    .option('--data <dir>', 'data folder; the configuration’s where absent')
    .action((folder: string, options: BackupArguments) =>
      guarded(terminal, async () => {
        const from = dataDirOf(options);
        const { files } = await backUp(from, resolve(folder), systemClock);
        terminal.say(`${from}: ${files.length} files, ${sizeOf(files)} MB, in ${folder}.`);
      }),
    );
  program
    .command('restore')
    .description(
      'put a backup in the place of a data folder that is empty or absent; no bidder may run on it',
    )
    .argument('<folder>', 'a folder that backup wrote')
    .option('--config <dir>', 'configuration folder', builtIn('demo'))
    .option('--data <dir>', 'data folder; the configuration’s where absent')
    .action((folder: string, options: BackupArguments) =>
      guarded(terminal, async () => {
        const to = dataDirOf(options);
        const { files, madeAt } = restore(resolve(folder), to);
        terminal.say(`${to}: ${files.length} files, ${sizeOf(files)} MB, as of ${madeAt}.`);
      }),
    );
  program
    .command('onboard')
    .description('the questionnaire of an exchange, filled in, and a trial of the bidder as a report to send')
    .requiredOption('--exchange <id>', 'exchange of the configuration')
    .option('--config <dir>', 'configuration folder', builtIn('demo'))
    .option(
      '--request <file>',
      'a request of the exchange, or a list of them, in JSON; examples where absent',
    )
    .option('--out <file>', 'report in HTML', 'onboarding.html')
    .action((options: OnboardArguments) => guarded(terminal, () => runOnboard(options, terminal)));
}

async function guarded(terminal: Terminal, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    terminal.complain(`${error instanceof Error ? error.message : String(error)}${cause}`);
    terminal.fail();
  }
}

interface SendArguments {
  readonly to: string;
  readonly exchange: string;
  readonly request?: string;
  readonly private: string;
  readonly token?: string;
}

async function runSend(options: SendArguments, { say, fail }: Terminal): Promise<void> {
  const { to, exchange, request, token } = options;
  const sent = await send({
    to,
    exchange,
    clock: systemClock,
    ...(request === undefined ? {} : { body: readFileSync(request === '-' ? 0 : request) }),
    ...(token === undefined ? {} : { desk: { url: options.private, token } }),
  });
  for (const line of sent.lines) say(line);
  if (!sent.ok) fail();
}

interface DoctorArguments {
  readonly config: string;
  readonly json?: boolean;
}

async function runDoctor({ config, json }: DoctorArguments, { say, fail }: Terminal): Promise<void> {
  const findings = await examine(configurationIn(config), systemClock);
  if (json) say(JSON.stringify(findings));
  else for (const finding of findings) say(lineOf(finding));
  if (findings.some(({ verdict }) => verdict === 'bad')) fail();
}

function lineOf({ about, verdict, found, remedy }: Finding): string {
  const mark = { good: 'good    ', doubtful: 'doubtful', bad: 'BAD     ' }[verdict];
  return `${mark}  ${about.padEnd(16)}  ${found}${remedy === '' ? '' : `\n${' '.repeat(28)}${remedy}`}`;
}

interface BackupArguments {
  readonly config: string;
  readonly data?: string;
}

function dataDirOf({ config, data }: BackupArguments): string {
  return data === undefined ? configurationIn(config).settings.dataDir : resolve(data);
}

function sizeOf(files: readonly BackupFile[]): string {
  return (files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6).toFixed(1);
}

interface OnboardArguments {
  readonly exchange: string;
  readonly config: string;
  readonly request?: string;
  readonly out: string;
}

/** The trial has a folder and ports of its own: nothing of the bidder that may run beside it is touched. */
async function runOnboard(options: OnboardArguments, { say, fail }: Terminal): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bidwright-onboard-'));
  try {
    const flags = {
      dataDir,
      publicPort: 0,
      privatePort: 0,
      publicHost: '127.0.0.1',
      logLevel: 'error',
      reloadMs: 0,
    };
    const loaded = loadConfiguration(options.config, { flags });
    if (!loaded.ok) throw new Error(formatFaults(loaded.faults));
    // Whom it is for is told the real address, not that of the trial.
    const { settings } = configurationIn(options.config);
    const { configuration } = loaded;
    const exchange = configuration.exchanges.find(({ id }) => id === options.exchange);
    if (!exchange) {
      const ids = configuration.exchanges.map(({ id }) => id).join(', ');
      throw new Error(`no exchange with id ${options.exchange}; there are ${ids}`);
    }
    const running = await serve(loaded, {
      clock: systemClock,
      random: 1,
      share: false,
      log: makeLog('error'),
    });
    try {
      const samples = options.request === undefined ? {} : { samples: samplesIn(options.request) };
      const done = await onboard({
        configuration: { ...configuration, settings },
        exchange,
        running,
        clock: systemClock,
        ...samples,
      });
      writeFileSync(options.out, htmlOf(done, systemClock.now()));
      for (const line of linesOf(done)) say(line);
      say(`Report  ${options.out}`);
      if (done.trials.some(({ passed }) => !passed)) fail();
    } finally {
      await running.stop();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function configurationIn(folder: string): Configuration {
  const loaded = loadConfiguration(folder);
  if (!loaded.ok) throw new Error(formatFaults(loaded.faults));
  return loaded.configuration;
}

function samplesIn(file: string): ExampleRequest[] {
  const read = JSON.parse(readFileSync(file, 'utf8')) as ExampleRequest | ExampleRequest[];
  const samples = Array.isArray(read) ? read : [read];
  if (samples.length === 0) throw new Error(`${file} holds no request`);
  return samples;
}
