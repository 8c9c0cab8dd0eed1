/** An exchange that gives up on us: what is learned of its distance, and how much is taken back. It is one thing, from the arithmetic to the sockets. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import { Value } from 'typebox/value';
import { afterEach, describe, expect, it } from 'vitest';
import { manualClock } from '../../src/core/clock.ts';
import { seededRandom } from '../../src/core/random.ts';
import type { ExchangeProfile } from '../../src/openrtb/exchange-profile.ts';
import { exchangeSchema } from '../../src/openrtb/exchange-profile.ts';
import { ExchangeTiming } from '../../src/server/timing.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, fire, testEngine } from '../fixture/engine.ts';
import { metricOf } from '../fixture/metrics.ts';
import type { HandDoor } from './public-ports.ts';
import { handDoor } from './public-ports.ts';

const profile = (habits: object): ExchangeProfile =>
  Value.Decode(exchangeSchema, Value.Default(exchangeSchema, { id: 'far', tmaxDefaultMs: 100, ...habits }));

/**
 * Seconds of an exchange with a queue before us: `capacity` answers a second leave in time, the more there are the longer they take; it hangs up when
 * its 100 ms less both ways of the network are over.
 */
function live(
  timing: ExchangeTiming,
  clock: ReturnType<typeof manualClock>,
  of: ExchangeProfile,
  {
    seconds,
    asked,
    capacity,
    networkMs,
  }: { seconds: number; asked: number; capacity: number; networkMs: number },
  seed = 3,
): { late: number; answered: number; looked: number } {
  const random = seededRandom(seed).stream('exchange');
  const sums = { late: 0, answered: 0, looked: 0 };
  for (let second = 0; second < seconds; second++) {
    const taken = Array.from({ length: asked }, () => timing.takes(of)).filter(Boolean).length;
    const load = taken / capacity;
    sums.looked = taken / asked;
    for (let each = 0; each < taken; each++) {
      // The wait of a queue that is nearly full, without its end where it overflows.
      const workMs =
        2 +
        (load < 1 ? (3 * load) / (1 - Math.min(load, 0.97)) : 200 * (load - 1) + 97) *
          -Math.log(1 - random.next());
      const hangsUpMs = 100 - networkMs;
      const isLate = workMs > hangsUpMs;
      timing.answered(of, 100, workMs, isLate ? hangsUpMs : undefined);
      sums.answered++;
      if (isLate) sums.late++;
    }
    clock.advance(1000);
  }
  return sums;
}

describe('timing', () => {
  it('of an exchange that is answered in time changes nothing', () => {
    const clock = manualClock(0);
    const timing = new ExchangeTiming(clock);
    const near = profile({});
    live(timing, clock, near, { seconds: 60, asked: 200, capacity: 1000, networkMs: 20 });
    expect(timing.stateOf(near)).toMatchObject({ share: 1, marginMs: 20, late: 0 });
    expect(timing.timed(near)).toBe(near);
  });

  it('takes load back at once where it is too much, keeps to what can be done, and comes back slowly', () => {
    const clock = manualClock(0);
    const timing = new ExchangeTiming(clock);
    const far = profile({});
    const overload = { asked: 400, capacity: 200, networkMs: 30 };
    const before = live(timing, clock, far, { seconds: 5, ...overload });
    expect(before.late / before.answered).toBeGreaterThan(0.5);
    live(timing, clock, far, { seconds: 60, ...overload });
    const settled = live(timing, clock, far, { seconds: 120, ...overload });
    // Half of them can be done in time; a sawtooth below that, and seldom above.
    expect(settled.late / settled.answered).toBeLessThan(0.1);
    expect(settled.answered / (120 * 400)).toBeGreaterThan(0.3);
    const { share: low } = timing.stateOf(far);
    expect(low).toBeLessThan(0.6);
    live(timing, clock, far, { seconds: 11, asked: 20, capacity: 1000, networkMs: 30 });
    expect(timing.stateOf(far).share - low).toBeLessThan(0.16);
    live(timing, clock, far, { seconds: 300, asked: 100, capacity: 1000, networkMs: 30 });
    expect(timing.stateOf(far).share).toBe(1);
  });

  it('learns the way of the network from those who hung up, and forgets it slowly', () => {
    const clock = manualClock(0);
    const timing = new ExchangeTiming(clock);
    const far = profile({ backsOff: false });
    // Many a second: what is kept of a window is bounded, and what is counted is not.
    live(timing, clock, far, { seconds: 40, asked: 2500, capacity: 2500, networkMs: 45 });
    const { marginMs, share } = timing.stateOf(far);
    expect(share).toBe(1);
    expect(marginMs).toBeGreaterThan(40);
    expect(marginMs).toBeLessThanOrEqual(50);
    expect(timing.timed(far)).toMatchObject({ id: 'far', deadlineMarginMs: marginMs });
    expect(timing.timed(far)).toBe(timing.timed(far));
    live(timing, clock, far, { seconds: 50, asked: 100, capacity: 10_000, networkMs: 20 });
    expect(timing.stateOf(far).marginMs).toBeLessThan(marginMs);
    live(timing, clock, far, { seconds: 1000, asked: 100, capacity: 10_000, networkMs: 20 });
    expect(timing.stateOf(far).marginMs).toBe(20);
  });

  it('takes no single caller who left for the way', () => {
    const clock = manualClock(0);
    const timing = new ExchangeTiming(clock);
    const near = profile({});
    for (let window = 0; window < 10; window++) {
      for (let each = 0; each < 100; each++) timing.answered(near, 100, 5, each === 50 ? 30 : undefined);
      clock.advance(5_001);
    }
    expect(timing.stateOf(near)).toMatchObject({ share: 1, marginMs: 20, late: 10 });
  });

  it('sees that less does not help, and takes all again', () => {
    const clock = manualClock(0);
    const turned: number[] = [];
    const timing = new ExchangeTiming(clock, {
      late: () => undefined,
      turned: ({ share }) => turned.push(share),
    });
    const far = profile({});
    // As late as ever, whatever is taken: the way itself is too long.
    const shares = Array.from({ length: 40 }, () => {
      for (let each = 0; each < 60; each++) timing.answered(far, 100, 50, each % 3 === 0 ? 40 : undefined);
      clock.advance(5_001);
      timing.answered(far, 100, 50);
      return timing.stateOf(far).share;
    });
    expect(Math.min(...shares)).toBeLessThan(0.5);
    expect(shares.slice(-30)).toEqual(Array(30).fill(1));
    expect(turned).toEqual([0.7, 1]);
  });

  it('spreads what it leaves out evenly', () => {
    const clock = manualClock(0);
    const timing = new ExchangeTiming(clock);
    const far = profile({ lateLossCodes: [5] });
    for (let each = 0; each < 60; each++) timing.answered(far, 100, 1);
    for (let each = 0; each < 12; each++) timing.lost(far, 5);
    clock.advance(5_000);
    timing.lost(far, 102);
    timing.lost(far, 5);
    const taken = Array.from({ length: 100 }, () => timing.takes(far));
    expect(Math.abs(taken.filter(Boolean).length - 70)).toBeLessThanOrEqual(1);
    expect(taken.join(' ')).not.toContain('false false');
  });
});

