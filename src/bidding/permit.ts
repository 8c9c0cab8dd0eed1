/** Privacy, decided first: which person, if any, this bid may know. */
import type { Account } from '../campaign/campaign.ts';
import type { Permits } from '../openrtb/consent.ts';
import { NO_PERMITS, readPermits, SCREEN_PERMITS } from '../openrtb/consent.ts';
import type { BidRequest } from '../openrtb/request.ts';
import { isPublicScreen } from '../openrtb/request.ts';

export interface PermittedPerson {
  readonly permits: Permits;
  /** Pseudonym of the best id that may be used; empty for none. */
  readonly userKey: string;
}

/** A rule that throws denies. */
export function permit(
  request: BidRequest,
  account: Account,
  personKey: (space: string, id: string) => string,
): PermittedPerson {
  if (isPublicScreen(request)) return { permits: SCREEN_PERMITS, userKey: '' };
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
  return { permits, userKey: permits.identity ? keyOf(request, personKey) : '' };
}

/** Our own id first, then the exchange's, the device's, and a shared one. */
function keyOf(request: BidRequest, personKey: (space: string, id: string) => string): string {
  const { user, device } = request;
  if (user.buyerId !== '') return personKey('user.id', user.buyerId);
  if (user.id !== '') return personKey('user.id', user.id);
  if (device.advertisingId !== '' && !NULL_ID.test(device.advertisingId))
    return personKey('ifa', device.advertisingId.toLowerCase());
  const shared = user.extendedIds[0];
  return shared ? personKey(`eid:${shared.source}`, shared.id) : '';
}

/** An advertising id of zeros alone says that there is none. */
const NULL_ID = /^[0-]+$/;
