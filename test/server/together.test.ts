import { describe, expect, it } from 'vitest';
import { Together } from '../../src/server/together.ts';

/** Writes down what is done with it; `waits` is what it has to wait for in between. */
class Job {
  readonly #name: string;
  readonly #told: string[];
  readonly #together: Together;
  readonly #waits: () => Promise<void>;

  constructor(name: string, told: string[], together: Together, waits = async () => {}) {
    this.#name = name;
    this.#told = told;
    this.#together = together;
    this.#waits = waits;
  }

  decide(): void {
    this.#told.push(`decide ${this.#name}`);
    void this.#waits().then(() => this.#together.decided(this));
  }

  send(): void {
    this.#told.push(`send ${this.#name}`);
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function jobs(names: string, told: string[], together: Together): Job[] {
  return [...names].map((name) => new Job(name, told, together));
}

describe('work done together', () => {
  it('is all decided before any of it is sent, in the order in which it came', async () => {
    const told: string[] = [];
    const together = new Together(10);
    for (const job of jobs('abc', told, together)) together.ready(job);
    expect(told).toEqual([]);
    await turn();
    expect(told).toEqual(['decide a', 'decide b', 'decide c', 'send a', 'send b', 'send c']);
  });

  it('does not wait for the end of the turn where there is enough of it', async () => {
    const told: string[] = [];
    const together = new Together(2);
    for (const job of jobs('abc', told, together)) together.ready(job);
    expect(told).toEqual(['decide a', 'decide b']);
    await turn();
    expect(told.filter((line) => line.startsWith('decide'))).toEqual(['decide a', 'decide b', 'decide c']);
    expect(told.filter((line) => line.startsWith('send'))).toEqual(['send a', 'send b', 'send c']);
  });

  it('sends what is done while another waits for something outside', async () => {
    const told: string[] = [];
    const together = new Together(10);
    let go = (): void => {};
    const outside = new Promise<void>((resolve) => {
      go = resolve;
    });
    together.ready(new Job('slow', told, together, () => outside));
    together.ready(new Job('quick', told, together));
    await turn();
    expect(told).toEqual(['decide slow', 'decide quick', 'send quick']);
    go();
    await turn();
    expect(told.at(-1)).toBe('send slow');
  });

  it('goes on turn after turn, each job once', async () => {
    const told: string[] = [];
    const together = new Together(3);
    for (let round = 0; round < 50; round++) {
      for (const job of jobs('abcdefg'.slice(0, round % 8), told, together)) together.ready(job);
      await turn();
    }
    const asked = Array.from({ length: 50 }, (_, round) => Math.min(7, round % 8)).reduce(
      (sum, n) => sum + n,
      0,
    );
    await turn();
    expect(told.filter((line) => line.startsWith('decide'))).toHaveLength(asked);
    expect(told.filter((line) => line.startsWith('send'))).toHaveLength(asked);
  });
});
