/**
 * How long native texts may be. Native 1.2 advises exchanges to ask for titles of 25, 90 or 140 characters (sections 4.3 and 5.3), and to take sponsors of
 * 25, descriptions of 140 and buttons of 15 characters at the least (section 7.4, "Max … or longer"): up to that a text is shown whole.
 */
import type { NativeCreative } from './creative.ts';
import type { Issue, Path } from './issue.ts';
import { warning } from './issue.ts';

/** By field: beyond it most placements, and beyond the last hardly any, take it whole. */
const LENGTHS: Readonly<Record<string, readonly [usual: number, longest: number]>> = {
  title: [90, 140],
  'data.1': [25, 25],
  'data.2': [140, 140],
  'data.12': [15, 15],
};

/** Of the texts that are written out; those with slots are judged with their longest values. */
export function lintNative(creative: NativeCreative, path: Path): Issue[] {
  const texts: [Path, string | undefined][] = [
    [['title'], creative.title],
    ...Object.entries(creative.data).map(([type, text]): [Path, string] => [['data', type], text]),
  ];
  return texts.flatMap(([field, text]) =>
    text === undefined || (creative.dynamic && text.includes('{{'))
      ? []
      : longForNative([...path, ...field], field.join('.'), text.length, text, ''),
  );
}

/** `how` tells what the length is of, where it is not of the text alone. */
export function longForNative(
  path: Path,
  field: string,
  length: number,
  value: string,
  how: string,
): Issue[] {
  const [usual, longest] = LENGTHS[field] ?? [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  if (length <= usual) return [];
  const hint =
    field !== 'title'
      ? `Exchanges need to take ${usual} characters and no more; what is longer is cut or left out.`
      : length > longest
        ? 'Placements ask for titles of 25, 90 or 140 characters; what is longer is cut or left out.'
        : 'Placements ask for titles of 25, 90 or 140 characters; only the last take it whole.';
  return [warning(path, 'long_for_native', `comes to ${length} characters${how}`, { value, hint })];
}
