// Can it be delivered: notice URLs that can be called, macros that will be filled, nothing without TLS where
// TLS is asked.

import type { BidCase } from './bid-case.ts';
import type { Report } from './departure.ts';
import { numberOf, textOf } from './reading.ts';

const NOTICES = ['nurl', 'burl', 'lurl'] as const;

export function checkDelivery(bidCase: BidCase, report: Report): void {
  checkUrls(bidCase, report);
  checkSecure(bidCase, report);
  checkMacros(bidCase, report);
  checkPlaceholders(bidCase, report);
}

/** http or https with a host, no blanks. Macros inside are fine, except in the host. */
export function isAbsoluteUrl(text: string): boolean {
  return /^https?:\/\/[^/?#]/i.test(text) && !/\s/.test(text) && URL.canParse(text);
}

function checkUrls({ bid, path }: BidCase, report: Report): void {
  for (const name of [...NOTICES, 'iurl']) {
    const url = textOf(bid[name]);
    if (url !== undefined && !isAbsoluteUrl(url)) report('bad_url', `${path}.${name}`, url.slice(0, 120));
  }
}

/**
 * §3.2.4: secure 1 asks for HTTPS assets and markup. Exchanges judge the text: they refuse `http:` wherever
 * it stands, plain or escaped, even in an XML namespace, and markup that has no `https:` at all. The
 * strictest of them is taken.
 */
function checkSecure({ bid, imp, markup, path }: BidCase, report: Report): void {
  if (numberOf(imp.secure) !== 1) return;
  for (const name of NOTICES) {
    const url = textOf(bid[name]);
    if (url !== undefined && !/^https:/i.test(url))
      report('insecure_url', `${path}.${name}`, url.slice(0, 120));
  }
  if (markup === undefined) return;
  const plain = /http(?::|%3A)/i.exec(markup);
  if (plain !== null) {
    report('insecure_markup', `${path}.adm`, markup.slice(plain.index, plain.index + 80));
  } else if (!/https(?::|%3A)/i.test(markup)) {
    report('insecure_markup', `${path}.adm`, 'nothing in it is https:');
  }
}

// §4.4, with the additions of 2.6 up to 202606.
const MACROS = new Set(
  `ID BID_ID IMP_ID SEAT_ID AD_ID PRICE CURRENCY MBR LOSS MIN_TO_WIN MULTIPLIER IMP_TS DISCOUNT_PCT DISCOUNT_CPM`
    .split(' ')
    .map((name) => `AUCTION_${name}`),
);

/** Substitution is textual (§4.4): an unknown or percent-encoded macro goes out as it stands. */
function checkMacros({ bid, path }: BidCase, report: Report): void {
  for (const name of [...NOTICES, 'iurl', 'adm']) {
    const text = textOf(bid[name]);
    if (text === undefined) continue;
    for (const macro of unknownMacros(text)) report('unknown_macro', `${path}.${name}`, macro);
  }
}

function unknownMacros(text: string): Set<string> {
  const unknown = new Set<string>();
  for (const [whole, inside = ''] of text.matchAll(/\$\{([^{}]{0,80})\}/g)) {
    // `:X` asks for an encoding that the two parties agreed on.
    const [name = ''] = inside.split(':');
    if (!MACROS.has(name)) unknown.add(whole);
  }
  for (const [encoded] of text.matchAll(/%24(?:%7B|\{)AUCTION_\w+/gi)) unknown.add(encoded);
  return unknown;
}

/**
 * Templates of buyers have places for the click address and the size. A lone `{width}` may be part of a
 * script, so it counts only where a value would stand.
 */
const PLACEHOLDER =
  /(?:\{|%7B)(?:click|impression|tag|landing)[A-Za-z]*(?:\}|%7D)|[:="']\{(?:width|height)\}|\{CACHEBUSTE?R(?:ING)?\}/i;

function checkPlaceholders({ bid, path }: BidCase, report: Report): void {
  for (const name of [...NOTICES, 'iurl', 'adm']) {
    const found = PLACEHOLDER.exec(textOf(bid[name]) ?? '');
    // `${...}` is a macro of the exchange's, and judged as one.
    if (found !== null && textOf(bid[name])?.[found.index - 1] !== '$')
      report('unexpanded_placeholder', `${path}.${name}`, found[0]);
  }
}
