/**
 * A creative with `dynamic`, made ready once: its texts cut at the slots, the place of each slot found, and every value
 * escaped for every place it may land in. What is left for a bid is to join strings (`look.ts`).
 */
import { Value } from 'typebox/value';
import { hash32 } from '../../core/random.ts';
import type { Creative } from '../creative.ts';
import type { Issue, Path } from '../issue.ts';
import { issue } from '../issue.ts';
import type { Loose } from '../loose-book.ts';
import { suggestion } from '../nearest.ts';
import type { Rule } from './combinations.ts';
import { Combinations } from './combinations.ts';
import type { FeedRow } from './feed.ts';
import type { Element, FieldKind, Part, TemplateSlot } from './parts.ts';
import { partsOf, templatedFields } from './parts.ts';
import type { Dynamic } from './schema.ts';
import { dynamicSchema } from './schema.ts';
import { prepare } from './value.ts';

export interface Field {
  /** Where in the creative. */
  readonly path: Path;
  readonly parts: readonly Part[];
}

export interface Template {
  readonly slots: readonly TemplateSlot[];
  readonly rules: readonly Rule[];
  readonly fields: readonly Field[];
  readonly landingPage: readonly Part[] | undefined;
  readonly version: string;
  /** Slot and element by number. */
  readonly byNumber: ReadonlyMap<number, readonly [slot: number, element: number]>;
  /** All that approval and security may narrow. */
  readonly combinations: Combinations;
  /** What `narrow.ts` has worked out. */
  readonly narrowed: Map<string, Combinations>;
}

export interface CompiledTemplate {
  /** Undefined where there are errors. */
  readonly template: Template | undefined;
  /** Paths begin at the creative. */
  readonly issues: readonly Issue[];
}

/** Name of the slot that the feed fills. */
export const ITEM = 'item';

/** Without rows the template is checked as if the feed had one of each column. */
export function compileTemplate(creative: Loose<Creative>, rows?: readonly FeedRow[]): CompiledTemplate {
  const dynamic = creative.dynamic as Dynamic | undefined;
  // What is not of its shape was told of before.
  if (!dynamic || !Value.Check(dynamicSchema, dynamic)) return { template: undefined, issues: [] };
  const issues: Issue[] = [];
  const slots = slotsOf(creative.id ?? '', dynamic, creative.language ?? 'en', rows, issues);
  const rules = rulesOf(dynamic, slots, rows === undefined, issues);
  const used = new Set<string>();
  const read = (path: Path, text: string, kind: FieldKind): readonly Part[] =>
    partsOf(text, kind, slots, [...path], issues, used);
  const fields: Field[] = [];
  let texts = '';
  for (const { path, text, kind } of templatedFields(creative)) {
    texts += `${path.join('.')}\0${text}\0`;
    const parts = read(path, text, kind);
    if (parts.some((part) => typeof part !== 'string')) fields.push({ path, parts });
  }
  const landingPage =
    dynamic.landingPage === undefined
      ? undefined
      : read(['dynamic', 'landingPage'], dynamic.landingPage, 'address');
  const combinations = new Combinations(
    slots.map(({ elements }) => elements.flatMap(({ weight }, place) => (weight > 0 ? [place] : []))),
    slots.map(({ elements }) => elements.map(({ weight }) => weight)),
    rules,
  );
  if (combinations.count === undefined)
    issues.push(
      issue(['dynamic', 'forbid'], 'too_entangled', 'holds rules that depend on too many others', {
        hint: 'Forbid fewer variants at a time, or split the creative.',
      }),
    );
  issues.push(...unusedSlots(dynamic, used));
  if (issues.some(({ severity }) => severity === 'error')) return { template: undefined, issues };
  const byNumber = new Map<number, readonly [number, number]>();
  slots.forEach(({ elements }, slot) => {
    elements.forEach(({ number }, element) => byNumber.set(number, [slot, element]));
  });
  const version = dynamic.version ?? `${hash32(texts, 1)}.${hash32(texts, 2)}`;
  return {
    template: { slots, rules, fields, landingPage, version, byNumber, combinations, narrowed: new Map() },
    issues,
  };
}

