/** Place on the screen (`pos` of banner and video, AdCOM placement positions). */
import { Type } from 'typebox';
import type { Probe } from './dimension.ts';
import { valueDimension } from './value-dimension.ts';

/** By AdCOM number; 0 means unknown. */
const NAMES = [
  '',
  'above_fold',
  'locked',
  'below_fold',
  'header',
  'footer',
  'sidebar',
  'full_screen',
  'partial',
] as const;

export const position = valueDimension({
  name: 'position',
  description: 'Place of the ad on the screen.',
  level: 'impression',
  cost: 30,
  item: Type.Union(
    [
      Type.Literal('above_fold'),
      Type.Literal('locked'),
      Type.Literal('below_fold'),
      Type.Literal('header'),
      Type.Literal('footer'),
      Type.Literal('sidebar'),
      Type.Literal('full_screen'),
      Type.Literal('partial'),
    ],
    { description: 'Place.' },
  ),
  values,
});

function values({ impression: { banner, video } }: Probe): readonly string[] {
  return [banner?.position, video?.position]
    .map((code) => NAMES[code ?? 0] ?? '')
    .filter((name) => name !== '');
}