describe('the door', () => {
  let door: HandDoor | undefined;
  afterEach(() => door?.app.close());

  it('tells of callers who hang up before they are answered', async () => {
    const told: [string, number, boolean][] = [];
    let answer: () => void = () => undefined;
    const asked = Promise.withResolvers<void>();
    door = handDoor({
      answerBid: () =>
        new Promise((resolve) => {
          answer = () => resolve({ status: 204, version: '2.6', tmaxMs: 80 });
          asked.resolve();
        }),
      timed: (id, tmaxMs, _elapsedMs, hungUpMs) =>
        told.push([`${id} ${tmaxMs}`, hungUpMs ?? -1, hungUpMs !== undefined]),
    });
    await door.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = door.app.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    socket.write(
      'POST /openrtb2/example HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
    );
    await asked.promise;
    socket.destroy();
    await once(socket, 'close');
    while (door.answered.length === 0) await new Promise((resolve) => setImmediate(resolve));
    answer();
    while (told.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(told).toMatchObject([['example 80', expect.any(Number), true]]);
    expect(door.faults).toEqual([]);
  });
});

describe('a caller who goes right after the answer', () => {
  let door: HandDoor | undefined;
  afterEach(() => door?.app.close());
  const BODY =
    'POST /openrtb2/example HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n';

  /** Answers after so long, of a tmax so long that no machine is too slow for the difference. */
  async function open(answerMs: number) {
    const left: string[] = [];
    door = handDoor({
      answerBid: async () => {
        await new Promise((resolve) => setTimeout(resolve, answerMs));
        return { status: 204, version: '2.6', tmaxMs: 4000 };
      },
      timed: () => undefined,
      leftUnheard: (id, tmaxMs) => left.push(`${id} ${tmaxMs}`),
    });
    await door.app.listen({ port: 0, host: '127.0.0.1' });
    return { left, port: (door.app.server.address() as AddressInfo).port };
  }

  async function askAndGo(port: number, heads: readonly string[]): Promise<void> {
    const closed = door!.app.server;
    const gone = new Promise<void>((resolve) =>
      closed.once('connection', (socket) => socket.once('close', () => setImmediate(resolve))),
    );
    const socket = connect(port, '127.0.0.1');
    for (const head of heads) {
      socket.write(`${BODY}${head}\r\n{}`);
      await once(socket, 'data');
    }
    socket.destroy();
    await gone;
  }

  it('had gone before it, where the answer took long', async () => {
    const { left, port } = await open(2100);
    await askAndGo(port, ['']);
    expect(left).toEqual(['example 4000']);
  });

  it('had gone before it, where the connection had been kept until then', async () => {
    const { left, port } = await open(0);
    await askAndGo(port, ['', '']);
    expect(left).toEqual(['example 4000']);
    await askAndGo(port, ['', 'Connection: close\r\n']);
    expect(left).toHaveLength(1);
  });

  it('is a caller of one question, where it was quick or said so', async () => {
    const quick = await open(0);
    await askAndGo(quick.port, ['']);
    expect(quick.left).toEqual([]);
    await door!.app.close();
    const said = await open(2100);
    await askAndGo(said.port, ['Connection: close\r\n']);
    expect(said.left).toEqual([]);
  });
});

function connectionsOf(of: TestEngine): Promise<number> {
  return new Promise((resolve, reject) => {
    of.publicApp.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}

describe('a whole bidder', () => {
  let engine: TestEngine | undefined;
  afterEach(() => engine?.close());

  it('sees that an exchange hung up while its event loop was held up', async () => {
    engine = await testEngine('wide-open', { settings: { adminToken: 'operator-token-1' } });
    await engine.publicApp.listen({ port: 0, host: '127.0.0.1' });
    const { port } = engine.publicApp.server.address() as AddressInfo;
    // The exchange is a thread of its own: it asks, waits for its 150 ms, and goes, while this one stands still.
    const asked = 12;
    const flag = new Int32Array(new SharedArrayBuffer(8));
    const body = JSON.stringify({
      id: 'r',
      at: 1,
      tmax: 220,
      imp: [{ id: '1', banner: { w: 300, h: 250 } }],
    });
    const exchange = new Worker(
      `const { workerData: { port, asked, body, flag } } = require('node:worker_threads');
       const { connect } = require('node:net');
       const sockets = Array.from({ length: asked }, () => connect(port, '127.0.0.1'));
       let open = 0;
       for (const socket of sockets) socket.on('connect', () => { if (++open === asked) { Atomics.store(flag, 0, 1); ask(); } });
       function ask() {
         Atomics.wait(flag, 1, 0);
         for (const socket of sockets) socket.write('POST /openrtb2/example HTTP/1.1\\r\\nHost: a\\r\\nContent-Type: application/json\\r\\nContent-Length: ' + body.length + '\\r\\n\\r\\n' + body);
         setTimeout(() => { for (const socket of sockets) socket.end(); }, 150);
         setTimeout(() => { Atomics.store(flag, 1, 2); Atomics.notify(flag, 1); }, 300);
       }`,
      { eval: true, workerData: { port, asked, body, flag } },
    );
    while (Atomics.load(flag, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    // All connections are taken in before it begins.
    while (engine.publicApp.server.listening && (await connectionsOf(engine)) < asked)
      await new Promise((resolve) => setTimeout(resolve, 5));
    Atomics.store(flag, 1, 1);
    Atomics.notify(flag, 1);
    Atomics.wait(flag, 1, 1);
    const headers = { authorization: 'Bearer operator-token-1' };
    const lateOf = async () =>
      (await engine!.privateApp.inject({ url: '/api/v1/timing', headers })).json().items[0].late as number;
    while ((await connectionsOf(engine)) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setImmediate(resolve));
    expect(await lateOf()).toBe(asked);
    await exchange.terminate();
  });

  it('shows in API and metrics what an exchange tells of late answers', async () => {
    engine = await testEngine('wide-open', { settings: { adminToken: 'operator-token-1' } });
    const headers = { authorization: 'Bearer operator-token-1' };
    const change = await engine.privateApp.inject({
      method: 'PATCH',
      url: '/api/v1/exchanges/example',
      headers: { ...headers, 'content-type': 'application/merge-patch+json', 'if-match': '*' },
      payload: JSON.stringify({ lateLossCodes: [5] }),
    });
    expect(change.statusCode, change.body).toBe(200);
    for (const code of ['5', '102', '5']) {
      const answer = await ask(engine, {
        id: `r-${code}`,
        at: 1,
        imp: [{ id: '1', banner: { w: 300, h: 250 } }],
      });
      await fire(engine, answer.json.seatbid[0].bid[0].lurl, { AUCTION_LOSS: code });
    }
    const timing = await engine.privateApp.inject({ url: '/api/v1/timing', headers });
    expect(timing.json().items).toContainEqual({
      exchangeId: 'example',
      share: 1,
      marginMs: 20,
      configuredMarginMs: 20,
      answered: 0,
      late: 2,
    });
    const metric = (series: string) => metricOf(engine!, series);
    expect(await metric('late_answers_total{exchange="example",sign="loss_notice"}')).toBe(2);
    expect(await metric('exchange_share_ratio{exchange="example"}')).toBe(1);
    expect(await metric('exchange_network_margin_seconds{exchange="example"}')).toBe(0.02);
  });
});
