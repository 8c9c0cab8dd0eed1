/** Writes video and audio answers: the ad itself, or a wrapper around an ad of ours or of another server. */
import type { VideoCreative } from '../../campaign/creative.ts';
import { protocolOf } from '../../openrtb/protocol.ts';
import type { TimedAd } from '../../openrtb/timed-ad.ts';
import { emptyDocument, inlineDocument, wrapperDocument } from '../../openrtb/timed-document.ts';
import { shownCompanion } from './companions.ts';
import type { Fit, MarkupLinks, ShownCreative } from './media.ts';
import type { TimedCreative } from './timed.ts';

type TimedFit = Omit<Fit, 'media'>;

export function timedMarkup(shown: ShownCreative, fit: TimedFit, links: MarkupLinks): string {
  const { creative } = shown;
  if (creative.format !== 'video' && creative.format !== 'audio') return '';
  const protocol = protocolOfFit(fit);
  if (!protocol.isWrapper) return inlineDocument(protocol, adOf(shown, creative, fit, links));
  const { vastTagUrl } = creative;
  return wrapperDocument(protocol, {
    isAudio: creative.format === 'audio',
    adId: shown.crid,
    tagUrl: vastTagUrl?.replaceAll('{CACHEBUSTER}', links.bidId) ?? links.documentUrl ?? '',
    impressionUrl: links.impressionUrl,
    // The inner document of an ad of ours has all of this itself.
    ...(vastTagUrl === undefined
      ? { clickTrackingUrl: undefined, companions: [], verifications: [] }
      : { clickTrackingUrl: links.clickUrl, ...besides(creative, fit, links) }),
  });
}

/** What a wrapper of ours points at. The wrapper has the impression's tracker, so that it is called once. */
export function innerDocument(shown: ShownCreative, fit: TimedFit, links: MarkupLinks): string | undefined {
  const { creative } = shown;
  if (creative.format !== 'video' && creative.format !== 'audio') return undefined;
  if (creative.mediaFiles.length === 0) return undefined;
  return inlineDocument(protocolOfFit(fit), {
    ...adOf(shown, creative, fit, links),
    impressionUrl: undefined,
  });
}

/** In place of an ad that is gone. */
export function noAdDocument(fit: TimedFit): string {
  return emptyDocument(protocolOfFit(fit));
}

/** The video asset of a native answer. */
export function nativeVideoMarkup(
  { creative, crid, categories }: ShownCreative,
  asset: Pick<VideoCreative, 'durationSeconds' | 'mediaFiles'>,
  fit: TimedFit,
  links: MarkupLinks,
): string {
  return inlineDocument(protocolOfFit(fit), {
    isAudio: false,
    adId: crid,
    title: creative.name ?? creative.id,
    categories,
    durationSeconds: asset.durationSeconds,
    skipAfterSeconds: undefined,
    files: filesOf(asset.mediaFiles, fit),
    companions: [],
    verifications: [],
    impressionUrl: links.impressionUrl,
    clickUrl: links.clickUrl,
    servingId: links.bidId,
  });
}

function protocolOfFit({ protocol }: TimedFit) {
  return protocolOf(protocol ?? 3) ?? protocolOf(3)!;
}

function adOf(shown: ShownCreative, creative: TimedCreative, fit: TimedFit, links: MarkupLinks): TimedAd {
  return {
    isAudio: creative.format === 'audio',
    adId: shown.crid,
    title: creative.name ?? creative.id,
    categories: shown.categories,
    durationSeconds: creative.durationSeconds,
    skipAfterSeconds: creative.format === 'video' ? creative.skippableAfterSeconds : undefined,
    files: filesOf(creative.mediaFiles, fit),
    ...besides(creative, fit, links),
    impressionUrl: links.impressionUrl,
    clickUrl: links.clickUrl,
    servingId: links.bidId,
  };
}

function besides(
  { companions, verification }: TimedCreative,
  fit: TimedFit,
  links: MarkupLinks,
): Pick<TimedAd, 'companions' | 'verifications'> {
  return {
    companions: chosen(companions, fit.companions ?? []).map((companion) =>
      shownCompanion(companion, links.clickUrl),
    ),
    verifications: fit.verified
      ? verification.map(({ vendor, scriptUrl, parameters }) => ({ vendor, scriptUrl, parameters }))
      : [],
  };
}

/** Where an edit since the bid left none of them, the others are better than nothing to play. */
function filesOf(files: VideoCreative['mediaFiles'], { renditions }: TimedFit): TimedAd['files'] {
  const playable = renditions === undefined ? files : chosen(files, renditions);
  return (playable.length > 0 ? playable : files).map((file) => ({
    ...file,
    width: file.width,
    height: file.height,
    bitrateKbps: file.bitrateKbps,
    api: file.api,
  }));
}

function chosen<Item>(list: readonly Item[], places: readonly number[]): Item[] {
  return places.flatMap((place) => list[place] ?? []);
}
