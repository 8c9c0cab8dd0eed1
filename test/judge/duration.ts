// Which creative durations a video, an audio or a native video asset accepts (§3.2.7, §3.2.8).

import type { Json } from './reading.ts';
import { numberOf, numbersOf } from './reading.ts';

/**
 * rqddurs rules out minduration and maxduration and is exact: a second too few is dead air. Otherwise the two
 * ends hold, with maxextended seconds on top (-1 for any), and no ad of a dynamic pod is longer than the pod.
 */
export function isDurationAllowed(seconds: number, offer: Json): boolean {
  const exact = numbersOf(offer.rqddurs);
  if (exact.length > 0) return exact.includes(seconds);
  return seconds >= (numberOf(offer.minduration) ?? 0) && seconds <= longestAllowed(offer);
}

function longestAllowed(offer: Json): number {
  const pod = positive(offer.poddur) ?? Number.POSITIVE_INFINITY;
  // Zero would allow nothing at all; it stands for a limit that was not set.
  const longest = positive(offer.maxduration);
  const extension = numberOf(offer.maxextended) ?? 0;
  if (longest === undefined || extension < 0) return pod;
  return Math.min(pod, longest + extension);
}

function positive(value: unknown): number | undefined {
  const number = numberOf(value);
  return number !== undefined && number > 0 ? number : undefined;
}
