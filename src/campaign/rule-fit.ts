/** What a line item's rules about format and size leave of its creatives. */

import type { Media } from '../core/event.ts';
import { MEDIA } from '../core/event.ts';
import type { LineItem } from './campaign.ts';
import type { Creative } from './creative.ts';

type Targeting = LineItem['targeting'];

/** What keeps a creative from ever being shown by this line item, if anything does. */
export function isUnfit(creative: Creative, targeting: Targeting): 'format' | 'size' | undefined {
  if (!showableMedia(targeting).includes(creative.format)) return 'format';
  if (creative.format !== 'banner' || creative.anySize) return undefined;
  return creative.sizes.some((size) => targetsSize(targeting, size)) ? undefined : 'size';
}

/**
 * Media that the rules leave open. An impression may offer several at once, so only a medium that every accepted
 * impression lacks is shut: one that is excluded. Where media are included and none required, the others may still be
 * offered beside them, which is rare enough to call them shut too.
 */
function showableMedia(targeting: Targeting): readonly Media[] {
  const { include, require, exclude } = targeting.format ?? {};
  const wanted = [...(include ?? []), ...(require ?? [])];
  return MEDIA.filter(
    (media) => (wanted.length === 0 || wanted.includes(media)) && !exclude?.includes(media),
  );
}

/** True where the rules let an impression of this size through. A size counts for banners and video players. */
function targetsSize(
  targeting: Targeting,
  { width, height }: { readonly width: number; readonly height: number },
): boolean {
  const { include, require, exclude } = targeting.size ?? {};
  const text = `${width}x${height}`;
  const wanted = [...(include ?? []), ...(require ?? [])];
  return (wanted.length === 0 || wanted.includes(text)) && !exclude?.includes(text);
}
