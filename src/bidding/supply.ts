/**
 * Whether the way that an impression came is one that the account buys from (IAB SupplyChain object 1.0; OpenRTB 2.6 section
 * 3.2.25): who sold it to whom, from the publisher to the exchange that asks us.
 */
import type { Account } from '../campaign/campaign.ts';
import type { SellerDirectory } from '../campaign/sellers.ts';
import type { Reason } from '../core/reason.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { BidRequest, SupplyChain } from '../openrtb/request.ts';

/** The standard's bound on `sid`. */
const SELLER_LENGTH_MAX = 64;

type Supply = NonNullable<Account['supply']>;
type Profile = Pick<ExchangeProfile, 'systemDomain'>;
type Asked = Pick<BidRequest, 'supplyChain' | 'site' | 'app' | 'outOfHome'>;

export function supplyRefusal(
  request: Asked,
  exchange: Profile,
  { supply }: Pick<Account, 'supply'>,
  sellers: SellerDirectory,
): Reason | undefined {
  if (!supply) return undefined;
  return (
    chainRefusal(request.supplyChain, exchange, supply) ?? sellerRefusal(request, exchange, supply, sellers)
  );
}

function chainRefusal(
  chain: SupplyChain | undefined,
  { systemDomain }: Profile,
  supply: Supply,
): Reason | undefined {
  if (chain && isBlocked(chain, supply)) return 'supply_chain_blocked';
  if (supply.chain === 'off') return undefined;
  if (!chain) return 'supply_chain_incomplete';
  const whole = supply.chain === 'present' || (chain.complete && isSound(chain, systemDomain));
  return whole ? undefined : 'supply_chain_incomplete';
}

/**
 * Every node of the chain must be listed in the publisher's file; without a chain, the publisher's own account at the
 * exchange. Where neither the file nor the exchange's domain is known there is nothing to hold it against.
 */
function sellerRefusal(
  { supplyChain, site, app, outOfHome }: Asked,
  { systemDomain }: Profile,
  { authorizedSellers }: Supply,
  sellers: SellerDirectory,
): Reason | undefined {
  if (authorizedSellers === 'off') return undefined;
  const place = site ?? app ?? outOfHome;
  // An app is vouched for by the site of its developer (app-ads.txt section 3.2).
  const domain = app ? app.publisherDomain || app.domain : place?.domain || place?.publisherDomain || '';
  const listed = sellers.of(domain.toLowerCase());
  const unknown = authorizedSellers === 'required' ? 'sellers_unknown' : undefined;
  if (!listed || !place) return unknown;
  const nodes = supplyChain?.nodes ?? [];
  if (nodes.length === 0 && systemDomain === undefined) return unknown;
  const every =
    nodes.length > 0
      ? nodes.every(({ system, seller }) => listed.relation(system, seller) !== undefined)
      : listed.relation(systemDomain!, place.publisherId) !== undefined;
  return every ? undefined : 'seller_not_authorized';
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
