/** What filling a template costs a bid: `node bench/micro/template-look.ts`. Writes bench/results/template-look.json. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { mediaAnswerOf } from '../../src/bidding/media/index.ts';
import { dressed, looksFor } from '../../src/bidding/media/looks.ts';
import { compileTemplates, shownCreatives } from '../../src/campaign/compile.ts';
import { loadConfiguration } from '../../src/config.ts';
import { seededRandom } from '../../src/core/random.ts';
import { commit, machine } from '../machine.ts';

const RESULT = new URL('../results/template-look.json', import.meta.url);
const loaded = loadConfiguration(fileURLToPath(new URL('../../config/demo', import.meta.url)), {
  environment: {},
});
if (!loaded.ok) throw new Error('the demo is not sound');
const { book, feeds, exchanges } = loaded.configuration;
const all = shownCreatives(book, compileTemplates(book, feeds));
const shown = all.get('cup-of-the-day')!;
const fixed = all.get('cup-steam')!;
const exchange = exchanges[0]!;
const placement = { native: undefined, secure: true };
const combinations = looksFor(shown.template!, exchange, placement);
const random = seededRandom(1);
const links = {
  impressionUrl: 'https://bid.example/t/imp?t=x',
  clickUrl: 'https://bid.example/t/click?t=x',
  bidId: 'x',
};
const fit = { media: 'banner', width: 300, height: 250 } as const;
const { markup } = mediaAnswerOf('banner').remake!;
const elements = combinations.at(17)!;
const look = dressed(shown, elements);

const microseconds = {
  'which combinations a placement takes': timeOf(() => looksFor(shown.template!, exchange, placement)),
  'a combination drawn by weight': timeOf(() => combinations.draw(random)),
  'its slots filled': timeOf(() => dressed(shown, elements)),
  'markup of the template': timeOf(() => markup(look, fit, links)),
  'markup of a fixed creative': timeOf(() => markup(fixed, fit, links)),
};
writeFileSync(
  RESULT,
  `${JSON.stringify({ commit: commit(), machine: machine(), microseconds }, undefined, 2)}\n`,
);
for (const [name, time] of Object.entries(microseconds)) process.stdout.write(`${name}: ${time} µs\n`);

function timeOf(work: () => unknown): number {
  const rounds = 50_000;
  for (let round = 0; round < rounds; round++) work();
  const startMs = performance.now();
  for (let round = 0; round < rounds; round++) work();
  return Math.round(((performance.now() - startMs) / rounds) * 1e5) / 100;
}
