/** Templates at bid time: which of their combinations a placement takes, and the creative that a choice makes of one. */
import type { Combinations } from '../../campaign/dynamic/combinations.ts';
import { cridOf, filled, landingPageOf, numbersOf, placesOf } from '../../campaign/dynamic/look.ts';
import { combinationsFor } from '../../campaign/dynamic/narrow.ts';
import type { Field, Template } from '../../campaign/dynamic/template.ts';
import type { ExchangeProfile } from '../../openrtb/exchange-profile.ts';
import { WHOLE_DATA } from '../../openrtb/native.ts';
import type { Impression, NativeAsset } from '../../openrtb/request.ts';
import type { ShownCreative } from './media.ts';

export function looksFor(
  template: Template,
  exchange: Pick<ExchangeProfile, 'id' | 'acceptUnapproved'>,
  { native, secure }: Pick<Impression, 'native' | 'secure'>,
): Combinations {
  const { id: exchangeId, acceptUnapproved } = exchange;
  const limited = native?.assets.filter(isLimited) ?? [];
  const circumstances = { exchangeId, acceptUnapproved, secure };
  if (limited.length === 0) return combinationsFor(template, circumstances);
  const name = limited.map((asset) => `${fieldOf(asset)}:${asset.lengthMax}:${asset.required}`).join();
  return combinationsFor(template, {
    ...circumstances,
    limits: { name, excluded: () => tooLong(template, limited) },
  });
}

/** With its slots filled; the same for the same elements, now and after a restart. */
export function dressed<Shown extends ShownCreative>(shown: Shown, elements: readonly number[]): Shown {
  const { template } = shown;
  if (!template) return shown;
  return {
    ...shown,
    creative: filled(shown.creative, template, elements),
    crid: cridOf(shown.crid, template, elements),
  };
}

export const elementNumbers = numbersOf;

/** As a token's elements say. Where one of them has gone since, the first combination that is left stands in. */
export function dressedAgain(shown: ShownCreative, numbers: readonly number[] | undefined): ShownCreative {
  const { template } = shown;
  if (!template) return shown;
  const places = placesOf(template, numbers ?? []) ?? template.combinations.at(0);
  return places ? dressed(shown, places) : shown;
}

/** Where a click leads: to the product that was shown, as long as it is in the feed. */
export function landingPageFor(
  { creative, template }: ShownCreative,
  numbers: readonly number[] | undefined,
): string {
  const places = template && placesOf(template, numbers ?? []);
  return (places && landingPageOf(template, places)) ?? creative.landingPage;
}

type LimitedAsset = Extract<NativeAsset, { kind: 'title' | 'data' }> & { readonly lengthMax: number };

function isLimited(asset: NativeAsset): asset is LimitedAsset {
  return (asset.kind === 'title' || asset.kind === 'data') && asset.lengthMax !== undefined;
}

function fieldOf(asset: LimitedAsset): string {
  return asset.kind === 'title' ? 'title' : `data.${asset.type}`;
}

/**
 * Elements that would make a text too long, whatever stands beside them. Titles and descriptions can be cut, so there an
 * element goes only while its slot keeps another; a price or a rating that must be whole goes in any case.
 */
function tooLong(template: Template, assets: readonly LimitedAsset[]): readonly ReadonlySet<number>[] {
  const excluded = template.slots.map(() => new Set<number>());
  for (const asset of assets) {
    const field = template.fields.find(({ path }) => path.join('.') === fieldOf(asset));
    if (!field) continue;
    const mustBeWhole = asset.kind === 'data' && WHOLE_DATA.has(asset.type) && asset.required;
    for (const slot of new Set(
      field.parts.flatMap((part) => (typeof part === 'string' ? [] : [part.slot])),
    )) {
      const offered = template.combinations.offered[slot]!.filter((place) => !excluded[slot]!.has(place));
      const long = offered.filter((place) => longestWith(template, field, slot, place) > asset.lengthMax);
      if (long.length < offered.length || mustBeWhole) for (const place of long) excluded[slot]!.add(place);
    }
  }
  return excluded;
}

function longestWith({ combinations }: Template, { parts }: Field, slot: number, place: number): number {
  let length = 0;
  for (const part of parts) {
    if (typeof part === 'string') length += part.length;
    else if (part.slot === slot) length += part.texts[place]!.length;
    else length += Math.max(0, ...combinations.offered[part.slot]!.map((other) => part.texts[other]!.length));
  }
  return length;
}
