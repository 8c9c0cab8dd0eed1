/** Which companions of a video or audio creative a placement takes (OpenRTB 2.6 sections 3.2.7 and 3.2.8, `companionad`). */
import type { VideoCreative } from '../../campaign/creative.ts';
import { escapeMarkup } from '../../openrtb/escape.ts';
import type { Audio, CompanionPlace, Video } from '../../openrtb/request.ts';
import type { Companion } from '../../openrtb/timed-ad.ts';

type Companions = VideoCreative['companions'];

/** Places in the creative's list. A placement that tells no size of a companion offers none that could be met. */
export function companionsFor(companions: Companions, placement: Video | Audio): readonly number[] {
  if (companions.length === 0 || placement.companions.length === 0) return NONE;
  const places: number[] = [];
  for (const [place, companion] of companions.entries()) {
    const kinds = placement.companionTypes;
    if (kinds.length > 0 && !kinds.includes(KIND_CODES[kindOf(companion)])) continue;
    if (placement.companions.some((offered) => takes(offered, companion))) places.push(place);
  }
  return places;
}

const NONE: readonly number[] = [];

/** As the templates have it, with our click inside. */
export function shownCompanion(companion: Companions[number], clickUrl: string): Companion {
  const { width, height, endCard } = companion;
  return { width, height, endCard, resource: resourceOf(companion, clickUrl) };
}

/** AdCOM "Companion Types". */
const KIND_CODES = { image: 1, html: 2, iframe: 3 } as const;

function kindOf({ html, iframeUrl }: Companions[number]): keyof typeof KIND_CODES {
  if (html !== undefined) return 'html';
  return iframeUrl === undefined ? 'image' : 'iframe';
}

function takes(offered: CompanionPlace, companion: Companions[number]): boolean {
  if (offered.endCard !== undefined && offered.endCard !== companion.endCard) return false;
  if (
    kindOf(companion) === 'image' &&
    offered.mimes.length > 0 &&
    !offered.mimes.some((mime) => mime.toLowerCase() === companion.mime.toLowerCase())
  )
    return false;
  return offered.sizes.some(
    ({ width, height }) =>
      (width === 0 || width === companion.width) && (height === 0 || height === companion.height),
  );
}

/** A function as replacement: a `$` in an address must not be read as a pattern. */
function resourceOf(companion: Companions[number], clickUrl: string): Companion['resource'] {
  const { html, iframeUrl, imageUrl = '', mime, alt = '' } = companion;
  const encoded = () => encodeURIComponent(clickUrl);
  if (html !== undefined)
    return {
      kind: 'html',
      html: html
        .replaceAll('{clickUrlEncoded}', encoded)
        .replaceAll('{clickUrl}', () => escapeMarkup(clickUrl)),
    };
  if (iframeUrl !== undefined)
    return { kind: 'iframe', url: iframeUrl.replaceAll('{clickUrlEncoded}', encoded) };
  return { kind: 'image', url: imageUrl, mime, alt };
}
