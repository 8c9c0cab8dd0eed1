// One ad of a VAST or DAAST document, whatever its version calls the parts.

import { numberOf } from './reading.ts';
import { attribute, textIn } from './xml.ts';

export interface VastAd {
  readonly isWrapper: boolean;
  /** Elements and attributes that the schema of this version requires. */
  readonly missing: readonly string[];
  readonly linears: readonly Linear[];
  readonly overlayCount: number;
  readonly companions: readonly Companion[];
  /** Whatever a player or a person is sent to; media files apart. */
  readonly urls: readonly string[];
}

export interface Linear {
  readonly durationText: string | undefined;
  readonly seconds: number | undefined;
  readonly isSkippable: boolean;
  readonly mediaFiles: readonly MediaFile[];
}

export interface MediaFile {
  readonly id: string | undefined;
  readonly url: string;
  readonly mime: string | undefined;
  readonly delivery: string | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly apiFramework: string | undefined;
  readonly minBitrateKbps: number | undefined;
  readonly maxBitrateKbps: number | undefined;
}

export interface Companion {
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly resources: readonly CompanionResource[];
}

export type CompanionResource = 'static' | 'html' | 'iframe';

export function linearOf(duration: unknown, isSkippable: boolean, mediaFiles: readonly MediaFile[]): Linear {
  const durationText = duration === undefined ? undefined : textIn(duration);
  return {
    durationText,
    seconds: durationText === undefined ? undefined : secondsOf(durationText),
    isSkippable,
    mediaFiles,
  };
}

/** HH:MM:SS or HH:MM:SS.mmm. */
function secondsOf(text: string): number | undefined {
  const match = /^(\d{2}):([0-5]\d):([0-5]\d(?:\.\d{1,3})?)$/.exec(text);
  return match === null ? undefined : Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3]);
}

export function readMediaFile(file: unknown, url: string): MediaFile {
  const bitrate = numberOf(attribute(file, 'bitrate'));
  return {
    id: attribute(file, 'id'),
    url,
    mime: attribute(file, 'type')?.toLowerCase(),
    delivery: attribute(file, 'delivery')?.toLowerCase(),
    width: numberOf(attribute(file, 'width')),
    height: numberOf(attribute(file, 'height')),
    apiFramework: attribute(file, 'apiFramework')?.toUpperCase(),
    minBitrateKbps: numberOf(attribute(file, 'minBitrate')) ?? bitrate,
    maxBitrateKbps: numberOf(attribute(file, 'maxBitrate')) ?? bitrate,
  };
}
