import { describe, expect, it } from 'vitest';
import { supplyRefusal } from '../../src/bidding/supply.ts';
import { readBidRequest } from '../../src/openrtb/read.ts';

type Policy = Parameters<typeof supplyRefusal>[2]['supply'];
const policy = (more: Partial<NonNullable<Policy>> = {}): Policy => ({
  chain: 'off',
  blockedSellers: [],
  ...more,
});

const node = (asi: string, sid: string, more: object = {}) => ({ asi, sid, hp: 1, ...more });
const chain = (nodes: readonly object[], more: object = {}) => ({ ver: '1.0', complete: 1, nodes, ...more });
const SOUND = chain([node('owner.example', 'pub-1'), node('Exchange.example', '77')]);

function refusal(schain: object | undefined, supply: Policy, systemDomain?: string) {
  const read = readBidRequest({ id: 'r', imp: [{ id: '1', banner: {} }], source: schain ? { schain } : {} });
  if (!read.ok) throw new Error(read.message);
  return supplyRefusal(read.request, systemDomain === undefined ? {} : { systemDomain }, { supply });
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
});
