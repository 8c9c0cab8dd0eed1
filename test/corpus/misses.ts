/** Impressions that got no bid: what the trace says, and what in the request itself decides it. */
import type { Explanation } from '../../src/insight/explain.ts';
import { readNativeRoot } from '../judge/native.ts';
import { isFilled, numberOf, objectOf, objectsOf, textOf, textsOf } from '../judge/reading.ts';

export const MEDIA = ['banner', 'video', 'audio', 'native'] as const;
export type Media = (typeof MEDIA)[number];
type Json = Readonly<Record<string, unknown>>;

export interface Miss {
  readonly request: string;
  readonly impression: string;
  readonly media: readonly Media[];
  /** From the trace: the verdict of the line item that came furthest, else the reason for the whole request. */
  readonly reason: string;
  /** The field that decides, as the request has it. */
  readonly field: string;
  /** False where the field alone leaves nobody but others, or nobody at all, to bid. */
  readonly answerable: boolean;
}

export function missOf(
  id: string,
  request: Json,
  impression: Json,
  explanation: Explanation | undefined,
): Miss {
  const verdict = explanation?.impressions.find(({ impressionId }) => impressionId === String(impression.id))
    ?.lines[0]?.verdict;
  const media = MEDIA.filter((name) => isFilled(impression[name]));
  const reason = verdict ?? explanation?.reason ?? 'none';
  const closed = closedBy(request, impression, media);
  return {
    request: id,
    impression: String(impression.id),
    media,
    reason,
    field: closed ?? decidingField(reason, request, impression, media),
    answerable: closed === undefined,
  };
}

/** What shuts us out, read from the request alone; undefined where nothing does. */
function closedBy(request: Json, impression: Json, media: readonly Media[]): string | undefined {
  const unknown = textsOf(request.cur);
  if (unknown.length > 0 && !unknown.some(isCurrency)) return `cur: ${unknown.join(', ')} is no currency`;
  const pmp = objectOf(impression.pmp);
  const deals = objectsOf(pmp.deals);
  if (numberOf(pmp.private_auction) === 1 && deals.every((deal) => dealShut(deal, request) !== undefined))
    return `private_auction: ${deals.map((deal) => dealShut(deal, request)).join('; ') || 'and no deal'}`;
  if (media.length === 1 && media[0] === 'native') return nativeShut(objectOf(impression.native));
  return undefined;
}

function dealShut(deal: Json, request: Json): string | undefined {
  const advertisers = textsOf(deal.wadomain);
  if (advertisers.length > 0)
    return `wadomain names other advertisers (${advertisers.slice(0, 3).join(', ')})`;
  const [seats, allowed] = [textsOf(deal.wseat), textsOf(request.wseat)];
  if (seats.length > 0 && allowed.length > 0 && !seats.some((seat) => allowed.includes(seat)))
    return `wseat of the deal (${seats.join(', ')}) and of the request (${allowed.join(', ')}) share none`;
  const currency = textOf(deal.bidfloorcur);
  return currency === undefined || isCurrency(currency)
    ? undefined
    : `bidfloorcur ${currency} is no currency`;
}

/** An id cannot be invented: the exchange would not know what is what. */
function nativeShut(native: Json): string | undefined {
  const root = readNativeRoot(native.request);
  const assets = objectsOf(root?.assets);
  const nameless = assets.some((asset) => numberOf(asset.required) === 1 && !isFilled(asset.id));
  return nameless ? 'native.request: a required asset has no id' : undefined;
}

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

function isCurrency(code: string): boolean {
  return CURRENCIES.has(code.toUpperCase());
}

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  creative_type_not_supported: [
    'mimes',
    'protocols',
    'api',
    'btype',
    'expdir',
    'linearity',
    'delivery',
    'skip',
  ],
  no_creative_of_size: ['format', 'w', 'h', 'wmin', 'wmax', 'hmin', 'hmax'],
  attribute_blocked: ['battr'],
};

/** What the request says in the fields that the reason is about. */
function decidingField(reason: string, request: Json, impression: Json, media: readonly Media[]): string {
  if (reason === 'transparency_impossible') {
    const { dsarequired, pubrender } = objectOf(objectOf(objectOf(request.regs).ext).dsa);
    return `regs.ext.dsa: dsarequired ${dsarequired}, pubrender ${pubrender}`;
  }
  if (reason === 'category_blocked')
    return `cattax ${request.cattax ?? 1}, acat ${shown(request.acat)}, bcat ${shown(request.bcat)}`;
  const names = FIELDS[reason] ?? [];
  const said = media.flatMap((name) =>
    names
      .filter((field) => isFilled(objectOf(impression[name])[field]))
      .map((field) => `${name}.${field}: ${shown(objectOf(impression[name])[field])}`),
  );
  return said.join('; ') || media.join(', ');
}

function shown(value: unknown): string {
  const text = Array.isArray(value) ? value.map(shown).join(', ') : (JSON.stringify(value) ?? 'none');
  return text.length > 100 ? `${text.slice(0, 100)}…` : text.replaceAll('"', '');
}
