/** A fit as one word of an address, so that markup can be made again after any restart: `w640-h360-p6-r0.2`. */
import type { Media } from '../../core/event.ts';
import type { Fit } from './media.ts';

/** All that markup depends on beside the creative and the facts of the bid. */
export interface Recipe {
  readonly fit: Fit;
  readonly secure: boolean;
}

type Part = keyof Omit<Fit, 'media'>;

/** The letter of each part; whoever adds a part to a fit gives it one here. */
const LETTERS: Readonly<Record<Part, string>> = {
  width: 'w',
  height: 'h',
  widthRatio: 'x',
  heightRatio: 'y',
  durationSeconds: 'd',
  protocol: 'p',
  apis: 'a',
  dynamicPod: 'b',
  renditions: 'r',
  companions: 'c',
  verified: 'v',
  clicksStayInApp: 'n',
};
const LISTS: ReadonlySet<string> = new Set<Part>(['apis', 'renditions', 'companions']);
const FLAGS: ReadonlySet<string> = new Set<Part>(['dynamicPod', 'verified', 'clicksStayInApp']);
const PART_BY_LETTER = new Map(Object.entries(LETTERS).map(([part, letter]) => [letter, part]));
const SECURE = 's';

export function writeRecipe({ fit, secure }: Recipe): string {
  const words = secure ? [SECURE] : [];
  for (const [part, letter] of Object.entries(LETTERS)) {
    const value = fit[part as Part];
    if (value === undefined || value === false) continue;
    words.push(letter + (value === true ? '' : typeof value === 'number' ? value : value.join('.')));
  }
  return words.join('-');
}

/** Undefined for what is none of ours. Whether it is authentic is the seal's matter. */
export function readRecipe(media: Media, text: string): Recipe | undefined {
  let secure = false;
  const fit: Record<string, unknown> = { media };
  for (const word of text === '' ? [] : text.split('-')) {
    const match = /^([a-z])(\d{1,9}(?:\.\d{1,9}){0,99})?$/.exec(word);
    if (!match) return undefined;
    const [, letter = '', digits] = match;
    if (letter === SECURE) {
      secure = true;
      continue;
    }
    const part = PART_BY_LETTER.get(letter);
    if (part === undefined) return undefined;
    const numbers = digits === undefined ? [] : digits.split('.').map(Number);
    fit[part] = LISTS.has(part) ? numbers : FLAGS.has(part) ? true : (numbers[0] ?? 0);
  }
  return { fit: fit as unknown as Fit, secure };
}
