/** A creative as it would be shown, with any combination of its elements: markup, and what there is to choose from. Pure. */
import { mediaAnswerOf } from '../bidding/media/index.ts';
import { dressed, elementNumbers, landingPageFor } from '../bidding/media/looks.ts';
import type { Fit, MarkupLinks, ShownCreative } from '../bidding/media/media.ts';
import type { Creative, NativeCreative } from '../campaign/creative.ts';
import { Combinations } from '../campaign/dynamic/combinations.ts';
import type { TemplateSlot } from '../campaign/dynamic/parts.ts';
import type { Template } from '../campaign/dynamic/template.ts';
import { suggestion } from '../campaign/nearest.ts';
import { readBidRequest } from '../openrtb/read.ts';

export interface PreviewSlot {
  readonly id: string;
  readonly variants: readonly {
    readonly id: string;
    /** What is shown, by column for rows of a feed and under the empty name otherwise. */
    readonly values: Readonly<Record<string, string>>;
    readonly weight: number;
    readonly approval: Readonly<Record<string, string>>;
  }[];
}

export interface Preview {
  readonly creativeId: string;
  readonly format: Creative['format'];
  readonly crid: string;
  readonly landingPage: string;
  readonly slots: readonly PreviewSlot[];
  /** How many are allowed, whatever exchanges have approved. */
  readonly combinations: number;
  /** Variant by slot, as shown here. */
  readonly elements: Readonly<Record<string, string>>;
  /** False for a combination that a rule forbids: bids never show it. */
  readonly allowed: boolean;
  readonly contentType: string;
  readonly markup: string;
  readonly width: number;
  readonly height: number;
  /** With its slots filled. */
  readonly look: Creative;
}

export interface PreviewFault {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export type Previewed =
  | { readonly ok: true; readonly preview: Preview }
  | { readonly ok: false; readonly faults: readonly PreviewFault[] };

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** `wanted` names a variant for any of the slots; the others take what is allowed beside them. */
export function previewOf(
  shown: ShownCreative,
  wanted: Readonly<Record<string, string>>,
  asked?: Size,
): Previewed {
  const { template } = shown;
  const chosen = template
    ? elementsFor(template, wanted)
    : { faults: unknownSlots([], wanted), elements: [] };
  if (chosen.faults.length > 0) return { ok: false, faults: chosen.faults };
  const { elements } = chosen;
  const filled = template ? dressed(shown, elements) : shown;
  const size = asked ?? sizeOf(filled.creative);
  const landingPage = landingPageFor(shown, template && elementNumbers(template, elements));
  return {
    ok: true,
    preview: {
      creativeId: shown.creative.id,
      format: shown.creative.format,
      crid: filled.crid,
      landingPage,
      slots: template?.slots.map(slotView) ?? [],
      combinations: template ? (template.combinations.count ?? 0) : 1,
      elements: Object.fromEntries(
        (template?.slots ?? []).map(({ id, elements: all }, slot) => [id, all[elements[slot]!]!.id]),
      ),
      allowed: template?.combinations.allows(elements) ?? true,
      ...markupOf(filled, size, { clickUrl: landingPage, impressionUrl: NOTHING_COUNTED, bidId: 'preview' }),
      ...size,
      look: filled.creative,
    },
  };
}

function elementsFor(
  template: Template,
  wanted: Readonly<Record<string, string>>,
): { readonly faults: readonly PreviewFault[]; readonly elements: readonly number[] } {
  const { slots, rules, combinations } = template;
  const faults = [...unknownSlots(slots, wanted)];
  const asked = slots.map(({ id, elements }): number | undefined => {
    const name = wanted[id];
    if (name === undefined) return undefined;
    const place = elements.findIndex((element) => element.id === name);
    if (place >= 0) return place;
    const hint = suggestion(
      name,
      elements.map((element) => element.id),
    );
    faults.push({ path: id, code: 'unknown_variant', message: `has no variant ${name}`, hint });
    return undefined;
  });
  const offered = asked.map((place, slot) => (place === undefined ? combinations.offered[slot]! : [place]));
  const weights = slots.map(({ elements }) => elements.map(({ weight }) => weight || 1));
  // Where the rules forbid what was asked for it is shown all the same, and said to be forbidden.
  const elements =
    new Combinations(offered, weights, rules).at(0) ?? new Combinations(offered, weights, []).at(0);
  if (!elements && faults.length === 0) {
    const hint =
      'A feed without rows in stock, or a slot whose variants all have weight 0, leaves nothing to show.';
    faults.push({ path: 'creative', code: 'no_combination', message: 'has nothing to show', hint });
  }
  return { faults, elements: elements ?? [] };
}

function unknownSlots(
  slots: readonly TemplateSlot[],
  wanted: Readonly<Record<string, string>>,
): PreviewFault[] {
  const known = slots.map(({ id }) => id);
  return Object.keys(wanted)
    .filter((name) => !known.includes(name))
    .map((name) => ({
      path: name,
      code: 'unknown_slot',
      message: 'is no slot of this creative',
      hint: suggestion(name, known),
    }));
}

function slotView({ id, elements }: TemplateSlot): PreviewSlot {
  return {
    id,
    variants: elements.map(({ id: variant, values, weight, approval }) => ({
      id: variant,
      values,
      weight,
      approval,
    })),
  };
}

/** VAST 4.1: the oldest that says which companion is an end card. */
const PROTOCOL = 11;

function markupOf(
  shown: ShownCreative,
  { width, height }: Size,
  links: MarkupLinks,
): Pick<Preview, 'markup' | 'contentType'> {
  const { creative } = shown;
  const answer = mediaAnswerOf(creative.format);
  if (creative.format === 'native')
    return { contentType: 'application/json', markup: nativeMarkup(shown, creative, links) };
  const fit: Fit = {
    media: creative.format,
    width,
    height,
    ...(creative.format === 'banner'
      ? {}
      : { protocol: PROTOCOL, companions: creative.companions.map((_, place) => place) }),
  };
  const { contentType, markup } = answer.remake!;
  return { contentType, markup: markup(shown, fit, links) };
}

/** Asks for all that the creative has. */
function nativeMarkup(shown: ShownCreative, creative: NativeCreative, links: MarkupLinks): string {
  const assets = [
    { title: { len: 500 } },
    ...creative.images.map(({ type, width, height }) => ({
      img: { type: type === 'icon' ? 1 : 3, w: width, h: height },
    })),
    ...Object.keys(creative.data).map((type) => ({ data: { type: Number(type) } })),
    ...(creative.video
      ? [{ video: { mimes: ['video/mp4'], protocols: [3, 7], minduration: 0, maxduration: 3600 } }]
      : []),
  ].map((asset, index) => ({ id: index + 1, ...asset }));
  const request = JSON.stringify({ ver: '1.2', assets });
  const decoded = readBidRequest({ id: 'preview', imp: [{ id: '1', native: { ver: '1.2', request } }] });
  const impression = decoded.ok ? decoded.request.impressions[0] : undefined;
  const alone = { ...shown, weight: 1, caps: [], domains: [], secure: true };
  return impression ? mediaAnswerOf('native').markup(alone, impression, { media: 'native' }, links) : '';
}

/** A picture of one clear point in place of what counts an impression: a page that loads it sends nothing. */
const NOTHING_COUNTED = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';

const RECTANGLE: Size = { width: 300, height: 250 };
const PLAYER: Size = { width: 640, height: 360 };

function sizeOf(creative: Creative): Size {
  if (creative.format === 'banner') return creative.sizes[0] ?? RECTANGLE;
  return creative.format === 'native' ? RECTANGLE : PLAYER;
}
