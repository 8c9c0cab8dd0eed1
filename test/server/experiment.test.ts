/** The statistics of experiments over HTTP. */
import { expect, it } from 'vitest';
import { freshDesk } from './desk.ts';

const desk = freshDesk();

const verdict = (payload: object) =>
  desk.engine.privateApp.inject({
    method: 'POST',
    url: '/api/v1/experiments/verdict',
    headers: { cookie: desk.cookie },
    payload,
  });

it('says how long an experiment must run', async () => {
  const plan = (await desk.get('/api/v1/experiments/plan?rate=0.02&people_per_day=20000&change=0.1')).json();
  expect(plan.daysNeeded).toBe(Math.ceil((2 * plan.peopleNeeded) / 20_000));
  expect(plan.leastRise).toBeLessThan(0.1);
  expect((await desk.get('/api/v1/experiments/plan?rate=2&people_per_day=10')).statusCode).toBe(400);
});

it('announces early only what is far out, and at the end what is real', async () => {
  const control = { people: 10_000, successes: 200 };
  const variant = { people: 10_000, successes: 250 };
  const early = (await verdict({ control, variant, plannedPeople: 100_000 })).json();
  expect([early.fixed.isReal, early.sequential.isReal]).toEqual([false, false]);
  expect(early.sequential.bound).toBeGreaterThan(4);
  const late = (await verdict({ control, variant, plannedPeople: 20_000 })).json();
  expect([late.fixed.isReal, late.sequential.isReal, late.sampleRatio.isSound]).toEqual([true, true, true]);
  const uneven = await verdict({ control, variant: { people: 9000, successes: 225 }, plannedPeople: 20_000 });
  expect(uneven.json().sampleRatio.isSound).toBe(false);
  expect(
    (await verdict({ control: { people: 1, successes: 2 }, variant, plannedPeople: 9 })).statusCode,
  ).toBe(400);
});
