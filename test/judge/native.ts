// Native (Dynamic Native Ads 1.2): the markup as a whole, its link and its trackers. Assets:
// native-assets.ts.

import type { BidCase } from './bid-case.ts';
import { isAbsoluteUrl } from './delivery.ts';
import type { Report } from './departure.ts';
import { checkNativeAssets } from './native-assets.ts';
import type { Json } from './reading.ts';
import {
  isFilled,
  isObject,
  listOf,
  numberOf,
  numbersOf,
  objectOf,
  objectsOf,
  shown,
  textOf,
} from './reading.ts';

export function checkNative({ offer, markup, path }: BidCase, report: Report): void {
  if (markup === undefined) return;
  const at = `${path}.adm`;
  const answer = readNativeRoot(markup);
  if (answer === undefined) {
    report('bad_native', at, 'not a JSON object in a string');
    return;
  }
  // A request that cannot be read, as `...` in some samples, has its layout agreed on beforehand, so only what
  // holds for every native ad is judged.
  const asked = readNativeRoot(offer.request);
  checkLink(answer.link, `${at}.link`, report);
  checkTrackers(asked, answer, at, report);
  checkNativeAssets(asked, answer, at, report);
  const privacy = answer.privacy;
  if (isFilled(privacy)) checkTrackerUrl(privacy, `${at}.privacy`, report);
}

/**
 * Since 1.1 the root is the object itself, in 1.0 it was wrapped; some send the request as an object, not a
 * string.
 */
export function readNativeRoot(value: unknown): Json | undefined {
  const parsed = typeof value === 'string' ? parse(value) : value;
  if (!isObject(parsed)) return undefined;
  return isObject(parsed.native) ? parsed.native : parsed;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// A landing page may be inside an app, so any scheme will do for it.
const DEEP_LINK = /^[a-z][a-z0-9+.-]*:\S+$/i;

/** §5.7 of Native 1.2: url is required; its trackers are called, so they are web addresses. */
function checkLink(link: unknown, at: string, report: Report): void {
  const url = textOf(objectOf(link).url);
  if (url === undefined) report('native_link', `${at}.url`, 'no landing page');
  else if (!DEEP_LINK.test(url)) report('bad_url', `${at}.url`, shown(url));
  const fallback = textOf(objectOf(link).fallback);
  if (fallback !== undefined && !DEEP_LINK.test(fallback)) report('bad_url', `${at}.fallback`, fallback);
  for (const tracker of listOf(objectOf(link).clicktrackers))
    checkTrackerUrl(tracker, `${at}.clicktrackers`, report);
}

function checkTrackerUrl(url: unknown, at: string, report: Report): void {
  if (typeof url !== 'string' || !isAbsoluteUrl(url)) report('bad_url', at, shown(url));
}

// Native 1.2, "Event Tracking Methods".
const SCRIPT_METHOD = 2;

/**
 * §5.8: only events and methods on offer. imptrackers, deprecated but everywhere, are taken from anybody;
 * jstracker is a script, so where trackers are listed at all, some entry must allow scripts.
 */
function checkTrackers(asked: Json | undefined, answer: Json, at: string, report: Report): void {
  const offered = asked && objectsOf(asked.eventtrackers);
  for (const [index, tracker] of listOf(answer.eventtrackers).entries()) {
    checkTracker(objectOf(tracker), offered, `${at}.eventtrackers[${index}]`, report);
  }
  for (const url of listOf(answer.imptrackers)) checkTrackerUrl(url, `${at}.imptrackers`, report);
  if (offered === undefined) return;
  const allowsScripts = offered.some((one) => numbersOf(one.methods).includes(SCRIPT_METHOD));
  if (isFilled(answer.jstracker) && offered.length > 0 && !allowsScripts) {
    report('native_tracker_not_offered', `${at}.jstracker`, 'no event is offered with scripts');
  }
}

function checkTracker(tracker: Json, offered: readonly Json[] | undefined, at: string, report: Report): void {
  const event = numberOf(tracker.event);
  const method = numberOf(tracker.method);
  if (event === undefined || method === undefined) {
    report('bad_native', at, 'a tracker needs event and method');
    return;
  }
  const isOffered = offered?.some(
    (one) => numberOf(one.event) === event && numbersOf(one.methods).includes(method),
  );
  if (isOffered === false) report('native_tracker_not_offered', at, `event ${event} by method ${method}`);
  // Only 500 and up, the exchange's own methods, may do without a URL.
  if (isFilled(tracker.url) || method < 500) checkTrackerUrl(tracker.url, `${at}.url`, report);
}
