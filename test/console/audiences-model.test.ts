import { describe, expect, it } from 'vitest';
import type { OverlapView, ReachView } from '../../src/console/audiences-model.ts';
import { ageOf, audiencesView, matrixIds, overlapCell } from '../../src/console/audiences-model.ts';
import { audiencesAt, overlap, reachAt } from './fixture-audiences.ts';

const NOW_MS = Date.UTC(2026, 10, 23);
const view = audiencesView(
  audiencesAt(NOW_MS).items,
  reachAt(NOW_MS) as { items: ReachView[] },
  overlap() as OverlapView,
);

describe('packs on the page', () => {
  it('are joined with whom they reach, and those that hold nobody are not compared', () => {
    expect(view.audiences.map(({ id, reach }) => [id, reach?.people])).toEqual([
      ['customers', 64_000],
      ['readers', 9_000],
      ['old-list', 0],
    ]);
    const emptied = audiencesView(
      audiencesAt(NOW_MS).items,
      { items: reachAt(NOW_MS).items.filter(({ id }) => id !== 'readers') as ReachView[] },
      overlap() as OverlapView,
    );
    expect([matrixIds(view), matrixIds(emptied)]).toEqual([
      ['customers', 'readers', 'old-list'],
      ['customers', 'old-list'],
    ]);
  });

  it('share a part of the row’s people: of the list where both are lists, of those seen where they are not', () => {
    expect(overlapCell(view, 'old-list', 'customers')).toMatchObject({ people: 400, share: 0.5 });
    expect(overlapCell(view, 'customers', 'old-list')?.share).toBeCloseTo(1 / 300, 10);
    expect(overlapCell(view, 'readers', 'customers')?.share).toBeCloseTo(1 / 3, 10);
    // Nobody of it was seen, so there is nothing to take a share of.
    expect(overlapCell(view, 'old-list', 'readers')?.share).toBeUndefined();
    expect(overlapCell(view, 'customers', 'nobody')).toBeUndefined();
  });

  it('are as old as one would say', () => {
    expect([-5, 20_000, 240_000, 5_400_000, 3 * 86_400_000].map(ageOf)).toEqual([
      'now',
      'now',
      '4 min',
      '2 h',
      '3 days',
    ]);
  });
});
