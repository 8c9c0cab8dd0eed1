/**
 * Which bid requests are answered at all, decided before a body is read. A bidder that is asked for more than it can do must not do everything late:
 * a quick 204 costs an exchange nothing, an answer after `tmax` counts as an error. What came in first is answered, as long as its answer can still count.
 *
 * How long a request has waited is not to be read off it; it is bounded. One turn of the event loop takes what had come by its beginning, so nobody in it has
 * waited for less than the turn has worked, nor for more than that and what held the loop before.
 */
import type { Clock } from '../core/clock.ts';

export interface AdmissionRules {
  /** Milliseconds an exchange waits for an answer. */
  readonly tmaxMs: number;
  /** Agreed with the exchange, of this process; absent where nothing is. */
  readonly requestsPerSecond?: number | undefined;
  /** Asked of each that would be answered: false where the exchange is asked for less than it sends. */
  takes?(): boolean;
}

export interface AdmissionPorts {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Milliseconds that the event loop has spent waiting for something to do. */
  readonly idleMs: () => number;
  /** Calls back when the turn of the event loop is over. */
  readonly afterTurn: (then: () => void) => void;
}

/** Undefined for what is answered; else why it is not. */
export type Shed = 'shedding_load' | 'over_agreed_rate' | 'backing_off';

/**
 * A turn works for a quarter of the time there is: who comes just after its beginning waits for the rest of it, and again as long in the next, which together
 * with what it takes to turn others away leaves a fifth of the time for the network.
 */
const TURN_SHARE = 0.25;
/** After a pause there may be many that could still be answered; from here on they could not be in time. */
const WAIT_SHARE = 0.6;
/** So many of a turn are answered whatever the time: without a queue there is no load to shed, only a processor that others use too. */
const TURN_LEAST = 16;
/** Of those answered in a turn that has half of its time behind it, one connection may have so many. */
const CONNECTION_LEAST = 4;
/** More at once wait for something outside; each holds memory. */
const IN_FLIGHT_MAX = 2_000;
/** An exchange may send in a lump what it saved up for so long. */
const BURST_SECONDS = 1;

export class Admission {
  readonly #ports: AdmissionPorts;
  #inTurn = false;
  #turnMs = 0;
  #waitingSinceMs = 0;
  #endedMs: number;
  #idleAtEndMs: number;
  #inFlight = 0;
  #turn = 0;
  #answeredInTurn = 0;
  readonly #rates = new Map<string, { tokens: number; atMs: number }>();
  readonly #connections = new WeakMap<object, { turn: number; answered: number }>();

  constructor(ports: AdmissionPorts) {
    this.#ports = ports;
    this.#endedMs = ports.clock.monotonic();
    this.#idleAtEndMs = ports.idleMs();
  }

  /** Milliseconds that a request which is looked at now has waited, in the mean: half of what it has at most. */
  waitedMs(): number {
    return (this.#begun() - this.#waitingSinceMs) / 2;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whoever is let in must `leave`. */
  admit(exchangeId: string, connection: object, rules: AdmissionRules): Shed | undefined {
    const nowMs = this.#begun();
    if (!this.#hasAgreed(exchangeId, rules, nowMs)) return 'over_agreed_rate';
    if (rules.takes?.() === false) return 'backing_off';
    if (this.#inFlight >= IN_FLIGHT_MAX) return 'shedding_load';
    if (this.#answeredInTurn >= TURN_LEAST) {
      const workedMs = nowMs - this.#turnMs;
      const turnMaxMs = TURN_SHARE * rules.tmaxMs;
      if (workedMs > turnMaxMs || nowMs - this.#waitingSinceMs > WAIT_SHARE * rules.tmaxMs)
        return 'shedding_load';
      if (!this.#isFair(connection, workedMs > turnMaxMs / 2)) return 'shedding_load';
    } else this.#isFair(connection, false);
    this.#answeredInTurn++;
    this.#inFlight++;
    return undefined;
  }

  leave(): void {
    this.#inFlight--;
  }

  /** Gives the time. */
  #begun(): number {
    const nowMs = this.#ports.clock.monotonic();
    if (this.#inTurn) return nowMs;
    this.#inTurn = true;
    this.#turn++;
    this.#answeredInTurn = 0;
    const busyMs = nowMs - this.#endedMs - (this.#ports.idleMs() - this.#idleAtEndMs);
    this.#turnMs = nowMs;
    this.#waitingSinceMs = nowMs - Math.max(0, busyMs);
    this.#ports.afterTurn(() => {
      this.#inTurn = false;
      this.#endedMs = this.#ports.clock.monotonic();
      this.#idleAtEndMs = this.#ports.idleMs();
    });
    return nowMs;
  }

  #hasAgreed(exchangeId: string, { requestsPerSecond }: AdmissionRules, nowMs: number): boolean {
    if (requestsPerSecond === undefined) return true;
    const most = Math.max(1, requestsPerSecond * BURST_SECONDS);
    let rate = this.#rates.get(exchangeId);
    if (!rate) this.#rates.set(exchangeId, (rate = { tokens: most, atMs: nowMs }));
    rate.tokens = Math.min(most, rate.tokens + ((nowMs - rate.atMs) / 1000) * requestsPerSecond);
    rate.atMs = nowMs;
    if (rate.tokens < 1) return false;
    rate.tokens--;
    return true;
  }

  /** A connection on which requests stand in a row would be answered before all others. */
  #isFair(connection: object, isShort: boolean): boolean {
    let share = this.#connections.get(connection);
    if (!share) this.#connections.set(connection, (share = { turn: this.#turn, answered: 0 }));
    if (share.turn !== this.#turn) {
      share.turn = this.#turn;
      share.answered = 0;
    }
    if (isShort && share.answered >= CONNECTION_LEAST) return false;
    share.answered++;
    return true;
  }
}
