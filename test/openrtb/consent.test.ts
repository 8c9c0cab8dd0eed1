/** Regulation × present, absent, contradictory, malformed × the place of 2.5 or of 2.6. */
import { describe, expect, test } from 'vitest';
import type { ConsentChoice, Permits } from '../../src/openrtb/consent.ts';
import { ALL_PERMITS, NO_PERMITS, readPermits } from '../../src/openrtb/consent.ts';
import { readBidRequest } from '../../src/openrtb/read.ts';
import type { BidRequest } from '../../src/openrtb/request.ts';
import { tcfText } from './privacy/tcf-text.ts';

const VENDOR = 755;
const DENY: ConsentChoice = { signalMissing: 'deny', vendorId: VENDOR };
const ALLOW: ConsentChoice = { signalMissing: 'allow', vendorId: VENDOR };

const vendors = { ranges: [[1, 1_000]] } as const;
const TCF_ALL = tcfText({ purposes: [1, 2, 3, 4], features: [1], vendors });
const TCF_BASIC = tcfText({ purposes: [1, 2], vendors });
const TCF_NONE = tcfText({});
/** Header of section 2 alone, 6 alone, 7 alone, 2 and 7. */
const GPP_EU = (text: string): string => `DBABMA~${text}`;
const GPP_USP = (text: string): string => `DBABTA~${text}`;
const GPP_US_FREE = 'DBABLA~CAAAAAAAAABA.QA';
const GPP_US_OUT = 'DBABLA~CAAQAAAAAABA.QA';

type Signals = {
  regs?: Record<string, unknown>;
  user?: Record<string, unknown>;
  device?: Record<string, unknown>;
};
type Expected = 'all' | 'basic' | 'coarse' | Exclude<Permits['refusal'], ''>;

