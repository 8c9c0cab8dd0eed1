/** Contexts × hostile values, judged by real parsers: whatever a value holds, the tree keeps its shape and the value its words. */

import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { DefaultTreeAdapterMap } from 'parse5';
import { parseFragment } from 'parse5';
import { describe, expect, it } from 'vitest';
import type { Creative } from '../../../src/campaign/creative.ts';
import { filled } from '../../../src/campaign/dynamic/look.ts';
import type { ValueType } from '../../../src/campaign/dynamic/schema.ts';
import { dynamicSchema } from '../../../src/campaign/dynamic/schema.ts';
import { compileTemplate } from '../../../src/campaign/dynamic/template.ts';
import { prepare } from '../../../src/campaign/dynamic/value.ts';
import { checkShape } from '../../../src/campaign/shape.ts';
import { cdata, escapeMarkup } from '../../../src/openrtb/escape.ts';

type Node = DefaultTreeAdapterMap['node'];

/** Places that are safe, by the type of value each takes. */
const SAFE: readonly (readonly [string, ValueType])[] = [
  ['<b>{{s}}</b>', 'text'],
  ['<p>one {{s}}{{s}} two</p>', 'text'],
  ['<title>{{s}}</title><i></i>', 'text'],
  ['<textarea>{{s}}</textarea>', 'text'],
  ['<img alt="{{s}}">', 'text'],
  ["<img alt='a {{s}}'>", 'text'],
  ['<a href="{{s}}">x</a>', 'url'],
  ['<a href="{clickUrl}&u={{s}}">x</a>', 'text'],
  ['<a href="https://a.example/{{s}}?q={{s}}#{{s}}">x</a>', 'text'],
  ['<img src="{{s}}" alt="">', 'image'],
  ['<a href="{{s}}&x={{s}}">x</a>', 'url'],
  ['<div style="color:{{s}};top:1px">x</div>', 'colour'],
  ['<div style="width:{{s}}">x</div>', 'number'],
  ['<div style="background:url(\'{{s}}\')">x</div>', 'image'],
  ['<div style=\'content:"{{s}}"\'>x</div>', 'text'],
  ['<style>.a::after{content:"{{s}}"}</style><b>x</b>', 'text'],
  ["<style>.a{background:url( '{{s}}')}</style><b>x</b>", 'image'],
  ['<style>@media (width:1px){.a{color:{{s}}}}</style><b>x</b>', 'colour'],
  ['<script>const a = "{{s}}";</script><b>x</b>', 'text'],
  ["<script>const a = 4 / 2, b = /[\"/]/.test('x'), c = '{{s}}';</script><b>x</b>", 'text'],
  ['<script type="application/ld+json">{"name":"{{s}}"}</script><b>x</b>', 'text'],
  ['<button onclick="say(\'{{s}}\')">x</button>', 'text'],
  ['<button onclick=\'say("{{s}}")\'>x</button>', 'text'],
  ['<svg viewBox="0 0 9 9"><text fill="{{s}}">a</text></svg>', 'colour'],
  ['<svg><text>{{s}}</text></svg><b>x</b>', 'text'],
  ['<table><tr><td>{{s}}</td></tr></table>', 'text'],
  ['<select><option>{{s}}</option></select>', 'text'],
];

const HOSTILE: readonly string[] = [
  '"><script>alert(1)</script>',
  "' onmouseover='alert(1)",
  '</style><img src=x onerror=alert(1)>',
  '</script><b>',
  '</title><i>',
  '</textarea><i>',
  ']]><x/>',
  '<!--',
  '-->',
  '--!>',
  '`${alert(1)}`',
  '\\',
  '\\"',
  "\\'",
  '\u2028',
  '\u2029',
  '\0null',
  '{clickUrl}',
  '{{s}}',
  '${AUCTION_PRICE}',
  '{width}',
  ');background:url(https://evil.example)',
  '/*',
  '*/',
  '&quot;',
  '&#34;',
  '&lt;script&gt;',
  'javascript:alert(1)',
  '//evil.example/',
  '\n',
  '\r\n"',
  '<',
  '>',
  '&',
  '"',
  "'",
  '\ud800',
  'é 日本語 🍞',
  '%22%3E',
  '"};alert(1);//',
  '</ScRiPt >',
  '<svg onload=alert(1)>',
  '<![CDATA[',
  '\\27 ',
  '@import "x"',
];

