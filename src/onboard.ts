/**
 * `bidwright onboard`: what an exchange asks before it sends traffic, answered from the configuration, and a trial of a bidder that is started for it on
 * loopback with state of its own: answers, times, wire, money. What is asked of it goes over real sockets. This file is one thing: the list of trials.
 */
import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request as httpRequest } from 'node:http';
import { gunzipSync, gzipSync } from 'node:zlib';
import { build } from 'hdr-histogram-js';
import { answerFaults, bidsOf } from './answer-faults.ts';
import type { Configuration } from './config.ts';
import type { Clock } from './core/clock.ts';
import type { ExampleRequest } from './example-requests.ts';
import { exampleRequest } from './example-requests.ts';
import { dialects } from './exchange/index.ts';
import type { ExchangeProfile } from './openrtb/exchange-profile.ts';
import type { Running } from './serve.ts';

export interface Trial {
  readonly name: string;
  readonly passed: boolean;
  readonly found: string;
}

export interface Onboarding {
  readonly exchange: ExchangeProfile;
  readonly questions: readonly (readonly [question: string, answer: string])[];
  readonly trials: readonly Trial[];
  readonly latencyMs: Readonly<Record<string, number>>;
}

export interface OnboardOptions {
  readonly configuration: Configuration;
  readonly exchange: ExchangeProfile;
  readonly running: Running;
  /** The exchange's own samples; examples of every format where absent. */
  readonly samples?: readonly ExampleRequest[];
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
}

const ROUNDS = 400;
const WARM_UP = 100;

export async function onboard(options: OnboardOptions): Promise<Onboarding> {
  const { exchange, clock } = options;
  const caller = new Caller(options.running.publicPort, exchange);
  try {
    const samples =
      options.samples ?? Array.from({ length: 8 }, (_, index) => exampleRequest(index, exchange.currency));
    const histogram = build({
      lowestDiscernibleValue: 1,
      highestTrackableValue: 60_000_000,
      numberOfSignificantValueDigits: 3,
    });
    const trials = [
      await validity(caller, samples, exchange),
      await times(caller, samples, exchange, histogram, clock),
      await noBid(caller, samples, exchange),
      await malformed(caller),
      await unknown(caller),
      await packed(caller, samples),
      ...(await money(caller, samples, options)),
      kept(caller),
    ];
    const at = (share: number): number => histogram.getValueAtPercentile(share) / 1000;
    return {
      exchange,
      questions: questionsOf(options.configuration, exchange),
      trials,
      latencyMs: {
        p50: at(50),
        p90: at(90),
        p95: at(95),
        p99: at(99),
        p999: at(99.9),
        max: histogram.maxValue / 1000,
      },
    };
  } finally {
    caller.close();
  }
}

interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One connection, as an exchange keeps it. */
class Caller {
  readonly exchange: ExchangeProfile;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #port: number;
  readonly #sockets = new Set<object>();
  calls = 0;

  constructor(port: number, exchange: ExchangeProfile) {
    this.#port = port;
    this.exchange = exchange;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  bid(request: ExampleRequest, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
    return this.post(`/openrtb2/${this.exchange.id}`, Buffer.from(JSON.stringify(request)), headers);
  }

  post(path: string, body: Buffer, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
    return this.#call('POST', path, { 'content-type': 'application/json', ...headers }, body);
  }

  /** As it stands in a bid, at whatever address the bidder believes itself to be. */
  get(url: string): Promise<Answered> {
    const { pathname, search } = new URL(url);
    return this.#call('GET', pathname + search, {});
  }

  close(): void {
    this.#agent.destroy();
  }

  #call(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: Buffer,
  ): Promise<Answered> {
    return new Promise((resolve, reject) => {
      this.calls++;
      const call = httpRequest(
        {
          host: '127.0.0.1',
          port: this.#port,
          method,
          path,
          headers: { ...headers, ...(body ? { 'content-length': body.length } : {}) },
          agent: this.#agent,
          timeout: 5_000,
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () =>
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
          );
          answer.on('error', reject);
        },
      );
      call.on('socket', (socket) => this.#sockets.add(socket));
      call.on('timeout', () => call.destroy(new Error('no answer within 5 s')));
      call.on('error', reject);
      call.end(body);
    });
  }
}

