/** `device.connectiontype` in words. */
import { Type } from 'typebox';
import { valueDimension } from './value-dimension.ts';

const TYPES = {
  wired: ['1'],
  wifi: ['2'],
  cellular: ['3', '4', '5', '6', '7'],
  '2g': ['4'],
  '3g': ['5'],
  '4g': ['6'],
  '5g': ['7'],
} as const;

export const connection = valueDimension({
  name: 'connection',
  description: 'Network of the device.',
  level: 'request',
  cost: 34,
  item: Type.Union(
    [
      Type.Literal('wired'),
      Type.Literal('wifi'),
      Type.Literal('cellular'),
      Type.Literal('2g'),
      Type.Literal('3g'),
      Type.Literal('4g'),
      Type.Literal('5g'),
    ],
    { description: 'Kind; cellular covers every generation.' },
  ),
  values: ({ request }) =>
    request.device.connectionType === undefined ? '' : String(request.device.connectionType),
  expand: (value) => (Object.hasOwn(TYPES, value) ? TYPES[value as keyof typeof TYPES] : []),
});