const BY_TYPE: Readonly<Record<ValueType, (raw: string) => string>> = {
  text: (raw) => raw,
  call_to_action: (raw) => raw,
  price: () => '9.50 USD',
  number: () => '12px',
  colour: () => 'rgb(1 2 3 / 50%)',
  url: (raw) => `https://shop.example/p?x=${raw}#${raw}`,
  image: (raw) => `https://cdn.example/${raw}.jpg`,
};

function banner(html: string, type: ValueType, value: string): Creative {
  const dynamic = { slots: [{ id: 's', type, variants: [{ id: 'v', value }] }] };
  return { format: 'banner', html, dynamic: checkShape(dynamicSchema, dynamic).value } as unknown as Creative;
}

function rendered(html: string, type: ValueType, value: string): string {
  const creative = banner(html, type, value);
  const { template, issues } = compileTemplate(creative);
  expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  const look = filled(creative, template!, [0]);
  return look.format === 'banner' ? look.html! : '';
}

/** Elements and names of attributes, without texts and values. */
function shapeOf(node: Node): unknown {
  const children = 'childNodes' in node ? node.childNodes : [];
  const elements = children.filter((child) => !child.nodeName.startsWith('#text')).map(shapeOf);
  const attributes = 'attrs' in node ? node.attrs.map(({ name }) => name) : [];
  return [node.nodeName, attributes, elements];
}

function hasNoValue(type: ValueType, value: string): boolean {
  return !prepare(type, value, 'en').ok;
}

