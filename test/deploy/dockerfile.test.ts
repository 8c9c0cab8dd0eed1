/** The image, read as its builder would: no root, no shell in between, nothing from the host that is not there, and an end that drains. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { environmentName, settingsSchema } from '../../src/config-settings.ts';

const ROOT = join(import.meta.dirname, '../..');
const scripts = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts as Record<
  string,
  string
>;
const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n').filter(Boolean);

/** Instructions with their arguments, lines that go on joined, in the order in which they are carried out. */
const steps = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => {
    const [, word = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line.trim()) ?? [];
    return { word, rest: rest.replace(/\s+/g, ' ') };
  });
const last = (word: string): string => steps.findLast((step) => step.word === word)?.rest ?? '';
const final = steps.slice(steps.findLastIndex(({ word }) => word === 'FROM'));

it('begins with instructions that exist', () => {
  const known = 'FROM WORKDIR COPY RUN ENV USER VOLUME EXPOSE STOPSIGNAL HEALTHCHECK CMD ARG LABEL'.split(
    ' ',
  );
  expect(steps.map(({ word }) => word).filter((word) => !known.includes(word))).toEqual([]);
  expect(steps[0]?.word).toBe('FROM');
});

it('runs without root, and nothing is written after that but by the user', () => {
  const user = final.findIndex(({ word }) => word === 'USER');
  expect(final[user]?.rest).toMatch(/^(?!root|0)\w+$/);
  expect(final.slice(user).filter(({ word }) => word === 'RUN' || word === 'COPY')).toEqual([]);
});

it('starts Node itself, so that the signal to end reaches it', () => {
  const command = JSON.parse(last('CMD')) as string[];
  expect(command[0]).toBe('node');
  expect(existsSync(join(ROOT, command[1]!))).toBe(true);
  expect(command).toContain('serve');
  expect(last('STOPSIGNAL')).toBe('SIGTERM');
  expect(last('HEALTHCHECK')).toMatch(/^--interval=\d+s .*CMD \["node"/);
  const probe = JSON.parse(last('HEALTHCHECK').replace(/^.*?CMD /, '')) as string[];
  // It is a program that Node can read.
  expect(() => new Function(probe[2]!)).not.toThrow();
});

it('copies what is there and what it does not ignore, and runs scripts that there are', () => {
  for (const { word, rest } of steps) {
    if (word === 'COPY' && !rest.startsWith('--from'))
      for (const source of rest.split(' ').slice(0, -1)) {
        expect(existsSync(join(ROOT, source)), source).toBe(true);
        expect(ignored).not.toContain(source);
      }
    for (const [, script = ''] of rest.matchAll(/npm run ([\w:-]+)/g))
      expect(scripts[script], script).toBeDefined();
  }
  // Needed at run time, so never left out.
  for (const needed of ['src', 'config', 'proto', 'package.json']) expect(ignored).not.toContain(needed);
});

it('sets settings that exist, and installs without the scripts of others', () => {
  const settings = new Set(Object.keys(settingsSchema.properties).map(environmentName));
  const names = last('ENV').match(/\b[A-Z_]+(?==)/g) ?? [];
  expect(names.filter((name) => name.startsWith('BIDWRIGHT_') && !settings.has(name))).toEqual([]);
  for (const { rest } of steps)
    if (/npm (?:ci|install|prune)\b/.test(rest)) expect(rest).toContain('--ignore-scripts');
});
