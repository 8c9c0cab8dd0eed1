/** Video and audio answers as inline VAST (OpenRTB 2.6 sections 3.2.7 and 3.2.8). */

import type { CatalogCreative } from '../../campaign/catalog.ts';
import type { AudioCreative, VideoCreative } from '../../campaign/creative.ts';
import type { Reason } from '../../core/reason.ts';
import type { Audio, Impression, Video } from '../../openrtb/request.ts';
import type { VastFile } from '../../openrtb/vast.ts';
import { vastDocument, vastProtocol } from '../../openrtb/vast.ts';
import type { Fit, MarkupLinks, MediaAnswer } from './media.ts';

export const videoAnswer: MediaAnswer = {
  media: 'video',
  markupType: 2,
  blockedAttributes: (impression) => impression.video?.blockedAttributes ?? [],
  fit: ({ creative }, impression) => {
    const video = impression.video;
    if (creative.format !== 'video' || !video) return 'no_creative_of_format';
    if (video.linearity === 2) return 'creative_type_not_supported';
    // Attribute 16 says that the markup brings its own skip button, which a player that adds one does not want.
    if (creative.skippableAfterSeconds !== undefined && video.skip === 1)
      return 'creative_type_not_supported';
    const fit = timedFit(creative, video);
    if (typeof fit === 'string') return fit;
    const file = creative.mediaFiles[0];
    return { media: 'video', ...fit, ...sizeOf(video.width ?? file?.width, video.height ?? file?.height) };
  },
  markup: (creative, impression, fit, links) =>
    impression.video ? timedMarkup(creative, impression.video, fit, links) : '',
};

export const audioAnswer: MediaAnswer = {
  media: 'audio',
  markupType: 3,
  blockedAttributes: (impression) => impression.audio?.blockedAttributes ?? [],
  fit: ({ creative }, impression) => {
    const audio = impression.audio;
    if (creative.format !== 'audio' || !audio) return 'no_creative_of_format';
    const fit = timedFit(creative, audio);
    return typeof fit === 'string' ? fit : { media: 'audio', ...fit };
  },
  markup: (creative, impression, fit, links) =>
    impression.audio ? timedMarkup(creative, impression.audio, fit, links) : '',
};

/** The video asset of a native answer is judged by the same rules. */
export function nativeVideoFits(
  creative: Pick<VideoCreative, 'durationSeconds' | 'mediaFiles'>,
  video: Video,
): Omit<Fit, 'media'> | Reason {
  return timedFit(creative, video);
}

export function timedMarkup(
  creative: CatalogCreative,
  placement: Video | Audio,
  fit: Omit<Fit, 'media'>,
  links: MarkupLinks,
  asset: Pick<VideoCreative, 'durationSeconds' | 'mediaFiles'> | undefined = undefined,
): string {
  const object = creative.creative;
  const timed = asset ?? (object.format === 'video' || object.format === 'audio' ? object : undefined);
  if (!timed) return '';
  return vastDocument({
    protocol: fit.protocol ?? 3,
    adId: creative.crid,
    title: object.name ?? object.id,
    durationSeconds: timed.durationSeconds,
    skipAfterSeconds: object.format === 'video' ? object.skippableAfterSeconds : undefined,
    files: playableFiles(timed.mediaFiles, placement),
    impressionUrl: links.impressionUrl,
    clickUrl: links.clickUrl,
    servingId: links.bidId,
  });
}

function timedFit(
  creative: Pick<VideoCreative | AudioCreative, 'durationSeconds' | 'mediaFiles'>,
  placement: Video | Audio,
): Omit<Fit, 'media'> | Reason {
  const protocol = vastProtocol(placement.protocols);
  if (protocol === undefined || !durationFits(creative.durationSeconds, placement))
    return 'creative_type_not_supported';
  if (playableFiles(creative.mediaFiles, placement).length === 0) return 'creative_type_not_supported';
  const dynamicPod = placement.pod?.durationSeconds !== undefined;
  return { durationSeconds: creative.durationSeconds, protocol, ...(dynamicPod ? { dynamicPod } : {}) };
}

/** Exact durations exclude the range (section 3.2.7, `rqddurs`); a dynamic pod bounds it by the whole break. */
function durationFits(seconds: number, placement: Video | Audio): boolean {
  const podSeconds = placement.pod?.durationSeconds;
  if (podSeconds !== undefined && seconds > podSeconds) return false;
  if (placement.exactDurations.length > 0) return placement.exactDurations.includes(seconds);
  if (seconds < placement.durationSecondsMin) return false;
  const longest = placement.durationSecondsMax;
  if (longest === undefined || placement.extendedSecondsMax === -1) return true;
  return seconds <= longest + placement.extendedSecondsMax;
}

function playableFiles(files: VideoCreative['mediaFiles'], placement: Video | Audio): VastFile[] {
  const playable: VastFile[] = [];
  for (const file of files) {
    if (placement.mimes.length > 0 && !placement.mimes.includes(file.mime.toLowerCase())) continue;
    const delivery = file.delivery === 'streaming' ? 1 : 2;
    if (placement.deliveries.length > 0 && !placement.deliveries.includes(delivery)) continue;
    if (!bitrateFits(file.bitrateKbps, placement)) continue;
    playable.push({ ...file, width: file.width, height: file.height, bitrateKbps: file.bitrateKbps });
  }
  return playable;
}

/** A rendition that does not tell its bitrate is taken to be adaptive. */
function bitrateFits(bitrateKbps: number | undefined, placement: Video | Audio): boolean {
  if (bitrateKbps === undefined) return true;
  return (
    bitrateKbps >= (placement.bitrateMin ?? 0) &&
    bitrateKbps <= (placement.bitrateMax ?? Number.MAX_SAFE_INTEGER)
  );
}

function sizeOf(width: number | undefined, height: number | undefined): { width?: number; height?: number } {
  return width && height ? { width, height } : {};
}

/** Only what belongs to the impression as such; used by floors that depend on length. */
export function timedPlacement(impression: Impression, media: Fit['media']): Video | Audio | undefined {
  return media === 'video' ? impression.video : media === 'audio' ? impression.audio : undefined;
}
