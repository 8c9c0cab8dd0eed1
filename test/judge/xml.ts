// XML as far as ad markup needs it: elements by name, attributes, text.

import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { Json } from './reading.ts';
import { isObject, listOf } from './reading.ts';

// Entities stay as they are: nothing here compares a decoded URL, and a document type cannot make the parser
// expand.
const PARSER = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
});

export interface Root {
  readonly name: string;
  readonly node: unknown;
}

/** The root element, or why there is none. */
export function rootOf(markup: string): Root | string {
  try {
    const verdict = XMLValidator.validate(markup);
    if (verdict !== true) return verdict.err.msg;
    // The validator lets text follow the root.
    if (!markup.trimEnd().endsWith('>')) return 'text after the root element';
    const document: unknown = PARSER.parse(markup);
    if (!isObject(document)) return 'no element';
    const names = Object.keys(document).filter((name) => !name.startsWith('?'));
    const [name = ''] = names;
    const node = document[name];
    return names.length !== 1 || Array.isArray(node) ? 'not one root element' : { name, node };
  } catch (error) {
    return error instanceof Error ? error.message : 'unreadable';
  }
}

export function children(node: unknown, name: string): readonly unknown[] {
  return isObject(node) ? listOf(node[name]) : [];
}

/** Elements at the end of a path of names. */
export function under(node: unknown, ...names: readonly string[]): readonly unknown[] {
  return names.reduce<readonly unknown[]>(
    (nodes, name) => nodes.flatMap((one) => children(one, name)),
    [node],
  );
}

export function attribute(node: unknown, name: string): string | undefined {
  const value = isObject(node) ? (node as Json)[`@${name}`] : undefined;
  return typeof value === 'string' ? value : undefined;
}

export function textIn(node: unknown): string {
  const text = isObject(node) ? node['#text'] : node;
  return typeof text === 'string' ? text.trim() : '';
}

export function hasContent(node: unknown): boolean {
  return textIn(node) !== '';
}
