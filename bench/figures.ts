/** Copies the figures that README quotes out of `bench/results/`, so that no number is typed by hand: `npm run figures`. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const README = new URL('../README.md', import.meta.url);
const BEGIN = '<!-- figures:begin -->';
const END = '<!-- figures:end -->';

interface Result {
  readonly commit?: string;
  readonly machine?: { readonly processor: string; readonly processors: number; readonly node: string };
  readonly figures: Readonly<Record<string, unknown>>;
}

function result(name: string): Result | undefined {
  const file = new URL(`./results/${name}.json`, import.meta.url);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

function number(value: unknown, digits = 3): string {
  return typeof value === 'number'
    ? Number.isInteger(value)
      ? value.toLocaleString('en')
      : String(Number(value.toPrecision(digits)))
    : '–';
}

const rows: string[] = [];
interface LoadPart extends Result {
  readonly figures: Readonly<Record<string, number>>;
}
const load = (result('load') as { readonly parts?: Readonly<Record<string, LoadPart>> } | undefined)?.parts;
const { ratios, growth, latency } = load ?? {};
if (ratios) {
  const { figures } = ratios;
  rows.push(
    `| CPU of a request against a bare fastify route that parses the same bodies, ${number(figures.lineItems)} line items: no bid at lookup, mixed with 70 % no bid, a banner bid with everything on | ${[figures.noBidAtLookup, figures.mixed, figures.bannerBid].map((ratio) => number(ratio)).join(', ')} × |`,
  );
  rows.push(
    `| protobuf to JSON; people in Redis to people in memory | ${number(figures.protobufToJson)}, ${number(figures.redisToMemory)} × |`,
  );
}
if (growth) {
  const { figures } = growth;
  rows.push(
    `| 10,000 line items to 100; 10,000 packs to 10; 5 million people to 10,000, and memory for one of them | ${number(figures.linesTenThousandToHundred)}, ${number(figures.packsTenThousandToTen)}, ${number(figures.peopleFiveMillionToTenThousand)} ×; ${number(figures.residentBytesAPerson)} bytes |`,
  );
}
if (latency) {
  const { figures } = latency;
  rows.push(
    `| open loop at half the knee (${number(figures.steadyPerSecond)} requests/s, sender on the same two processors): 99 % and 99.9 % decided within | ${number(figures.serverP99MsAtMost)}, ${number(figures.serverP999MsAtMost)} ms |`,
  );
}
const corpus = result('corpus');
if (corpus) {
  const { figures } = corpus as {
    figures: {
      requests: number;
      bids: number;
      departures: number;
      share: Record<string, number>;
      shareOfAnswerable?: Record<string, number>;
    };
  };
  const sharesOf = (shares: Record<string, number>): string =>
    Object.entries(shares)
      .map(([media, share]) => `${media} ${number(share * 100)} %`)
      .join(', ');
  rows.push(
    `| strictly valid requests of an outside corpus, answered by \`config/wide-open\` | ${number(figures.requests)} requests, ${number(figures.bids)} bids, ${figures.departures} departures by an independent judge |`,
  );
  rows.push(`| bid on, of the impressions offered | ${sharesOf(figures.share)} |`);
  if (figures.shareOfAnswerable)
    rows.push(
      `| of those that a request leaves open to us (what it closes: [corpus.md](bench/results/corpus.md)) | ${sharesOf(figures.shareOfAnswerable)} |`,
    );
}
const crashes = result('server-crashes');
if (crashes)
  rows.push(
    `| \`kill -9\` of the server under load | ${number(crashes.figures.crashes)} times: ${number(crashes.figures.acknowledged)} acknowledged events, ${number(crashes.figures.lost)} lost, ${number(crashes.figures.doubled)} charged twice |`,
  );

const packed = result('packed-bodies');
const wires = result('same-on-both-wires');
if (packed && wires)
  rows.push(
    `| mutated protobuf and compressed bodies; requests answered alike in JSON and protobuf | ${number(packed.figures.bodies)}, ${number(packed.figures.faults)} faults; ${number(wires.figures.compared)}, ${number(wires.figures.different)} different |`,
  );
const replay = result('eval/bid-replay');
const episodes = result('eval/bid-replay-episodes');
if (replay && episodes)
  rows.push(
    `| value bought under a budget on recorded second-price auctions, of what hindsight would have bought: mean, worst; in episodes of 1,000 | ${number(replay.figures.valueShareMean)}, ${number(replay.figures.valueShareWorst)}; ${number(episodes.figures.valueShareMean)} |`,
  );
const shaded = result('eval/shading-binary');
if (shaded)
  rows.push(
    `| surplus of bids shaded by what was learned from wins and losses alone, of bids that know in advance how prices are spread: mean, worst | ${number(shaded.figures.surplusShareMean)}, ${number(shaded.figures.surplusShareWorst)} |`,
  );

const on = ratios?.machine;
const where = on
  ? `Measured on ${on.processors} × ${on.processor}, Node ${on.node}, commit ${ratios?.commit}; shared machine, so look at the ratios. Full results are in \`bench/results/\`.`
  : '';
const block = [BEGIN, where, '', '| what | figure |', '| --- | --- |', ...rows, END].join('\n');
const readme = readFileSync(README, 'utf8');
const start = readme.indexOf(BEGIN);
const end = readme.indexOf(END);
if (start < 0 || end < 0) throw new Error(`README.md has no place for figures: ${BEGIN} … ${END}`);
writeFileSync(README, readme.slice(0, start) + block + readme.slice(end + END.length));
