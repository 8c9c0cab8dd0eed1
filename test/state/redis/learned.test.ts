/** Learning of several nodes on one real store against one node that has all the traffic: the same sums, nearly the same model. */
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SharedLearning } from '../../../src/compose-learned.ts';
import { openSharedLearning } from '../../../src/compose-learned.ts';
import type { Random } from '../../../src/core/random.ts';
import { seededRandom } from '../../../src/core/random.ts';
import { cpmMicros, micros } from '../../../src/core/units.ts';
import { ClickLearner } from '../../../src/learning/clicks.ts';
import { CreativeRecords } from '../../../src/learning/creatives.ts';
import type { StudyPort } from '../../../src/learning/learn.ts';
import type { Lesson } from '../../../src/learning/lessons.ts';
import { packLessons, studyLesson, unpackLessons } from '../../../src/learning/lessons.ts';
import { Results } from '../../../src/learning/results.ts';
import { LearnedTables } from '../../../src/learning/tables.ts';
import type { TablesPort } from '../../../src/state/port.ts';
import { connectRedis } from '../../../src/state/redis/connect.ts';
import type { RedisServer } from '../../fixture/redis-server.ts';
import { noRedis, startRedis } from '../../fixture/redis-server.ts';
import { bidFacts, NOW_MS } from '../../learning/bid-facts.ts';

const SEED = 'two nodes learn as one';
const BASE = 0.05;
const WINDOW_MS = 3_600_000;

/** A showing with features of which some are clicked more often, and what followed. */
function storyOf(random: Random): Lesson[] {
  const creativeId = random.next() < 0.5 ? 'rye' : 'spelt';
  const site = Math.floor(random.next() * 40);
  const facts = bidFacts({
    creativeId,
    userKey: '',
    elements: [(creativeId === 'rye' ? 10 : 20) + Math.floor(random.next() * 4)],
    circumstances: [1000 + site],
    forecast: { features: [site, 500 + (site % 5)], pClick: BASE, conversionsPerClick: 0.1 },
  });
  const lessons: Lesson[] = [
    ['impression', facts, NOW_MS],
    ['charged', facts, 3000, NOW_MS],
  ];
  if (random.next() < 0.5)
    lessons.push(['price', facts, cpmMicros(1_000_000 + Math.floor(random.next() * 4_000_000))]);
  else lessons.push(['result', facts, random.next() < 0.3]);
  if (random.next() < (site < 10 ? 0.3 : 0.02)) {
    lessons.push(['click', facts, NOW_MS + 1000]);
    const touch = { kind: 'click' as const, atMs: NOW_MS + 1000, facts };
    const credit = { touch, actionId: 'order', atMs: NOW_MS + 60_000, valueMicros: micros(5_000_000) };
    if (random.next() < 0.2) lessons.push(['credit', { ...credit, sign: 1 }]);
    if (random.next() < 0.1) lessons.push(['clickVoided', facts, NOW_MS + 2000]);
  }
  return lessons;
}

/** All that learns, as an engine joins it. */
class Mind {
  readonly tables = new LearnedTables();
  readonly creatives = new CreativeRecords();
  readonly results = new Results();
  readonly clicks = new ClickLearner();
  readonly study: StudyPort = {
    journaled: () => undefined,
    missed: () => undefined,
    impression: (facts, atMs) => {
      this.tables.impression(facts);
      this.creatives.impression(facts);
      this.results.impression(facts);
      this.clicks.impression(facts, atMs);
    },
    click: (facts, atMs) => {
      this.tables.click(facts);
      this.creatives.click(facts);
      this.results.click(facts, atMs);
      this.clicks.click(facts, atMs, () => BASE);
    },
    clickVoided: (facts, atMs) => {
      this.tables.clickVoided(facts);
      this.creatives.clickVoided(facts);
      this.results.clickVoided(facts, atMs);
      this.clicks.clickVoided(facts);
    },
    charged: (facts, amount, atMs) => this.results.charged(facts, amount, atMs),
    price: (facts, price) => this.tables.price(facts, price),
    result: (facts, won) => this.tables.result(facts, won),
    credit: ({ touch, sign, valueMicros, atMs }) => {
      this.creatives.conversion(touch.facts, valueMicros, sign);
      this.results.conversion(touch, { atMs, valueMicros }, sign);
    },
  };

  /** Sums whose order does not matter, as text in one order. */
  async sums(): Promise<unknown> {
    const saved = new Map<string, string>();
    const store = {
      save: async (name: string, bytes: Uint8Array) => void saved.set(name, Buffer.from(bytes).toString()),
    };
    await this.results.save(store);
    await this.tables.save(store);
    const { landscapes } = JSON.parse(saved.get('landscapes')!);
    return {
      arms: [...this.tables.saveArms()].sort(),
      creatives: this.creatives.saved('autumn-all'),
      results: JSON.parse(saved.get('results') ?? 'null'),
      landscapes: Object.entries<Record<string, string>>(landscapes).map(([key, contexts]) => [
        key,
        Object.entries(contexts).sort(),
      ]),
    };
  }

  pClick(site: number): number {
    this.clicks.step(NOW_MS + WINDOW_MS, () => BASE);
    return this.clicks.publish().pClick('autumn-all', [site, 500 + (site % 5)], BASE);
  }
}

function diskOf(): TablesPort {
  const kept = new Map<string, Uint8Array>();
  return {
    load: async (name) => kept.get(name),
    save: async (name, bytes) => void kept.set(name, bytes),
  };
}

