/** For how long a bid stands, and its money with it (OpenRTB 2.6 sections 3.2.4, 4.2.3 and 7.9). */
import type { Media } from '../core/event.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { Impression } from '../openrtb/request.ts';

/**
 * As long as the exchange usually takes, or as long as this impression may take (`exp`), or until after it is displayed
 * (`dt`). On a screen in a public place that names no time, the longest: win and billing may lie hours apart. Undefined
 * where it is certain that the billing notice comes after the longest hold, so nothing would cover its charge.
 */
export function holdSecondsFor(
  { holdSeconds, holdSecondsMax }: Pick<ExchangeProfile, 'holdSeconds' | 'holdSecondsMax'>,
  media: Media,
  { expirySeconds, displayAtMs }: Pick<Impression, 'expirySeconds' | 'displayAtMs'>,
  onPublicScreen: boolean,
  nowMs: number,
): number | undefined {
  const usual = holdSeconds[media];
  const most = Math.max(usual, holdSecondsMax);
  if (displayAtMs !== undefined) {
    const untilBilled = Math.max(0, Math.ceil((displayAtMs - nowMs) / 1000)) + usual;
    if (untilBilled > most) return undefined;
    return Math.min(most, Math.max(untilBilled, expirySeconds ?? 0));
  }
  if (onPublicScreen && expirySeconds === undefined) return most;
  return Math.min(most, Math.max(usual, expirySeconds ?? 0));
}
