/**
 * Where and to whom a bid was made, in words that reports group by. It travels in the facts of the bid, so that each notice is counted
 * where its bid was, whichever process and however late it comes to; nothing has to be looked up. Nothing in it tells of one person.
 */

/** Each with the most characters that are kept of it: all of them and what parts them fit a text of a token (255 bytes). */
const CHARACTERS_MAX = {
  publication: 64,
  device: 12,
  country: 3,
  region: 12,
  size: 12,
  format: 6,
  deal: 36,
  pack: 40,
  experiment_arm: 60,
} as const;

export type PlaceName = keyof typeof CHARACTERS_MAX;
export const PLACE_NAMES = Object.keys(CHARACTERS_MAX) as PlaceName[];

/** What is longer is cut; what is not plain ASCII stands as `?`, as a publisher's own id may be anything. */
export function placeText(values: Readonly<Record<PlaceName, string>>): string {
  let text = '';
  for (const name of PLACE_NAMES)
    text += `${name === 'publication' ? '' : '|'}${plain(values[name], CHARACTERS_MAX[name])}`;
  return text;
}

/** In the order of `PLACE_NAMES`; empty where it is not known. */
export function placeValues(text: string): readonly string[] {
  const values = text.split('|');
  return PLACE_NAMES.map((_, index) => values[index] ?? '');
}

function plain(value: string, max: number): string {
  const cut = value.length > max ? value.slice(0, max) : value;
  return /[^ -{}~]/.test(cut) ? cut.replaceAll(/[^ -{}~]/g, '?') : cut;
}
