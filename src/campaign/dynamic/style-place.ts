/** Where in CSS a value would land (CSS Syntax Level 3, tokens). Whatever is not surely one of the safe places is refused. */
import { addressPlace } from './address-place.ts';
import type { Layer, Placed } from './place.ts';
import { bareValue } from './place.ts';

interface Standing {
  /** The open string, or none. */
  quote: '"' | "'" | '';
  /** Where the open string began. */
  from: number;
  /** The string is what `url(` asks for. */
  ofUrl: boolean;
  where: 'code' | 'comment' | 'bare_url';
  depth: number;
  /** Since the last brace or semicolon. */
  statement: string;
}

/** `before` is all of the style before the slot. A style attribute begins inside a declaration block. */
export function stylePlace(before: string, isAttribute: boolean, outer: readonly Layer[]): Placed {
  const standing = standingAfter(before);
  const { quote, where, depth, statement } = standing;
  if (where === 'comment') return { refused: 'stands in a comment', hint: 'Take it out.' };
  if (where === 'bare_url') return { refused: 'stands in url() without quotes', hint: 'Write url("{{…}}").' };
  if (/^\s*@(?:import|charset|namespace)/i.test(statement))
    return { refused: 'stands in an @import or @namespace', hint: 'Load style sheets by fixed addresses.' };
  if (quote !== '') {
    if (!standing.ofUrl) return { layers: ['css_string', ...outer] };
    return addressPlace(before.slice(standing.from), ['css_string', ...outer]);
  }
  const isValue = (isAttribute || depth > 0) && statement.includes(':');
  if (isValue) return bareValue(outer);
  return {
    refused: 'stands in a selector or in the name of a property',
    hint: 'Slots may stand after the colon of a declaration.',
  };
}

function standingAfter(text: string): Standing {
  const now: Standing = { quote: '', from: 0, ofUrl: false, where: 'code', depth: 0, statement: '' };
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (now.where === 'comment') {
      if (character === '*' && text[index + 1] === '/') {
        now.where = 'code';
        index++;
      }
    } else if (now.quote !== '') {
      if (character === '\\') index++;
      // A line end closes a string that was left open, by error.
      else if (character === now.quote || character === '\n') now.quote = '';
    } else if (now.where === 'bare_url') {
      if (character === '\\') index++;
      else if (character === ')') now.where = 'code';
    } else index = stepInCode(now, text, index);
  }
  return now;
}

function stepInCode(now: Standing, text: string, index: number): number {
  const character = text[index]!;
  if (character === '/' && text[index + 1] === '*') {
    now.where = 'comment';
    return index + 1;
  }
  if (character === '\\') return index + 1;
  if (character === '"' || character === "'") {
    now.quote = character;
    now.from = index + 1;
    now.ofUrl = /url\(\s*$/i.test(now.statement);
  } else if (character === '{' || character === '}' || character === ';') {
    if (character !== ';') now.depth += character === '{' ? 1 : -1;
    now.statement = '';
    return index;
  }
  now.statement += character;
  if (
    character === '(' &&
    /url\($/i.test(now.statement) &&
    !/^\s*["']/.test(text.slice(index + 1, index + 40))
  )
    now.where = 'bare_url';
  return index;
}
