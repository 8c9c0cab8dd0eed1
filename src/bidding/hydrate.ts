/** The one awaited read of a bid: what the person has seen. */
import type { Catalog } from '../campaign/catalog.ts';
import { meets } from '../core/bitset.ts';
import type { PersonHistory } from '../core/history.ts';
import type { PeoplePort } from '../state/port.ts';
import type { Lookup } from './lookup.ts';

export interface Person {
  /** Pseudonym; empty where no id may be used or none is there. */
  readonly userKey: string;
  /** Undefined when unknown: no person, or the store was late. Then no capped line item bids. */
  readonly history: PersonHistory | undefined;
}

/** Reads nothing where nobody is known or no candidate looks at people. */
export async function hydrate(
  catalog: Catalog,
  found: Lookup,
  userKey: string,
  people: Pick<PeoplePort, 'read'>,
  nowMs: number,
  deadlineMs: number,
): Promise<Person> {
  if (userKey === '' || !found.some((lines) => lines && meets(lines, catalog.personReaders)))
    return { userKey, history: undefined };
  return { userKey, history: await people.read(userKey, nowMs, deadlineMs) };
}
