/** Tells every story in `test/golden/<exchange>` to an engine of its own; the outside judge has a word on each answer. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Configuration } from '../../src/config.ts';
import { mergePatch } from '../../src/core/merge-patch.ts';
import { answerIn, bytesOf } from '../exchange/protobuf-sender.ts';
import { sealPrice, vectorAt } from '../exchange/seal.ts';
import type { Answer, TestEngine } from '../fixture/engine.ts';
import { ask, fire, START_MS, testEngine } from '../fixture/engine.ts';
import { judge } from '../judge/judge.ts';
import { judgeServed } from '../judge/served.ts';
import type { ExpectedBid, FoundStory, Json, NoticeName, SendStep, Step } from './story.ts';
import { departures, isObject, millisecondsOf, readStories, withStableNames } from './story.ts';

/** What the story has come to. */
interface Telling {
  readonly found: FoundStory;
  readonly engine: TestEngine;
  configuration: Configuration;
  /** Of the last answer that had any. */
  bids: readonly Record<string, unknown>[];
  /** What the win notices and documents of these were answered with: markup is found there as well. */
  served: string[];
  /** The question that the last bids answer, and the answer. */
  asked: { readonly request: Json; readonly response: Json } | undefined;
  clickId: string;
}

const stories = readStories();
let engine: TestEngine | undefined;
afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

describe('golden bids', () => {
  it.each(stories.map((found) => [found.name, found] as const))('%s', async (_name, found) => {
    const { clock } = found.story;
    engine = await testEngine(found.bookFile, {
      startMs: clock === undefined ? START_MS : Date.parse(clock),
    });
    const telling: Telling = {
      found,
      engine,
      configuration: engine.configuration,
      bids: [],
      served: [],
      asked: undefined,
      clickId: '',
    };
    for (const [index, step] of found.story.steps.entries()) {
      const wrong = await tell(step, telling);
      expect(wrong, `step ${index + 1} of "${found.story.about}"`).toEqual([]);
    }
    expect(engine.faults()).toBe(0);
  });

  it('has stories that say what they are about, each another thing', () => {
    expect(stories.length).toBeGreaterThan(20);
    for (const { name, story } of stories) expect(story.about, name).toMatch(/^[A-Z].{20,}\.$/);
    expect(new Set(stories.map(({ story }) => story.about)).size).toBe(stories.length);
  });
});

async function tell(step: Step, telling: Telling): Promise<string[]> {
  if ('send' in step) return send(step, telling);
  if ('fire' in step) return fireNotice(step, telling);
  if ('convert' in step) return convert(step, telling);
  if ('report' in step) return departures(await figuresByLine(telling.engine), step.report);
  if ('edit' in step) return edit(step, telling);
  telling.engine.clock.advance(millisecondsOf(step.advance));
  // Once for what is due now, once for what that made due.
  await telling.engine.tick();
  await telling.engine.tick();
  return [];
}

async function send({ send: patch, expect: expected }: SendStep, telling: Telling): Promise<string[]> {
  const { found, engine } = telling;
  const request = mergePatch(found.story.request ?? {}, patch) as Json;
  if (expected.shares) return shares(request, expected.shares, telling);
  const wrong = await traceDepartures(request, expected, telling);
  const answer = await askOnWire(engine, request, found);
  if (answer.status === 200)
    wrong.push(
      ...judge(asMeant(request, telling), answer.json, { nowMs: engine.clock.now() }).map(
        (one) => `judge: ${one.code} ${one.message}`,
      ),
    );
  const bids = bidsOf(answer.json);
  if (bids.length > 0)
    Object.assign(telling, { bids, served: [], asked: { request, response: answer.json } });
  wrong.push(...departures(answer.status, expected.status, 'status'));
  if (expected.type !== undefined) wrong.push(...departures(answer.type, expected.type, 'type'));
  if (expected.body) wrong.push(...departures(stable(answer.json, bids), expected.body, 'body'));
  if (expected.bids) {
    wrong.push(...departures(bids.length, expected.bids.length, 'number of bids'));
    expected.bids.forEach((bid, index) => {
      wrong.push(...bidDepartures(stable(bids[index] ?? {}, bids), bid, `bids[${index}]`));
    });
  }
  return wrong;
}

