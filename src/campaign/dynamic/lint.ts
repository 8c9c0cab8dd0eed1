/** What a template allows but its buyer will not expect: nothing left to show, parts that have no effect, texts and markup too long. */
import type { Creative } from '../creative.ts';
import type { Issue, Path } from '../issue.ts';
import { warning } from '../issue.ts';
import { longForNative } from '../lint-native.ts';
import type { FeedRow } from './feed.ts';
import type { Field, Template } from './template.ts';
import { compileTemplate } from './template.ts';

/** Without rows the feed counts as if it had one of each column. */
export function lintDynamic(creative: Creative, rows: readonly FeedRow[] | undefined, path: Path): Issue[] {
  if (!creative.dynamic) return [];
  const { template, issues } = compileTemplate(creative, rows);
  const found = issues.map((one): Issue => ({ ...one, path: [...path, ...one.path] }));
  if (!template) return found;
  return [
    ...found,
    ...lintCombinations(creative, template, rows, path),
    ...lintAddresses(template, path),
    ...template.fields.flatMap((field) => lintLength(creative, template, field, path)),
  ];
}

function lintCombinations(
  { dynamic }: Creative,
  { combinations, slots, fields, landingPage }: Template,
  rows: readonly FeedRow[] | undefined,
  path: Path,
): Issue[] {
  const here = [...path, 'dynamic'];
  if (slots.length === 0)
    return [warning(here, 'dead_setting', 'has no slots', { hint: 'Add slots or a feed, or take it out.' })];
  if (fields.length === 0 && !landingPage)
    return [warning(here, 'dead_setting', 'has no effect: no text of the creative has a slot in it')];
  // An empty feed is told of where the file is named.
  if (combinations.count !== 0 || rows?.length === 0) return [];
  const hint =
    dynamic!.forbid.length > 0 ? 'Every combination is forbidden.' : 'A slot has no variant of any weight.';
  return [warning([...here, 'forbid'], 'no_combination', 'leaves nothing to show', { hint })];
}

function lintAddresses({ slots }: Template, path: Path): Issue[] {
  return slots.flatMap(({ types, elements }, slot) =>
    '' in types
      ? elements.flatMap(({ insecure }, variant) =>
          insecure
            ? [
                warning(
                  [...path, 'dynamic', 'slots', slot, 'variants', variant, 'value'],
                  'insecure_asset',
                  'is not https',
                  {
                    hint: 'It is left out of most placements.',
                  },
                ),
              ]
            : [],
        )
      : [],
  );
}

/** Markup goes with every bid, and is stored and scanned by everyone on the way. */
const MARKUP_BYTES = 65_536;

function lintLength({ format }: Creative, template: Template, field: Field, path: Path): Issue[] {
  const name = field.path.join('.');
  const markup = field.path.at(-1) === 'html';
  if (format !== 'native' && !markup) return [];
  const size = (text: string): number => (markup ? Buffer.byteLength(text) : text.length);
  // The longest of each slot together: forbidden or not, what is allowed is no longer.
  let length = 0;
  let longest = { length: 0, text: '' };
  for (const part of field.parts) {
    const texts =
      typeof part === 'string'
        ? [part]
        : template.combinations.offered[part.slot]!.map((at) => part.texts[at]!);
    const [first = ''] = texts.toSorted((a, b) => size(b) - size(a));
    length += size(first);
    if (typeof part !== 'string' && size(first) > longest.length)
      longest = { length: size(first), text: first };
  }
  if (markup && length > MARKUP_BYTES)
    return [
      warning([...path, ...field.path], 'oversize', `comes to ${length} bytes with its longest values`, {
        hint: `More than ${MARKUP_BYTES} are a burden on every bid; load large parts from an address.`,
      }),
    ];
  return longForNative([...path, ...field.path], name, length, longest.text, ' with its longest values');
}
