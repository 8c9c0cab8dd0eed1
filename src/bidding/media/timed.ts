/** Whether a video or audio creative can be played in a placement (OpenRTB 2.6 sections 3.2.7 and 3.2.8). */
import type { AudioCreative, VideoCreative } from '../../campaign/creative.ts';
import type { Reason } from '../../core/reason.ts';
import type { Protocol } from '../../openrtb/protocol.ts';
import { protocolFor } from '../../openrtb/protocol.ts';
import type { Audio, Video } from '../../openrtb/request.ts';
import { companionsFor } from './companions.ts';
import type { Fit } from './media.ts';

export type TimedCreative = VideoCreative | AudioCreative;
type TimedFit = Omit<Fit, 'media'>;

const VPAID = [1, 2];
const OMID = 7;
const SIMID = [8, 9];

export function timedFit(
  creative: TimedCreative,
  placement: Video | Audio,
  accepts: (protocol: Protocol) => boolean,
): TimedFit | Reason {
  const { apis, vastTagUrl, vastTagMimes, mediaFiles, durationSeconds, companions } = creative;
  if (!durationFits(durationSeconds, placement)) return 'creative_type_not_supported';
  if (!apis.every((api) => placement.apis.includes(api))) return 'creative_type_not_supported';
  const protocol = protocolFor(
    placement.protocols,
    (candidate) => accepts(candidate) && admits(creative, candidate),
  );
  if (!protocol) return 'creative_type_not_supported';
  const renditions = vastTagUrl === undefined ? playable(mediaFiles, placement, protocol) : undefined;
  const plays =
    renditions?.some((place) => mediaFiles[place]!.api !== 'SIMID') ??
    vastTagMimes.some((mime) => takesMime(placement, mime));
  if (!plays) return 'creative_type_not_supported';
  const beside = companionsFor(companions, placement);
  const verified = creative.verification.length > 0 && placement.apis.includes(OMID);
  const used = verified && !apis.includes(OMID) ? [...apis, OMID] : apis;
  return {
    durationSeconds,
    protocol: protocol.code,
    ...(renditions && renditions.length < mediaFiles.length ? { renditions } : {}),
    ...(beside.length > 0 ? { companions: beside } : {}),
    ...(verified ? { verified } : {}),
    ...(used.length > 0 ? { apis: used } : {}),
    ...dynamicPart(placement),
  };
}

/** The video asset of a native answer: inline, of plain files. */
export function nativeVideoFits(
  { durationSeconds, mediaFiles }: Pick<VideoCreative, 'durationSeconds' | 'mediaFiles'>,
  video: Video,
): TimedFit | Reason {
  const protocol = protocolFor(
    video.protocols,
    ({ template, isWrapper }) => template === 'vast' && !isWrapper,
  );
  if (!protocol || !durationFits(durationSeconds, video)) return 'creative_type_not_supported';
  const renditions = playable(mediaFiles, video, protocol);
  if (renditions.length === 0) return 'creative_type_not_supported';
  return { durationSeconds, protocol: protocol.code, renditions };
}

/** Another server's tag is wrapped in its own version; SIMID came with VAST 4, VPAID with VAST 2. */
function admits({ vastTagUrl, vastTagVersion, apis }: TimedCreative, protocol: Protocol): boolean {
  if (vastTagUrl !== undefined)
    return protocol.isWrapper && vastTagVersion === `${NAMES[protocol.template]} ${protocol.version}`;
  if (SIMID.some((api) => apis.includes(api)) && !protocol.version.startsWith('4')) return false;
  return protocol.template === 'vast' || !VPAID.some((api) => apis.includes(api));
}

const NAMES = { vast: 'VAST', vast_one: '', daast: 'DAAST' } as const;

function dynamicPart(placement: Video | Audio): TimedFit {
  return placement.pod?.durationSeconds === undefined ? {} : { dynamicPod: true };
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

/** Places of the files that the placement can play, or lay over what it plays. */
function playable(
  files: VideoCreative['mediaFiles'],
  placement: Video | Audio,
  protocol: Protocol,
): readonly number[] {
  const places: number[] = [];
  for (const [place, file] of files.entries()) {
    if (!runs(file.api, placement, protocol)) continue;
    if (file.api === 'SIMID') places.push(place);
    else if (
      takesMime(placement, file.mime) &&
      deliveryFits(file.delivery, placement.deliveries) &&
      bitrateFits(file.bitrateKbps, placement) &&
      shapeFits(file.width, file.height, placement)
    )
      places.push(place);
  }
  return places;
}

function runs(
  api: 'VPAID' | 'SIMID' | undefined,
  { apis }: Video | Audio,
  { template, version }: Protocol,
): boolean {
  if (api === undefined) return true;
  if (api === 'VPAID') return template === 'vast' && VPAID.some((code) => apis.includes(code));
  return version.startsWith('4') && SIMID.some((code) => apis.includes(code));
}

/** Those of the placement are read in lower case and without parameters. */
function takesMime({ mimes }: Video | Audio, mime: string): boolean {
  return (
    mimes.length === 0 || mimes.includes(mime) || mimes.includes(mime.split(';')[0]!.trim().toLowerCase())
  );
}

/** AdCOM "Delivery Methods": 1 streaming, 2 progressive, 3 download, for which a progressive file does as well. */
function deliveryFits(delivery: 'progressive' | 'streaming', offered: readonly number[]): boolean {
  if (offered.length === 0) return true;
  return delivery === 'streaming' ? offered.includes(1) : offered.includes(2) || offered.includes(3);
}

/** A rendition that does not tell its bitrate is taken to be adaptive. */
function bitrateFits(bitrateKbps: number | undefined, placement: Video | Audio): boolean {
  if (bitrateKbps === undefined) return true;
  return (
    bitrateKbps >= (placement.bitrateMin ?? 0) &&
    bitrateKbps <= (placement.bitrateMax ?? Number.MAX_SAFE_INTEGER)
  );
}

/** Widths and heights are whole pixels, so that ratios that mean the same differ a little: 854 × 480 is 16:9. */
const RATIO_TOLERANCE = 0.01;

/** Where letterboxing is not allowed, the shape must be the player's; a file of unknown shape is not known to be. */
function shapeFits(width: number | undefined, height: number | undefined, placement: Video | Audio): boolean {
  if (!('boxingAllowed' in placement) || placement.boxingAllowed) return true;
  if (placement.width === undefined || placement.height === undefined) return true;
  if (width === undefined || height === undefined) return false;
  const wanted = placement.width / placement.height;
  return Math.abs(width / height - wanted) <= wanted * RATIO_TOLERANCE;
}
