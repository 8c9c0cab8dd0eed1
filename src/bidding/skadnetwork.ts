/**
 * Installations of apps on Apple's phones, credited without ids: the signed parameters of SKAdNetwork 2.2 to 4.0 (Apple, "Combining
 * parameters to generate signatures"; IAB Tech Lab extension `bid.ext.skadn`). Signatures hold a random number of their own, so
 * they alone differ between two runs of the same bid.
 */
import type { Creative } from '../campaign/creative.ts';
import type { Random } from '../core/random.ts';
import type { SkAdNetworkOffer } from '../openrtb/request.ts';

export interface SkAdNetworkSigner {
  /** As registered with Apple, lower case. */
  readonly networkId: string;
  /** Number in the IAB's registry of networks; undefined where it is not in it. */
  readonly registryNumber: number | undefined;
  /** ECDSA over P-256 with SHA-256, DER, in base64. */
  sign(text: string): string;
}

export interface SkAdNetworkAnswer {
  readonly version: string;
  readonly network: string;
  readonly itunesitem: string;
  readonly sourceapp: string;
  readonly campaign?: string;
  readonly sourceidentifier?: string;
  readonly fidelities: readonly {
    readonly fidelity: 0 | 1;
    readonly nonce: string;
    readonly timestamp: string;
    readonly signature: string;
  }[];
}

/** Newest first. */
const VERSIONS = ['4.0', '3.0', '2.2'] as const;
type Version = (typeof VERSIONS)[number];
const SEPARATOR = '\u2063';
/** 0 view-through, 1 rendered by StoreKit. */
const FIDELITIES = [0, 1] as const;

/** The version to answer with; undefined where our network or every version we know is not listed. */
export function skAdNetworkVersion(
  offer: SkAdNetworkOffer | undefined,
  signer: Pick<SkAdNetworkSigner, 'networkId' | 'registryNumber'> | undefined,
): Version | undefined {
  if (!offer || !signer) return undefined;
  const { networkId, registryNumber } = signer;
  const inRegistry =
    registryNumber !== undefined &&
    registryNumber <= offer.registryMax &&
    !offer.registryExcluded.includes(registryNumber);
  if (!inRegistry && !offer.networks.includes(networkId)) return undefined;
  return VERSIONS.find((version) => offer.versions.includes(version));
}

/** Undefined for a creative that advertises no app, and where the offer does not list us. */
export function skAdNetworkAnswer(
  { skadnetwork: app }: Pick<Creative, 'skadnetwork'>,
  offer: SkAdNetworkOffer | undefined,
  signer: SkAdNetworkSigner | undefined,
  draws: Random,
  nowMs: number,
): SkAdNetworkAnswer | undefined {
  const version = app && skAdNetworkVersion(offer, signer);
  if (!app || !version || !offer || !signer) return undefined;
  const isFourth = version === '4.0';
  const campaign = isFourth ? app.sourceIdentifier.padStart(4, '0') : String(app.campaign);
  const timestamp = String(nowMs);
  const fidelities = FIDELITIES.map((fidelity) => {
    const nonce = uuid(draws);
    const signed = [
      version,
      signer.networkId,
      campaign,
      app.itunesItem,
      nonce,
      offer.sourceApp,
      String(fidelity),
      timestamp,
    ].join(SEPARATOR);
    return { fidelity, nonce, timestamp, signature: signer.sign(signed) };
  });
  return {
    version,
    network: signer.networkId,
    itunesitem: app.itunesItem,
    sourceapp: offer.sourceApp,
    ...(isFourth ? { sourceidentifier: campaign } : { campaign }),
    fidelities,
  };
}

/** Version 4 (RFC 9562), lower case, as Apple signs it. */
function uuid(draws: Random): string {
  const hex = Array.from({ length: 4 }, () => draws.uint32().toString(16).padStart(8, '0')).join('');
  const variant = '89ab'[draws.uint32() & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
