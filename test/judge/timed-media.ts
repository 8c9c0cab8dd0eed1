// What video and audio have in common: VAST that the medium's protocols, content types, durations and bit
// rates allow.

import type { BidCase } from './bid-case.ts';
import { checkCompanions } from './companion.ts';
import { isAbsoluteUrl } from './delivery.ts';
import type { Report } from './departure.ts';
import { isDurationAllowed } from './duration.ts';
import type { Json } from './reading.ts';
import { isFilled, numberOf, numbersOf, textsOf } from './reading.ts';
import type { MediaFile } from './timed-ad.ts';
import type { Vast } from './vast.ts';

/** Undefined when there is no VAST to look further into. */
export function checkTimedMedia(bidCase: BidCase, report: Report): Vast | undefined {
  const { vast, path } = bidCase;
  checkDuration(bidCase, report);
  if (vast === undefined) {
    checkStatedProtocol(bidCase, report);
    return undefined;
  }
  if (vast.fault !== undefined) {
    report('bad_vast', `${path}.adm`, vast.fault);
    return undefined;
  }
  checkProtocol(bidCase, vast, report);
  checkElements(vast, path, report);
  checkMediaFiles(bidCase, vast, report);
  checkCompanions(bidCase, vast, report);
  return vast;
}

// AdCOM, "Creative Subtypes - Audio/Video": the protocol of an inline ad and of a wrapper.
const PROTOCOLS: Readonly<Record<string, readonly [inline: number, wrapper: number]>> = {
  '1.0': [1, 4],
  '2.0': [2, 5],
  '3.0': [3, 6],
  '4.0': [7, 8],
  '4.1': [11, 12],
  '4.2': [13, 14],
  '4.3': [15, 16],
  DAAST: [9, 10],
};

function checkProtocol({ bid, offer, path }: BidCase, vast: Vast, report: Report): void {
  const protocol = PROTOCOLS[vast.version]?.[vast.isWrapper ? 1 : 0];
  const offered = protocolsOffered(offer);
  const kind = `${vast.isWrapper ? 'wrapper' : 'inline'} ${vast.version}`;
  if (protocol === undefined) report('vast_protocol', `${path}.adm`, `no version ${vast.version} is known`);
  else if (offered.length > 0 && !offered.includes(protocol)) {
    report(
      'vast_protocol',
      `${path}.adm`,
      `${kind} is protocol ${protocol}, offered are ${offered.join(', ')}`,
    );
  }
  const stated = numberOf(bid.protocol);
  if (stated !== undefined && stated !== protocol) {
    report('protocol_mismatch', `${path}.protocol`, `${stated} for ${kind}`);
  }
}

/** Markup that comes later, as the answer to the win notice, is known by what the bid says of it. */
function checkStatedProtocol({ bid, offer, path }: BidCase, report: Report): void {
  const stated = numberOf(bid.protocol);
  const offered = protocolsOffered(offer);
  if (stated === undefined || offered.length === 0 || offered.includes(stated)) return;
  report('vast_protocol', `${path}.protocol`, `${stated}, offered are ${offered.join(', ')}`);
}

/** Without protocols any will do (§2.3); `protocol`, one number, is how 2.0 to 2.2 said it. */
function protocolsOffered(offer: Json): readonly number[] {
  const listed = numbersOf(offer.protocols);
  return listed.length > 0 ? listed : numbersOf(offer.protocol);
}

function checkElements(vast: Vast, path: string, report: Report): void {
  if (vast.ads.length === 0) report('vast_missing_element', `${path}.adm`, 'Ad');
  for (const ad of vast.ads) {
    if (ad.missing.length > 0) report('vast_missing_element', `${path}.adm`, ad.missing.join(', '));
    for (const url of ad.urls) {
      if (!isAbsoluteUrl(url)) report('bad_url', `${path}.adm`, `${url.slice(0, 80)} in the VAST`);
    }
    for (const linear of ad.linears) {
      if (linear.durationText === undefined || linear.seconds !== undefined) continue;
      report('bad_vast', `${path}.adm`, `${linear.durationText.slice(0, 20)} is not a duration`);
    }
  }
}

/**
 * dur is whole seconds; the VAST may be finer, so it may be rounded either way. A wrapper does not know its
 * own.
 */
function checkDuration(bidCase: BidCase, report: Report): void {
  const { bid, offer, vast, seconds, path } = bidCase;
  const stated = numberOf(bid.dur);
  if (!isFilled(bid.dur)) report('missing_duration', `${path}.dur`, 'no dur');
  if (stated !== undefined && vast?.seconds !== undefined && Math.abs(stated - vast.seconds) >= 1) {
    report('duration_mismatch', `${path}.dur`, `${stated}, and the VAST lasts ${vast.seconds}`);
  }
  for (const one of new Set([seconds, stated])) {
    if (one === undefined || isDurationAllowed(one, offer)) continue;
    report('duration_not_allowed', `${path}.dur`, `${one} s, where ${durationsOffered(bidCase)}`);
  }
}

