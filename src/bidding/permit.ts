/** Privacy, decided first: which person, if any, this bid may know. */
import type { Account } from '../campaign/campaign.ts';
import type { KeyedId, RawId } from '../core/person-id.ts';
import { rawId } from '../core/person-id.ts';
import type { ConsentPurposes, Permits } from '../openrtb/consent.ts';
import { NO_PERMITS, readPermits, SCREEN_PERMITS, withRecord } from '../openrtb/consent.ts';
import type { BidRequest } from '../openrtb/request.ts';
import { isPublicScreen } from '../openrtb/request.ts';
import type { IdentityPort } from '../state/port.ts';

export interface PermittedPerson {
  readonly permits: Permits;
  /** Keyed hashes of the ids that may be used, best first; none without permission. */
  readonly ids: readonly KeyedId[];
  /** Pseudonym of the best id that may be used; empty for none. */
  readonly userKey: string;
}

/** Keyed hashes of an id, the one under the present secret first; undefined for somebody who is never to be known. */
export type KeysOf = (id: RawId) => readonly KeyedId[] | undefined;

export interface PermitPorts {
  readonly keysOf: KeysOf;
  /** The consent recorded last for somebody who is known by these ids; undefined where there is none. */
  consentOf(ids: readonly KeyedId[]): ConsentPurposes | undefined;
}

/** A rule that throws denies. */
export function permit(
  request: BidRequest,
  exchangeId: string,
  account: Account,
  { keysOf, consentOf }: PermitPorts,
): PermittedPerson {
  if (isPublicScreen(request)) return { permits: SCREEN_PERMITS, ids: [], userKey: '' };
  let permits: Permits;
  try {
    permits = readPermits(
      request,
      account.vendorId === undefined
        ? { signalMissing: account.signalMissing }
        : { signalMissing: account.signalMissing, vendorId: account.vendorId },
    );
  } catch {
    permits = { ...NO_PERMITS, refusal: 'malformed_consent' };
  }
  const needsRecord = isRecordNeeded(account, request);
  // Where a record decides, the pseudonym is made to look that up; without one nothing else is done with it.
  if (!permits.identity && !(needsRecord && permits.refusal === 'signal_missing'))
    return { permits, ids: [], userKey: '' };
  const ids: KeyedId[] = [];
  for (const id of idsIn(request, exchangeId, account.idPriority)) {
    const keys = keysOf(id);
    if (!keys) return { permits: { ...NO_PERMITS, refusal: 'withdrawn' }, ids: [], userKey: '' };
    ids.push(...keys);
  }
  if (needsRecord) permits = withRecord(permits, consentOf(ids));
  if (!permits.identity) return { permits, ids: [], userKey: '' };
  return { permits, ids, userKey: ids[0]?.key ?? '' };
}

function isRecordNeeded({ consentRecords = [] }: Account, { device }: BidRequest): boolean {
  return consentRecords.some((country) => country === '*' || country === device.geo.country);
}

/** All ids by which the person is known: those of the request, and those that belong together with the best. */
export function idsOfPerson(
  ids: readonly KeyedId[],
  identity: Pick<IdentityPort, 'numberOf' | 'idsOf'>,
): readonly KeyedId[] {
  const best = ids[0];
  if (!best) return [];
  const number = identity.numberOf(best.key);
  const joined = number === undefined ? [] : identity.idsOf(number);
  if (joined.length === 0) return ids;
  return [...ids, ...joined.filter(({ key }) => !ids.some((own) => own.key === key))];
}

/** Each is hashed at 5 µs; who sends more than these tells nothing new by them. */
const IDS_MAX = 8;

/** Ids in the account's order of trust, of the spaces it lists; those that name nobody are left out. */
function idsIn(
  { user, device }: BidRequest,
  exchangeId: string,
  priority: Account['idPriority'],
): readonly RawId[] {
  const found: RawId[] = [];
  const add = (space: string, id: string): void => {
    const read = id === '' ? undefined : rawId(space, id);
    const isKnown = found.some((other) => other.space === read?.space && other.id === read.id);
    if (read && !isKnown && found.length < IDS_MAX) found.push(read);
  };
  for (const entry of priority) {
    if (entry === 'buyeruid') add('buyeruid', user.buyerId);
    else if (entry === 'user.id') add(`user.id@${exchangeId}`, user.id);
    else if (entry === 'ifa') add('ifa', device.advertisingId);
    else
      for (const { source, id } of user.extendedIds)
        if (entry === 'eids' || entry === `eid:${source}`) add(`eid:${source}`, id);
  }
  return found;
}
