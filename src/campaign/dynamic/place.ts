/**
 * Places where a value may land, and how it is escaped there. A place is a list of layers, innermost first: an address
 * inside an attribute is encoded as one part of an address, then as markup. No layer lets a `{` through, so that no value
 * can bring a macro with it.
 */
import { escapeMarkup } from '../../openrtb/escape.ts';
import type { ValueType } from './schema.ts';
import { percent } from './value.ts';

export type Layer = 'markup' | 'address' | 'component' | 'script' | 'css_string' | 'bare';

export interface Place {
  readonly layers: readonly Layer[];
  /** Types that alone may land here; any where absent. */
  readonly only?: readonly ValueType[];
}

export type Placed = Place | { readonly refused: string; readonly hint: string };

/** Whatever takes the whole string as it is and writes it down by itself: JSON, VAST. */
export const PLAIN: Place = { layers: [] };
export const MARKUP: Place = { layers: ['markup'] };

const WHOLE_ADDRESS: readonly ValueType[] = ['url', 'image'];
const BARE: readonly ValueType[] = ['colour', 'number'];

export function wholeAddress(outer: readonly Layer[]): Place {
  return { layers: ['address', ...outer], only: WHOLE_ADDRESS };
}

export function bareValue(outer: readonly Layer[]): Place {
  return { layers: ['bare', ...outer], only: BARE };
}

export function escapeFor({ layers }: Place, text: string): string {
  return layers.reduce((escaped, layer) => ESCAPES[layer](escaped), text);
}

const BRACES: Readonly<Record<string, string>> = { '{': '&#123;', '}': '&#125;' };

const ESCAPES: Readonly<Record<Layer, (text: string) => string>> = {
  markup: (text) => escapeMarkup(text).replace(/[{}]/g, (brace) => BRACES[brace]!),
  // Checked and encoded when it was prepared.
  address: (text) => text,
  component: (text) => encodeURIComponent(text).replace(/[!'()*]/g, percent),
  // All but letters and digits, so that nothing is left that any kind of string or script could end at.
  script: (text) =>
    text.replace(/[^A-Za-z0-9 ]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  css_string: (text) =>
    text.replace(/[^A-Za-z0-9 ]/gu, (character) => `\\${character.codePointAt(0)!.toString(16)} `),
  bare: (text) => text,
};
