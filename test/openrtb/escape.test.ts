import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { parseFragment } from 'parse5';
import { describe, expect, it } from 'vitest';
import { cdata, escapeMarkup, escapeScriptString } from '../../src/openrtb/escape.ts';
import { hostile, kept } from './hostile.ts';

describe('escaping', () => {
  it('keeps HTML text and attributes in their place, by a real HTML parser', () => {
    fc.assert(
      fc.property(hostile, hostile, (attribute, text) => {
        const fragment = parseFragment(
          `<a href="${escapeMarkup(attribute)}" title='${escapeMarkup(attribute)}'>${escapeMarkup(text)}</a>`,
        );
        expect(fragment.childNodes).toHaveLength(1);
        const anchor = fragment.childNodes[0];
        if (!anchor || !('attrs' in anchor)) throw new Error('no element');
        expect(anchor.attrs.map((each) => each.name)).toEqual(['href', 'title']);
        expect(anchor.attrs[0]?.value).toBe(kept(attribute));
        expect(anchor.childNodes.every((child) => child.nodeName === '#text')).toBe(true);
      }),
    );
  });

  it('keeps XML text and CDATA in their place, by a real XML parser', () => {
    const parser = new XMLParser({
      ignoreAttributes: false,
      trimValues: false,
      parseTagValue: false,
      cdataPropName: '#cdata',
    });
    fc.assert(
      fc.property(hostile, (text) => {
        const document = `<r><a t="${escapeMarkup(text)}">${escapeMarkup(text)}</a><b>${cdata(text)}</b></r>`;
        expect(XMLValidator.validate(document)).toBe(true);
        const { r } = parser.parse(document);
        expect(Object.keys(r).sort()).toEqual(['a', 'b']);
        const inside = r.b['#cdata'];
        expect(Array.isArray(inside) ? inside.join('') : inside).toBe(kept(text));
      }),
    );
  });

  it('keeps a script string inside its quotes and its element', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const quote of ['"', "'"]) {
          const source = `${quote}${escapeScriptString(text)}${quote}`;
          expect(source).not.toMatch(/<|>|\u2028/);
          expect(new Function(`return ${source}`)()).toBe(text);
        }
      }),
    );
  });
});
