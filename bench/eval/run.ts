/**
 * Quality evaluation against published figures:
 *
 *   npm run eval -- NAME --file PATH [--file PATH …] [--json] [--seed 1] [--SETTING VALUE …]
 *
 * Prints tables and, with --json, one JSON object on the last line. Writes bench/results/eval/NAME[-VARIANT].json and the
 * page over all results, bench/results/eval.md.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { commit, machine } from '../machine.ts';
import type { Evaluation } from './evaluation.ts';
import { passes } from './evaluation.ts';
import { EVALUATIONS } from './index.ts';
import type { Result } from './page.ts';
import { pageOf, sectionOf } from './page.ts';

const RESULTS = new URL('../results/eval/', import.meta.url);
const PAGE = new URL('../results/eval.md', import.meta.url);

const [name, ...words] = process.argv.slice(2);
const evaluation = EVALUATIONS.find((member) => member.name === name);
if (evaluation) await evaluate(evaluation, words);
else {
  process.stderr.write(usage());
  process.exitCode = 2;
}

async function evaluate(chosen: Evaluation, given: string[]): Promise<void> {
  const { files, seed, json, settings } = read(chosen, given);
  const findings = await chosen.run({ files, seed, settings });
  const result: Result = {
    name: chosen.name,
    variant: chosen.variant(settings, files),
    title: chosen.title,
    seed,
    commit: commit(),
    machine: machine(),
    settings,
    files: files.map((path) => ({
      name: basename(path),
      sha256: createHash('sha256').update(readFileSync(path)).digest('hex'),
    })),
    ...findings,
    pass: passes(findings),
  };
  mkdirSync(RESULTS, { recursive: true });
  const file = `${[result.name, result.variant].filter(Boolean).join('-')}.json`;
  writeFileSync(new URL(file, RESULTS), `${JSON.stringify(result, undefined, 2)}\n`);
  writeFileSync(PAGE, pageOf(allResults()));
  process.stdout.write(`${sectionOf(result).join('\n')}\n`);
  if (json) {
    const { tables: _, notes: __, ...line } = result;
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
}

function read({ settings }: Evaluation, given: string[]) {
  const { values } = parseArgs({
    args: given,
    options: {
      file: { type: 'string', multiple: true, default: [] },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      ...Object.fromEntries(
        Object.entries(settings).map(([key, setting]) => [
          key,
          setting.default === 'false'
            ? { type: 'boolean' as const, default: false }
            : { type: 'string' as const, default: setting.default },
        ]),
      ),
    },
  });
  const all = values as Record<string, string | boolean | string[]>;
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed)) throw new Error(`--seed ${values.seed} is no whole number`);
  return {
    files: values.file,
    seed,
    json: values.json,
    settings: Object.fromEntries(Object.keys(settings).map((key) => [key, String(all[key])])),
  };
}

/** In the order of the list, whatever the order they were measured in. */
function allResults(): Result[] {
  const results = readdirSync(RESULTS)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file): Result => JSON.parse(readFileSync(new URL(file, RESULTS), 'utf8')));
  const place = (result: Result) => EVALUATIONS.findIndex((member) => member.name === result.name);
  return results.sort((a, b) => place(a) - place(b));
}

function usage(): string {
  const settings = ({ settings: own }: Evaluation): string =>
    Object.entries(own)
      .map(([key, setting]) => `      --${key} ${setting.means} (${setting.default})\n`)
      .join('');
  return [
    'npm run eval -- NAME --file PATH [--file PATH …] [--json] [--seed 1]\n',
    ...EVALUATIONS.map((member) => `  ${member.name}: ${member.title}\n${settings(member)}`),
  ].join('');
}
