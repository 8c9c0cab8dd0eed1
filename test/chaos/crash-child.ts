/**
 * A bidder's money and memory without the bidder: bids against its lease, tells of wins as fast as the journal takes them,
 * and writes into a file what it did, a line each: `b <facts>` before a bid leaves, `l <bid id>` for a loss, `a <bid id>`
 * for an acknowledged notice. It is meant to be killed.
 *
 *   node crash-child.ts <directory> <synchronous> <incarnation> <file of facts to tell again> <file to write to>
 */
import { openSync, readFileSync, writeSync } from 'node:fs';
import type { BidFacts } from '../../src/core/event.ts';
import { bidIdFrom } from '../../src/core/ids.ts';
import { seededRandom } from '../../src/core/random.ts';
import { cpmMicros, impressionCostCeiling } from '../../src/core/units.ts';
import { openSqliteState } from '../../src/state/sqlite/open.ts';
import { Treasury } from '../../src/state/treasury.ts';
import { billingOf, factsOf, MINUTE, NOW, noticeOf } from '../contract/state-events.ts';
import { BUDGETS, DAY_OF_CRASHES, priceOf } from './crash-world.ts';

const [directory = '', synchronous = 'FULL', incarnation = '0', again = '', said = ''] =
  process.argv.slice(2);
const saying = openSync(said, 'a');
const AT_ONCE = 64;
const HOLD_MS = 5 * MINUTE;

/** An incarnation lives ten minutes after the one before, so that the leases of the last but one are closed. */
const nowMs = NOW + Number(incarnation) * 10 * MINUTE;
const random = seededRandom(`incarnation ${incarnation}`);
const state = await openSqliteState({ directory, synchronous: synchronous as 'FULL' | 'NORMAL' });
const treasury = await Treasury.open(state.ledger, BUDGETS, nowMs, { longestHoldMs: HOLD_MS });
const earlier = readFileSync(again, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line): BidFacts => JSON.parse(line));
writeSync(1, 'ready\n');

/** What the kernel has taken survives the process. */
function say(line: string): void {
  writeSync(saying, `${line}\n`);
}

async function tell(facts: BidFacts): Promise<void> {
  const appended = await state.journal.appendNotice(billingOf(facts, priceOf(facts)));
  say(`a ${facts.bidId}`);
  if (appended.charges.length > 0) treasury.settle(facts.bidId, appended.charges);
  if (random.next() < 0.2) await state.journal.appendNotice(billingOf(facts, priceOf(facts)));
  if (random.next() < 0.3) await state.journal.appendNotice(noticeOf('impression', facts));
}

async function live(): Promise<never> {
  for (;;) {
    const old = earlier.pop();
    if (old) {
      await tell(old);
      continue;
    }
    const campaign = random.uint32() % 3;
    const facts = factsOf({
      bidId: bidIdFrom(random, nowMs),
      bidAtMs: nowMs,
      campaignId: `crash-${campaign}`,
      lineItemId: `crash-line-${campaign}`,
      budgetDay: DAY_OF_CRASHES,
      leaseId: treasury.leaseId,
      bidCpmMicros: cpmMicros(1 + (random.uint32() % 9_000_000)),
    });
    const refusal = treasury.reserve({
      bidId: facts.bidId,
      budgets: BUDGETS.filter(({ id }) => id === facts.campaignId || id === facts.lineItemId),
      costMicros: impressionCostCeiling(facts.bidCpmMicros),
      impressions: 1,
      nowMs,
      expiresAtMs: nowMs + HOLD_MS,
    });
    if (refusal) {
      await treasury.tick(nowMs);
      continue;
    }
    say(`b ${JSON.stringify(facts)}`);
    const fate = random.next();
    if (fate < 0.7) await tell(facts);
    else if (fate < 0.9) {
      say(`l ${facts.bidId}`);
      treasury.release(facts.bidId);
    }
    // The rest is won, and told of only after the crash.
    else await new Promise((resolve) => setImmediate(resolve));
  }
}

// A journal that is gone ends the process at once; what is true is read from the disk by the next one.
await Promise.all(Array.from({ length: AT_ONCE }, live)).catch((error: unknown) => {
  writeSync(2, `${String(error)}\n`);
  process.exit(7);
});
