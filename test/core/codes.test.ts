/** The two lists of codes that exchanges and bidders tell each other (OpenRTB 3.0, which 2.6 refers to), as this house uses them. */
import { describe, expect, it } from 'vitest';
import { isOfCreative, isPastReview, LOSS_CODES, lossFacts, NOT_TOLD } from '../../src/core/loss.ts';
import { REASON_LIST, REASONS } from '../../src/core/reason.ts';

describe('no-bid codes', () => {
  /** 0 unknown, 1 technical, 2 invalid request, … 17 blocked node of the supply chain. */
  const NBR_MAX = 17;

  it('are those of the list, and never an exchange’s own unless its profile says so', () => {
    for (const reason of REASON_LIST) {
      const { nbr } = REASONS[reason];
      expect([reason, Number.isInteger(nbr) && nbr >= 0 && nbr <= NBR_MAX]).toEqual([reason, true]);
    }
  });

  it.each([
    ['malformed_request', 2],
    ['unsupported_auction', 2],
    ['too_little_time', 15],
    ['deadline_passed', 15],
    ['technical_error', 1],
    ['shedding_load', 1],
    ['emergency_stop', 1],
    ['identity_required', 8],
    ['frequency_capped', 9],
    ['too_soon', 9],
    ['cap_unknown', 9],
  ] as const)('say for %s: %i', (reason, nbr) => {
    expect(REASONS[reason].nbr).toBe(nbr);
  });

  it('blame the request for nothing that a buyer has chosen', () => {
    const chosen = ['targeting', 'creative_fit', 'pacing', 'budget', 'value', 'price', 'auction'];
    const blamed = REASON_LIST.filter((reason) => {
      const { stage, nbr } = REASONS[reason];
      return chosen.includes(stage) && (nbr === 1 || nbr === 2);
    });
    expect(blamed).toEqual([]);
  });
});

describe('loss codes', () => {
  const range = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index);

  it('are all that the list has, each with a name of its own and a remedy', () => {
    expect(LOSS_CODES).toEqual([...range(0, 10), ...range(100, 104), ...range(200, 215)]);
    const facts = [NOT_TOLD, ...LOSS_CODES.map(lossFacts)];
    expect(new Set(facts.map(({ name }) => name)).size).toBe(facts.length);
    for (const { remedy } of facts) expect(remedy).toMatch(/^[A-Z].{20,}\.$/);
  });

  it('of an exchange’s own are told apart from those that nobody knows', () => {
    expect(lossFacts(500)).toMatchObject({ name: 'loss_500', kind: 'own' });
    expect(lossFacts(9999).kind).toBe('own');
    for (const code of [11, 99, 105, 216, 499])
      expect([code, lossFacts(code).kind]).toEqual([code, 'auction']);
    expect(lossFacts(undefined)).toBe(NOT_TOLD);
  });

  it('say of the creative itself 201 to 215, and that it passed review where it came to prices', () => {
    expect([...range(0, 600)].filter(isOfCreative)).toEqual(range(201, 215));
    expect([...range(0, 600)].filter(isPastReview)).toEqual([102, 103]);
  });
});
