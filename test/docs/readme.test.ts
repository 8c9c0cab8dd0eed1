/** The two readmes say the same: each command and page of the one is in the other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const english = readFileSync(join(ROOT, 'README.md'), 'utf8');
const chinese = readFileSync(join(ROOT, 'README.zh-CN.md'), 'utf8');

const found = (text: string, form: RegExp): string[] => [...new Set(text.match(form) ?? [])].sort();
const MEANT = [
  ['commands', /\bnpx bidwright [a-z][\w-]*|\bnpm (?:start|test|run [a-z:]+)/g],
  ['settings', /\bBIDWRIGHT_[A-Z_]+/g],
  ['fields and macros of OpenRTB', /`(?:nurl|burl|lurl|adm|nbr|price|AUDIT)`/g],
] as const;

it.each(MEANT)('name the same %s', (_what, form) => {
  expect(found(english, form).length).toBeGreaterThan(2);
  expect(found(chinese, form)).toEqual(found(english, form));
});

it('is in Chinese', () => {
  expect((chinese.match(/\p{Script=Han}/gu) ?? []).length).toBeGreaterThan(800);
});