/** Each row is tried at its 2.6 places, and where it can be, at its 2.5 places. */
const ROWS: readonly (readonly [name: string, signals: Signals, expected: Expected])[] = [
  ['COPPA', { regs: { coppa: 1 } }, 'coppa'],
  ['COPPA beats every consent', { regs: { coppa: 1, gdpr: 1 }, user: { consent: TCF_ALL } }, 'coppa'],
  ['COPPA that cannot be read', { regs: { coppa: 'maybe', gdpr: 0 } }, 'coppa'],
  ['limit ad tracking', { regs: { gdpr: 0 }, device: { lmt: 1 } }, 'limit_tracking'],
  ['do not track', { regs: { gdpr: 0 }, device: { dnt: 1 } }, 'limit_tracking'],
  [
    'limit ad tracking beats consent',
    { regs: { gdpr: 1 }, user: { consent: TCF_ALL }, device: { lmt: '1' } },
    'limit_tracking',
  ],

  ['GDPR with full consent', { regs: { gdpr: 1 }, user: { consent: TCF_ALL } }, 'all'],
  ['GDPR with basic consent', { regs: { gdpr: 1 }, user: { consent: TCF_BASIC } }, 'basic'],
  ['GDPR with refusal', { regs: { gdpr: 1 }, user: { consent: TCF_NONE } }, 'gdpr'],
  ['GDPR without a consent string', { regs: { gdpr: 1 } }, 'gdpr'],
  ['GDPR with rubbish', { regs: { gdpr: 1 }, user: { consent: 'rubbish' } }, 'malformed_consent'],
  ['GDPR with a consent that is no text', { regs: { gdpr: 1 }, user: { consent: 7 } }, 'malformed_consent'],
  ['GDPR does not apply', { regs: { gdpr: 0 } }, 'all'],
  [
    'GDPR does not apply, and a refusal comes along',
    { regs: { gdpr: 0 }, user: { consent: TCF_NONE } },
    'all',
  ],
  ['GDPR not told, consent comes', { user: { consent: TCF_ALL } }, 'all'],
  ['GDPR not told, a refusal comes', { user: { consent: TCF_NONE } }, 'gdpr'],
  ['GDPR of 2 counts as 1', { regs: { gdpr: 2 } }, 'gdpr'],
  ['GDPR of a word counts as 1', { regs: { gdpr: 'yes' } }, 'gdpr'],

  ['US privacy without opt-out', { regs: { us_privacy: '1YNN' } }, 'all'],
  ['US privacy in small letters', { regs: { us_privacy: '1ynn' } }, 'all'],
  ['US privacy does not apply', { regs: { us_privacy: '1---' } }, 'all'],
  ['US privacy with no notice given', { regs: { us_privacy: '1NNN' } }, 'all'],
  ['US privacy with opt-out', { regs: { us_privacy: '1YYN' } }, 'us_privacy'],
  ['US privacy malformed', { regs: { us_privacy: '1YX' } }, 'malformed_consent'],
  ['US privacy of another version', { regs: { us_privacy: '2YNN' } }, 'malformed_consent'],
  ['US privacy that is no text', { regs: { us_privacy: 1 } }, 'malformed_consent'],
  [
    'an opt-out beats a regulation that does not apply',
    { regs: { gdpr: 0, us_privacy: '1YYN' } },
    'us_privacy',
  ],
  [
    'consent here, opt-out there',
    { regs: { gdpr: 1, us_privacy: '1YYN' }, user: { consent: TCF_ALL } },
    'us_privacy',
  ],
  [
    'refusal here, no opt-out there',
    { regs: { gdpr: 1, us_privacy: '1YNN' }, user: { consent: TCF_NONE } },
    'gdpr',
  ],

  ['GPP nationwide without objection', { regs: { gpp: GPP_US_FREE, gpp_sid: [7] } }, 'coarse'],
  ['GPP nationwide with opt-out', { regs: { gpp: GPP_US_OUT, gpp_sid: [7] } }, 'gpp'],
  ['GPP sections as text', { regs: { gpp: GPP_US_OUT, gpp_sid: '7' } }, 'gpp'],
  ['GPP without applicable sections looks at all of them', { regs: { gpp: GPP_US_OUT } }, 'gpp'],
  ['GPP not known which section', { regs: { gpp: GPP_US_OUT, gpp_sid: [0] } }, 'gpp'],
  ['GPP with no section that applies', { regs: { gpp: GPP_US_OUT, gpp_sid: [-1] } }, 'all'],
  ['GPP Europe with consent', { regs: { gpp: GPP_EU(TCF_ALL), gpp_sid: [2] } }, 'all'],
  ['GPP Europe with basic consent', { regs: { gpp: GPP_EU(TCF_BASIC), gpp_sid: [2] } }, 'basic'],
  ['GPP Europe with refusal', { regs: { gpp: GPP_EU(TCF_NONE), gpp_sid: [2] } }, 'gdpr'],
  [
    'GPP Europe stands in for the consent string',
    { regs: { gdpr: 1, gpp: GPP_EU(TCF_ALL), gpp_sid: [2] } },
    'all',
  ],
  [
    'GPP Europe against the consent string',
    { regs: { gdpr: 1, gpp: GPP_EU(TCF_NONE), gpp_sid: [2] }, user: { consent: TCF_ALL } },
    'gdpr',
  ],
  ['GPP California of old', { regs: { gpp: GPP_USP('1YYN'), gpp_sid: [6] } }, 'us_privacy'],
  ['GPP with rubbish', { regs: { gpp: 'gppString', gpp_sid: [7] } }, 'malformed_consent'],
  ['GPP with a section that is not there', { regs: { gpp: GPP_US_FREE, gpp_sid: [9] } }, 'malformed_consent'],
  ['GPP sections without a string', { regs: { gpp_sid: [7] } }, 'malformed_consent'],
  ['GPP of a country without a rule here', { regs: { gpp: GPP_US_FREE, gpp_sid: [5] } }, 'gpp'],
  ['GPP sections that cannot be read', { regs: { gpp: GPP_US_FREE, gpp_sid: [{}] } }, 'gpp'],
  [
    'GPP free, US privacy opt-out',
    { regs: { gpp: GPP_US_FREE, gpp_sid: [7], us_privacy: '1YYN' } },
    'us_privacy',
  ],
];

