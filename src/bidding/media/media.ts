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
  /** Protocol of VAST markup. */
  readonly protocol?: number;
  readonly apis?: readonly number[];
  /** Answers a dynamic ad pod. */
  readonly dynamicPod?: boolean;
}

export interface MarkupLinks {
  readonly impressionUrl: string;
  readonly clickUrl: string;
  readonly bidId: string;
}

/** `fit` decides and `markup` writes; markup is made for the winner only. Both are pure. */
export interface MediaAnswer {
  readonly media: Media;
  /** OpenRTB `mtype`. */
  readonly markupType: 1 | 2 | 3 | 4;
  fit(creative: CatalogCreative, impression: Impression): Fit | Reason;
  blockedAttributes(impression: Impression): readonly number[];
  markup(creative: CatalogCreative, impression: Impression, fit: Fit, links: MarkupLinks): string;
}
