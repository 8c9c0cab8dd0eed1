// Audio (§3.2.8): everything it asks for, video asks for too.

import type { BidCase } from './bid-case.ts';
import type { Report } from './departure.ts';
import { checkTimedMedia } from './timed-media.ts';

export function checkAudio(bidCase: BidCase, report: Report): void {
  checkTimedMedia(bidCase, report);
}
