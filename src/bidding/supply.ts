/**
 * Whether the way that an impression came is one that the account buys from (IAB SupplyChain object 1.0; OpenRTB 2.6 section
 * 3.2.25): who sold it to whom, from the publisher to the exchange that asks us.
 */
import type { Account } from '../campaign/campaign.ts';
import type { Reason } from '../core/reason.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { BidRequest, SupplyChain } from '../openrtb/request.ts';

/** The standard's bound on `sid`. */
const SELLER_LENGTH_MAX = 64;

export function supplyRefusal(
  { supplyChain: chain }: Pick<BidRequest, 'supplyChain'>,
  { systemDomain }: Pick<ExchangeProfile, 'systemDomain'>,
  { supply }: Pick<Account, 'supply'>,
): Reason | undefined {
  if (!supply) return undefined;
  if (chain && isBlocked(chain, supply)) return 'supply_chain_blocked';
  if (supply.chain === 'off') return undefined;
  if (!chain) return 'supply_chain_incomplete';
  const whole = supply.chain === 'present' || (chain.complete && isSound(chain, systemDomain));
  return whole ? undefined : 'supply_chain_incomplete';
}

function isBlocked(
  { nodes }: SupplyChain,
  { blockedSellers, nodesMax }: NonNullable<Account['supply']>,
): boolean {
  if (nodesMax !== undefined && nodes.length > nodesMax) return true;
  return (
    blockedSellers.length > 0 &&
    nodes.some((node) =>
      blockedSellers.some(
        ({ system, seller }) => system === node.system && (seller === undefined || seller === node.seller),
      ),
    )
  );
}

/** Every node names itself and is paid, and the last of them is who sends to us, where we know its domain. */
function isSound({ nodes }: SupplyChain, systemDomain: string | undefined): boolean {
  const named = nodes.every(
    ({ system, seller, paid }) =>
      system !== '' && seller !== '' && seller.length <= SELLER_LENGTH_MAX && paid,
  );
  const last = nodes.at(-1);
  return named && last !== undefined && (systemDomain === undefined || last.system === systemDomain);
}
