/** A video or audio ad as every template of the IAB has it; `vast.ts`, `vast-one.ts` and `daast.ts` write it down. */

export interface TimedFile {
  readonly url: string;
  readonly mime: string;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly bitrateKbps: number | undefined;
  readonly delivery: 'progressive' | 'streaming';
  /** What runs the file, where it is no plain media: SIMID lies over the media, VPAID is played in their place. */
  readonly api: 'VPAID' | 'SIMID' | undefined;
}

/** Something beside the player, or in its place after the end. */
export interface Companion {
  readonly width: number;
  readonly height: number;
  readonly endCard: boolean;
  readonly resource:
    | { readonly kind: 'image'; readonly url: string; readonly mime: string; readonly alt: string }
    | { readonly kind: 'html'; readonly html: string }
    | { readonly kind: 'iframe'; readonly url: string };
}

/** A script of the Open Measurement SDK. */
export interface Verification {
  readonly vendor: string;
  readonly scriptUrl: string;
  readonly parameters: string | undefined;
}

export interface TimedAd {
  readonly isAudio: boolean;
  readonly adId: string;
  readonly title: string;
  /** IAB content categories. */
  readonly categories: readonly string[];
  readonly durationSeconds: number;
  readonly skipAfterSeconds: number | undefined;
  readonly files: readonly TimedFile[];
  readonly companions: readonly Companion[];
  readonly verifications: readonly Verification[];
  /** Undefined where a wrapper around this ad carries it. */
  readonly impressionUrl: string | undefined;
  readonly clickUrl: string;
  /** Unique to this showing. */
  readonly servingId: string;
}

/** A pointer to another document. */
export interface TimedWrapper {
  readonly isAudio: boolean;
  readonly adId: string;
  readonly tagUrl: string;
  readonly impressionUrl: string;
  /** Undefined where the inner document brings our click itself. */
  readonly clickTrackingUrl: string | undefined;
  readonly companions: readonly Companion[];
  readonly verifications: readonly Verification[];
}

/** Every inline ad must name an impression tracker; this stands for none (VAST 4.1 section 3.4.3). */
export const NO_TRACKER = 'about:blank';

/** HH:MM:SS. */
export function clockTime(seconds: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${two(seconds / 3600)}:${two((seconds % 3600) / 60)}:${two(seconds % 60)}`;
}
