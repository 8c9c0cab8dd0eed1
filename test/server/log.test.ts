import { describe, expect, it } from 'vitest';
import { manualClock } from '../../src/core/clock.ts';
import type { Log } from '../../src/server/log.ts';
import { LogBudget, makeLog } from '../../src/server/log.ts';

function logged(write: (log: Log) => void): { line: string; fields: Record<string, unknown> } {
  const lines: string[] = [];
  write(makeLog('info', { write: (line) => void lines.push(line) }));
  expect(lines).toHaveLength(1);
  return { line: lines[0]!, fields: JSON.parse(lines[0]!) };
}

describe('the log', () => {
  it('is one line of JSON, whatever is in its texts', () => {
    const evil = 'a\nb\u001b[31m\u202e\u0000c\u2028d';
    const { line, fields } = logged((log) => log.warn({ domain: evil }, 'seen'));
    for (const unseen of ['\n', '\u001b', '\u0000', '\u202e', '\u2028'])
      expect(line.trim()).not.toContain(unseen);
    expect(fields).toMatchObject({
      level: 'warn',
      msg: 'seen',
      domain: 'a\ufffdb\ufffd[31m\ufffd\ufffdc\ufffdd',
    });
  });

  it('leaves out secrets and ids of people', () => {
    const { line } = logged((log) =>
      log.info(
        {
          token: 'CANARY',
          request: { headers: { authorization: 'CANARY', cookie: 'CANARY' } },
          device: { ip: 'CANARY', ifa: 'CANARY' },
        },
        'x',
      ),
    );
    expect(line).not.toContain('CANARY');
  });

  it('shows a fault with its code, and bounds what is long', () => {
    const error = Object.assign(new Error('x'.repeat(5000)), { code: 'SQLITE_FULL' });
    const { line, fields } = logged((log) => log.error({ error }, 'failed'));
    expect(fields).toMatchObject({ error: { name: 'Error', code: 'SQLITE_FULL' } });
    expect(line.length).toBeLessThan(5000);
  });

  it('grants so many lines a minute about one matter, and says how many it withheld', () => {
    const clock = manualClock(0);
    const budget = new LogBudget(clock, 2);
    expect([1, 2, 3, 4].map(() => budget.take('forged'))).toEqual([0, 0, undefined, undefined]);
    expect(budget.take('other')).toBe(0);
    clock.advance(60_000);
    expect([1, 2, 3].map(() => budget.take('forged'))).toEqual([2, 0, undefined]);
  });
});
