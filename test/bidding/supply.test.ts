import { describe, expect, it } from 'vitest';
import { supplyRefusal } from '../../src/bidding/supply.ts';
import { readSellers, SellerDirectory } from '../../src/campaign/sellers.ts';
import { readBidRequest } from '../../src/openrtb/read.ts';

type Policy = Parameters<typeof supplyRefusal>[2]['supply'];
const policy = (more: Partial<NonNullable<Policy>> = {}) =>
  ({ chain: 'off', blockedSellers: [], authorizedSellers: 'off', ...more }) as NonNullable<Policy>;

const node = (asi: string, sid: string, more: object = {}) => ({ asi, sid, hp: 1, ...more });
const chain = (nodes: readonly object[], more: object = {}) => ({ ver: '1.0', complete: 1, nodes, ...more });
const SOUND = chain([node('owner.example', 'pub-1'), node('Exchange.example', '77')]);

const DIRECTORY = new SellerDirectory();
DIRECTORY.add(
  'news.example',
  readSellers('owner.example, pub-1, DIRECT\nexchange.example, 77, RESELLER\nexchange.example, pub-9, direct')
    .records,
);

function refusal(
  schain: object | undefined,
  supply: Policy,
  systemDomain?: string,
  more: Record<string, unknown> = {},
) {
  const read = readBidRequest({
    id: 'r',
    imp: [{ id: '1', banner: {} }],
    source: schain ? { schain } : {},
    ...more,
  });
  if (!read.ok) throw new Error(read.message);
  return supplyRefusal(
    read.request,
    systemDomain === undefined ? {} : { systemDomain },
    { supply },
    DIRECTORY,
  );
}

describe('the way that an impression came', () => {
  it('is nobody’s business where the account says nothing of it', () => {
    for (const schain of [undefined, SOUND, chain([node('a.example', '1')], { complete: 0 })]) {
      expect(refusal(schain, undefined)).toBeUndefined();
      expect(refusal(schain, policy())).toBeUndefined();
    }
  });

  it('must be told where one is asked for', () => {
    expect(refusal(undefined, policy({ chain: 'present' }))).toBe('supply_chain_incomplete');
    expect(
      refusal(chain([node('a.example', '1')], { complete: 0 }), policy({ chain: 'present' })),
    ).toBeUndefined();
  });

  const whole = policy({ chain: 'complete' });
  it.each([
    ['sound', SOUND, undefined],
    ['none', undefined, 'supply_chain_incomplete'],
    ['not whole', { ...SOUND, complete: 0 }, 'supply_chain_incomplete'],
    [
      'with a seller id of 65 characters',
      chain([node('a.example', 'x'.repeat(65))]),
      'supply_chain_incomplete',
    ],
    ['with a seller id of 64', chain([node('a.example', 'x'.repeat(64))]), undefined],
    ['with a node that is not paid', chain([node('a.example', '1', { hp: 0 })]), 'supply_chain_incomplete'],
  ])('must be whole where that is asked for: %s', (_, schain, expected) => {
    expect(refusal(schain, whole)).toBe(expected);
  });

  it('ends with the exchange, where its domain is known', () => {
    expect(refusal(SOUND, whole, 'exchange.example')).toBeUndefined();
    expect(refusal(SOUND, whole, 'other.example')).toBe('supply_chain_incomplete');
  });

  it('may not be too long, nor pass a seller that is blocked', () => {
    expect(refusal(SOUND, policy({ nodesMax: 2 }))).toBeUndefined();
    expect(refusal(SOUND, policy({ nodesMax: 1 }))).toBe('supply_chain_blocked');
    const blocked = (system: string, seller?: string) =>
      policy({ blockedSellers: [seller === undefined ? { system } : { system, seller }] });
    expect(refusal(SOUND, blocked('owner.example'))).toBe('supply_chain_blocked');
    expect(refusal(SOUND, blocked('owner.example', 'pub-1'))).toBe('supply_chain_blocked');
    expect(refusal(SOUND, blocked('owner.example', 'pub-2'))).toBeUndefined();
  });

  it('must be by sellers that the publisher lists, where its file is there', () => {
    const site = (domain: string, publisher = 'pub-9') => ({
      site: { domain, publisher: { id: publisher } },
    });
    const known = policy({ authorizedSellers: 'known' });
    expect(refusal(SOUND, known, undefined, site('www.news.example'))).toBeUndefined();
    const stranger = chain([node('owner.example', 'pub-2'), node('exchange.example', '77')]);
    expect(refusal(stranger, known, undefined, site('news.example'))).toBe('seller_not_authorized');
    expect(refusal(stranger, known, undefined, site('other.example'))).toBeUndefined();
    const required = policy({ authorizedSellers: 'required' });
    expect(refusal(stranger, required, undefined, site('other.example'))).toBe('sellers_unknown');
    // Without a chain it is the publisher's own account at the exchange.
    expect(refusal(undefined, known, 'exchange.example', site('news.example'))).toBeUndefined();
    expect(refusal(undefined, known, 'exchange.example', site('news.example', 'pub-8'))).toBe(
      'seller_not_authorized',
    );
    expect(refusal(undefined, required, undefined, site('news.example'))).toBe('sellers_unknown');
    const app = { app: { bundle: 'b', publisher: { id: 'pub-9', domain: 'news.example' } } };
    expect(refusal(undefined, known, 'exchange.example', app)).toBeUndefined();
  });
});
