/**
 * A simulated flight: arrivals and all that follows from them, in the order of their times. It holds no timer, so the same
 * flight runs live on a clock of its own, or in a test as fast as the bidder answers.
 */
import type { Clock, ManualClock } from '../core/clock.ts';
import { seededRandom } from '../core/random.ts';
import type { ShownTruth } from './aftermath.ts';
import { makeAftermath } from './aftermath.ts';
import { Agenda } from './agenda.ts';
import { makeArrivals } from './arrivals.ts';
import { SimulatorBook } from './book.ts';
import { makeExchange } from './exchange.ts';
import type { Hindsight } from './hindsight.ts';
import type { Scenario } from './story.ts';
import { demoScenario } from './story.ts';
import type { SimulatedRequest } from './traffic.ts';
import { makeTraffic } from './traffic.ts';
import type { Transport } from './transport.ts';

export interface FlightPlan {
  readonly seed: number;
  readonly startMs: number;
  /** Mean over a day, in seconds of the scenario's clock. */
  readonly requestsPerSecond: number;
  readonly transport: Transport;
  readonly stopwatch: Pick<Clock, 'monotonic'>;
  readonly scenario?: Scenario;
  /** Keys of the conversion actions, by their id. */
  readonly actionKeys?: Readonly<Record<string, string>>;
  readonly keepCharges?: boolean;
  readonly answered?: (latencyMs: number) => void;
  /** Sees each request before it is sent. */
  readonly watch?: (request: SimulatedRequest) => void;
  /** Sees each showing and its truth. */
  readonly shown?: (showing: ShownTruth) => void;
  /** Watches what is to be had, to say afterwards what would have been best. */
  readonly hindsight?: Hindsight;
}

export interface Flight {
  readonly book: SimulatorBook;
  /** When the next thing happens. */
  readonly nextMs: number;
  /** Lets the next thing happen; resolves when it is over. Never rejects. */
  step(): Promise<void>;
  /** No more requests from now on; what follows from earlier ones still comes. */
  stopArrivals(): void;
}

export function makeFlight(plan: FlightPlan): Flight {
  const { seed, startMs, transport, stopwatch } = plan;
  const scenario = plan.scenario ?? demoScenario;
  const root = seededRandom(seed);
  const traffic = makeTraffic(seed, scenario);
  const book = new SimulatorBook(plan.keepCharges);
  const agenda = new Agenda();
  const aftermath = makeAftermath({
    scenario,
    random: root.stream('aftermath'),
    population: traffic.population,
    agenda,
    transport,
    book,
    actionKeys: plan.actionKeys ?? {},
    ...(plan.shown ? { shown: plan.shown } : {}),
  });
  const exchange = makeExchange({
    scenario,
    random: root.stream('exchange'),
    startMs,
    transport,
    aftermath,
    book,
    stopwatch,
    answered: plan.answered ?? (() => undefined),
    ...(plan.hindsight
      ? {
          offered: (request, impression, toWinCpmMicros) =>
            plan.hindsight?.offered(
              { request, impression, toWinCpmMicros, flightHour: (request.atMs - startMs) / 3_600_000 },
              { scenario, population: traffic.population },
            ),
        }
      : {}),
  });
  const arrivals = makeArrivals(startMs, plan.requestsPerSecond, scenario, root.stream('arrivals'));
  let number = 0;
  let arrivalMs = arrivals.next();
  return {
    book,
    get nextMs() {
      return Math.min(arrivalMs, agenda.nextMs);
    },
    step: async () => {
      if (agenda.nextMs <= arrivalMs) {
        await agenda.take()?.run();
        return;
      }
      const request = traffic.request(number++, Math.floor(arrivalMs));
      arrivalMs = arrivals.next();
      plan.watch?.(request);
      await exchange.send(request);
    },
    stopArrivals: () => {
      arrivalMs = Number.POSITIVE_INFINITY;
    },
  };
}

/** Lets a flight happen up to a time on a clock moved by hand, with `tick` at least every `tickMs`. */
export async function flyUntil(
  flight: Flight,
  clock: ManualClock,
  endMs: number,
  tickMs: number,
  tick: () => unknown,
): Promise<void> {
  let nextTickMs = clock.now() + tickMs;
  for (;;) {
    const nextMs = Math.min(flight.nextMs, nextTickMs);
    if (nextMs > endMs) break;
    clock.set(Math.max(clock.now(), Math.floor(nextMs)));
    if (nextMs === nextTickMs) {
      nextTickMs += tickMs;
      await tick();
    } else await flight.step();
  }
  clock.set(Math.max(clock.now(), endMs));
}