/** On the wire that the story is told on; what comes back is looked at as JSON either way. */
async function askOnWire(
  engine: TestEngine,
  request: Json,
  { story, exchange }: FoundStory,
): Promise<Answer & { readonly type: unknown }> {
  const isProtobuf = story.wire !== undefined;
  const answer = await engine.publicApp.inject({
    method: 'POST',
    url: `/openrtb2/${exchange}`,
    headers: { 'content-type': story.wire ?? 'application/json' },
    payload: isProtobuf ? bytesOf(request) : JSON.stringify(request),
  });
  const { statusCode: status, body, rawPayload } = answer;
  const json = body === '' ? undefined : isProtobuf ? answerIn(rawPayload) : JSON.parse(body);
  return { status, body, json, type: answer.headers['content-type'] };
}

/** The judge knows OpenRTB alone: to it a request names the currency that some exchanges leave out. */
function asMeant(request: Json, { found, engine }: Telling): Json {
  const exchange = engine.configuration.exchanges.find(({ id }) => id === found.exchange);
  if (exchange?.currencyUnsaid !== 'own') return request;
  const impressions = (request.imp as Json[]).map((one) => ({ bidfloorcur: exchange.currency, ...one }));
  return { cur: [exchange.currency], ...request, imp: impressions };
}

/** A price such as `sealed 2500` travels as the exchange seals it. */
function sealed(macros: Readonly<Record<string, string>> = {}, { found, engine }: Telling) {
  const keys = engine.configuration.exchanges.find(({ id }) => id === found.exchange)?.priceKeys;
  return Object.fromEntries(
    Object.entries(macros).map(([name, value]) => {
      const [, price] = /^sealed (\d+)$/.exec(value) ?? [];
      return [
        name,
        price === undefined || !keys ? value : sealPrice(BigInt(price), vectorAt(engine.clock.now()), keys),
      ];
    }),
  );
}

/** The trace is asked for first, since a bid changes what the next one finds; it must foretell the answer. */
async function traceDepartures(
  request: Json,
  expected: SendStep['expect'],
  { found, engine }: Telling,
): Promise<string[]> {
  const trace = await engine.explain(found.exchange, Buffer.from(JSON.stringify(request)));
  if (!trace.ok) return expected.status === 400 ? [] : [`explain: ${trace.message}`];
  const { explanation } = trace;
  const verdicts = Object.fromEntries(
    explanation.impressions
      .flatMap(({ lines }) => lines)
      .map((line) => [
        line.lineItemId,
        line.refusedBy.length > 0 && line.verdict === 'not_targeted'
          ? `not_targeted by ${line.refusedBy.join(', ')}`
          : line.verdict,
      ]),
  );
  return [
    ...departures(explanation.bid, (expected.bids ?? []).length > 0, 'explain.bid'),
    ...(expected.reason === undefined
      ? []
      : departures(explanation.reason, expected.reason, 'explain.reason')),
    ...(expected.lines === undefined ? [] : departures(verdicts, expected.lines, 'explain.lines')),
  ];
}

function bidDepartures(
  bid: unknown,
  { markupHas = [], markup, ...wire }: ExpectedBid,
  path: string,
): string[] {
  const text = isObject(bid) ? String(bid.adm) : '';
  return [
    ...departures(bid, wire, path),
    ...markupHas.filter((part) => !text.includes(part)).map((part) => `${path}.adm lacks ${part}: ${text}`),
    ...(markup === undefined ? [] : departures(JSON.parse(text), markup, `${path}.adm`)),
  ];
}

async function shares(
  request: Json,
  { times, of }: NonNullable<SendStep['expect']['shares']>,
  { found, engine }: Telling,
): Promise<string[]> {
  const counts: Record<string, number> = {};
  for (let index = 0; index < times; index++) {
    const { json } = await ask(engine, { ...request, id: `${String(request.id)}-${index}` }, found.exchange);
    for (const bid of bidsOf(json)) counts[String(bid.crid)] = (counts[String(bid.crid)] ?? 0) + 1;
  }
  return Object.entries(of).flatMap(([creative, [least, greatest]]) => {
    const share = (counts[creative] ?? 0) / times;
    return share >= least && share <= greatest ? [] : [`${creative} has a share of ${share}`];
  });
}

