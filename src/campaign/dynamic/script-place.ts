/** Where in JavaScript a value would land: inside a string in quotes, or nowhere. */
import type { Layer, Placed } from './place.ts';

type Where = 'code' | '"' | "'" | '`' | 'line' | 'block' | 'pattern' | 'class';

export function scriptPlace(before: string, outer: readonly Layer[]): Placed {
  const where = whereAfter(before);
  if (where === '"' || where === "'") return { layers: ['script', ...outer] };
  const hint = 'Put it in quotes: const text = "{{…}}".';
  if (where === '`') return { refused: 'stands in a template literal', hint };
  return {
    refused: where === 'code' ? 'stands in script outside a string' : 'stands in a comment or pattern',
    hint,
  };
}

/** After these a slash begins a pattern; after anything else it divides. */
const BEFORE_PATTERN =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|delete|void|throw|do|else))\s*$/;

function whereAfter(text: string): Where {
  let where: Where = 'code';
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    const next = text[index + 1];
    switch (where) {
      case 'code':
        if (character === '"' || character === "'" || character === '`') where = character;
        else if (character === '/' && next === '/') where = 'line';
        else if (character === '/' && next === '*') {
          where = 'block';
          index++;
        } else if (character === '/' && BEFORE_PATTERN.test(text.slice(Math.max(0, index - 40), index)))
          where = 'pattern';
        break;
      case 'line':
        if (character === '\n') where = 'code';
        break;
      case 'block':
        if (character === '*' && next === '/') {
          where = 'code';
          index++;
        }
        break;
      case 'pattern':
      case 'class':
        if (character === '\\') index++;
        else if (character === '[') where = 'class';
        else if (character === ']') where = 'pattern';
        else if (character === '\n' || (character === '/' && where === 'pattern')) where = 'code';
        break;
      default:
        if (character === '\\') index++;
        else if (character === where || (character === '\n' && where !== '`')) where = 'code';
    }
  }
  return where;
}
