/**
 * Every key that is kept in a shared store: its shape, who owns it, how long it lives. A shape that changes gets a new
 * name, so that old and new processes run side by side while an upgrade rolls.
 */

/**
 * What one person saw and did: a hash, one field for each row and one for `since` (layout in `redis/person-row.ts`).
 *
 * Owner: `redis/people.ts`; written by its scripts alone. The braces are the hash tag: all of a person is in one slot.
 * Lifetime: PERSON_KEEP_MS after the last thing that happened, refreshed by bids for whom something had happened; for
 * somebody who only had bids in flight, until the last of these has expired.
 */
export function personStoreKey(userKey: string): string {
  return `{p:${userKey}}:1`;
}

/**
 * 32 days: every cap of a calendar month and of 30 days is exact. Whoever neither saw nor did anything for so long and
 * was not bid on is a stranger: the history is empty and complete since always, as that of a new person. The other
 * choice, "complete for 32 days", would refuse every new person each line item with a lifetime cap, for good. So a
 * lifetime cap, or a window above 32 days, holds as long as the person is met at least once in 32 days, and begins anew
 * after a longer absence. Where rows of a person who is remembered were dropped, these caps are unknown.
 */
export const PERSON_KEEP_MS = 32 * 24 * 3_600_000;

/**
 * What all nodes of an account agree on. The braces are the hash tag: a script that touches several of them touches one slot.
 *
 *   configuration:1  stream, one entry for each version, whose number is the entry's id; the newest CONFIGURATIONS_KEPT stay
 *   head:1           hash: the newest version, what it says, and whose files said so; lives on
 *   nodes:1          hash, one field for each node: what it says of itself, about once a second
 *   changes:1        channel; a hint to look
 *
 *   lessons:1        stream of what nodes learned, in batches, about BATCHES_KEPT of them; with it `lessons-last:1`, a hash of each node's
 *                    last number, and `lessons-begin:1`, tables for a node that begins
 *
 *   events:1         stream of notices and conversions for other systems, about `eventsKept` of them; `events-last:1` says how far each
 *                    journal has come
 *
 * Owners: `redis/stream.ts`, `redis/configuration.ts` and `redis/learned.ts`; written by their scripts but for nodes and tables.
 */
export function accountStoreKey(accountId: string, name: string): string {
  return `{a:${accountId}}:${name}:1`;
}

export const CONFIGURATIONS_KEPT = 50;

/** A batch a second and node while there is anything to tell: hours of two nodes, and tables are kept every five minutes. */
export const BATCHES_KEPT = 10_000;

/**
 * The shared ledger. One hash tag, so that all of an account is in one slot: scripts are atomic over it, and a replica has
 * seen a prefix of what happened. None expires but where said.
 *
 * - `book`: hash. `epoch`, `lease` (last id), `shut`; by `<bucket>|<unit>` what was spent (`s|`, `whole:thousandths`), what is
 *   leased (`l|`), what came late (`t|`). The epoch tells a book from the one before a flush.
 * - `nodes`: hash, by node: incarnation, last act and its answer, last entry of its journal that was told, time before which
 *   all of it is told, last sign of life.
 * - `open`: ids of leases that are not closed. `awaited`: nodes whose journals a flushed book waits for.
 * - `lease`: hash of one lease: node, when it closes, what was granted (`g|`) and settled (`s|`). `foreign`: the part of
 *   that which other nodes told.
 * - `bids`: hash of bids charged, by hour of the bid; expires three days after it was last written.
 *
 * Owner: `redis/ledger.ts`; written by its scripts alone.
 */
export function moneyStoreKeys(account: string) {
  const tag = `{m:${account}}:1`;
  return {
    book: `${tag}:book`,
    nodes: `${tag}:nodes`,
    open: `${tag}:open`,
    awaited: `${tag}:awaited`,
    lease: (id: number | string) => `${tag}:lease:${id}`,
    foreign: (id: number | string) => `${tag}:foreign:${id}`,
    bids: (bidAtMs: number) => `${tag}:bids:${Math.floor(bidAtMs / 3_600_000)}`,
  };
}

/** Billing tokens are good for a day; a bid that is told by two nodes further apart than this is charged twice. */
export const BIDS_KEEP_MS = 3 * 24 * 3_600_000;