async function fireNotice(step: Extract<Step, { fire: NoticeName }>, telling: Telling): Promise<string[]> {
  const bid = telling.bids[step.bid ?? 0];
  if (!bid) return ['there is no such bid to fire a notice of'];
  const answer = await fire(
    telling.engine,
    addressOf(step.fire, bid, telling.served),
    sealed(step.macros, telling),
  );
  const location = answer.headers.location;
  if (step.fire === 'click' && location !== undefined)
    telling.clickId = new URL(location).searchParams.get('bwclid') ?? '';
  const wrong: string[] = [];
  if (step.fire === 'nurl' || step.fire === 'document') {
    telling.served.push(answer.body);
    if (answer.statusCode === 200 && telling.asked) {
      const { request, response } = telling.asked;
      const served = { bidId: String(bid.id), markup: answer.body, isUnwrapped: step.fire === 'document' };
      wrong.push(...judgeServed(request, response, served).map((one) => `judge: ${one.code} ${one.message}`));
    }
  }
  const stableBody = withStableNames(answer.body, idsOf(telling.bids));
  const { markupHas = [], ...expected } = step.expect;
  const actual = {
    status: answer.statusCode,
    type: answer.headers['content-type'],
    location: location && withStableNames(location, idsOf(telling.bids)),
  };
  return [
    ...wrong,
    ...departures(actual, expected),
    ...markupHas.filter((part) => !stableBody.includes(part)).map((part) => `lacks ${part}: ${stableBody}`),
  ];
}

/** As an exchange or a browser would find it: in the bid, or in the markup. */
function addressOf(name: NoticeName, bid: Record<string, unknown>, served: readonly string[]): string {
  const path = PATHS_IN_MARKUP[name];
  if (path === undefined) return String(bid[name]);
  const addresses = [String(bid.adm), ...served].join(' ').match(/https?:\/\/[^"'\s\]<>\\]+/g) ?? [];
  return (addresses.find((address) => address.includes(path)) ?? '').replaceAll('&amp;', '&');
}

const PATHS_IN_MARKUP: Partial<Record<NoticeName, string>> = {
  impression: '/t/imp',
  click: '/t/click',
  document: '/t/doc',
};

async function convert(
  step: Extract<Step, { convert: Json }>,
  { engine, clickId }: Telling,
): Promise<string[]> {
  const payload = JSON.stringify(step.convert).replaceAll('{click}', clickId);
  const answer = await engine.publicApp.inject({
    method: 'POST',
    url: '/conversion',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${step.key}` },
    payload,
  });
  return departures({ status: answer.statusCode, ...(answer.json() as Json) }, step.expect);
}

async function figuresByLine(engine: TestEngine): Promise<Json> {
  const rows = await engine.report({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, dimensions: ['line_item'] });
  return Object.fromEntries(rows.map(({ key, ...figures }) => [key.line_item ?? '', figures]));
}

async function edit(
  { edit: patches }: Extract<Step, { edit: unknown }>,
  telling: Telling,
): Promise<string[]> {
  const book: Record<string, unknown> = { ...telling.configuration.book };
  for (const [list, byId] of Object.entries(patches)) {
    const objects = book[list] as readonly { readonly id: string }[];
    book[list] = objects.map((object) => (byId[object.id] ? mergePatch(object, byId[object.id]) : object));
  }
  telling.configuration = { ...telling.configuration, book: book as unknown as Configuration['book'] };
  await telling.engine.reconfigure(telling.configuration);
  await telling.engine.tick();
  return [];
}

function bidsOf(response: unknown): Record<string, unknown>[] {
  const seats = isObject(response) && Array.isArray(response.seatbid) ? response.seatbid : [];
  return seats.flatMap((seat: { bid: Record<string, unknown>[] }) => seat.bid);
}

function idsOf(bids: readonly Record<string, unknown>[]): string[] {
  return bids.map((bid) => String(bid.id));
}

function stable(value: unknown, bids: readonly Record<string, unknown>[]): unknown {
  return value === undefined ? undefined : JSON.parse(withStableNames(JSON.stringify(value), idsOf(bids)));
}