async function validity(
  caller: Caller,
  samples: readonly ExampleRequest[],
  exchange: ExchangeProfile,
): Promise<Trial> {
  const faults: string[] = [];
  let bids = 0;
  for (const sample of samples) {
    const { status, body } = await caller.bid(sample);
    if (status === 204) continue;
    if (status !== 200) faults.push(`${sample.id}: ${status}`);
    else {
      const answer: unknown = JSON.parse(body.toString());
      bids += bidsOf(answer).length;
      faults.push(...answerFaults(sample, answer, exchange).map((fault) => `${sample.id}: ${fault}`));
    }
  }
  return {
    name: 'answers are valid',
    passed: faults.length === 0 && bids > 0,
    found:
      faults.length > 0
        ? faults.slice(0, 5).join('; ')
        : `${samples.length} requests, ${bids} bids${bids === 0 ? ': nothing to judge, give a request of the exchange with --request' : ''}`,
  };
}

/** A tenth of the time an exchange gives is what we may take on loopback. */
const TIME_SHARE = 0.1;

async function times(
  caller: Caller,
  samples: readonly ExampleRequest[],
  exchange: ExchangeProfile,
  histogram: { recordValue(value: number): void; getValueAtPercentile(share: number): number },
  clock: Pick<Clock, 'monotonic'>,
): Promise<Trial> {
  const statuses = new Map<number, number>();
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const sample = samples[(round + WARM_UP) % samples.length]!;
    const beganMs = clock.monotonic();
    const { status } = await caller.bid({ ...sample, id: `${sample.id}-${round + WARM_UP}` });
    if (round < 0) continue;
    histogram.recordValue(Math.max(1, Math.round((clock.monotonic() - beganMs) * 1000)));
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  const p99Ms = histogram.getValueAtPercentile(99) / 1000;
  const others = [...statuses].filter(([status]) => status !== 200 && status !== 204);
  return {
    name: 'answers are in time',
    passed: others.length === 0 && p99Ms <= Math.max(10, TIME_SHARE * exchange.tmaxDefaultMs * 3),
    found: `p99 ${p99Ms.toFixed(2)} ms of ${ROUNDS}, one after the other, client and bidder in one process; ${[...statuses].map(([status, count]) => `${count} × ${status}`).join(', ')}`,
  };
}

async function noBid(
  caller: Caller,
  samples: readonly ExampleRequest[],
  exchange: ExchangeProfile,
): Promise<Trial> {
  // Asked for in a currency that nobody has a rate for, so that no price would do.
  const sample = { ...samples[0]!, id: 'no-bid', cur: ['XTS'] };
  const { status, body } = await caller.bid(sample);
  const wanted = exchange.noBid === '204' ? 204 : 200;
  const answer = status === 200 ? (JSON.parse(body.toString()) as { nbr?: number }) : {};
  const passed = status === wanted && (wanted === 204 ? body.length === 0 : answer.nbr !== undefined);
  return {
    name: 'a no-bid has the agreed form',
    passed,
    found: `${status}${answer.nbr === undefined ? '' : `, nbr ${answer.nbr}`}`,
  };
}

const MALFORMED = [
  '',
  '{',
  '[]',
  'null',
  '"x"',
  '{"id":1}',
  '{"id":"a"}',
  '{"id":"a","imp":[]}',
  '{"id":"a","imp":{}}',
  '\u0000\u0001',
];

async function malformed(caller: Caller): Promise<Trial> {
  const wrong: string[] = [];
  for (const body of MALFORMED) {
    const { status } = await caller.post(`/openrtb2/${caller.exchange.id}`, Buffer.from(body));
    if (status !== 400) wrong.push(`${JSON.stringify(body)} → ${status}`);
  }
  return {
    name: 'what is malformed is 400',
    passed: wrong.length === 0,
    found: wrong.join('; ') || `${MALFORMED.length} bodies`,
  };
}

async function unknown(caller: Caller): Promise<Trial> {
  const { status } = await caller.post('/openrtb2/nobody-has-this-id', Buffer.from('{}'));
  return { name: 'an unknown exchange is 404', passed: status === 404, found: String(status) };
}