function durationsOffered({ offer }: BidCase): string {
  const exact = numbersOf(offer.rqddurs);
  if (exact.length > 0) return `exactly ${exact.join(' or ')} is wanted`;
  return `${numberOf(offer.minduration) ?? 0}..${numberOf(offer.maxduration) ?? numberOf(offer.poddur) ?? 'any'} is wanted`;
}

/**
 * A player picks one file: one must pass everything the medium asks for, and each must be a whole MediaFile.
 */
function checkMediaFiles(bidCase: BidCase, vast: Vast, report: Report): void {
  const at = `${bidCase.path}.adm`;
  for (const linear of vast.ads.filter((ad) => !ad.isWrapper).flatMap((ad) => ad.linears)) {
    if (linear.mediaFiles.length === 0) continue;
    for (const file of linear.mediaFiles) {
      const fault = faultOf(file, bidCase.medium, vast.version);
      if (fault !== undefined) report('bad_media_file', at, fault);
    }
    checkPlayable(bidCase, linear.mediaFiles, report);
  }
}

function faultOf(file: MediaFile, medium: string, version: string): string | undefined {
  if (!isAbsoluteUrl(file.url)) return `no absolute URL in a MediaFile: ${file.url.slice(0, 80)}`;
  if (file.mime === undefined) return 'a MediaFile without type';
  if (file.delivery !== 'progressive' && file.delivery !== 'streaming')
    return `a MediaFile with delivery ${file.delivery}`;
  if (version === 'DAAST' && file.id === undefined) return 'a MediaFile of DAAST without id';
  const hasSize = file.width !== undefined && file.height !== undefined;
  return medium === 'audio' || hasSize ? undefined : 'a MediaFile without width and height';
}

/** One condition after the other, so that what is reported is what rules out the last file left. */
function checkPlayable(bidCase: BidCase, files: readonly MediaFile[], report: Report): void {
  const at = `${bidCase.path}.adm`;
  const { offer } = bidCase;
  const mimes = textsOf(offer.mimes).map((mime) => mime.toLowerCase());
  const ofMime = mimes.length === 0 ? files : files.filter((file) => mimes.includes(file.mime ?? ''));
  if (ofMime.length === 0) {
    report(
      'mime_not_offered',
      at,
      `${files.map((file) => file.mime).join(', ')}, offered are ${mimes.join(', ')}`,
    );
    return;
  }
  // Players that run scripts are named; a VPAID file is nothing to any other (§3.2.7, api).
  const runsVpaid = numbersOf(offer.api).some((api) => api === 1 || api === 2);
  const runnable = ofMime.filter((file) => runsVpaid || file.apiFramework !== 'VPAID');
  if (runnable.length === 0) {
    report('api_not_offered', at, 'only VPAID, and api has neither 1 nor 2');
    return;
  }
  const delivered = runnable.filter((file) => isDeliveryOffered(file, numbersOf(offer.delivery)));
  if (delivered.length === 0) {
    report('delivery_not_offered', at, `offered are ${numbersOf(offer.delivery).join(', ')}`);
    return;
  }
  const fast = delivered.filter((file) => isBitrateOffered(file, bidCase));
  if (fast.length === 0) {
    report(
      'bitrate_out_of_range',
      at,
      `offered are ${numberOf(offer.minbitrate) ?? 0}..${numberOf(offer.maxbitrate) ?? 'any'} kbit/s`,
    );
  } else if (!fast.some((file) => isShapeOffered(file, offer))) {
    report('boxing_not_allowed', at, `boxingallowed is 0, and the player is ${offer.w}x${offer.h}`);
  }
}

/**
 * §3.2.7: boxingallowed is about 4:3 content in a 16:9 window, that is, about a film narrower than the player.
 * Sides are even numbers, so a film may be a line or two off.
 */
function isShapeOffered({ width, height }: MediaFile, offer: Json): boolean {
  const playerWidth = numberOf(offer.w) ?? 0;
  const playerHeight = numberOf(offer.h) ?? 0;
  if (numberOf(offer.boxingallowed) !== 0 || playerWidth <= 0 || playerHeight <= 0) return true;
  if (width === undefined || height === undefined) return true;
  return (width * playerHeight) / (height * playerWidth) > 0.98;
}

/**
 * AdCOM "Delivery Methods": 1 streaming, 2 progressive, 3 download, which a progressive file serves as well.
 */
function isDeliveryOffered(file: MediaFile, methods: readonly number[]): boolean {
  if (methods.length === 0) return true;
  return file.delivery === 'streaming' ? methods.includes(1) : methods.includes(2) || methods.includes(3);
}

/** A streaming file states a range of rates; it will do if the two ranges meet. */
function isBitrateOffered(file: MediaFile, { offer }: BidCase): boolean {
  const low = numberOf(offer.minbitrate) ?? 0;
  const high = numberOf(offer.maxbitrate);
  // Zero, like absence, is how exchanges say that there is no upper limit.
  const ceiling = high === undefined || high <= 0 ? Number.POSITIVE_INFINITY : high;
  return (file.maxBitrateKbps ?? low) >= low && (file.minBitrateKbps ?? low) <= ceiling;
}
