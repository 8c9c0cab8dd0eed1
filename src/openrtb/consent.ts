/**
 * What a request lets us do with the person behind it, decided once; later steps obey and never look at consent again.
 * In doubt the answer is no: a signal that is there and cannot be read permits nothing, every signal that is there has
 * to agree, and a rule that throws denies.
 */
import { hasObjected, readSections, TCF_EU, US_PRIVACY_SECTION } from './privacy/gpp.ts';
import { readTcf } from './privacy/tcf.ts';
import { hasOptedOut } from './privacy/us-privacy.ts';
import type { BidRequest, Regulations } from './request.ts';

export interface Permits {
  /** An id may be read and the person's record used: caps, packs, attribution by view. */
  readonly identity: boolean;
  /** Packs may be consulted (needs identity, and a legal basis for personalised advertising). */
  readonly audiences: boolean;
  /** Coordinates finer than two decimals may be used. */
  readonly preciseGeo: boolean;
  /** Why identity is refused; empty where it is not. */
  readonly refusal:
    | ''
    | 'coppa'
    | 'gdpr'
    | 'us_privacy'
    | 'gpp'
    | 'limit_tracking'
    | 'signal_missing'
    | 'malformed_consent'
    | 'public_screen'
    | 'withdrawn'
    | 'consent_missing';
}

/** What a recorded consent is for. */
export type ConsentPurposes = Pick<Permits, 'identity' | 'audiences' | 'preciseGeo'>;

/** What the account decided. */
export interface ConsentChoice {
  /** Where a request says nothing at all about privacy. */
  readonly signalMissing: 'allow' | 'deny';
  /** Our number on the IAB's Global Vendor List; without one nobody can have consented to us. */
  readonly vendorId?: number | undefined;
}

export const NO_PERMITS: Permits = denied('signal_missing');
export const ALL_PERMITS: Permits = Object.freeze({
  identity: true,
  audiences: true,
  preciseGeo: true,
  refusal: '',
});

/** On a screen in a public place there is nobody to know; where it hangs is no secret. */
export const SCREEN_PERMITS: Permits = Object.freeze({
  identity: false,
  audiences: false,
  preciseGeo: true,
  refusal: 'public_screen',
});

/** A law of a state of the USA without an objection; where somebody is, to the metre, needs a consent of its own. */
const WITHOUT_PRECISE_GEO: Permits = Object.freeze({ ...ALL_PERMITS, preciseGeo: false });

/** What a call says about privacy, be it a bid request or anything else that names a person. */
export interface ConsentSignals {
  readonly regulations: Regulations;
  readonly device: Pick<BidRequest['device'], 'limitTracking' | 'doNotTrack'>;
  readonly user: Pick<BidRequest['user'], 'consent'>;
}

/**
 * A consent that a person gave outside of requests, as laws ask for that know no string (PIPL articles 13 and 14): where one is needed it
 * has to allow what the signals of the request allow, and it stands in for signals where the request carries none.
 */
export function withRecord(permits: Permits, record: ConsentPurposes | undefined): Permits {
  const isOpen = permits.refusal === '' || permits.refusal === 'signal_missing';
  if (!isOpen) return permits;
  if (!record?.identity) return denied('consent_missing');
  const signals = permits.refusal === '' ? permits : ALL_PERMITS;
  return {
    identity: true,
    audiences: signals.audiences && record.audiences,
    preciseGeo: signals.preciseGeo && record.preciseGeo,
    refusal: '',
  };
}

export function readPermits(request: ConsentSignals, choice: ConsentChoice): Permits {
  try {
    return permitsOf(request, choice);
  } catch {
    return denied('malformed_consent');
  }
}

