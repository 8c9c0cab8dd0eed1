/** Video and audio: what can be played, for how long, at which floor. */
import type { Audio, Pod, Video } from '../request.ts';
import { readCompanions } from './banner.ts';
import { readDurationFloors, readOptionalFloor } from './floor.ts';
import type { Notes } from './notes.ts';
import type { Json } from './value.ts';
import {
  isFilled,
  NONE,
  readCount,
  readInteger,
  readIntegers,
  readText,
  readTexts,
  requireFilled,
} from './value.ts';

export function readVideo(raw: Json, notes: Notes): Video {
  requireFilled(raw.mimes, 'video.mimes', notes);
  return {
    mimes: readMimes(raw.mimes, 'video.mimes', notes),
    protocols: readProtocols(raw, notes),
    apis: readIntegers(raw.api, 'video.api', notes),
    durationSecondsMin: readCount(raw.minduration, 'video.minduration', notes) ?? 0,
    // Of this and of the bit rate zero would allow nothing at all; it stands for a limit that was not set.
    durationSecondsMax: readCount(raw.maxduration, 'video.maxduration', notes) || undefined,
    exactDurations: readIntegers(raw.rqddurs, 'video.rqddurs', notes),
    extendedSecondsMax: readInteger(raw.maxextended, 'video.maxextended', notes) ?? 0,
    width: readCount(raw.w, 'video.w', notes) || undefined,
    height: readCount(raw.h, 'video.h', notes) || undefined,
    startDelay: readInteger(raw.startdelay, 'video.startdelay', notes),
    linearity: readInteger(raw.linearity, 'video.linearity', notes) || undefined,
    skip: readInteger(raw.skip, 'video.skip', notes),
    skipMinSeconds: readCount(raw.skipmin, 'video.skipmin', notes) ?? 0,
    skipAfterSeconds: readCount(raw.skipafter, 'video.skipafter', notes) ?? 0,
    boxingAllowed: readInteger(raw.boxingallowed, 'video.boxingallowed', notes) !== 0,
    bitrateMin: readCount(raw.minbitrate, 'video.minbitrate', notes),
    bitrateMax: readCount(raw.maxbitrate, 'video.maxbitrate', notes) || undefined,
    deliveries: readIntegers(raw.delivery, 'video.delivery', notes),
    playbackMethod: readIntegers(raw.playbackmethod, 'video.playbackmethod', notes)[0],
    // `placement` had other meanings (its 3 is in-article, ours an interstitial), so it does not stand in.
    placement: readInteger(raw.plcmt, 'video.plcmt', notes),
    blockedAttributes: readIntegers(raw.battr, 'video.battr', notes),
    position: readInteger(raw.pos, 'video.pos', notes),
    companions: readCompanions(raw.companionad, 'video.companionad', notes),
    companionTypes: readIntegers(raw.companiontype, 'video.companiontype', notes),
    pod: readPod(raw, notes),
    floorCpmMicrosPerSecond: readOptionalFloor(raw.mincpmpersec, 'video.mincpmpersec', notes),
    durationFloors: readDurationFloors(raw.durfloors, 'video.durfloors', notes),
  };
}

export function readAudio(raw: Json, notes: Notes): Audio {
  requireFilled(raw.mimes, 'audio.mimes', notes);
  return {
    mimes: readMimes(raw.mimes, 'audio.mimes', notes),
    protocols: readIntegers(raw.protocols, 'audio.protocols', notes),
    apis: readIntegers(raw.api, 'audio.api', notes),
    durationSecondsMin: readCount(raw.minduration, 'audio.minduration', notes) ?? 0,
    durationSecondsMax: readCount(raw.maxduration, 'audio.maxduration', notes) || undefined,
    exactDurations: readIntegers(raw.rqddurs, 'audio.rqddurs', notes),
    extendedSecondsMax: readInteger(raw.maxextended, 'audio.maxextended', notes) ?? 0,
    startDelay: readInteger(raw.startdelay, 'audio.startdelay', notes),
    bitrateMin: readCount(raw.minbitrate, 'audio.minbitrate', notes),
    bitrateMax: readCount(raw.maxbitrate, 'audio.maxbitrate', notes) || undefined,
    deliveries: readIntegers(raw.delivery, 'audio.delivery', notes),
    blockedAttributes: readIntegers(raw.battr, 'audio.battr', notes),
    companions: readCompanions(raw.companionad, 'audio.companionad', notes),
    companionTypes: readIntegers(raw.companiontype, 'audio.companiontype', notes),
    pod: readPod(raw, notes),
    floorCpmMicrosPerSecond: readOptionalFloor(raw.mincpmpersec, 'audio.mincpmpersec', notes),
    durationFloors: readDurationFloors(raw.durfloors, 'audio.durfloors', notes),
  };
}

/** Parameters tell of codecs, which no creative declares. */
function readMimes(value: unknown, path: string, notes: Notes): readonly string[] {
  return readTexts(value, path, notes).map((mime) => mime.split(';')[0]!.trim().toLowerCase());
}

/** `protocols`, or the single `protocol` of OpenRTB 2.0, which some send as a list. */
function readProtocols(raw: Json, notes: Notes): readonly number[] {
  const { protocols, protocol } = raw;
  if (isFilled(protocols)) return readIntegers(protocols, 'video.protocols', notes);
  if (!isFilled(protocol)) return NONE;
  return readIntegers(Array.isArray(protocol) ? protocol : [protocol], 'video.protocol', notes);
}

function readPod(raw: Json, notes: Notes): Pod | undefined {
  const { podid, poddur, maxseq, slotinpod, podseq, poddedupe } = raw;
  if ([podid, poddur, maxseq, slotinpod, podseq, poddedupe].every((value) => !isFilled(value)))
    return undefined;
  return {
    id: readText(podid, 'podid', notes),
    durationSeconds: readCount(poddur, 'poddur', notes) || undefined,
    sequenceMax: readCount(maxseq, 'maxseq', notes) || undefined,
    slotInPod: readInteger(slotinpod, 'slotinpod', notes),
    sequence: readInteger(podseq, 'podseq', notes),
    dedupe: readIntegers(poddedupe, 'poddedupe', notes),
  };
}
