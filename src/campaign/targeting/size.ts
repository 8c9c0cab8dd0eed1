/** Sizes of the banner and of the video player. A flexible ratio names no size, so it is unknown here. */
import { Type } from 'typebox';
import type { Probe } from './dimension.ts';
import { valueDimension } from './value-dimension.ts';

export const size = valueDimension({
  name: 'size',
  description: 'Sizes that the impression offers.',
  level: 'impression',
  cost: 22,
  item: Type.String({
    pattern: '^[1-9]\\d{0,4}x[1-9]\\d{0,4}$',
    description: 'Width and height in pixels, as 300x250.',
  }),
  values,
});

function values({ impression: { banner, video } }: Probe): readonly string[] {
  const found = banner?.sizes.map(({ width, height }) => `${width}x${height}`) ?? [];
  if (video?.width !== undefined && video.height !== undefined) found.push(`${video.width}x${video.height}`);
  return found;
}
