/** Ports of a public door whose decisions are given by hand, for tests of the transport alone. */
import type { FastifyInstance } from 'fastify';
import { Value } from 'typebox/value';
import { accountSchema } from '../../src/campaign/campaign.ts';
import { idleMs, systemClock } from '../../src/core/clock.ts';
import { dialectFor } from '../../src/exchange/index.ts';
import { exchangeSchema } from '../../src/openrtb/exchange-profile.ts';
import { Admission } from '../../src/server/admission.ts';
import { Drain } from '../../src/server/drain.ts';
import type { PublicPorts } from '../../src/server/public.ts';
import { publicApp } from '../../src/server/public.ts';
import { bidFacts, CODEC } from '../learning/bid-facts.ts';

const ACCOUNT = Value.Decode(accountSchema, Value.Default(accountSchema, { id: 'a', signalMissing: 'deny' }));

export interface HandDoor {
  readonly app: FastifyInstance;
  /** Bodies that came as far as the decision. */
  readonly decided: string[];
  readonly faults: string[];
  readonly answered: string[];
  readonly turnedAway: string[];
  readonly drain: Drain;
}

export const BODY_LIMIT_BYTES = 8192;

/** One that speaks JSON and one that speaks protobuf by habit; of each, one that takes nothing else. */
const PROFILES = new Map(
  [
    { id: 'example' },
    { id: 'binary', dialect: 'openrtb-protobuf' },
    { id: 'only-json', dialectOnly: true },
    { id: 'only-binary', dialect: 'openrtb-protobuf', dialectOnly: true },
  ].map((habits) => [habits.id, Value.Decode(exchangeSchema, Value.Default(exchangeSchema, habits))]),
);

export function handDoor(more: Partial<PublicPorts> = {}): HandDoor {
  const decided: string[] = [];
  const faults: string[] = [];
  const answered: string[] = [];
  const turnedAway: string[] = [];
  const drain = new Drain();
  const ports: PublicPorts = {
    dialectOf: (id, mediaType) => {
      const profile = PROFILES.get(id);
      return profile && dialectFor(profile, mediaType);
    },
    admission: new Admission({
      clock: systemClock,
      idleMs,
      afterTurn: (then) => {
        setImmediate(then);
      },
    }),
    admissionRules: () => ({ tmaxMs: 10_000 }),
    shed: (id, why) => turnedAway.push(`${id} ${why}`),
    answerBid: async (id, body, dialect) => {
      decided.push(`${id} ${dialect.name} ${body.toString()}`);
      return { status: 204, version: '2.6' };
    },
    learner: {
      takeNotice: async () => ({ ok: true, status: 'new', facts: bidFacts() }),
      takeConversions: async () => ({ unauthorised: false, accepted: 1, duplicates: 0, faults: [] }),
      takePixel: async () => ({ unauthorised: false, accepted: 1, duplicates: 0, faults: [] }),
    },
    collector: {
      takeEvents: async () => ({ outcome: 'kept', accepted: 1, duplicates: 0, refused: {} }),
      takeEventPixel: async () => ({ outcome: 'kept', accepted: 1, duplicates: 0, refused: {} }),
    },
    sync: {
      exchanges: () => [...PROFILES.values()],
      account: () => ACCOUNT,
      keysOf: () => [],
      identity: () => ({ join: () => undefined }),
      newId: () => 'A'.repeat(22),
      nowMs: () => 0,
      publicUrl: 'https://bid.example',
      count: (outcome) => void answered.push(`sync ${outcome}`),
    },
    codec: CODEC,
    landingPageOf: () => 'https://bakery.example/rye',
    markup: { ofWin: () => undefined, ofDocument: () => undefined },
    watch: {
      answered: (route, method, status) => void answered.push(`${method} ${route} ${status}`),
      fault: (route) => void faults.push(route),
    },
    drain,
    ...more,
  };
  return {
    app: publicApp(ports, { bodyLimitBytes: BODY_LIMIT_BYTES }),
    decided,
    faults,
    answered,
    turnedAway,
    drain,
  };
}
