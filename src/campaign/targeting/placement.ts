/** Kind of video placement (`plcmt` as of OpenRTB 2.6-202303). */
import { Type } from 'typebox';
import { valueDimension } from './value-dimension.ts';

const NAMES = [
  '',
  'instream',
  'accompanying_content',
  'interstitial',
  'standalone',
  'pause',
  'screensaver',
  'overlay',
] as const;

export const placement = valueDimension({
  name: 'placement',
  description: 'Kind of video placement.',
  level: 'impression',
  cost: 32,
  item: Type.Union(
    [
      Type.Literal('instream'),
      Type.Literal('accompanying_content'),
      Type.Literal('interstitial'),
      Type.Literal('standalone'),
      Type.Literal('pause'),
      Type.Literal('screensaver'),
      Type.Literal('overlay'),
    ],
    { description: 'Kind.' },
  ),
  values: ({ impression }) => NAMES[impression.video?.placement ?? 0] ?? '',
});
