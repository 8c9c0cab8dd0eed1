import { describe, expect, it } from 'vitest';
import { budgetsOf, explanationOf, funnelOf, overviewOf } from '../../src/console/overview-model.ts';
import { budgetsAt, explanation, funnelAt, overviewAt } from './fixture-book.ts';

const funnel = () => funnelAt(0, 'l4');

describe('the overview', () => {
  it('hands campaigns and their line items on, with what is absent as undefined', () => {
    const view = overviewOf(overviewAt(0));
    const answer = overviewAt(0);
    expect(view.campaigns.map(({ id, lines }) => [id, lines.length])).toEqual([
      ['c1', 2],
      ['c2', 2],
      ['c3', 1],
      ['c4', 0],
    ]);
    expect(view.totals).toEqual(answer.totals);
    expect(view.nowMs).toBe(answer.now);
    expect(view.campaigns[3]).toMatchObject({ dailyMicros: undefined, cpaMicros: undefined });
  });
});

describe('the funnel', () => {
  it('names every loss of a stage, the unnamed part of auction and delivery too', () => {
    for (const { stage, lost, reasons } of funnelOf(funnel()).stages) {
      expect([stage, reasons.reduce((sum, { count }) => sum + count, 0)]).toEqual([stage, lost]);
    }
  });

  it('counts whole requests that were refused only as far as this line item lost them', () => {
    const answer = funnel();
    const steps = answer.steps.map((step) => (step.stage === 'requests' ? { ...step, lost: 2 } : step));
    const [requests] = funnelOf({ ...answer, steps }).stages;
    expect(requests?.reasons).toMatchObject([{ reason: 'too_little_time', count: 2 }]);
  });

  it('puts the largest reason of a stage first', () => {
    const auction = funnelOf(funnel()).stages.find(({ stage }) => stage === 'auction');
    expect(auction?.reasons.map(({ reason }) => reason)).toEqual(['not_won', 'outranked']);
  });

  it('speaks of the largest loss, and of the largest after targeting where targeting took most', () => {
    const { losses } = funnelOf(funnel());
    expect(losses.map(({ reason }) => reason)).toEqual(['not_targeted', 'below_floor']);
    expect(losses[1]).toMatchObject({ count: 419_871, remedy: expect.stringContaining('raise the bid') });
  });

  it('speaks of one loss where it is not one by intent', () => {
    const answer = funnel();
    const reasons = answer.reasons.filter(({ stage }) => stage !== 'targeting');
    const steps = answer.steps.filter(({ stage }) => stage !== 'targeting');
    expect(funnelOf({ ...answer, reasons, steps }).losses.map(({ reason }) => reason)).toEqual([
      'below_floor',
    ]);
  });

  it('has nothing to say where nothing is lost', () => {
    const answer = funnel();
    const steps = answer.steps.map(({ stage }) => ({ stage, entered: 10, lost: 0 }));
    expect(funnelOf({ ...answer, reasons: [], steps }).losses).toEqual([]);
  });
});

it('hands the bound of overspend on, and gathers the budgets of one owner', () => {
  const answer = budgetsAt(0);
  expect(budgetsOf(answer)).toMatchObject({
    boundMicros: answer.overspendBound.micros,
    formula: answer.overspendBound.formula,
  });
  expect(
    budgetsOf(answer).owners.map(({ key, budgets }) => [key, budgets.map(({ period }) => period)]),
  ).toEqual([
    ['campaign/c1', ['day', 'lifetime']],
    ['campaign/c2', ['day', 'lifetime']],
    ['campaign/c3', ['day', 'lifetime']],
  ]);
});

describe('a trace', () => {
  it('puts who bids first, then who came nearest to it', () => {
    const [impression] = explanationOf(explanation('r1')).impressions;
    expect(impression?.lines.map(({ lineItemId, bids }) => [lineItemId, bids])).toEqual([
      ['l1', true],
      ['l4', false],
      ['l2', false],
      ['l3', false],
    ]);
  });

  it('says in words whether the person is known', () => {
    const identity = (permitted: boolean, known: boolean, refusal = '') =>
      explanationOf({ ...explanation('r1'), identity: { permitted, known, refusal, packs: [] } }).identity;
    expect(identity(true, true)).toBe('known');
    expect(identity(true, false)).toBe('permitted, no id sent');
    expect(identity(false, false, 'coppa')).toBe('not used (coppa)');
  });
});
