import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import type { BannerCreative } from '../../../src/campaign/creative.ts';
import { cridOf, landingPageOf, numbersOf, placesOf } from '../../../src/campaign/dynamic/look.ts';
import { combinationsFor } from '../../../src/campaign/dynamic/narrow.ts';
import { dynamicSchema } from '../../../src/campaign/dynamic/schema.ts';
import { compileTemplate } from '../../../src/campaign/dynamic/template.ts';
import { checkShape } from '../../../src/campaign/shape.ts';

const slots = [
  {
    id: 'headline',
    type: 'text',
    variants: [
      { id: 'a', value: 'One' },
      { id: 'b', value: 'Two', weight: 3, approval: { east: 'rejected', west: 'pending' } },
    ],
  },
  {
    id: 'picture',
    type: 'image',
    variants: [
      { id: 'new', value: 'https://c.example/n.png' },
      { id: 'old', value: 'http://c.example/o.png' },
    ],
  },
];

const HTML = '<a href="{clickUrl}"><img src="{{picture}}" alt="{{headline}}"></a>';

function template(dynamic: object = {}, html = HTML) {
  const { value, issues } = checkShape(dynamicSchema, { slots, ...dynamic });
  expect(issues).toEqual([]);
  expect(Value.Check(dynamicSchema, value)).toBe(true);
  const creative = { id: 'c', format: 'banner', html, dynamic: value } as unknown as BannerCreative;
  const rows = [
    { id: 'boots', values: { name: 'Boots', price: '$1.00' }, insecure: false },
    { id: 'tent', values: { name: 'Tent', price: '$2.00' }, insecure: false },
  ];
  return compileTemplate(creative, 'feed' in dynamic ? rows : undefined);
}

const compiled = (dynamic?: object, html?: string) => {
  const { template: made, issues } = template(dynamic, html);
  expect(issues).toEqual([]);
  return made!;
};
const anywhere = { exchangeId: 'north', acceptUnapproved: false, secure: false };

describe('a template', () => {
  it('has the same crid for the same look, whoever asks and in whatever order it is written', () => {
    const crid = cridOf('c', compiled(), [0, 1]);
    expect(cridOf('c', compiled(), [0, 1])).toBe(crid);
    const looks = [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ].map((elements) => cridOf('c', compiled(), elements));
    expect(new Set(looks).size).toBe(4);
    const reworded = [{ ...slots[0]!, variants: [{ id: 'a', value: 'Other words' }] }, slots[1]!];
    expect(cridOf('c', compiled({ slots: reworded }), [0, 1])).not.toBe(crid);
    expect(cridOf('c', compiled({}, `${HTML}<br>`), [0, 1])).not.toBe(crid);
    expect(cridOf('c', compiled({ version: '1' }), [0, 1])).not.toBe(crid);
    // With a version of its own the markup may be mended without a new review.
    const pinned = (html: string) => cridOf('c', compiled({ version: '1' }, html), [0, 1]);
    expect(pinned(`${HTML}<br>`)).toBe(pinned(HTML));
  });

  it('shows at an exchange what is approved there, and where all must be https nothing else', () => {
    const made = compiled();
    expect(combinationsFor(made, anywhere).count).toBe(4);
    expect(combinationsFor(made, { ...anywhere, exchangeId: 'east' }).offered).toEqual([[0], [0, 1]]);
    expect(combinationsFor(made, { ...anywhere, exchangeId: 'west' }).count).toBe(2);
    expect(combinationsFor(made, { ...anywhere, exchangeId: 'west', acceptUnapproved: true }).count).toBe(4);
    expect(combinationsFor(made, { ...anywhere, secure: true }).offered).toEqual([[0, 1], [0]]);
  });

  it('takes a slot’s approval where a variant has none of its own', () => {
    const [headline, picture] = slots;
    const ofSlot = [{ ...headline, approval: { east: 'approved', west: 'rejected' } }, picture];
    const made = compiled({ slots: ofSlot });
    expect(combinationsFor(made, { ...anywhere, exchangeId: 'west' }).count).toBe(0);
    expect(combinationsFor(made, { ...anywhere, exchangeId: 'east' }).count).toBe(2);
  });

  it('never shows what is forbidden, nor a variant of weight 0', () => {
    const made = compiled({ forbid: [{ headline: 'b', picture: ['old'] }] });
    expect(made.combinations.count).toBe(3);
    expect(made.combinations.allows([1, 1])).toBe(false);
    const silent = [
      {
        ...slots[0]!,
        variants: [
          { id: 'a', value: 'x' },
          { id: 'b', value: 'y', weight: 0 },
        ],
      },
      slots[1]!,
    ];
    expect(compiled({ slots: silent }).combinations.count).toBe(2);
  });

  it('knows its elements again by number, also after its slots were written in another order', () => {
    const made = compiled();
    const numbers = numbersOf(made, [1, 0]);
    expect(placesOf(made, numbers)).toEqual([1, 0]);
    const turned = compiled({ slots: slots.toReversed() });
    expect(placesOf(turned, numbers)).toEqual([0, 1]);
    expect(placesOf(made, [numbers[0]!, 12345])).toBeUndefined();
  });

  it('leads to the page of the row that is shown, and keeps its crid when a price moves', () => {
    const feed = { file: 'f.csv', columns: { name: 'text', price: 'price' } };
    const html = `${HTML}{{item.name}} {{item.price}}`;
    const made = compiled({ feed, landingPage: 'https://s.example/p/{{item.name}}?h={{headline}}' }, html);
    expect(made.combinations.count).toBe(8);
    expect(landingPageOf(made, [0, 0, 1])).toBe('https://s.example/p/Tent?h=One');
    expect(cridOf('c', made, [0, 0, 0])).not.toBe(cridOf('c', made, [0, 0, 1]));
    expect(made.slots[2]!.elements.map(({ mark }) => mark)).toEqual(['Boots', 'Tent']);
  });

  it.each([
    [{ forbid: [{ headlin: 'a' }] }, 'unknown_slot', 'headline'],
    [{ forbid: [{ headline: 'aa' }] }, 'unknown_variant', ''],
    [{ slots: [slots[0], slots[0], slots[1]] }, 'duplicate_id', ''],
    [
      { slots: [{ ...slots[1], variants: [{ id: 'x', value: 'ftp://c.example/' }] }, slots[0]] },
      'not_a_image',
      'https',
    ],
  ])('%j is refused: %s', (dynamic, code, hint) => {
    const { template: made, issues } = template(dynamic);
    expect(made).toBeUndefined();
    expect(issues.map((issue) => issue.code)).toContain(code);
    expect(issues.map((issue) => issue.hint).join()).toContain(hint);
  });
});
