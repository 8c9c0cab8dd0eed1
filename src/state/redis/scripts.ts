/** Lua beside this file, as commands of a client. */
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

/** `read-person.lua` becomes `client.readPerson(keys…, arguments…)`. */
export function defineScripts(client: Redis, files: readonly string[], numberOfKeys: number): void {
  for (const file of files) client.defineCommand(commandName(file), { numberOfKeys, lua: scriptText(file) });
}

function commandName(file: string): string {
  return file.replace('.lua', '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function scriptText(file: string): string {
  return readFileSync(new URL(`./lua/${file}`, import.meta.url), 'utf8');
}
