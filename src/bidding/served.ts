/**
 * Markup that is fetched after the bid: by the win notice where an exchange wants it so (OpenRTB 2.6 section 4.3), and by
 * players that follow a wrapper of ours. The address carries all of it signed, so that any process answers, also after a
 * restart; what the book says of the creative is what it says then. Pure.
 */
import type { BidFacts } from '../core/event.ts';
import type { MarkupParameters, NoticeHabits, NoticeLinks } from '../core/notice-url.ts';
import { noticeLinks } from '../core/notice-url.ts';
import type { TokenCodec } from '../core/token.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import { protocolOf } from '../openrtb/protocol.ts';
import { mediaAnswerOf } from './media/index.ts';
import { dressedAgain } from './media/looks.ts';
import type { Fit, ShownCreative } from './media/media.ts';
import type { Recipe } from './media/recipe.ts';
import { readRecipe, writeRecipe } from './media/recipe.ts';
import { innerDocument, noAdDocument } from './media/timed-markup.ts';

export interface Addresses {
  readonly tokens: TokenCodec;
  readonly publicUrl: string;
  /** The same door by https, for markup in placements that admit nothing else. */
  readonly securePublicUrl: string;
}

/** As it stands in the address: token, recipe, seal. */
export interface MarkupQuery {
  readonly t?: string | undefined;
  readonly f?: string | undefined;
  readonly s?: string | undefined;
}

/** An empty body says that there is nothing left to show. */
export interface Served {
  readonly contentType: string;
  readonly body: string;
}

/** Whether the bid leaves its markup to the answer of the win notice. */
export function isLeftToWin(exchange: ExchangeProfile, media: Fit['media']): boolean {
  return exchange.markup === 'nurl' && mediaAnswerOf(media).remake !== undefined;
}

/** The addresses of a bid; those that markup is fetched from name it. */
export function linksOf(
  addresses: Addresses,
  facts: BidFacts,
  recipe: Recipe,
  habits: NoticeHabits,
  leftToWin: boolean,
): NoticeLinks {
  const tokens = addresses.tokens.sign(facts);
  const wraps = isWrapped(recipe);
  let parameters: MarkupParameters | undefined;
  if (leftToWin || wraps) {
    const text = writeRecipe(recipe);
    const sealed = (token: string) => `&f=${text}&s=${addresses.tokens.seal(`${token} ${text}`)}`;
    parameters = {
      win: leftToWin ? sealed(tokens.win) : '',
      document: wraps ? sealed(tokens.impression) : '',
    };
  }
  const { publicUrl, securePublicUrl } = addresses;
  return noticeLinks(
    publicUrl,
    recipe.secure ? securePublicUrl : publicUrl,
    tokens,
    habits,
    facts.multiplierMilli !== 1000,
    parameters,
  );
}

function isWrapped({ fit }: Recipe): boolean {
  return fit.protocol !== undefined && protocolOf(fit.protocol)?.isWrapper === true;
}

export interface ServedPorts extends Addresses {
  profileOf(exchangeId: string): ExchangeProfile | undefined;
  /** Of whatever status; undefined for one that is gone. */
  creativeOf(id: string): ShownCreative | undefined;
}

/** Trackers that ask for no price. */
const NO_PRICE: NoticeHabits = { billing: 'burl', priceCodec: 'plain' };

/** The markup that a win notice is answered with; undefined where the address was not made by us. */
export function markupOfWin(query: MarkupQuery, ports: ServedPorts): Served | undefined {
  const order = open('win', query, ports);
  const remake = order && mediaAnswerOf(order.facts.media).remake;
  if (!order || !remake) return undefined;
  const { facts, recipe, shown } = order;
  const habits = ports.profileOf(facts.exchangeId) ?? NO_PRICE;
  const links = linksOf(ports, facts, recipe, habits, false);
  const body = shown && remake.markup(shown, recipe.fit, { ...links, bidId: facts.bidId });
  return { contentType: remake.contentType, body: body ?? nothing(recipe) };
}

/** The ad that a wrapper of ours points at; undefined where the address was not made by us. */
export function documentOf(query: MarkupQuery, ports: ServedPorts): Served | undefined {
  const order = open('impression', query, ports);
  const remake = order && mediaAnswerOf(order.facts.media).remake;
  if (!order || !remake || !isWrapped(order.recipe)) return undefined;
  const { facts, recipe, shown } = order;
  const links = linksOf(ports, facts, recipe, NO_PRICE, false);
  const body = shown && innerDocument(shown, recipe.fit, { ...links, bidId: facts.bidId });
  return { contentType: remake.contentType, body: body ?? nothing(recipe) };
}

interface Order {
  readonly facts: BidFacts;
  readonly recipe: Recipe;
  readonly shown: ShownCreative | undefined;
}

function open(kind: 'win' | 'impression', { t, f, s }: MarkupQuery, ports: ServedPorts): Order | undefined {
  if (t === undefined || f === undefined || s === undefined) return undefined;
  const facts = ports.tokens.verify(kind, t);
  if (!facts || !ports.tokens.isSealed(`${t} ${f}`, s)) return undefined;
  const recipe = readRecipe(facts.media, f);
  if (!recipe) return undefined;
  const shown = ports.creativeOf(facts.creativeId);
  const fits = shown?.creative.format === facts.media;
  return { facts, recipe, shown: fits ? dressedAgain(shown, facts.elements) : undefined };
}

function nothing({ fit }: Recipe): string {
  return fit.media === 'video' || fit.media === 'audio' ? noAdDocument(fit) : '';
}
