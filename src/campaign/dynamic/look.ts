/** A template with its slots filled: the creative as it is shown, its crid and its landing page. Pure, and joins strings only. */
import { hash32 } from '../../core/random.ts';
import type { Creative } from '../creative.ts';
import type { Path } from '../issue.ts';
import type { Part } from './parts.ts';
import type { Template } from './template.ts';

/** Leaves room for what tells looks apart, within the 128 characters of a crid. */
const CRID_BASE_MAX = 100;

/** `elements` are places, one for each slot. */
export function filled(creative: Creative, template: Template, elements: readonly number[]): Creative {
  let look: Creative = creative;
  for (const { path, parts } of template.fields) look = withText(look, path, 0, join(parts, elements));
  return look;
}

/** The same for the same look, in any process; prices may change within it. */
export function cridOf(base: string, template: Template, elements: readonly number[]): string {
  let text = template.version;
  elements.forEach((element, slot) => {
    const { id, elements: all } = template.slots[slot]!;
    text += `\0${id}\0${all[element]!.id}\0${all[element]!.mark}`;
  });
  const digest = (start: number) => hash32(text, start).toString(16).padStart(8, '0');
  return `${base.slice(0, CRID_BASE_MAX)}.${digest(11)}${digest(13)}`;
}

/** Undefined where the template has none of its own. */
export function landingPageOf(template: Template, elements: readonly number[]): string | undefined {
  return template.landingPage && join(template.landingPage, elements);
}

export function numbersOf(template: Template, elements: readonly number[]): readonly number[] {
  return elements.map((element, slot) => template.slots[slot]!.elements[element]!.number);
}

/** Places of elements that a token named; undefined where one of them has gone since. */
export function placesOf(template: Template, numbers: readonly number[]): readonly number[] | undefined {
  const places = new Array<number>(template.slots.length).fill(-1);
  for (const number of numbers) {
    const found = template.byNumber.get(number);
    if (found) places[found[0]] = found[1];
  }
  return places.includes(-1) ? undefined : places;
}

export function join(parts: readonly Part[], elements: readonly number[]): string {
  let text = '';
  for (const part of parts) text += typeof part === 'string' ? part : part.texts[elements[part.slot]!]!;
  return text;
}

function withText<Node extends object>(node: Node, path: Path, at: number, text: string): Node {
  const key = path[at] as keyof Node;
  const copy = (Array.isArray(node) ? [...node] : { ...node }) as Node;
  copy[key] = (
    at === path.length - 1 ? text : withText(node[key] as object, path, at + 1, text)
  ) as Node[keyof Node];
  return copy;
}
