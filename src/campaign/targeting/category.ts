/** Content categories of the site or app. */
import { Type } from 'typebox';
import type { Probe } from './dimension.ts';
import { valueDimension } from './value-dimension.ts';

export const category = valueDimension({
  name: 'category',
  description: 'Content category of the site or app.',
  level: 'request',
  cost: 40,
  item: Type.String({
    pattern: '^([Ii][Aa][Bb]\\d{1,2}(-\\d{1,3})?|\\d{1,4}:[A-Za-z0-9]{1,20})$',
    description:
      'Taxonomy 1.0 as IAB1 (with all below it) or IAB1-3; another as its cattax number and id, 6:483.',
  }),
  values,
  expand: (value) => [value.toUpperCase()],
});

/** Only taxonomy 1.0 writes IAB…, so such an id is read as one whatever `cattax` says. */
function values({ request }: Probe): readonly string[] {
  const publication = request.site ?? request.app ?? request.outOfHome;
  if (!publication) return [];
  const found: string[] = [];
  for (const given of publication.categories) {
    const id = given.trim().toUpperCase();
    if (id === '') continue;
    if (!id.startsWith('IAB')) {
      found.push(`${publication.categoryTaxonomy}:${id}`);
      continue;
    }
    found.push(id);
    const dash = id.indexOf('-');
    if (dash > 0) found.push(id.slice(0, dash));
  }
  return found;
}
