/** A full disk: the journal says so instead of acknowledging, and takes up again when there is room. Needs root and tmpfs. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { JournalUnavailableError } from '../../src/state/port.ts';
import { openSqliteState } from '../../src/state/sqlite/open.ts';
import { billingOf, factsOf } from '../contract/state-events.ts';

const scratch = mkdtempSync(join(tmpdir(), 'bidwright-full-'));
const mounted = join(scratch, 'disk');
mkdirSync(mounted);

function run(command: string, ...words: string[]): boolean {
  return spawnSync(command, words, { stdio: 'ignore' }).status === 0;
}

const able =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  run('mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', mounted);

afterAll(() => {
  if (able) run('umount', '-l', mounted);
  rmSync(scratch, { recursive: true, force: true });
});

describe.skipIf(!able)('a full disk', () => {
  it('refuses notices, keeps all that were acknowledged, and recovers when there is room', async () => {
    const directory = join(mounted, 'state');
    const state = await openSqliteState({ directory });
    const acknowledged: string[] = [];
    let refused = 0;
    let serial = 0;
    const tell = async (count: number): Promise<void> => {
      const events = Array.from({ length: count }, () =>
        billingOf(factsOf({ bidId: `bid-${serial++}` }), 1_000_000),
      );
      const told = await Promise.allSettled(events.map((event) => state.journal.appendNotice(event)));
      told.forEach((one, index) => {
        if (one.status === 'fulfilled') acknowledged.push(events[index]!.facts.bidId);
        else {
          expect(one.reason).toBeInstanceOf(JournalUnavailableError);
          refused++;
        }
      });
    };
    await tell(100);
    expect(refused).toBe(0);
    const ballast = join(mounted, 'ballast');
    spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k'], { stdio: 'ignore' });
    for (let round = 0; round < 50 && refused === 0; round++) await tell(200);
    expect(refused).toBeGreaterThan(0);
    expect(state.health().writable).toBe(true);
    writeFileSync(ballast, '');
    refused = 0;
    await tell(100);
    expect(refused).toBe(0);
    await state.close();

    const again = await openSqliteState({ directory });
    for (const bidId of acknowledged) expect(await again.journal.noticesOf(bidId)).toEqual(['billing']);
    const [money] = await again.ledger.bucketStates(['campaign/autumn/life']);
    expect(money?.spent).toBe(acknowledged.length * 1000);
    await again.close();
  }, 60_000);
});
