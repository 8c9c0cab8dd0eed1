/** Video answers (OpenRTB 2.6 sections 3.2.7 and 7.4). */
import type { VideoCreative } from '../../campaign/creative.ts';
import type { Audio, Impression, Video } from '../../openrtb/request.ts';
import type { Fit, MediaAnswer } from './media.ts';
import { timedFit } from './timed.ts';
import { timedMarkup } from './timed-markup.ts';

export const videoAnswer: MediaAnswer = {
  media: 'video',
  markupType: 2,
  blockedAttributes: (impression) => impression.video?.blockedAttributes ?? [],
  fit: ({ creative }, impression) => {
    const video = impression.video;
    if (creative.format !== 'video' || !video) return 'no_creative_of_format';
    if (video.linearity === 2 || !skippingFits(creative, video)) return 'creative_type_not_supported';
    // Of what another server sends no shape is known.
    if (creative.vastTagUrl !== undefined && !video.boxingAllowed) return 'creative_type_not_supported';
    const fit = timedFit(creative, video, ({ template }) => template !== 'daast');
    if (typeof fit === 'string') return fit;
    const file = creative.mediaFiles[0];
    return { media: 'video', ...fit, ...sizeOf(video.width ?? file?.width, video.height ?? file?.height) };
  },
  markup: (creative, _impression, fit, links) => timedMarkup(creative, fit, links),
  remake: { contentType: 'application/xml; charset=utf-8', markup: timedMarkup },
};

const OWN_SKIP_BUTTON = 16;

/**
 * A skip button of the creative's own is not wanted by a player that adds one, nor before the player would allow it, nor in
 * a spot too short to be skipped (section 7.4).
 */
function skippingFits(creative: VideoCreative, { skip, skipMinSeconds, skipAfterSeconds }: Video): boolean {
  const own = creative.skippableAfterSeconds;
  if (own === undefined && !creative.attributes.includes(OWN_SKIP_BUTTON)) return true;
  if (skip === 1 || creative.durationSeconds <= skipMinSeconds) return false;
  return own === undefined || own >= skipAfterSeconds;
}

function sizeOf(width: number | undefined, height: number | undefined): { width?: number; height?: number } {
  return width && height ? { width, height } : {};
}

/** Only what belongs to the impression as such; used by floors that depend on length. */
export function timedPlacement(impression: Impression, media: Fit['media']): Video | Audio | undefined {
  return media === 'video' ? impression.video : media === 'audio' ? impression.audio : undefined;
}