async function packed(caller: Caller, samples: readonly ExampleRequest[]): Promise<Trial> {
  const sizes: string[] = [];
  for (const sample of samples) {
    const body = gzipSync(JSON.stringify({ ...sample, id: `packed-${sample.id}` }));
    const answer = await caller.post(`/openrtb2/${caller.exchange.id}`, body, {
      'content-encoding': 'gzip',
      'accept-encoding': 'gzip',
    });
    if (answer.status !== 200 && answer.status !== 204)
      return { name: 'gzip, both ways', passed: false, found: `${answer.status} to a packed request` };
    if (answer.headers['content-encoding'] !== 'gzip') continue;
    const plain = gunzipSync(answer.body);
    JSON.parse(plain.toString());
    sizes.push(`${plain.length} → ${answer.body.length} bytes`);
  }
  return {
    name: 'gzip, both ways',
    passed: true,
    found: sizes[0]
      ? `answers of more than 1 KB are packed: ${sizes[0]}`
      : 'requests; no answer was long enough to pack',
  };
}

function kept(caller: Caller): Trial {
  // The three requests that are refused before their body is read end their connection: an unknown address is.
  return {
    name: 'connections are kept',
    passed: caller.connections <= 3,
    found: `${caller.calls} calls over ${caller.connections} connections`,
  };
}

/** Notices as this exchange sends them, and what is booked for them. */
async function money(
  caller: Caller,
  samples: readonly ExampleRequest[],
  { exchange, running, clock }: OnboardOptions,
): Promise<Trial[]> {
  const spendMicros = async (): Promise<number> => {
    await running.engine.tick();
    const rows = await running.engine.report({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, dimensions: [] });
    return rows.reduce((sum, row) => sum + row.spendMicros, 0);
  };
  const bid = await anyBid(caller, samples);
  if (!bid)
    return [
      {
        name: 'notices',
        passed: false,
        found: 'no bid to send notices of; give a request of the exchange with --request',
      },
    ];
  const cpm = Number(bid.price) * (exchange.quotes === 'hundredths' ? 0.01 : 1) * PRICE_SHARE;
  const price = writtenPrice(cpm, exchange, clock.now());
  const filled = (url: string): string =>
    url
      .replace(/\$\{AUCTION_PRICE(?::\w+)?\}/g, encodeURIComponent(price))
      .replaceAll('${AUCTION_CURRENCY}', exchange.currency)
      .replaceAll('${AUCTION_LOSS}', '102')
      .replace(/\$\{\w+\}/g, '');
  const fire = async (url: unknown): Promise<number | undefined> =>
    typeof url === 'string' && url !== '' ? (await caller.get(filled(url))).status : undefined;
  const tracker = trackerIn(String(bid.adm));
  const beforeMicros = await spendMicros();
  const statuses = [
    ['nurl', await fire(bid.nurl)],
    ['burl', await fire(bid.burl)],
    ['impression', await fire(tracker)],
  ] as const;
  const onceMicros = (await spendMicros()) - beforeMicros;
  await fire(exchange.billing === 'burl' ? bid.burl : exchange.billing === 'win' ? bid.nurl : tracker);
  const twiceMicros = (await spendMicros()) - beforeMicros;
  const lost = await anyBid(caller, samples);
  const lurl = lost && (await fire(lost.lurl));
  const expectedMicros = Math.round(cpm * 1000);
  const isTaken = (status: number | undefined): boolean =>
    status === undefined || (status >= 200 && status < 300);
  return [
    {
      name: 'notices are taken',
      passed: statuses.every(([, status]) => isTaken(status)) && isTaken(lurl),
      found: [...statuses, ['lurl', lurl] as const]
        .map(([name, status]) => `${name} ${status ?? 'not sent'}`)
        .join(', '),
    },
    {
      name: 'the price comes back as it was sent',
      // To the thousandth of a thousandth: rounding of micros, and the rate where the account has another currency.
      passed: exchange.currency === 'USD' ? Math.abs(onceMicros - expectedMicros) <= 1 : onceMicros > 0,
      found: `${exchange.priceCodec} ${exchange.priceUnit}: sent ${expectedMicros} micros for one impression, booked ${onceMicros}`,
    },
    {
      name: 'a notice that comes twice is charged once',
      passed: onceMicros > 0 && twiceMicros === onceMicros,
      found: `${onceMicros}, then ${twiceMicros} micros`,
    },
  ];
}

const PRICE_SHARE = 0.5;

async function anyBid(caller: Caller, samples: readonly ExampleRequest[]) {
  for (const sample of samples) {
    const { status, body } = await caller.bid({ ...sample, id: `money-${caller.calls}` });
    const [bid] = status === 200 ? bidsOf(JSON.parse(body.toString())) : [];
    if (bid && trackerIn(String(bid.adm)) !== undefined) return bid;
  }
  return undefined;
}