/** Slots that nothing shows have no effect but on what is drawn and counted. */
function unusedSlots({ slots, feed }: Dynamic, used: ReadonlySet<string>): Issue[] {
  const unused = slots.flatMap(({ id }, index) =>
    used.has(id)
      ? []
      : [
          issue(['dynamic', 'slots', index, 'id'], 'unused_slot', 'is used nowhere', {
            severity: 'warning',
            value: id,
            hint: `Write {{${id}}} where its value belongs.`,
          }),
        ],
  );
  if (!feed || used.has(ITEM)) return unused;
  const hint = 'Write {{item.name}} or another of its columns.';
  return [
    ...unused,
    issue(['dynamic', 'feed'], 'unused_slot', 'is used nowhere', { severity: 'warning', hint }),
  ];
}

function slotsOf(
  creativeId: string,
  dynamic: Dynamic,
  locale: string,
  rows: readonly FeedRow[] | undefined,
  issues: Issue[],
): readonly TemplateSlot[] {
  const numbers = new Map<number, string>();
  const elementOf = (slot: string, id: string, element: Omit<Element, 'id' | 'number'>): Element => {
    const number = hash32(`${creativeId} ${slot}=${id}`, 3);
    const other = numbers.get(number);
    if (other !== undefined && rows !== undefined && slot === ITEM)
      return { ...element, id, number: 0, weight: 0 };
    if (other !== undefined)
      issues.push(
        issue(['dynamic', 'slots'], 'same_number', `has ${slot}=${id}, which is taken for ${other}`, {
          hint: 'Rename one of the two; ids must be unique within a slot.',
        }),
      );
    numbers.set(number, `${slot}=${id}`);
    return { ...element, id, number };
  };
  const slots = dynamic.slots.map(({ id: slot, type, variants, approval: ofSlot }, index): TemplateSlot => {
    const path = ['dynamic', 'slots', index];
    if (slot === ITEM || dynamic.slots.findIndex(({ id }) => id === slot) < index)
      issues.push(issue([...path, 'id'], 'duplicate_id', 'is taken by another slot', { value: slot }));
    const elements = variants.map(({ id, value, weight, approval }, at) => {
      const prepared = prepare(type, value, locale);
      if (!prepared.ok)
        issues.push(
          issue([...path, 'variants', at, 'value'], `not_a_${type}`, prepared.message, {
            value,
            hint: prepared.hint,
          }),
        );
      const text = prepared.ok ? prepared.text : '';
      return elementOf(slot, id, {
        weight,
        insecure: prepared.ok && prepared.insecure,
        approval: { ...ofSlot, ...approval },
        mark: text,
        values: { '': text },
      });
    });
    return { id: slot, types: { '': type }, elements };
  });
  const { feed } = dynamic;
  if (!feed) return slots;
  const shown = Object.entries(feed.columns).filter(([, type]) => type !== 'price' && type !== 'url');
  const elements = (rows ?? []).map(({ id, values, insecure }) =>
    elementOf(ITEM, id, {
      weight: 1,
      insecure,
      approval: feed.approval,
      mark: shown.map(([column]) => values[column]).join('\0'),
      values,
    }),
  );
  const stand = { id: '?', number: 0, weight: 1, insecure: false, approval: {}, mark: '', values: {} };
  return [...slots, { id: ITEM, types: feed.columns, elements: rows === undefined ? [stand] : elements }];
}

/** Rows come and go, so a rule may name one that is not there. */
function rulesOf(
  dynamic: Dynamic,
  slots: readonly TemplateSlot[],
  withoutRows: boolean,
  issues: Issue[],
): readonly Rule[] {
  const rules: Rule[] = [];
  dynamic.forbid.forEach((rule, index) => {
    const compiled = new Map<number, ReadonlySet<number>>();
    for (const [name, given] of Object.entries(rule)) {
      const path: Path = ['dynamic', 'forbid', index, name];
      const place = slots.findIndex(({ id }) => id === name);
      const slot = slots[place];
      if (!slot) {
        const hint = suggestion(
          name,
          slots.map(({ id }) => id),
        );
        issues.push(issue(path, 'unknown_slot', 'names no slot', { value: name, hint, onKey: true }));
        continue;
      }
      const places = new Set<number>();
      for (const id of typeof given === 'string' ? [given] : given) {
        const at = slot.elements.findIndex((element) => element.id === id);
        if (at >= 0) places.add(at);
        else if (name !== ITEM) {
          const hint = suggestion(
            id,
            slot.elements.map((element) => element.id),
          );
          issues.push(issue(path, 'unknown_variant', `names no variant of ${name}`, { value: id, hint }));
        }
      }
      compiled.set(place, places);
    }
    if (!(withoutRows && compiled.has(slots.length - 1) && dynamic.feed)) rules.push(compiled);
  });
  return rules;
}