describe.each(['2.6', '2.5'] as const)('signals at their places of %s', (version) => {
  test.each(ROWS)('%s', (_name, signals, expected) => {
    const request = requestWith(version === '2.6' ? signals : olderPlaces(signals));
    expectPermits(readPermits(request, DENY), expected);
    // What the account chose for silence changes nothing where something is said.
    expectPermits(readPermits(request, ALLOW), expected);
  });
});

describe('both places at once', () => {
  test('the newer place wins', () => {
    const request = requestWith({
      regs: { gdpr: 0, us_privacy: '1YNN', ext: { gdpr: 1, us_privacy: '1YYN' } },
      user: { ext: { consent: TCF_NONE } },
    });
    expectPermits(readPermits(request, DENY), 'all');
    const other = requestWith({
      regs: { gdpr: 1, ext: { gdpr: 0 } },
      user: { consent: TCF_NONE, ext: { consent: TCF_ALL } },
    });
    expectPermits(readPermits(other, DENY), 'gdpr');
  });

  test('an empty newer place lets the older speak', () => {
    const request = requestWith({ regs: { gdpr: null, us_privacy: '', ext: { us_privacy: '1YYN' } } });
    expectPermits(readPermits(request, DENY), 'us_privacy');
  });
});

describe('silence', () => {
  test('is what the account chose', () => {
    expect(readPermits(requestWith({}), ALLOW)).toEqual(ALL_PERMITS);
    expect(readPermits(requestWith({}), DENY)).toEqual(NO_PERMITS);
    expect(readPermits(requestWith({ regs: { coppa: 0 }, device: { lmt: 0, dnt: 0 } }), DENY)).toEqual(
      NO_PERMITS,
    );
  });
});

test('the browser’s own objection counts as an opt-out', () => {
  expectPermits(readPermits(requestWith({ regs: { gdpr: 0, ext: { gpc: '1' } } }), DENY), 'us_privacy');
  expectPermits(readPermits(requestWith({ regs: { gdpr: 0, ext: { gpc: '0' } } }), DENY), 'all');
});

test('without a number on the vendor list nobody in Europe can have consented to us', () => {
  const request = requestWith({ regs: { gdpr: 1 }, user: { consent: TCF_ALL } });
  expectPermits(readPermits(request, { signalMissing: 'allow' }), 'gdpr');
});

test('a rule that throws denies', () => {
  const request = requestWith({ regs: { gdpr: 0 } });
  const broken = {
    ...request,
    regulations: { ...request.regulations, gppSections: null },
  } as unknown as BidRequest;
  expectPermits(readPermits(broken, ALLOW), 'malformed_consent');
});

function expectPermits(permits: Permits, expected: Expected): void {
  const granted = { identity: true, audiences: true, preciseGeo: true, refusal: '' };
  if (expected === 'all') expect(permits).toEqual(granted);
  else if (expected === 'coarse') expect(permits).toEqual({ ...granted, preciseGeo: false });
  else if (expected === 'basic') expect(permits).toEqual({ ...granted, audiences: false, preciseGeo: false });
  else expect(permits).toEqual({ identity: false, audiences: false, preciseGeo: false, refusal: expected });
}

function olderPlaces({ regs, user, device }: Signals): Signals {
  return {
    ...(regs && { regs: { ext: regs } }),
    ...(user && { user: { ext: user } }),
    ...(device && { device }),
  };
}

function requestWith(signals: Signals): BidRequest {
  const decoded = readBidRequest({ id: '1', imp: [{ id: '1', banner: {} }], ...signals });
  if (!decoded.ok) throw new Error(decoded.message);
  return decoded.request;
}
