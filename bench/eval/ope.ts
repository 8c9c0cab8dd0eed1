/**
 * Draft policies judged on logs of others, by the propensities in them: on the log of a uniform policy the Thompson sampling of the
 * priors beside it, and the other way about. Where both logs are given, what is concluded can be held against what came.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { LoggedChoice, OffPolicyVerdict } from '../../src/insight/off-policy.ts';
import { judgeOffPolicy } from '../../src/insight/off-policy.ts';
import { chancesToBeGreatest } from '../../src/policy/bandit/greatest-beta.ts';
import { readCsv } from './csv.ts';
import type { Evaluation } from './evaluation.ts';

/** An item's rate is shrunk to the log's with the weight of so many showings: a click or two at display's rates. */
const SHOWINGS_LENT = 200;

interface JudgedLog {
  readonly file: string;
  readonly draft: string;
  readonly verdict: OffPolicyVerdict;
}

export const ope: Evaluation = {
  name: 'ope',
  title: 'draft policies judged on the log of another',
  settings: {},
  variant: () => '',
  run: ({ files }) => {
    const judged = files.flatMap((path) => judgedLog(path));
    const concluded = judged.filter(({ verdict }) => !verdict.refused);
    const of = (file: string): JudgedLog[] => judged.filter((each) => each.file === file);
    const first = of(basename(files[0]!))[0]!;
    return {
      figures: {
        drafts: judged.length,
        refused: judged.length - concluded.length,
        effectiveSize: first.verdict.effectiveSize,
        ips: first.verdict.ips.value,
        snips: first.verdict.snips.value,
        dr: first.verdict.dr.value,
        logged: first.verdict.logged.value,
      },
      goals: {},
      tables: [
        {
          title: 'By log and draft',
          columns: [
            'log',
            'draft',
            'choices',
            'effective',
            'logged',
            'ips',
            '95 %',
            'snips',
            '95 %',
            'dr',
            '95 %',
            'concluded',
          ],
          rows: judged.map(
            ({ file, draft, verdict: { choices, effectiveSize, logged, ips, snips, dr, refused } }) => [
              file,
              draft,
              choices,
              effectiveSize,
              logged.value,
              ips.value,
              `${ips.low.toFixed(5)} – ${ips.high.toFixed(5)}`,
              snips.value,
              `${snips.low.toFixed(5)} – ${snips.high.toFixed(5)}`,
              dr.value,
              `${dr.low.toFixed(5)} – ${dr.high.toFixed(5)}`,
              refused ? 'no: too thin' : 'yes',
            ],
          ),
        },
      ],
      notes: [
        'The model of DR is the rate of each item, shrunk to the log’s, learned on the other half of the log.',
        'With some fifty clicks in a log an interval spans half its value: this tells whether the arithmetic is right, not which policy is better.',
      ],
    };
  },
};

function judgedLog(path: string): JudgedLog[] {
  const csv = readCsv(path);
  const items = csv.numbers('item_id');
  const clicks = csv.numbers('click');
  const propensities = csv.numbers('propensity');
  const count = 1 + items.reduce((most, item) => Math.max(most, item), 0);
  const thompson = thompsonOf(path, count);
  const drafts: [string, Float64Array][] = [['uniform', new Float64Array(count).fill(1 / count)]];
  if (thompson) drafts.unshift(['thompson', thompson]);
  const rates = [0, 1].map((half) => ratesOf(items, clicks, count, (row) => row % 2 !== half));
  return drafts.map(([draft, shares]) => {
    const means = rates.map((rate) => rate.reduce((sum, each, item) => sum + each * shares[item]!, 0));
    const log = Array.from(
      { length: csv.rows },
      (_, row): LoggedChoice => ({
        propensity: propensities[row]!,
        draft: shares[items[row]!]!,
        reward: clicks[row]!,
        expected: rates[row % 2]![items[row]!]!,
        expectedOfDraft: means[row % 2]!,
      }),
    );
    return { file: basename(path), draft, verdict: judgeOffPolicy(log) };
  });
}

function ratesOf(
  items: Float64Array,
  clicks: Float64Array,
  count: number,
  learns: (row: number) => boolean,
): Float64Array {
  const shown = new Float64Array(count);
  const came = new Float64Array(count);
  let all = 0;
  let allCame = 0;
  for (let row = 0; row < items.length; row++) {
    if (!learns(row)) continue;
    shown[items[row]!]!++;
    came[items[row]!]! += clicks[row]!;
    all++;
    allCame += clicks[row]!;
  }
  const usual = all > 0 ? allCame / all : 0;
  return shown.map((showings, item) => (came[item]! + SHOWINGS_LENT * usual) / (showings + SHOWINGS_LENT));
}

/** `<campaign>_bts_prior.json` beside `<campaign>_….csv`: a Beta for each item. */
function thompsonOf(path: string, count: number): Float64Array | undefined {
  const prior = join(dirname(path), `${basename(path).split('_')[0]}_bts_prior.json`);
  if (!existsSync(prior)) return undefined;
  const { alpha, beta } = JSON.parse(readFileSync(prior, 'utf8')) as { alpha: number[]; beta: number[] };
  if (alpha.length !== count) return undefined;
  return chancesToBeGreatest(alpha.map((a, item) => ({ a, b: beta[item]! })));
}
