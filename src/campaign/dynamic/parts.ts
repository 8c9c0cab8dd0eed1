/** Texts of a template cut into what is fixed and what a slot fills, each value escaped for its place. */
import type { Creative } from '../creative.ts';
import type { Issue, Path } from '../issue.ts';
import { issue } from '../issue.ts';
import type { Loose } from '../loose-book.ts';
import { suggestion } from '../nearest.ts';
import { addressPlace } from './address-place.ts';
import { markupPlaces } from './markup-place.ts';
import type { Place, Placed } from './place.ts';
import { escapeFor, PLAIN } from './place.ts';
import type { ValueType } from './schema.ts';
import type { Slot } from './text.ts';
import { slotsIn, spot } from './text.ts';

/** One variant, or one row of the feed. */
export interface Element {
  readonly id: string;
  /** From the ids of creative, slot and variant alone: what tokens carry and learning credits, in this process and the next. */
  readonly number: number;
  readonly weight: number;
  readonly insecure: boolean;
  /** By exchange; the creative's own where absent. */
  readonly approval: Readonly<Record<string, 'approved' | 'pending' | 'rejected'>>;
  /** What changes with its look; the price and the page of a product do not. */
  readonly mark: string;
  /** Prepared, by column; under the empty name for variants. */
  readonly values: Readonly<Record<string, string>>;
}

export interface TemplateSlot {
  readonly id: string;
  readonly types: Readonly<Record<string, ValueType>>;
  readonly elements: readonly Element[];
}

/** Either fixed, or one of a slot's values, escaped, by place of the element. */
export type Part = string | { readonly slot: number; readonly texts: readonly string[] };

export type FieldKind = 'markup' | 'address' | 'text';

interface TextField {
  readonly path: Path;
  readonly text: string;
  readonly kind: FieldKind;
}

/** Every text of a creative that may have slots. */
export function templatedFields(creative: Loose<Creative>): readonly TextField[] {
  const found: TextField[] = [];
  const add = (path: Path, text: string | undefined, kind: FieldKind): void => {
    if (text !== undefined) found.push({ path, text, kind });
  };
  const addresses = (
    list: readonly ({ readonly url?: string | undefined } | undefined)[] | undefined,
    path: Path,
  ): void => {
    list?.forEach((file, index) => add([...path, index, 'url'], file?.url, 'address'));
  };
  if (creative.format === 'banner') {
    add(['html'], creative.html, 'markup');
    add(['imageUrl'], creative.imageUrl, 'address');
    add(['alt'], creative.alt, 'text');
  } else if (creative.format === 'native') {
    add(['title'], creative.title, 'text');
    for (const [type, text] of Object.entries(creative.data ?? {})) add(['data', type], text, 'text');
    addresses(creative.images, ['images']);
    addresses(creative.video?.mediaFiles, ['video', 'mediaFiles']);
  } else if (creative.format === 'video' || creative.format === 'audio') {
    addresses(creative.mediaFiles, ['mediaFiles']);
    creative.companions?.forEach((companion, index) => {
      const path = ['companions', index];
      add([...path, 'html'], companion?.html, 'markup');
      add([...path, 'imageUrl'], companion?.imageUrl, 'address');
      add([...path, 'iframeUrl'], companion?.iframeUrl, 'address');
      add([...path, 'alt'], companion?.alt, 'text');
    });
  }
  return found;
}

export function partsOf(
  text: string,
  kind: FieldKind,
  slots: readonly TemplateSlot[],
  path: Path,
  issues: Issue[],
  used: Set<string>,
): readonly Part[] {
  const found = slotsIn(text);
  if (found.length === 0) return [text];
  const { places, unfinished } = placesOf(text, kind, found);
  if (unfinished !== '')
    issues.push(
      issue(path, 'unfinished_markup', `ends inside ${unfinished}`, {
        hint: 'Close it, so that slots can be placed.',
      }),
    );
  const parts: Part[] = [];
  let from = 0;
  found.forEach((slot, index) => {
    parts.push(text.slice(from, slot.offset));
    from = slot.offset + slot.length;
    const part = partOf(slot, places[index]!, slots, path, text, issues);
    used.add(slot.slot);
    if (part) parts.push(part);
  });
  parts.push(text.slice(from));
  return parts.filter((part) => part !== '');
}

function placesOf(
  text: string,
  kind: FieldKind,
  found: readonly Slot[],
): { readonly places: readonly Placed[]; readonly unfinished: string } {
  if (kind === 'markup') return markupPlaces(text, found);
  const places = found.map(({ offset }, index): Placed => {
    if (kind === 'text') return PLAIN;
    // A whole address begins what follows it.
    const startsWhole = index > 0 && text.slice(0, found[0]!.offset).trim() === '';
    const before = text.slice(startsWhole ? found[0]!.offset + found[0]!.length : 0, offset);
    return addressPlace(startsWhole ? `https://slot/${before}` : before, []);
  });
  return { places, unfinished: '' };
}

function partOf(
  reference: Slot,
  placed: Placed,
  slots: readonly TemplateSlot[],
  path: Path,
  text: string,
  issues: Issue[],
): Part | undefined {
  const name = reference.column === '' ? reference.slot : `${reference.slot}.${reference.column}`;
  const where = `{{${name}}} (${spot(text, reference.offset)})`;
  const refuse = (code: string, message: string, hint: string): undefined => {
    issues.push(issue(path, code, message, { hint }));
    return undefined;
  };
  const place = slots.findIndex(({ id }) => id === reference.slot);
  const slot = slots[place];
  if (!slot || !Object.hasOwn(slot.types, reference.column)) {
    const known = slots.flatMap(({ id, types }) =>
      Object.keys(types).map((column) => (column === '' ? id : `${id}.${column}`)),
    );
    return refuse('unknown_slot', `has ${where}, which is no slot`, suggestion(name, known));
  }
  if ('refused' in placed) return refuse('unsafe_slot', `has ${where}, which ${placed.refused}`, placed.hint);
  const type = slot.types[reference.column]!;
  if (placed.only && !placed.only.includes(type))
    return refuse(
      'unsafe_slot',
      `has ${where} of type ${type}, where only ${placed.only.join(' or ')} may stand`,
      placed.only.includes('url')
        ? 'An address is begun by a slot of type url or image, or by a fixed https://….'
        : 'Put it in quotes, or make it a colour or a number.',
    );
  return { slot: place, texts: textsOf(slot, reference.column, placed) };
}

function textsOf({ elements }: TemplateSlot, column: string, place: Place): readonly string[] {
  return elements.map(({ values }) => escapeFor(place, values[column] ?? ''));
}
