/**
 * Programs that some tests need and npm does not bring. Where the machine lets us, they are installed through apt-get;
 * where it does not, what has to be skipped is said by name. Everything that touches the machine is in `Machine`.
 */
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export interface Need {
  /** For people. */
  readonly name: string;
  /** Any one of these on PATH will do; the first found is used. */
  readonly commands: readonly string[];
  readonly debianPackage: string;
  /** What is not tested without it. */
  readonly without: string;
  /** The package may start a service under this process name, on this port. */
  readonly service?: { readonly process: string; readonly port: number };
}

export const REDIS: Need = {
  name: 'Redis or Valkey',
  commands: ['redis-server', 'valkey-server'],
  debianPackage: 'redis-server',
  without: 'the state contract on Redis and the outages of the state store',
  service: { process: 'redis-server', port: 6379 },
};

export const CHROMIUM: Need = {
  name: 'Chromium',
  commands: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  debianPackage: 'chromium',
  without: 'the console in a browser',
};

export const NEEDS: readonly Need[] = [REDIS, CHROMIUM];

/** What the installation asks of the machine it runs on. */
export interface Machine {
  /** The full path of a program on PATH. */
  find(command: string): string | undefined;
  /** Runs as root, without a terminal; its output goes to `logPath`. False when it failed or took longer. */
  runAsRoot(command: readonly string[], limitMs: number): boolean;
  /** Why nothing may be installed here; undefined where it may. */
  readonly obstacle: string | undefined;
  readonly hasSystemd: boolean;
  readonly logPath: string;
  /** Processes of this name that listen on this port by their own account. */
  servicesRunning(service: NonNullable<Need['service']>): readonly number[];
  say(line: string): void;
}

const UPDATE_LIMIT_MS = 120_000;
const INSTALL_LIMIT_MS = 300_000;
const STOP_LIMIT_MS = 20_000;

/** RUNLEVEL=1 keeps a package's scripts from starting its service on machines without systemd. */
const QUIET_APT = [
  'env',
  'DEBIAN_FRONTEND=noninteractive',
  'RUNLEVEL=1',
  'NEEDRESTART_SUSPEND=1',
  'LC_ALL=C',
  'apt-get',
];
const APT_OPTIONS = ['-o', 'DPkg::Lock::Timeout=60', '-o', 'Acquire::Retries=2', '-o', 'Dpkg::Use-Pty=0'];

/** Path of a needed program, or undefined: the test that asks says what it skips. */
export function locate(need: Need, find: Machine['find'] = findOnPath): string | undefined {
  for (const command of need.commands) {
    const path = find(command);
    if (path !== undefined) return path;
  }
  return undefined;
}

/** Installs what is missing, as far as the machine lets us. Gives the needs that are still not met. */
export function provide(needs: readonly Need[], machine: Machine): Need[] {
  const isMissing = (need: Need): boolean => locate(need, machine.find) === undefined;
  const missing = needs.filter(isMissing);
  if (missing.length === 0) return [];
  const obstacle = machine.find('apt-get') === undefined ? 'there is no apt-get' : machine.obstacle;
  if (obstacle === undefined) installAll(missing, machine);
  const unmet = needs.filter(isMissing);
  const reason = obstacle ?? `apt-get could not install it; see ${machine.logPath}`;
  for (const need of unmet) machine.say(`Skipped for want of ${need.name} (${reason}): ${need.without}.`);
  return unmet;
}

/** One at a time, so that a package the distribution lacks does not stand in the way of the other. */
function installAll(missing: readonly Need[], machine: Machine): void {
  const packages = missing.map((need) => need.debianPackage);
  machine.say(`Installing ${packages.join(', ')} with apt-get (log: ${machine.logPath})`);
  // Not fatal: a stale list often still leads to the package.
  machine.runAsRoot([...QUIET_APT, ...APT_OPTIONS, '-qq', 'update'], UPDATE_LIMIT_MS);
  for (const need of missing) install(need, machine);
}

function install(need: Need, machine: Machine): void {
  const before = new Set(need.service ? machine.servicesRunning(need.service) : []);
  const command = [
    ...QUIET_APT,
    ...APT_OPTIONS,
    '-qq',
    'install',
    '-y',
    '--no-install-recommends',
    need.debianPackage,
  ];
  machine.runAsRoot(command, INSTALL_LIMIT_MS);
  if (need.service && before.size === 0) stopService(need.service, machine);
}

/** The tests start a server of their own; one that only runs because we installed it must not stay behind. */
function stopService(service: NonNullable<Need['service']>, machine: Machine): void {
  if (machine.servicesRunning(service).length === 0) return;
  // systemd would start it again, so it is asked first.
  if (machine.hasSystemd)
    machine.runAsRoot(['systemctl', 'disable', '--now', service.process], STOP_LIMIT_MS);
  for (const pid of machine.servicesRunning(service)) machine.runAsRoot(['kill', String(pid)], STOP_LIMIT_MS);
}

/** `mayInstall` false leaves the machine as it is. */
export function thisMachine(mayInstall: boolean, say: (line: string) => void): Machine {
  const isRoot = process.getuid?.() === 0;
  const viaSudo =
    !isRoot && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore', timeout: 5_000 }).status === 0;
  const logPath = join(mkdtempSync(join(tmpdir(), 'bidwright-test-')), 'apt.log');
  return {
    find: findOnPath,
    obstacle: obstacleOf(mayInstall, isRoot || viaSudo),
    hasSystemd: existsSync('/run/systemd/system'),
    logPath,
    runAsRoot: (command, limitMs) => {
      const [program, ...args] = viaSudo ? ['sudo', '-n', ...command] : command;
      const log = openSync(logPath, 'a');
      return spawnSync(program!, args, { stdio: ['ignore', log, log], timeout: limitMs }).status === 0;
    },
    servicesRunning,
    say,
  };
}

function obstacleOf(mayInstall: boolean, isAble: boolean): string | undefined {
  if (!mayInstall) return 'BIDWRIGHT_TEST_INSTALL is no';
  return isAble ? undefined : 'neither root nor sudo without a password';
}

function findOnPath(command: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, command)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Redis writes its address into its command line: "/usr/bin/redis-server 127.0.0.1:6379". Linux only, as apt-get is. */
function servicesRunning(service: NonNullable<Need['service']>): number[] {
  if (!existsSync('/proc')) return [];
  const address = new RegExp(`:${service.port}\\b`);
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .filter((pid) => {
      const words = readProcessFile(pid, 'cmdline');
      return readProcessFile(pid, 'comm').trim() === service.process && address.test(words);
    })
    .map(Number);
}

/** Empty for a process that has ended meanwhile. */
function readProcessFile(pid: string, name: string): string {
  try {
    return readFileSync(join('/proc', pid, name), 'utf8');
  } catch {
    return '';
  }
}
