/** What one kind of media must be able to do: tell whether a creative fits an impression, and write its markup. */
import type { CatalogCreative } from '../../campaign/catalog.ts';
import type { Media } from '../../core/event.ts';
import type { Reason } from '../../core/reason.ts';
import type { Impression } from '../../openrtb/request.ts';

/** How a creative would be shown here; what the bid declares of it. */
export interface Fit {
  readonly media: Media;
  readonly width?: number;
  readonly height?: number;
  readonly widthRatio?: number;
  readonly heightRatio?: number;
  readonly durationSeconds?: number;
  /** Protocol of VAST or DAAST markup. */
  readonly protocol?: number;
  /** Places of the media files that can be played, in the creative's list; absent for all of them. */
  readonly renditions?: readonly number[];
  /** Places of the companions that the placement takes, in the creative's list. */
  readonly companions?: readonly number[];
  /** The player runs verification scripts. */
  readonly verified?: boolean;
  readonly apis?: readonly number[];
  /** A click opens in the app rather than in the system's browser. */
  readonly clicksStayInApp?: boolean;
  /** Answers a dynamic ad pod. */
  readonly dynamicPod?: boolean;
}

export interface MarkupLinks {
  readonly impressionUrl: string;
  readonly clickUrl: string;
  /** Where a wrapper around an ad of ours finds it; empty for other markup. */
  readonly documentUrl?: string;
  readonly bidId: string;
  /** To be drawn over the ad, where nobody else will (`transparency.ts`). */
  readonly notice?: string;
}

/** What is left of a creative when its line item is no longer at hand. */
export type ShownCreative = Pick<CatalogCreative, 'creative' | 'crid' | 'categories' | 'template'>;

/** Markup that is made again after the bid, from the creative and its fit alone. */
export interface Remake {
  readonly contentType: string;
  markup(creative: ShownCreative, fit: Fit, links: MarkupLinks): string;
}

/** `fit` decides and `markup` writes; markup is made for the winner only. Both are pure. */
export interface MediaAnswer {
  readonly media: Media;
  /** OpenRTB `mtype`. */
  readonly markupType: 1 | 2 | 3 | 4;
  fit(creative: CatalogCreative, impression: Impression): Fit | Reason;
  blockedAttributes(impression: Impression): readonly number[];
  markup(creative: CatalogCreative, impression: Impression, fit: Fit, links: MarkupLinks): string;
  /** Undefined for a medium whose markup always stands in the bid. */
  readonly remake?: Remake;
}