describe('lessons on their way', () => {
  it('come through whole, without the person', () => {
    const lessons = Array.from({ length: 200 }, () => storyOf(seededRandom(SEED))).flat();
    expect(unpackLessons(packLessons(lessons))).toEqual(lessons);
  });

  it('are left out where they are damaged', () => {
    const facts = bidFacts({ userKey: '' });
    const strange = [
      ['impression', { ...facts, bidAtMs: null }, 1],
      ['leap', facts, 1],
      ['credit', {}],
      7,
      null,
      [],
      ['price', facts],
    ];
    expect(unpackLessons(packLessons(strange as unknown as Lesson[]))).toEqual([]);
    const body = packLessons([['impression', facts, NOW_MS]]);
    for (let cut = 0; cut < body.length; cut++) expect(unpackLessons(body.subarray(0, cut))).toBeUndefined();
  });
});

describe.skipIf(noRedis)('nodes that learn as one', () => {
  let server: RedisServer;
  const clients: Redis[] = [];

  beforeEach(async () => {
    server = await startRedis();
  });
  afterEach(async () => {
    server.resume();
    for (const client of clients.splice(0)) client.disconnect();
    await server.stop();
  });

  interface Node {
    readonly mind: Mind;
    readonly learning: SharedLearning;
    readonly disk: TablesPort;
  }
  const node = async (name: string, disk = diskOf()): Promise<Node> => {
    const client = await connectRedis(server.url, seededRandom(name));
    clients.push(client);
    const mind = new Mind();
    const { study, tables, creatives, results, clicks } = mind;
    const learning = await openSharedLearning({
      client,
      accountId: 'a',
      node: name,
      disk,
      study,
      tables,
      creatives,
      others: [results, clicks],
      log: { warn: () => undefined, error: (told: unknown) => expect(told).toBeUndefined() },
      metrics: { gauge: () => undefined },
    });
    return { mind, learning, disk };
  };
  const tell = (to: StudyPort, lessons: readonly Lesson[]): void => {
    for (const lesson of lessons) studyLesson(lesson, to);
  };

  it('with half of the traffic each come to the sums of one with all of it, and near its model', async () => {
    const random = seededRandom(SEED);
    const [one, other] = [await node('one'), await node('other')];
    const alone = new Mind();
    const deaf = new Mind();
    for (let index = 0; index < 6000; index++) {
      const story = storyOf(random);
      tell((index % 2 === 0 ? one : other).learning.study, story);
      tell(alone.study, story);
      if (index % 2 === 0) tell(deaf.study, story);
      if (index % 500 === 0) {
        await one.learning.tend();
        await other.learning.tend();
      }
    }
    for (const { learning } of [one, other, one]) await learning.tend();
    const sums = await alone.sums();
    expect(await one.mind.sums(), SEED).toEqual(sums);
    expect(await other.mind.sums(), SEED).toEqual(sums);
    const apart = (mind: Mind): number => {
      let most = 0;
      for (let site = 0; site < 40; site++) {
        const wanted = alone.pClick(site);
        most = Math.max(most, Math.abs(mind.pClick(site) / wanted - 1));
      }
      return most;
    };
    expect(apart(one.mind), SEED).toBeLessThan(0.02);
    expect(apart(other.mind), SEED).toBeLessThan(0.02);
    // Half of the traffic alone is farther off, or the comparison would show nothing.
    expect(apart(deaf), SEED).toBeGreaterThan(0.05);
  });

  it('begin with what the others know, and after a restart where they were', async () => {
    const random = seededRandom(SEED);
    const one = await node('one');
    tell(one.learning.study, storyOf(random));
    await one.learning.tend();
    await one.learning.save();
    tell(one.learning.study, storyOf(random));
    await one.learning.tend();
    const late = await node('late');
    expect(await late.mind.sums()).toEqual(await one.mind.sums());
    tell(late.learning.study, storyOf(random));
    await late.learning.tend();
    // Died: what it sent after it last saved comes back from the store, its own too.
    const again = await node('late', late.disk);
    await one.learning.tend();
    expect(await again.mind.sums()).toEqual(await one.mind.sums());
    tell(again.learning.study, storyOf(random));
    await again.learning.tend();
    await one.learning.tend();
    expect(await again.mind.sums()).toEqual(await one.mind.sums());
  });

  it('go on by themselves while the store hangs, and are one again afterwards, nothing twice', async () => {
    const random = seededRandom(SEED);
    const [one, other] = [await node('one'), await node('other')];
    const alone = new Mind();
    const each = (): void => {
      for (const { learning } of [one, other]) {
        const story = storyOf(random);
        tell(learning.study, story);
        tell(alone.study, story);
      }
    };
    each();
    server.pause();
    // Sent, and perhaps taken by the store, yet nothing came back.
    await expect(one.learning.tend()).rejects.toThrow();
    each();
    await expect(other.learning.tend()).rejects.toThrow();
    server.resume();
    each();
    const settled = async (): Promise<boolean> => {
      try {
        for (const { learning } of [one, other, one]) await learning.tend();
        return true;
      } catch {
        return false;
      }
    };
    while (!(await settled())) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await one.mind.sums(), SEED).toEqual(await alone.sums());
    expect(await other.mind.sums(), SEED).toEqual(await alone.sums());
  });
});
