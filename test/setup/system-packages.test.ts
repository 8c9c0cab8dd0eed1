import { describe, expect, it } from 'vitest';
import type { Machine } from './system-packages.ts';
import { CHROMIUM, locate, NEEDS, provide, REDIS } from './system-packages.ts';

interface Script {
  readonly installed: readonly string[];
  /** Debian packages that apt-get can bring, with the command each puts on PATH. */
  readonly available?: Readonly<Record<string, string>>;
  readonly obstacle?: string;
  readonly hasSystemd?: boolean;
  /** Process ids of a service that runs before, and of one that installing starts. */
  readonly runningBefore?: readonly number[];
  readonly startedByInstalling?: readonly number[];
}

/** A machine that only writes down what it is told. */
function scriptedMachine(script: Script): { machine: Machine; ran: string[]; said: string[] } {
  const commands = new Set(script.installed);
  let running = [...(script.runningBefore ?? [])];
  const ran: string[] = [];
  const said: string[] = [];
  const machine: Machine = {
    find: (command) => (commands.has(command) ? `/usr/bin/${command}` : undefined),
    obstacle: script.obstacle,
    hasSystemd: script.hasSystemd ?? false,
    logPath: '/tmp/apt.log',
    servicesRunning: () => running,
    say: (line) => said.push(line),
    runAsRoot: (command) => {
      ran.push(command.join(' '));
      const name = command.at(-1)!;
      if (command[0] === 'kill') running = running.filter((pid) => String(pid) !== name);
      if (!command.includes('install')) return true;
      const brings = script.available?.[name];
      if (brings === undefined) return false;
      commands.add(brings);
      if (name === REDIS.debianPackage) running = [...running, ...(script.startedByInstalling ?? [])];
      return true;
    },
  };
  return { machine, ran, said };
}

const BOTH = { 'redis-server': 'redis-server', chromium: 'chromium' };

describe('what the tests need from the system', () => {
  it('is left alone where it is there, under any of its names', () => {
    const { machine, ran, said } = scriptedMachine({
      installed: ['apt-get', 'valkey-server', 'google-chrome'],
    });
    expect(provide(NEEDS, machine)).toEqual([]);
    expect(locate(REDIS, machine.find)).toBe('/usr/bin/valkey-server');
    expect(ran).toEqual([]);
    expect(said).toEqual([]);
  });

  it('is installed without a question where it is missing', () => {
    const { machine, ran, said } = scriptedMachine({ installed: ['apt-get'], available: BOTH });
    expect(provide(NEEDS, machine)).toEqual([]);
    expect(ran).toHaveLength(3);
    expect(ran[0]).toMatch(/apt-get .*update$/);
    expect(ran[1]).toMatch(
      /^env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 .*install -y --no-install-recommends redis-server$/,
    );
    expect(ran[2]).toMatch(/install -y --no-install-recommends chromium$/);
    expect(said).toEqual(['Installing redis-server, chromium with apt-get (log: /tmp/apt.log)']);
  });

  it('is named when it cannot be had, and the other is installed all the same', () => {
    const { machine, said } = scriptedMachine({
      installed: ['apt-get'],
      available: { 'redis-server': 'redis-server' },
    });
    expect(provide(NEEDS, machine)).toEqual([CHROMIUM]);
    expect(said.at(-1)).toMatch(/^Skipped for want of Chromium .*apt\.log.*the console in a browser\.$/);
  });

  it.each([
    ['without apt-get', { installed: [] }, 'there is no apt-get'],
    ['without the right to', { installed: ['apt-get'], obstacle: 'no right to' }, 'no right to'],
  ])('is not installed %s', (_, script, reason) => {
    const { machine, ran, said } = scriptedMachine(script);
    expect(provide(NEEDS, machine)).toEqual([REDIS, CHROMIUM]);
    expect(ran).toEqual([]);
    expect(said).toHaveLength(2);
    expect(said[0]).toContain(reason);
  });

  it('does not stay running as a service that we caused', () => {
    const { machine, ran } = scriptedMachine({
      installed: ['apt-get'],
      available: BOTH,
      startedByInstalling: [71],
    });
    provide([REDIS], machine);
    expect(ran.at(-1)).toBe('kill 71');
    expect(machine.servicesRunning(REDIS.service!)).toEqual([]);
  });

  it('is stopped through systemd first, which would start it again', () => {
    const script = { installed: ['apt-get'], available: BOTH, startedByInstalling: [71], hasSystemd: true };
    const { machine, ran } = scriptedMachine(script);
    provide([REDIS], machine);
    expect(ran.slice(-2)).toEqual(['systemctl disable --now redis-server', 'kill 71']);
  });

  it('does not touch a service that was running before', () => {
    const script = { installed: ['apt-get'], available: BOTH, runningBefore: [7], startedByInstalling: [71] };
    const { machine, ran } = scriptedMachine(script);
    provide([REDIS], machine);
    expect(ran.filter((command) => /kill|systemctl/.test(command))).toEqual([]);
  });
});
