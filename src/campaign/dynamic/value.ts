/** Values of slots, checked and made ready to be escaped. A type says what a value can be, so that its place can trust it. */
import type { ValueType } from './schema.ts';

export type Prepared =
  | { readonly ok: true; readonly text: string; readonly insecure: boolean }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/** Amounts in exact decimals, so that no price is shown a cent off. */
const PRICE = /^(\d{1,12})(?:\.(\d{1,6}))?\s*([A-Z]{3})?$/;
const COLOUR =
  /^(?:#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})|[a-z]{3,30}|(?:rgb|hsl)a?\([0-9\s.,%/-]{1,60}\))$/i;
const NUMBER = /^-?\d{1,9}(?:\.\d{1,6})?(?:px|em|rem|%|vw|vh|s|ms|deg)?$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: this is the list of what is taken out
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/g;
/** Half of a surrogate pair has no UTF-8, and encodeURIComponent throws on it. */
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** `currency` is for prices that name none. */
export function prepare(type: ValueType, given: string, locale: string, currency?: string): Prepared {
  const text = given.replace(CONTROL, '').replace(LONE_SURROGATE, '').trim();
  if (text === '') return refuse('is empty', 'Give it something to show.');
  switch (type) {
    case 'image':
    case 'url':
      return prepareAddress(text);
    case 'colour':
      return COLOUR.test(text)
        ? fine(text)
        : refuse('is not a colour', 'Write #0a5533, green or rgb(10 85 51).');
    case 'number':
      return NUMBER.test(text) ? fine(text) : refuse('is not a number', 'Write 12, 1.5em or 50%.');
    case 'price':
      return preparePrice(text, locale, currency);
    default:
      return fine(text);
  }
}

/** Exchanges look for http anywhere in a bid, its texts included. */
function fine(text: string): Prepared {
  return { ok: true, text, insecure: /http:/i.test(text) };
}

function refuse(message: string, hint: string): Prepared {
  return { ok: false, message, hint };
}

/** What an address may hold unencoded, though markup, style and macros mean something else by it. */
const UNSAFE_IN_ADDRESS = /["'<>`{}|\\^()\s]/g;

function prepareAddress(text: string): Prepared {
  const address = URL.canParse(text) ? new URL(text) : undefined;
  if (!address || (address.protocol !== 'https:' && address.protocol !== 'http:'))
    return refuse('is not a web address', 'Begin with https://.');
  const href = address.href.replace(UNSAFE_IN_ADDRESS, percent);
  return fine(href);
}

export function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

function preparePrice(text: string, locale: string, currency: string | undefined): Prepared {
  const [, whole = '', part = '', named] = PRICE.exec(text) ?? [];
  const code = named ?? currency;
  if (whole === '') return refuse('is not a price', 'Write 9.50 USD.');
  if (code === undefined) return refuse('has no currency', 'Write 9.50 USD, or give the feed a currency.');
  if (!Intl.supportedValuesOf('currency').includes(code))
    return refuse(`has an unknown currency, ${code}`, 'Currencies are those of ISO 4217.');
  const amount = `${whole}.${part === '' ? '0' : part}` as `${number}`;
  return fine(new Intl.NumberFormat(locale, { style: 'currency', currency: code }).format(amount));
}
