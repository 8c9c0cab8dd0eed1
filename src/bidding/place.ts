/** Where and to whom a bid is made, for reports. */
import type { Catalog, CatalogLine } from '../campaign/catalog.ts';
import { placeText } from '../core/place.ts';
import type { BidRequest, Deal } from '../openrtb/request.ts';
import type { Arms } from './assign.ts';
import { publicationOf } from './features.ts';
import type { Fit } from './media/media.ts';
import { weightOf } from './value.ts';

/** AdCOM device types; what senders that do not tell phones from tablets call mobile is a word of its own. */
const DEVICES: Readonly<Record<number, string>> = {
  1: 'mobile',
  2: 'desktop',
  3: 'tv',
  4: 'phone',
  5: 'tablet',
  6: 'connected',
  7: 'set_top_box',
  8: 'out_of_home',
};

interface Whereabouts {
  readonly request: BidRequest;
  readonly packs: readonly string[];
  readonly arms: Arms;
  readonly snapshot: { readonly catalog: Pick<Catalog, 'namedPacks'> };
}

export function placeOf(
  { request, packs, arms, snapshot }: Whereabouts,
  line: CatalogLine,
  { media, width, height }: Fit,
  deal: Deal | undefined,
): string {
  const { device } = request;
  const { country, region } = device.geo;
  const { experimentId } = line;
  const arm = experimentId === undefined ? undefined : arms.get(experimentId);
  return placeText({
    publication: publicationOf(request),
    device: DEVICES[device.type ?? 0] ?? '',
    country,
    region: region === '' ? '' : `${country}-${region}`,
    size: width === undefined || height === undefined ? '' : `${width}x${height}`,
    format: media,
    deal: deal?.id ?? '',
    pack: packOf(line, packs, snapshot.catalog.namedPacks),
    experiment_arm: arm === undefined ? '' : `${experimentId}/${arm}`,
  });
}

/** One, so that its rows add up: the pack whose weight counts, else the first of the person's that any line item names. */
function packOf(line: CatalogLine, packs: readonly string[], named: ReadonlySet<string>): string {
  if (packs.length === 0) return '';
  return weightOf(line, packs)?.audience ?? packs.find((pack) => named.has(pack)) ?? '';
}
