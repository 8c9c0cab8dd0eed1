import { TCString } from '@iabtcf/core';
import { describe, expect, it } from 'vitest';
import { readPermits } from '../../src/openrtb/consent.ts';
import { readBidRequest } from '../../src/openrtb/read.ts';
import type { BidRequest } from '../../src/openrtb/request.ts';
import { consentString } from '../../src/simulate/consent-string.ts';
import { demoScenario } from '../../src/simulate/story.ts';
import { makeTraffic } from '../../src/simulate/traffic.ts';

const SEED = 11;
const NOON_MS = Date.UTC(2026, 10, 23, 12);
const COUNT = 3000;
const traffic = makeTraffic(SEED);
const bodies = traffic.bodies(COUNT, NOON_MS);
const requests: BidRequest[] = bodies.map((body, number) => {
  const read = readBidRequest(JSON.parse(body.toString('utf8')));
  if (!read.ok) throw new Error(`request ${number} of seed ${SEED}: ${read.message}`);
  return read.request;
});

const shareOf = (holds: (request: BidRequest) => unknown): number => requests.filter(holds).length / COUNT;

describe(`bid requests of seed ${SEED}`, () => {
  it('read without a single remark', () => {
    for (const body of bodies) {
      const read = readBidRequest(JSON.parse(body.toString('utf8')));
      expect(read.ok && read.warnings).toEqual([]);
    }
  });

  it('are 1 to 5 KB, each with an id of its own', () => {
    const sizes = bodies.map((body) => body.length);
    expect(Math.min(...sizes)).toBeGreaterThan(1024);
    expect(Math.max(...sizes)).toBeLessThan(5120);
    expect(new Set(requests.map((request) => request.id)).size).toBe(COUNT);
  });

  it('are the same for the same seed, number and time, and others for another', () => {
    expect(makeTraffic(SEED).bodies(50, NOON_MS)).toEqual(bodies.slice(0, 50));
    expect(makeTraffic(SEED).request(7, NOON_MS).json).toEqual(traffic.request(7, NOON_MS).json);
    expect(makeTraffic(SEED + 1).bodies(50, NOON_MS)).not.toEqual(bodies.slice(0, 50));
    expect(traffic.request(7, NOON_MS + 1).id).not.toBe(traffic.request(7, NOON_MS).id);
  });

  it('keep to the usual mix of media, places and sizes of request', () => {
    const first = (request: BidRequest) => request.impressions[0]!;
    expect(shareOf((request) => first(request).banner)).toBeGreaterThan(0.6);
    expect(shareOf((request) => first(request).video)).toBeGreaterThan(0.18);
    expect(shareOf((request) => first(request).native)).toBeGreaterThan(0.05);
    expect(shareOf((request) => first(request).audio)).toBeGreaterThan(0.01);
    expect(shareOf((request) => request.app)).toBeGreaterThan(0.25);
    expect(shareOf((request) => request.app)).toBeLessThan(0.4);
    expect(shareOf((request) => request.impressions.length > 1)).toBeGreaterThan(0.03);
    expect(shareOf((request) => request.auctionType === 1)).toBeGreaterThan(0.8);
    expect(shareOf((request) => first(request).deals.length > 0)).toBeGreaterThan(0.08);
    expect(shareOf((request) => first(request).floorCpmMicros > 0)).toBeGreaterThan(0.65);
    expect(requests.every((request) => request.blockedAdvertisers.length >= 10)).toBe(true);
  });

  it('know most people and not all, and never a person who may not be known', () => {
    expect(shareOf((request) => request.user.id.startsWith('person-'))).toBeGreaterThan(0.75);
    expect(shareOf((request) => request.user.id === '' && request.user.buyerId === '')).toBeGreaterThan(0.1);
    const refusals = new Set(
      requests.map((request) => readPermits(request, { signalMissing: 'allow', vendorId: 42 }).refusal),
    );
    for (const refusal of ['', 'gdpr', 'us_privacy', 'limit_tracking']) expect(refusals).toContain(refusal);
    expect(refusals).not.toContain('malformed_consent');
  });

  it('send privacy fields where 2.5 has them and where 2.6 has them', () => {
    const raw = requests.map(
      (request) => request.raw as { regs?: { gdpr?: number; ext?: { gdpr?: number } } },
    );
    expect(raw.some(({ regs }) => regs?.gdpr === 1 && regs.ext === undefined)).toBe(true);
    expect(raw.some(({ regs }) => regs?.gdpr === undefined && regs?.ext?.gdpr === 1)).toBe(true);
    expect(raw.some(({ regs }) => regs?.gdpr !== undefined && regs.ext?.gdpr !== undefined)).toBe(true);
  });

  it('come from where it is day: at noon in London more from there than at three at night', () => {
    const shareAt = (atMs: number) =>
      Array.from({ length: 1500 }, (_, number) => traffic.request(number, atMs)).filter(
        ({ person }) => person.city.city === 'London',
      ).length / 1500;
    expect(shareAt(NOON_MS)).toBeGreaterThan(2 * shareAt(Date.UTC(2026, 10, 23, 3)));
  });
});

describe('people', () => {
  it('are who they are, whenever they are met', () => {
    const { population } = traffic;
    expect(population.person(42)).toEqual(makeTraffic(SEED).population.person(42));
    expect(population.person(42).id).toBe('person-00042');
  });

  it('like some creatives more than others, about evenly in all', () => {
    const { population } = traffic;
    let sum = 0;
    for (let number = 0; number < 400; number++)
      sum += population.affinity(
        population.person(number),
        `campaign-${number % 20}`,
        `creative-${number % 50}`,
      );
    expect(sum / 400).toBeGreaterThan(0.7);
    expect(sum / 400).toBeLessThan(1.5);
  });
});

describe('consent strings', () => {
  it('say to the reference library what was answered', () => {
    const given = TCString.decode(consentString(true, NOON_MS, 'de'));
    expect(given.policyVersion).toBe(4);
    expect(given.consentLanguage.toLowerCase()).toBe('de');
    for (const purpose of [1, 3, 4, 7]) expect(given.purposeConsents.has(purpose)).toBe(true);
    expect(given.vendorConsents.has(755)).toBe(true);
    expect(given.vendorConsents.has(1501)).toBe(false);
    const refused = TCString.decode(consentString(false, NOON_MS, 'fr'));
    expect(refused.purposeConsents.size).toBe(0);
    expect(refused.vendorConsents.size).toBe(0);
  });
});

describe('the scenario', () => {
  it('has twenty places and fifty thousand people', () => {
    expect(demoScenario.places.length).toBe(20);
    expect(demoScenario.peopleCount).toBe(50_000);
  });
});