function trackerIn(markup: string): string | undefined {
  const addresses = markup.replaceAll('&amp;', '&').match(/https?:\/\/[^"'\s\]<>\\]+/g) ?? [];
  return addresses.find((address) => address.includes('/t/imp'));
}

/** As the exchange writes it: the other side of `exchange/price`. */
function writtenPrice(
  cpm: number,
  { priceCodec, priceUnit, priceKeys }: ExchangeProfile,
  nowMs: number,
): string {
  const factor = { cpm: 1, cpm_micros: 1_000_000, cpi_micros: 1_000, cpm_hundredths: 100 }[priceUnit];
  const decimal = priceUnit === 'cpm' ? String(cpm) : String(Math.round(cpm * factor));
  if (priceCodec === 'plain') return decimal;
  if (priceCodec === 'base64') return Buffer.from(decimal).toString('base64');
  const vector = Buffer.alloc(16);
  vector.writeUInt32BE(Math.floor(nowMs / 1000), 0);
  vector.writeUInt32BE((nowMs % 1000) * 1000, 4);
  const sign = (key: string, message: Buffer): Buffer =>
    createHmac('sha1', Buffer.from(key, 'base64')).update(message).digest();
  const clear = Buffer.alloc(8);
  clear.writeBigInt64BE(BigInt(decimal));
  const pad = sign(priceKeys?.encryption ?? '', vector);
  const hidden = clear.map((byte, index) => byte ^ pad[index]!);
  const signature = sign(priceKeys?.integrity ?? '', Buffer.concat([clear, vector])).subarray(0, 4);
  return Buffer.concat([vector, hidden, signature]).toString('base64url');
}

function questionsOf({ settings, book }: Configuration, exchange: ExchangeProfile): Onboarding['questions'] {
  const formats = [...new Set(book.creatives.map(({ format }) => format))].sort();
  const codings = dialects.get(exchange.dialect)?.contentTypes[0] ?? exchange.dialect;
  return [
    [
      'Bidder endpoint',
      `${settings.publicUrl}/openrtb2/${exchange.id} (POST, HTTP/1.1, keep-alive; idle connections stay open for 155 s)`,
    ],
    ['Protocol', `OpenRTB ${exchange.version}, ${codings}`],
    [
      'Compression',
      'gzip, deflate, br and zstd of requests by Content-Encoding; of answers above 1 KB by Accept-Encoding',
    ],
    [
      'Requests a second',
      exchange.requestsPerSecond === undefined
        ? 'not agreed; say requestsPerSecond'
        : String(exchange.requestsPerSecond),
    ],
    [
      'Time to answer',
      `tmax less ${exchange.deadlineMarginMs} ms; ${exchange.tmaxDefaultMs} ms where tmax is absent`,
    ],
    ['No bid', exchange.noBid === '204' ? '204 without content' : '200 with nbr'],
    ['Formats', formats.join(', ') || 'none configured'],
    ['Auction types', 'first price, second price, fixed price (at 3), deals'],
    ['Currency', exchange.currency],
    [
      'Prices in bids',
      exchange.quotes === 'units' ? 'CPM in units of the currency' : 'CPM in hundredths of the currency',
    ],
    [
      'Charged by',
      { burl: 'burl', impression: 'the impression tracker in the markup', win: 'nurl' }[exchange.billing],
    ],
    [
      'Price macro',
      `\${AUCTION_PRICE${exchange.priceMacroSuffix ? `:${exchange.priceMacroSuffix}` : ''}}, ${exchange.priceCodec}, in ${exchange.priceUnit}`,
    ],
    ['Loss notices', exchange.lossNotices ? 'lurl with ${AUCTION_LOSS} and ${AUCTION_MIN_TO_WIN}' : 'none'],
    ['Seat', exchange.seat ?? 'none'],
    [
      'Advertiser domains',
      [...new Set(book.advertisers.flatMap(({ domains }) => domains))].join(', ') || 'none configured',
    ],
    [
      'User matching',
      exchange.sync
        ? `${settings.publicUrl}/sync?exchange=${exchange.id} and ${settings.publicUrl}/setuid?exchange=${exchange.id}&${exchange.sync.uidParameter}=`
        : `hosted by the exchange, or ${settings.publicUrl}/setuid?exchange=${exchange.id}&uid=`,
    ],
    ['Privacy', 'TCF 2.2, GPP, US privacy, COPPA, GPC; without permission no id is read'],
    ['Health', `${settings.publicUrl}/status answers 204`],
  ];
}
