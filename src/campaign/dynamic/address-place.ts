/** Where in a web address a value would land: it may be the whole of it or a part, never its scheme or host. */
import type { Layer, Placed } from './place.ts';
import { wholeAddress } from './place.ts';

/** Schemes that do not run anything. */
const KNOWN_SCHEMES = new Set(['http', 'https', 'mailto', 'tel']);

/** `before` is all of the address before the slot. */
export function addressPlace(before: string, outer: readonly Layer[]): Placed {
  const text = before.trimStart();
  if (text === '') return wholeAddress(outer);
  if (text.includes('\\'))
    return { refused: 'stands after a backslash in an address', hint: 'Write slashes.' };
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && !KNOWN_SCHEMES.has(scheme))
    return { refused: `stands in a ${scheme}: address`, hint: 'Use an address that begins with https://.' };
  if (/^(?:https?:)?\/\/[^/?#]*$/i.test(text) || /^https?:\/?$/i.test(text))
    return {
      refused: 'stands in the host of an address',
      hint: 'Write the host out, or make the whole address the value of a slot of type url.',
    };
  return { layers: ['component', ...outer] };
}
