/** What a player or browser would call from an ad's markup: the trackers of the impression, and where a click goes. */
import type { Media } from '../core/event.ts';

export interface MarkupCalls {
  /** Called when the ad is shown. */
  readonly impressions: readonly string[];
  /** Called when it is clicked, beside following the link. */
  readonly clickTrackers: readonly string[];
  /** Followed when it is clicked. */
  readonly clickThrough: string | undefined;
}

const NOTHING: MarkupCalls = { impressions: [], clickTrackers: [], clickThrough: undefined };

/** Macros must be filled before. `own` tells the bidder's addresses from pictures and pages of others. */
export function markupCalls(markup: string, medium: Media, own: (url: string) => boolean): MarkupCalls {
  const calls =
    medium === 'banner'
      ? callsOfHtml(markup, own)
      : medium === 'native'
        ? callsOfNative(markup)
        : callsOfVast(markup);
  return { ...calls, impressions: calls.impressions.filter(own) };
}

function callsOfHtml(markup: string, own: (url: string) => boolean): MarkupCalls {
  const attribute = (tag: string, name: string): string[] =>
    [...markup.matchAll(new RegExp(`<${tag}\\b[^>]*?\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, 'gi'))].map(
      (match) => unescapeMarkup(match[1] ?? match[2] ?? ''),
    );
  const links = [...attribute('a', 'href'), ...attribute('area', 'href')];
  return {
    impressions: [...attribute('img', 'src'), ...attribute('iframe', 'src'), ...attribute('script', 'src')],
    clickTrackers: [],
    clickThrough: links.find(own),
  };
}

function callsOfVast(markup: string): MarkupCalls {
  const texts = (element: string): string[] =>
    [...markup.matchAll(new RegExp(`<${element}\\b[^>]*>([\\s\\S]*?)</${element}>`, 'g'))]
      .map((match) => textOf(match[1] ?? ''))
      .filter((text) => text !== '');
  return {
    impressions: texts('Impression'),
    clickTrackers: texts('ClickTracking'),
    clickThrough: texts('ClickThrough')[0],
  };
}

function textOf(content: string): string {
  const data = /<!\[CDATA\[([\s\S]*?)\]\]>/.exec(content);
  return data ? data[1]!.trim() : unescapeMarkup(content.trim());
}

function callsOfNative(markup: string): MarkupCalls {
  let parsed: unknown;
  try {
    parsed = JSON.parse(markup);
  } catch {
    return NOTHING;
  }
  const root = objectOf(objectOf(parsed).native ?? parsed);
  const link = objectOf(root.link);
  const events = listOf(root.eventtrackers).map(objectOf);
  const shown = events.filter((tracker) => tracker.event === 1 && tracker.method === 1);
  return {
    impressions: [...listOf(root.imptrackers), ...shown.map((tracker) => tracker.url)].filter(isText),
    clickTrackers: listOf(link.clicktrackers).filter(isText),
    clickThrough: isText(link.url) ? link.url : undefined,
  };
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeMarkup(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|([a-z]+));/gi, (whole, decimal, hex, name) => {
    if (decimal !== undefined) return String.fromCodePoint(Math.min(Number(decimal), 0x10ffff));
    if (hex !== undefined) return String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff));
    return ENTITIES[name] ?? whole;
  });
}
