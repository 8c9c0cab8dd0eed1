/**
 * An exchange with a book of its own: what was bid, what was won at which price, and which notice was acknowledged when. It tells of a win
 * until somebody takes it (OpenRTB 2.6, section 7.8), of some to several nodes, and it goes by nothing that a node says of money.
 */
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Clock } from '../../src/core/clock.ts';
import type { Random } from '../../src/core/random.ts';
import type { Fleet, Seat } from './redis-fleet.ts';
import type { Limited } from './redis-world.ts';
import { BID_CPM_MICROS, HOLD_MS } from './redis-world.ts';

export interface Entry {
  readonly bidId: string;
  readonly campaignId: string;
  readonly bidAtMs: number;
  /** What it cost, where it was won. */
  readonly wonCpmMicros: number | undefined;
  /** Path of the notice. */
  readonly notice: string;
  /** When the first node acknowledged it. */
  ackedAtMs: number | undefined;
}

interface Bid {
  readonly id: string;
  readonly burl: string;
  readonly lurl: string;
  readonly atMs: number;
}

interface Answered {
  readonly status: number;
  readonly body: string;
}

export interface ExchangeOptions {
  readonly fleet: Fleet;
  readonly campaigns: readonly Limited[];
  readonly clock: Clock;
  readonly random: Random;
  /** Bids at once. */
  readonly lives: number;
  readonly pauseMs: number;
  readonly tmaxMs: number;
}

const WON = 0.6;
const LOST = 0.85;
const DOUBLED = 0.3;
/** A win that is not told at once is told within this part of the hold. */
const TOLD_LATE_SHARE = 0.4;
const RETRY_MS = 50;
const ANSWER_MS_MAX = 10_000;

export class Exchange {
  readonly book = new Map<string, Entry>();
  /** Answers that no exchange should see, by status. */
  readonly odd = new Map<number, number>();
  /** Round trips of bids, ms of the wall. */
  readonly tripsMs: number[] = [];
  doubled = 0;
  answered = 0;
  acknowledged = 0;
  readonly #options: ExchangeOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #telling = new Set<Promise<void>>();
  readonly #kept: Entry[] = [];
  #open = false;
  #serial = 0;

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  /** Bids at random, until `stop`. */
  start(): void {
    this.#open = true;
    const lives = Array.from({ length: this.#options.lives }, () => this.#live());
    for (const life of lives) this.#keep(life);
  }

  /** No more bids at random; all wins but those that are kept are told when it resolves. */
  async stop(): Promise<void> {
    this.#open = false;
    while (this.#telling.size > 0) await Promise.all(this.#telling);
  }

  end(): void {
    this.#open = false;
    this.#agent.destroy();
  }

  /**
   * Has one node bid for a campaign as long as it does, for so long: all are won. Those that are kept are told of by `tellKept` only, the
   * others at once.
   */
  async drain(seat: Seat, campaign: Limited, forMs: number, keeps: boolean): Promise<number> {
    const untilMs = performance.now() + forMs;
    let won = 0;
    while (performance.now() < untilMs) {
      const bid = await this.#bidOf(seat, campaign).catch(() => undefined);
      if (!bid) {
        await pause(RETRY_MS / 2);
        continue;
      }
      won++;
      const entry = this.#win(bid, campaign.id);
      if (keeps) this.#kept.push(entry);
      else this.#keep(this.#takenBy(entry));
    }
    return won;
  }

  /** By any of these nodes. */
  async tellKept(seats: readonly Seat[]): Promise<void> {
    await Promise.all(this.#kept.splice(0).map((entry) => this.#takenBy(entry, seats)));
  }

  async ask(seat: Seat, path: string, token: string): Promise<unknown> {
    const { status, body } = await this.#call(seat.desk, 'GET', path, undefined, token);
    if (status !== 200) throw new Error(`${seat.name} ${path}: ${status} ${body}`);
    return JSON.parse(body);
  }

  async #live(): Promise<void> {
    const { random, pauseMs } = this.#options;
    while (this.#open) {
      await this.#bid().catch(() => undefined);
      await pause(pauseMs * (0.5 + random.next()));
    }
  }

  async #bid(): Promise<void> {
    const { campaigns, random } = this.#options;
    const seat = this.#anyone();
    if (!seat) return pause(RETRY_MS);
    const campaign = this.#pick(campaigns);
    const bid = await this.#bidOf(seat, campaign);
    if (!bid) return;
    const fate = random.next();
    if (fate < WON) this.#keep(this.#tell(this.#win(bid, campaign.id)));
    else if (fate < LOST) {
      const notice = bid.lurl.replaceAll('${AUCTION_LOSS}', '102');
      const entry = this.#enter(bid, campaign.id, undefined, notice);
      this.#keep(this.#once(entry).then(() => undefined));
    } else this.#enter(bid, campaign.id, undefined, '');
  }

  async #bidOf(seat: Seat, campaign: Limited): Promise<Bid | undefined> {
    const { clock, tmaxMs } = this.#options;
    const body = JSON.stringify({
      id: `r${++this.#serial}`,
      at: 1,
      tmax: tmaxMs,
      imp: [{ id: '1', banner: { w: campaign.width, h: 250 } }],
    });
    const bidAtMs = clock.now();
    const sentMs = performance.now();
    const { status, body: text } = await this.#call(seat.door, 'POST', '/openrtb2/example', body);
    this.tripsMs.push(performance.now() - sentMs);
    this.answered++;
    if (status !== 200) {
      if (status !== 204) this.#note(status);
      return undefined;
    }
    const { seatbid } = JSON.parse(text) as { seatbid: { bid: Omit<Bid, 'atMs'>[] }[] };
    return { ...seatbid[0]!.bid[0]!, atMs: bidAtMs };
  }

  #win(bid: Bid, campaignId: string): Entry {
    // From half of the bid up.
    const half = BID_CPM_MICROS / 2000;
    const thousandths = half + (this.#options.random.uint32() % (half + 1));
    const notice = bid.burl.replaceAll('${AUCTION_PRICE}', (thousandths / 1000).toFixed(3));
    return this.#enter(bid, campaignId, thousandths * 1000, notice);
  }

  #enter(
    { id, atMs }: Pick<Bid, 'id' | 'atMs'>,
    campaignId: string,
    wonCpmMicros: number | undefined,
    notice: string,
  ): Entry {
    if (this.book.has(id)) throw new Error(`${id} was bid twice`);
    const path = notice === '' ? '' : new URL(notice).pathname + new URL(notice).search;
    const entry = { bidId: id, campaignId, bidAtMs: atMs, wonCpmMicros, notice: path, ackedAtMs: undefined };
    this.book.set(id, entry);
    return entry;
  }

