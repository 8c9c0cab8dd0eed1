import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { readDocument } from '../../src/config-document.ts';
import { soundJson } from '../../src/config-json.ts';

const key = fc.constantFrom('a', 'b"', '1', 'ä\n', 'x:y,z}');
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, -1.5e3, 'te"xt', '[,]'),
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('value'), { maxLength: 3 }),
  object: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
}));
const path = fc.array(fc.oneof(key, fc.nat(3)), { maxLength: 4 });

/** YAML reads JSON too, with the places of everything: the same text under either name. */
test.prop([value, path, fc.boolean(), fc.constantFrom(undefined, 2, '\t')])(
  'places in JSON are those that the slow reader finds',
  (json, asked, onKey, indent) => {
    const text = JSON.stringify(json, undefined, indent);
    if (indent === '\t' && text.includes('\n')) return;
    const fast = readDocument('book.json', text);
    const slow = readDocument('book.yaml', text);
    expect(soundJson(text)).toEqual(json);
    expect(fast.source?.value).toEqual(slow.source?.value);
    const place = fast.source?.placeOf(asked, onKey);
    expect({ ...place, file: '' }).toEqual({ ...slow.source?.placeOf(asked, onKey), file: '' });
  },
);

test.each([
  ['a key twice', '{"a":1,"a":2}'],
  ['a key twice in an escape', '{"a":1,"\\u0061":2}'],
  ['no JSON', '{a: 1}'],
  ['too deep', '['.repeat(70) + ']'.repeat(70)],
])('the fast reader leaves to the slow one: %s', (_, text) => {
  expect(soundJson(text)).toBeUndefined();
});
