/** What the impression offers to show. */
import { Type } from 'typebox';
import { MEDIA } from '../../core/event.ts';
import { valueDimension } from './value-dimension.ts';

export const format = valueDimension({
  name: 'format',
  description: 'Media that the impression offers.',
  level: 'impression',
  cost: 20,
  item: Type.Union(
    [Type.Literal('banner'), Type.Literal('video'), Type.Literal('audio'), Type.Literal('native')],
    { description: 'Media.' },
  ),
  values: ({ impression }) => MEDIA.filter((media) => impression[media] !== undefined),
});