function permitsOf(request: ConsentSignals, choice: ConsentChoice): Permits {
  const { regulations, device, user } = request;
  if (regulations.coppa) return denied('coppa');
  if (device.limitTracking || device.doNotTrack) return denied('limit_tracking');
  const signals = [
    ...europeanSignal(regulations, user.consent, choice),
    ...californianSignals(regulations),
    ...platformSignals(regulations, user.consent, choice),
  ];
  if (signals.length === 0) return choice.signalMissing === 'allow' ? ALL_PERMITS : NO_PERMITS;
  return signals.reduce(both);
}

/** Both signals have to agree; the first refusal is the one that is told. */
function both(one: Permits, other: Permits): Permits {
  if (one.refusal !== '') return one;
  if (other.refusal !== '') return other;
  return {
    identity: true,
    audiences: one.audiences && other.audiences,
    preciseGeo: one.preciseGeo && other.preciseGeo,
    refusal: '',
  };
}

function denied(refusal: Exclude<Permits['refusal'], ''>): Permits {
  return Object.freeze({ identity: false, audiences: false, preciseGeo: false, refusal });
}

/** A consent string counts wherever the request does not say that the regulation does not apply. */
function europeanSignal(regulations: Regulations, consent: string, choice: ConsentChoice): Permits[] {
  if (regulations.gdpr === 0) return [ALL_PERMITS];
  if (regulations.gdpr === undefined && consent === '') return [];
  return [permitsOfTcf(consent || sectionOf(regulations, TCF_EU), choice)];
}

function permitsOfTcf(text: string, { vendorId }: ConsentChoice): Permits {
  if (text === '' || vendorId === undefined) return denied('gdpr');
  const grant = readTcf(text, vendorId);
  if (!grant) return denied('malformed_consent');
  return grant.identity ? { ...grant, refusal: '' } : denied('gdpr');
}

function californianSignals(regulations: Regulations): Permits[] {
  const signals = regulations.usPrivacy === '' ? [] : [permitsOfUsPrivacy(regulations.usPrivacy)];
  return regulations.globalPrivacyControl ? [...signals, denied('us_privacy')] : signals;
}

function permitsOfUsPrivacy(text: string): Permits {
  const optedOut = hasOptedOut(text);
  if (optedOut === undefined) return denied('malformed_consent');
  return optedOut ? denied('us_privacy') : ALL_PERMITS;
}

/** GPP's own numbers for "none applies" and "not known yet". */
const NO_SECTION_APPLIES = -1;
const NOT_KNOWN_YET = 0;

/** The sections that apply, or where the request does not tell which, every section of the string. */
function platformSignals(regulations: Regulations, consent: string, choice: ConsentChoice): Permits[] {
  const { gpp, gppSections } = regulations;
  const applicable = gppSections.filter((id) => id !== NO_SECTION_APPLIES && id !== NOT_KNOWN_YET);
  if (applicable.length === 0) {
    if (gppSections.includes(NO_SECTION_APPLIES)) return [ALL_PERMITS];
    if (gpp === '') return [];
  }
  const sections = readSections(gpp);
  if (!sections && (gpp !== '' || applicable.length === 0)) return [denied('malformed_consent')];
  const ids = applicable.length > 0 ? applicable : [...(sections?.keys() ?? [])];
  return ids.map((id) => permitsOfSection(id, sections?.get(id) ?? '', regulations, consent, choice));
}

function permitsOfSection(
  id: number,
  text: string,
  regulations: Regulations,
  consent: string,
  choice: ConsentChoice,
): Permits {
  if (id === TCF_EU) return permitsOfTcf(text || consent, choice);
  if (id === US_PRIVACY_SECTION) return permitsOfUsPrivacy(text || regulations.usPrivacy);
  const objected = hasObjected(id, text);
  if (objected === 'unreadable') return denied('malformed_consent');
  return objected === false ? WITHOUT_PRECISE_GEO : denied('gpp');
}

function sectionOf({ gpp }: Regulations, id: number): string {
  return gpp === '' ? '' : (readSections(gpp)?.get(id) ?? '');
}
