import { describe, expect, it } from 'vitest';
import type { CatalogLine } from '../../src/campaign/catalog.ts';
import { circumstanceHash } from '../../src/core/circumstance.ts';
import { seededRandom } from '../../src/core/random.ts';
import type { WithWhomRow } from '../../src/insight/with-whom.ts';
import { withWhom } from '../../src/insight/with-whom.ts';
import { WithWhom } from '../../src/learning/with-whom.ts';
import { bidFacts } from '../learning/bid-facts.ts';

const SEED = 20261123;
const HEADLINES = [11, 12, 13, 14];
const PACKS = ['loyal', 'new', 'lapsed', 'deal seekers', 'nearby', 'students', 'parents', 'night owls'];
const DEVICES = ['2', '4', '5'];
const NAMES = new Map(
  [...PACKS.map((pack) => `pack ${pack}`), ...DEVICES.map((device) => `device ${device}`)].map((name) => [
    circumstanceHash(name),
    name,
  ]),
);
const LINE = {
  creatives: [
    {
      template: {
        slots: [
          { id: 'headline', elements: HEADLINES.map((number) => ({ id: `h${number}`, number, weight: 1 })) },
        ],
      },
    },
  ],
} as unknown as CatalogLine;

/** Counts of a world of so many showings; `rateOf` is by headline, pack and device. */
function shown(
  showings: number,
  seed: number,
  rateOf: (headline: number, pack: string, device: string) => number,
): WithWhom {
  const random = seededRandom(seed);
  const pick = <One>(all: readonly One[]): One => all[random.uint32() % all.length]!;
  const counts = new WithWhom();
  for (let showing = 0; showing < showings; showing++) {
    const [headline, pack, device] = [pick(HEADLINES), pick(PACKS), pick(DEVICES)];
    const facts = bidFacts({
      creativeId: 'cup',
      elements: [headline],
      circumstances: [`pack ${pack}`, `device ${device}`].map(circumstanceHash),
    });
    counts.add(facts, 'impressions', 1);
    if (random.next() < rateOf(headline, pack, device)) counts.add(facts, 'clicks', 1);
  }
  return counts;
}

const rowsOf = (counts: WithWhom): WithWhomRow[] =>
  withWhom(counts.of('autumn-all'), { reward: 'clicks', line: LINE, nameOf: (hash) => NAMES.get(hash) }).rows;

describe('what works with whom', () => {
  it('finds an element that suits one pack, and calls it particular', () => {
    const rows = rowsOf(
      shown(80_000, SEED, (headline, pack) => (headline === 12 && pack === 'loyal' ? 0.06 : 0.02)),
    );
    expect(rows[0]).toMatchObject({
      creativeId: 'cup',
      slot: 'headline',
      element: 'h12',
      kind: 'pack',
      value: 'loyal',
      verdict: 'better',
      particular: true,
    });
    expect(rows[0]!.rate.low).toBeGreaterThan(rows[0]!.ownRate);
    expect(rows[0]!.rate.high).toBeGreaterThan(rows[0]!.expectedRate * 1.5);
    expect(rows.filter(({ particular, verdict }) => particular && verdict === 'better')).toHaveLength(1);
  });

  it('does not take a pack that clicks on everything for one that an element suits', () => {
    const rows = rowsOf(shown(80_000, SEED, (_, pack) => (pack === 'loyal' ? 0.05 : 0.02)));
    const loyal = rows.filter(({ value, element }) => value === 'loyal' && element !== undefined);
    expect(loyal.map(({ verdict }) => verdict)).toEqual(loyal.map(() => 'better'));
    expect(loyal.filter(({ particular }) => particular)).toEqual([]);
  });

  it('speaks up for chance in at most one of a hundred pairs', () => {
    let flagged = 0;
    let pairs = 0;
    for (let world = 0; world < 30; world++) {
      const rates = HEADLINES.map((_, place) => 0.015 + 0.003 * place);
      const rows = rowsOf(shown(20_000, SEED + world, (headline) => rates[HEADLINES.indexOf(headline)]!));
      pairs += rows.length;
      flagged += rows.filter(({ verdict }) => verdict !== 'as_elsewhere').length;
    }
    expect([SEED, flagged / pairs <= 0.01, flagged, pairs]).toEqual([SEED, true, flagged, pairs]);
  });

  it('names devices as people do, and what it has no name for by its hash', () => {
    const rows = withWhom(shown(2000, SEED, () => 0.02).of('autumn-all'), {
      reward: 'clicks',
      line: LINE,
      nameOf: (hash) => (hash === circumstanceHash('device 4') ? 'device 4' : undefined),
    }).rows;
    expect(new Set(rows.map(({ kind, value }) => (kind === 'device' ? value : kind)))).toEqual(
      new Set(['phone', 'unnamed']),
    );
  });

  it('says nothing of elements that are no more, and nothing of nothing', () => {
    const empty = { reward: 'clicks', nameOf: () => undefined, line: { creatives: [] } } as const;
    const rows = withWhom(shown(500, SEED, () => 0.1).of('autumn-all'), empty).rows;
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(({ element }) => element === undefined)).toBe(true);
    expect(withWhom([], empty)).toEqual({ rows: [], combinations: 0 });
  });
});

describe('counts by circumstance', () => {
  it('come back as they were saved, and not from what cannot be', () => {
    const counts = shown(300, SEED, () => 0.2);
    const saved = JSON.parse(JSON.stringify(counts.save('autumn-all')));
    const again = new WithWhom();
    expect(again.restore('autumn-all', saved)).toBe(true);
    expect(again.save('autumn-all')).toEqual(counts.save('autumn-all'));
    for (const broken of [
      null,
      7,
      {},
      { ...saved, leftOut: -1 },
      { ...saved, cells: [{ ...saved.cells[0], clicks: null }] },
      {
        ...saved,
        pairs: [{ creativeId: 'cup', first: 1, second: 'x', impressions: 1, clicks: 0, conversions: 0 }],
      },
      { ...saved, cells: [{ ...saved.cells[0], impressions: 1e300 }] },
    ])
      expect(new WithWhom().restore('autumn-all', broken)).toBe(false);
  });

  it('are bounded, and tell what found no room', () => {
    const counts = new WithWhom();
    for (let circumstance = 0; circumstance < 400; circumstance++)
      counts.add(bidFacts({ circumstances: [circumstance] }), 'impressions', 1);
    expect(new Set(counts.of('autumn-all').map(({ circumstance }) => circumstance)).size).toBe(256);
    expect(counts.leftOut('autumn-all')).toBe(400 - 255);
  });

  it('of elements side by side are kept too, and taken back', () => {
    const counts = new WithWhom();
    const facts = bidFacts({ elements: [1, 2, 3], circumstances: [] });
    counts.add(facts, 'impressions', 1);
    counts.add(facts, 'clicks', 1);
    counts.add(facts, 'clicks', -1);
    expect(counts.pairsOf('autumn-all').map(({ first, second, clicks }) => [first, second, clicks])).toEqual([
      [1, 2, 0],
      [1, 3, 0],
      [2, 3, 0],
    ]);
  });
});
