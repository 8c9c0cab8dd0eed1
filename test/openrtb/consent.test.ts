/** Regulation × present, absent, contradictory, malformed × the place of 2.5 or of 2.6. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ConsentChoice, Permits } from '../../src/openrtb/consent.ts';
import { ALL_PERMITS, NO_PERMITS, readPermits } from '../../src/openrtb/consent.ts';
import { readBidRequest } from '../../src/openrtb/read.ts';
import type { BidRequest } from '../../src/openrtb/request.ts';
import type { Expected, Signals } from './privacy-cases.ts';
import { olderPlaces, PAGE, PRIVACY_ROWS, privacyPage, TCF_ALL, TCF_NONE, VENDOR } from './privacy-cases.ts';

const DENY: ConsentChoice = { signalMissing: 'deny', vendorId: VENDOR };
const ALLOW: ConsentChoice = { signalMissing: 'allow', vendorId: VENDOR };

describe.each(['2.6', '2.5'] as const)('signals at their places of %s', (version) => {
  test.each(PRIVACY_ROWS)('%s', (_name, signals, expected) => {
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

test('the page tells these cases', () => {
  expect(readFileSync(PAGE, 'utf8'), 'run: node test/openrtb/privacy-page.ts').toBe(privacyPage());
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

function requestWith(signals: Signals): BidRequest {
  const decoded = readBidRequest({ id: '1', imp: [{ id: '1', banner: {} }], ...signals });
  if (!decoded.ok) throw new Error(decoded.message);
  return decoded.request;
}