  /** At once or a while later. */
  async #tell(entry: Entry): Promise<void> {
    const { random, clock } = this.#options;
    if (random.next() < 0.5) {
      const untilMs = entry.bidAtMs + random.next() * TOLD_LATE_SHARE * HOLD_MS;
      while (clock.now() < untilMs) await pause(RETRY_MS);
    }
    await this.#takenBy(entry);
    if (random.next() < DOUBLED) {
      this.doubled++;
      await this.#once(entry);
    }
  }

  async #takenBy(entry: Entry, seats?: readonly Seat[]): Promise<void> {
    const { random, clock } = this.#options;
    while (!(await this.#once(entry, seats))) await pause(RETRY_MS * (0.5 + random.next()));
    entry.ackedAtMs ??= clock.now();
    this.acknowledged++;
  }

  async #once({ notice }: Entry, seats?: readonly Seat[]): Promise<boolean> {
    const seat = this.#anyone(seats);
    if (!seat) return false;
    try {
      const { status } = await this.#call(seat.door, 'GET', notice);
      if (status !== 204 && status !== 200) this.#note(status);
      return status === 204 || status === 200;
    } catch {
      // The connection went with the node; whether it was kept nobody knows.
      return false;
    }
  }

  #anyone(seats: readonly Seat[] = this.#options.fleet.seats): Seat | undefined {
    const up = seats.filter(({ door }) => door > 0);
    return up.length > 0 ? this.#pick(up) : undefined;
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#options.random.uint32() % list.length]!;
  }

  #note(status: number): void {
    this.odd.set(status, (this.odd.get(status) ?? 0) + 1);
  }

  #keep(work: Promise<void>): void {
    this.#telling.add(work);
    work.finally(() => this.#telling.delete(work));
  }

  #call(port: number, method: string, path: string, body?: string, token?: string): Promise<Answered> {
    const { promise, resolve, reject } = Promise.withResolvers<Answered>();
    const asked = request(
      {
        port,
        host: '127.0.0.1',
        method,
        path,
        agent: this.#agent,
        timeout: ANSWER_MS_MAX,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
      },
      (answer) => {
        text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, body }), reject);
      },
    );
    asked.on('error', reject).on('timeout', () => asked.destroy(new Error('no answer')));
    asked.end(body);
    return promise;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
