/**
 * The load benchmark. Figures are ratios in one run: to a bare fastify route that parses the same bodies, or of one bidder to
 * another. Parts:
 *
 *   ratios   CPU of a request by what becomes of it, on both wires; Redis against memory
 *   growth   the same requests before more line items, more packs, more people
 *   latency  the knee, and an open loop at half of it: answers, pauses, memory
 *   overload  1, 2, 5 and 10 times the knee: what is answered in time, what is turned away, and how soon all is as before
 *
 *   npm run bench -- [--parts ratios,growth,latency,overload] [--rounds 5] [--requests 4000] [--lines 10000] [--packs 1000] [--people 1000000] [--seed 1]
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { commit, machine } from '../machine.ts';
import { growth } from './growth.ts';
import { latency } from './latency.ts';
import { overload } from './overload.ts';
import { ratios } from './ratios.ts';
import { htmlReport, textReport } from './report.ts';

const PARTS = { ratios, growth, latency, overload };
export type PartName = keyof typeof PARTS;

const { values } = parseArgs({
  options: {
    parts: { type: 'string', default: 'ratios,growth,latency,overload' },
    rounds: { type: 'string', default: '5' },
    requests: { type: 'string', default: '4000' },
    lines: { type: 'string', default: '10000' },
    packs: { type: 'string', default: '1000' },
    people: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
  },
});
const settings = {
  seed: Number(values.seed),
  rounds: Number(values.rounds),
  requests: Number(values.requests),
  size: { lines: Number(values.lines), packs: Number(values.packs), people: Number(values.people) },
};

const RESULTS = new URL('../results/', import.meta.url);
const HISTORY = new URL('../history.jsonl', import.meta.url);
mkdirSync(RESULTS, { recursive: true });
const file = new URL('load.json', RESULTS);
/** Parts that are not run keep what they last gave, each with its own commit. */
const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { parts?: object }).parts : {};
const parts: Record<string, object> = { ...kept };
for (const name of values.parts.split(',') as PartName[]) {
  const part = PARTS[name];
  if (!part) throw new Error(`there is no part ${name}; there are ${Object.keys(PARTS).join(', ')}`);
  process.stderr.write(`${name} …\n`);
  const { figures, goals, rows } = await part(settings);
  parts[name] = { commit: commit(), machine: machine(), settings, figures, goals, rows };
  appendFileSync(
    HISTORY,
    `${JSON.stringify({ date: new Date().toISOString(), part: name, commit: commit(), settings, figures })}\n`,
  );
  const result = { name: 'load', seed: settings.seed, parts };
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
  writeFileSync(new URL('load.md', RESULTS), textReport(result));
  writeFileSync(new URL('load.html', RESULTS), htmlReport(result));
}
process.stdout.write(readFileSync(new URL('load.md', RESULTS), 'utf8'));
