import { fc, test as property } from '@fast-check/vitest';
import { GppModel, Sections } from '@iabgpp/cmpapi';
import { describe, expect, test } from 'vitest';
import { hasObjected, readSections } from '../../../src/openrtb/privacy/gpp.ts';
import { base64 } from './tcf-text.ts';

/** The states' sections and the nationwide one. */
const STATES = [...Sections.SECTION_ID_NAME_MAP].filter(([id]) => id > 6);

function gppOf(fields: readonly (readonly [section: string, field: string, value: unknown])[]): string {
  const model = new GppModel();
  for (const [section, field, value] of fields) model.setFieldValue(section, field, value);
  return model.encode();
}

function sectionText(section: string, field: string, value: unknown): string {
  const model = new GppModel();
  model.setFieldValue(section, field, value);
  return model.encodeSection(section);
}

describe('the header', () => {
  property.prop([
    fc.uniqueArray(fc.constantFrom(...STATES), { minLength: 1, maxLength: 8, selector: ([id]) => id }),
  ])('names the same sections as the reference library reads', (chosen) => {
    const text = gppOf(chosen.map(([, name]) => [name, 'SaleOptOut', 2]));
    const sections = readSections(text);
    const model = new GppModel(text);
    expect([...(sections?.keys() ?? [])]).toEqual(model.getSectionIds());
    for (const id of model.getSectionIds() as number[]) {
      expect(sections?.get(id)).toBe(model.encodeSectionById(id));
    }
  });

  test.each([
    '',
    'x',
    'gppString',
    'DBABMA~',
    'DBABMA',
    'DBAC~x',
    'CBABMA~x',
    '!!~x',
    `${'D'.repeat(20_000)}`,
  ])('of %j cannot be read', (text) => {
    expect(readSections(text)).toBeUndefined();
  });

  test('without sections holds none', () => {
    expect(readSections('DBAA')?.size).toBe(0);
  });

  test('that unfolds to millions of sections is refused, not unfolded', () => {
    const header = base64(`${'000011000001'}000000000001${'1'}11${'0'.repeat(40)}11`);
    expect(readSections(`${header}~x`)).toBeUndefined();
  });
});

describe('a section of a state', () => {
  test.each(STATES)('%i (%s): an opt-out of sale objects, its refusal does not', (id, name) => {
    expect(hasObjected(id, sectionText(name, 'SaleOptOut', 1))).toBe(true);
    expect(
      hasObjected(
        id,
        sectionText(
          name,
          'TargetedAdvertisingOptOut' in fieldsOf(name) ? 'TargetedAdvertisingOptOut' : 'SharingOptOut',
          1,
        ),
      ),
    ).toBe(true);
    expect(hasObjected(id, sectionText(name, 'SaleOptOut', 2))).toBe(false);
    expect(hasObjected(id, sectionText(name, 'SaleOptOut', 0))).toBe(false);
  });

  test('a browser that objects for its person counts', () => {
    expect(hasObjected(7, sectionText('usnat', 'Gpc', true))).toBe(true);
  });

  test('a child without consent counts, one with consent does not', () => {
    expect(hasObjected(7, sectionText('usnat', 'KnownChildSensitiveDataConsents', [0, 1, 0]))).toBe(true);
    expect(hasObjected(7, sectionText('usnat', 'KnownChildSensitiveDataConsents', [2, 2, 0]))).toBe(false);
    expect(hasObjected(9, sectionText('usva', 'KnownChildSensitiveDataConsents', 1))).toBe(true);
  });

  test('the first version of the nationwide section is read too', () => {
    expect(hasObjected(7, 'BVVVVVVVVWA.AA')).toBe(true);
    expect(hasObjected(7, 'BAAAAAAAAABA.QA')).toBe(false);
  });

  test.each([
    ['empty', ''],
    ['not base64', '!!'],
    ['cut off', 'BAgA'],
    ['of version 0', 'AAAAAAAAAAAA'],
    ['too long', 'C'.repeat(500)],
  ])('%s cannot be read', (_name, text) => {
    expect(hasObjected(7, text)).toBe('unreadable');
  });

  test.each([1, 3, 5, 28, 200, -2])('%i has no rule here', (id) => {
    expect(hasObjected(id, 'CAAAAAAAAABA.QA')).toBe('no_rule');
  });
});

function fieldsOf(section: string): object {
  const model = new GppModel();
  model.setFieldValue(section, 'SaleOptOut', 0);
  return model.getSection(section) as object;
}
