/** Transparency under the EU Digital Services Act (IAB Tech Lab, OpenRTB extension `dsa`): who is advertised, who paid. */
import type { CatalogLine } from '../campaign/catalog.ts';
import type { BidRequest } from '../openrtb/request.ts';

export interface Transparency {
  /** On whose behalf the ad is shown, and who paid. */
  readonly behalf: string;
  readonly paid: string;
  /** 0: the markup does not show it, so the publisher must. */
  readonly adrender: 0;
}

/** `dsarequired`: 0 no, 1 supported, 2 required, 3 required of a very large platform. */
export function transparencyOf(request: BidRequest, line: CatalogLine): Transparency | undefined {
  if (!(Number(request.digitalServicesAct?.dsarequired ?? 0) >= 1)) return undefined;
  const advertiser = line.advertiser.name ?? line.advertiser.domains[0] ?? line.advertiser.id;
  return { behalf: advertiser.slice(0, 100), paid: advertiser.slice(0, 100), adrender: 0 };
}

/** Our markup does not draw the notice, so where it is required and the publisher cannot draw it, nothing may be shown. */
export function transparencyImpossible(request: BidRequest): boolean {
  const asked = request.digitalServicesAct;
  return (
    Number(asked?.dsarequired ?? 0) >= 2 && asked?.pubrender !== undefined && Number(asked.pubrender) === 0
  );
}
