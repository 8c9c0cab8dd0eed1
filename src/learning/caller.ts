/** Who calls an address, as far as it decides whether anything has happened. Pure; nothing of it is kept. */
import type { NoticeKind } from '../core/event.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';

/** The client's network address is left out on purpose: nothing here needs it, so nothing here reads it. */
export interface Caller {
  readonly method: string;
  /** `Sec-Purpose`, or the names it had before it was a standard. */
  readonly purpose: string;
  readonly userAgent: string;
  /** `X-Device-User-Agent`: whom a server says it calls for (OpenRTB 2.6 section 7.2). */
  readonly deviceUserAgent: string;
}

/** `head`: a link checker's question. `prefetch`: a browser that looks ahead. `robot`: a crawler that says what it is. */
export type AsideReason = 'head' | 'prefetch' | 'robot';

/**
 * Why a call is authentic and yet no event. Only clicks are set aside for who calls: what an exchange bills is owed,
 * whoever fetched it.
 */
export function setAside(
  kind: NoticeKind,
  caller: Caller,
  profile: Pick<ExchangeProfile, 'trustsForwarded'>,
): AsideReason | undefined {
  if (caller.method === 'HEAD') return 'head';
  if (kind !== 'click') return undefined;
  if (/\b(prefetch|prerender|preview)\b/i.test(caller.purpose)) return 'prefetch';
  const forwarded = profile.trustsForwarded ? caller.deviceUserAgent : '';
  return isRobot(forwarded === '' ? caller.userAgent : forwarded) ? 'robot' : undefined;
}

/** `Cubot` makes telephones. Plain HTTP libraries are let through: servers count clicks for apps with them. */
const ROBOT = /(?<!cu)bot\b|crawler|spider|\bslurp\b|facebookexternalhit|mediapartners-google/i;

function isRobot(userAgent: string): boolean {
  return ROBOT.test(userAgent);
}
