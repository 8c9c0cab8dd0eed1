/** Transparency under the EU Digital Services Act (IAB Tech Lab, OpenRTB extension `dsa`): who is advertised, who paid. */
import type { CatalogLine } from '../campaign/catalog.ts';
import type { Media } from '../core/event.ts';
import type { BidRequest } from '../openrtb/request.ts';

export interface Transparency {
  /** On whose behalf the ad is shown, and who paid. */
  readonly behalf: string;
  readonly paid: string;
  /** Who chose people by what. */
  readonly transparency?: readonly { readonly domain: string; readonly dsaparams: readonly number[] }[];
  /** 1: the markup shows it; 0: it does not, so the publisher must. */
  readonly adrender: 0 | 1;
}

const LENGTH_MAX = 100;

/** `dsarequired`: 0 no, 1 supported, 2 required, 3 required of a very large platform. */
export function transparencyOf(
  request: BidRequest,
  { advertiser }: CatalogLine,
  media: Media,
): Transparency | undefined {
  if (!(Number(request.digitalServicesAct?.dsarequired ?? 0) >= 1)) return undefined;
  const name = (advertiser.name ?? advertiser.domains[0] ?? advertiser.id).slice(0, LENGTH_MAX);
  const { behalf = name, paid = name, parameters = [] } = advertiser.transparency ?? {};
  const domain = advertiser.domains[0] ?? '';
  return {
    behalf,
    paid,
    ...(parameters.length > 0 ? { transparency: [{ domain, dsaparams: parameters }] } : {}),
    adrender: noticeIsOurs(request) && canDrawNotice(media) ? 1 : 0,
  };
}

/** A notice is required and the publisher will not draw it (`pubrender` 0), so the ad itself must. */
export function noticeIsOurs({ digitalServicesAct: asked }: BidRequest): boolean {
  return (
    Number(asked?.dsarequired ?? 0) >= 2 && asked?.pubrender !== undefined && Number(asked.pubrender) === 0
  );
}

/** Only markup of banners is ours to draw in; players and native placements draw what they are given. */
export function canDrawNotice(media: Media): boolean {
  return media === 'banner';
}

/** As it stands over the ad. */
export function noticeText({ behalf, paid }: Transparency): string {
  return behalf === paid ? `Ad: ${behalf}` : `Ad: ${behalf}, paid for by ${paid}`;
}
