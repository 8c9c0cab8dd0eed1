/** Settings of a banner that have no effect, or one that its buyer will not expect. */
import type { BannerCreative } from './creative.ts';
import type { Issue, Path } from './issue.ts';
import { warning } from './issue.ts';

export function lintBanner(creative: BannerCreative, path: Path): Issue[] {
  const { html } = creative;
  return [
    ...lintExpansion(creative, path),
    ...(html === undefined ? [] : lintMarkup(creative, html, path)),
    ...deadSettings(creative).map(([key, beside]) =>
      warning([...path, key], 'dead_setting', `is not used ${beside}`, { value: creative[key] }),
    ),
  ];
}

/** AdCOM list of creative attributes: expands by itself, on a click, under the pointer. */
const EXPANDABLE = [3, 4, 5];

export function isExpandable(attributes: readonly (number | undefined)[] = []): boolean {
  return EXPANDABLE.some((attribute) => attributes.includes(attribute));
}

function lintExpansion({ attributes, expandDirections }: BannerCreative, path: Path): Issue[] {
  if (!isExpandable(attributes) || expandDirections.length > 0) return [];
  return [
    warning([...path, 'expandDirections'], 'directions_unknown', 'is empty, yet the banner expands', {
      hint: 'Say where to, or placements that leave no room for it cannot be told apart.',
    }),
  ];
}

function lintMarkup({ type, apis }: BannerCreative, html: string, path: Path): Issue[] {
  const found: Issue[] = [];
  const here = [...path, 'html'];
  const insecure = /(?:src|href|url)\s*[=(]\s*["']?(http:\/\/[^\s"')>]{1,100})/i.exec(html);
  if (insecure)
    found.push(
      warning(here, 'insecure_asset', 'loads over http', {
        value: insecure[1],
        hint: 'Most placements refuse it.',
      }),
    );
  if (!/\{clickUrl(?:Encoded)?\}/.test(html))
    found.push(
      warning(here, 'no_click_url', 'has no {clickUrl}', {
        hint: 'Clicks will not be counted; write <a href="{clickUrl}" target="{clickTarget}">.',
      }),
    );
  const seen = /<script[\s>]/i.test(html) ? 3 : /<iframe[\s>]/i.test(html) ? 4 : type;
  if (seen !== type && type < 3)
    found.push(
      warning([...path, 'type'], 'banner_type', `is not what the markup shows, which is ${seen}`, {
        value: type,
        hint: 'Placements that block this type would be answered with it.',
      }),
    );
  if (apis.some((api) => MRAID.includes(api)) && !html.includes('mraid.js'))
    found.push(
      warning(here, 'no_mraid', 'does not load mraid.js, yet needs MRAID', {
        hint: 'Write <script src="mraid.js"></script> before the rest.',
      }),
    );
  return found;
}

const MRAID = [3, 5, 6];

type Setting = 'imageUrl' | 'imageMime' | 'iframeBusters';

function deadSettings(creative: BannerCreative): [Setting, string][] {
  const dead: [Setting, string][] = [];
  if (creative.html !== undefined)
    for (const key of ['imageUrl', 'imageMime'] as const)
      if (creative[key] !== undefined) dead.push([key, 'beside html']);
  if (!creative.topFrame && creative.iframeBusters.length > 0)
    dead.push(['iframeBusters', 'without topFrame']);
  return dead;
}
