/** Habits of known exchanges, which come with the program: an entry that says `like` begins with those. */
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Issue } from './campaign/issue.ts';
import { issue } from './campaign/issue.ts';

const FOLDER = new URL('../config/profiles/', import.meta.url);
const ENDING = '.yaml';
const SOUND_NAME = /^[a-z0-9][a-z0-9.-]{0,63}$/;

/** The names that `like` may have. */
export function profileNames(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(ENDING))
    .map((name) => name.slice(0, -ENDING.length))
    .sort();
}

/** A file's value with its exchanges filled up; what is not of the form of an entry is left to the check of forms. */
export function withProfiles(given: unknown): { readonly value: unknown; readonly issues: readonly Issue[] } {
  if (!isObject(given) || !Array.isArray(given.exchanges)) return { value: given, issues: [] };
  const issues: Issue[] = [];
  const exchanges = given.exchanges.map((entry: unknown, index) => {
    if (!isObject(entry) || typeof entry.like !== 'string' || !SOUND_NAME.test(entry.like)) return entry;
    const names = profileNames();
    if (names.includes(entry.like)) return { ...profile(entry.like), ...entry };
    issues.push(
      issue(['exchanges', index, 'like'], 'unknown_profile', 'names no profile', {
        value: entry.like,
        hint: `There are ${names.join(', ')}.`,
      }),
    );
    return entry;
  });
  return { value: { ...given, exchanges }, issues };
}

function profile(name: string): Readonly<Record<string, unknown>> {
  return parse(readFileSync(new URL(`${name}${ENDING}`, FOLDER), 'utf8')) as Readonly<
    Record<string, unknown>
  >;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