const hostile = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.array(fc.constantFrom(...HOSTILE), { minLength: 2, maxLength: 4 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

describe('values in their places', () => {
  it.each(SAFE)('%s keeps its shape', (html, type) => {
    const shape = JSON.stringify(shapeOf(parseFragment(rendered(html, type, BY_TYPE[type]('plain')))));
    fc.assert(
      fc.property(hostile, (raw) => {
        const value = BY_TYPE[type](raw);
        fc.pre(!hasNoValue(type, value));
        const out = rendered(html, type, value);
        expect(JSON.stringify(shapeOf(parseFragment(out)))).toBe(shape);
        // No macro comes with a value: those of the template are all there are.
        const macros = (text: string) => text.match(/\{\w*\}/g) ?? [];
        expect(macros(out)).toEqual(macros(html.replaceAll('{{s}}', '')));
      }),
      { numRuns: 150 },
    );
  });

  it.each(HOSTILE)('%j is read back word for word from text and attribute', (raw) => {
    const kept = prepare('text', raw, 'en');
    if (!kept.ok) return;
    const [element] = parseFragment(rendered('<b title="{{s}}">{{s}}</b>', 'text', raw)).childNodes;
    // Line ends are made one kind by every parser of HTML.
    const words = kept.text.replace(/\r\n?/g, '\n');
    expect(element && 'attrs' in element ? element.attrs[0]!.value : '').toBe(words);
    const text = element && 'childNodes' in element ? element.childNodes[0] : undefined;
    expect(text && 'value' in text ? text.value : '').toBe(words);
  });

  it.each(HOSTILE)('%j comes out of a script string as it went in, and closes nothing', (raw) => {
    const kept = prepare('text', raw, 'en');
    if (!kept.ok) return;
    const out = rendered('<script type="application/json">["{{s}}"]</script>', 'text', raw);
    const [script] = parseFragment(out).childNodes;
    const text = script && 'childNodes' in script ? script.childNodes[0] : undefined;
    expect(JSON.parse(text && 'value' in text ? text.value : '')).toEqual([kept.text]);
  });

  it('keeps XML in shape, as text and in CDATA', () => {
    const parser = new XMLParser({ ignoreAttributes: false, processEntities: true, htmlEntities: false });
    fc.assert(
      fc.property(hostile, (raw) => {
        fc.pre(!hasNoValue('text', raw));
        const html = rendered('<a title="{{s}}" href="{clickUrl}">{{s}}</a>', 'text', raw);
        const xml = `<Ad id="${escapeMarkup(raw)}"><HTMLResource>${cdata(html)}</HTMLResource><AltText>${escapeMarkup(raw)}</AltText></Ad>`;
        expect(XMLValidator.validate(xml)).toBe(true);
        const { Ad } = parser.parse(xml) as { Ad: object };
        expect(Object.keys(Ad).filter((key) => key !== '@_id')).toEqual(['HTMLResource', 'AltText']);
      }),
      { numRuns: 300 },
    );
  });
});

describe('places that cannot be made safe are refused', () => {
  it.each([
    ['<a href={{s}}>x</a>', 'without quotes'],
    ['<{{s}}>x', 'in place of a tag'],
    ['<b{{s}}>x</b>', 'name of a tag'],
    ['<b {{s}}="1">x</b>', 'place of an attribute'],
    ['<b data-{{s}}="1">x</b>', 'place of an attribute'],
    ['<!-- {{s}} --><b>x</b>', 'in a comment'],
    ['<button onclick="{{s}}">x</button>', 'outside a string'],
    ['<button onclick="say(&quot;{{s}}&quot;)">x</button>', 'character reference'],
    ['<script>{{s}}</script>', 'outside a string'],
    ['<script>const a = `{{s}}`</script>', 'template literal'],
    ['<script>/* "{{s}}" */</script>', 'comment or pattern'],
    ['<script>a = "<!--"; b = "{{s}}"</script>', '<!--'],
    ['<script src="https://a.example/{{s}}"></script>', 'loaded or run'],
    ['<style>{{s}}{color:red}</style>', 'selector'],
    ['<style>.a{ {{s}}:red}</style>', 'selector'],
    ['<style>.a{background:url({{s}})}</style>', 'without quotes'],
    ['<style>@import "{{s}}";</style>', '@import'],
    ['<style>.a{color:{{s}}}</style>', 'colour or number'],
    ['<div style="color:{{s}}">x</div>', 'colour or number'],
    ['<a href="{{s}}">x</a>', 'url or image'],
    ['<a href="javascript:say(\'{{s}}\')">x</a>', 'javascript: address'],
    ['<a href="https://{{s}}/">x</a>', 'host'],
    ['<a href="https://cdn.{{s}}.example/">x</a>', 'host'],
    ['<iframe srcdoc="{{s}}"></iframe>', 'loaded or run'],
    ['<img srcset="{{s}} 2x">', 'loaded or run'],
    ['<meta http-equiv="refresh" content="{{s}}">', 'loaded or run'],
    ['<noscript>{{s}}</noscript>', '<noscript>'],
    ['<table>{{s}}</table>', 'directly in <table>'],
    ['<svg><style>.a{color:red}</style></svg><b>{{s}}</b>', 'inside an <svg>'],
    ['<b title="{{s}}', 'ends inside'],
    ['<b>{{other}}</b>', 'no slot'],
  ])('%s: %s', (html, message) => {
    const { template, issues } = compileTemplate(banner(html, 'text', 'plain'));
    expect(template).toBeUndefined();
    expect(issues.map((issue) => issue.message).join('; ')).toContain(message);
    for (const issue of issues.filter(({ severity }) => severity === 'error'))
      expect(issue.hint + issue.code).not.toBe('');
  });

  it('and said where, by line and column', () => {
    const { issues } = compileTemplate(banner('<p>\n <a href={{s}}>x</a>\n</p>', 'text', 'plain'));
    expect(issues[0]).toMatchObject({ path: ['html'], code: 'unsafe_slot' });
    expect(issues[0]!.message).toContain('{{s}} (line 2, column 10)');
  });
});
