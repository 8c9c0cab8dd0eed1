/** Keywords of the page or app, and of the person where that is permitted. */
import { Type } from 'typebox';
import type { Probe } from './dimension.ts';
import { valueDimension } from './value-dimension.ts';

export const keyword = valueDimension({
  name: 'keyword',
  description: 'Keywords of the page or app, and of the person where packs may be consulted.',
  level: 'request',
  cost: 42,
  item: Type.String({ minLength: 1, maxLength: 100, description: 'Keyword; case does not matter.' }),
  values,
  expand: (value) => [plain(value)],
});

function values({ request, permits }: Probe): readonly string[] {
  const own = (request.site ?? request.app ?? request.outOfHome)?.keywords ?? [];
  const personal = permits.audiences ? request.user.keywords : [];
  return [...own, ...personal].map(plain);
}

function plain(word: string): string {
  return word.trim().toLowerCase();
}
