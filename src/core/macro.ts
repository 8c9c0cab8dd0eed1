/** What stands in an address where a macro stood (OpenRTB 2.6 section 4.4), whichever macro it is. */

/**
 * `missing`: empty, which says "not known", or Google's UNKNOWN. `audit`: somebody looks at the creative, and nothing was
 * sold. `unexpanded`: nobody filled the macro in. `filled`: a value, to be read by who knows its kind.
 */
export type MacroReading =
  | { readonly state: 'filled'; readonly text: string }
  | { readonly state: 'missing' | 'audit' | 'unexpanded' };

/** `${AUCTION_PRICE}`, cut short or in other brackets too; `%%WINNING_PRICE%%` is Google's own. */
const MACRO = /AUCTION_[A-Z]|WINNING_PRICE/i;
const PERCENT_CODE = /%[0-9A-F]{2}/i;
/** Longer than any value: an encrypted price has 40 characters, and three for each where it was encoded again. */
const TEXT_LENGTH_MAX = 128;
/** Beyond the one that the address itself needs: each server on the way may have encoded the whole address once more. */
const EXTRA_DECODINGS_MAX = 2;

export function readMacro(given: string | undefined): MacroReading {
  const text = decoded(given ?? '');
  const word = text.trim().toUpperCase();
  if (word === '' || word === 'UNKNOWN') return { state: 'missing' };
  if (word === 'AUDIT') return { state: 'audit' };
  return MACRO.test(word) ? { state: 'unexpanded' } : { state: 'filled', text };
}

/** The value alone; undefined for whatever is none. */
export function macroValue(given: string | undefined): string | undefined {
  const reading = readMacro(given);
  return reading.state === 'filled' ? reading.text.trim() : undefined;
}

/** No value that we ask for has a percent sign of its own. */
function decoded(given: string): string {
  let text = given;
  for (let times = 0; times < EXTRA_DECODINGS_MAX && text.length <= TEXT_LENGTH_MAX; times++) {
    if (!PERCENT_CODE.test(text)) return text;
    try {
      text = decodeURIComponent(text);
    } catch {
      return text;
    }
  }
  return text;
}
