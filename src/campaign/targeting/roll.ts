/** Where in its content a video or audio spot plays (`startdelay`). */
import { Type } from 'typebox';
import type { Probe } from './dimension.ts';
import { valueDimension } from './value-dimension.ts';

export const roll = valueDimension({
  name: 'roll',
  description: 'Before, within or after the content of a video or audio stream.',
  level: 'impression',
  cost: 34,
  item: Type.Union([Type.Literal('pre'), Type.Literal('mid'), Type.Literal('post')], {
    description: 'Place in the stream.',
  }),
  values,
});

function values({ impression: { video, audio } }: Probe): readonly string[] {
  return [video?.startDelay, audio?.startDelay].map(nameOf).filter((name) => name !== '');
}

/** 0 pre-roll, seconds or -1 mid-roll, -2 post-roll. */
function nameOf(startDelay: number | undefined): string {
  if (startDelay === undefined || startDelay < -2) return '';
  if (startDelay === 0) return 'pre';
  return startDelay === -2 ? 'post' : 'mid';
}
