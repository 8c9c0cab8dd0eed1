/** `device.devicetype` (AdCOM device types) in words. */
import { Type } from 'typebox';
import { valueDimension } from './value-dimension.ts';

/** Type 1 is told by senders that do not tell phones from tablets: it is `mobile` and neither of the two. */
const TYPES = {
  mobile: ['1', '4', '5'],
  phone: ['4'],
  tablet: ['5'],
  desktop: ['2'],
  tv: ['3'],
  connected_device: ['6'],
  set_top_box: ['7'],
  out_of_home: ['8'],
} as const;

export const deviceType = valueDimension({
  name: 'deviceType',
  description: 'Kind of device.',
  level: 'request',
  cost: 30,
  item: Type.Union(
    [
      Type.Literal('mobile'),
      Type.Literal('phone'),
      Type.Literal('tablet'),
      Type.Literal('desktop'),
      Type.Literal('tv'),
      Type.Literal('connected_device'),
      Type.Literal('set_top_box'),
      Type.Literal('out_of_home'),
    ],
    { description: 'Kind; mobile covers phones and tablets.' },
  ),
  values: ({ request }) => (request.device.type === undefined ? '' : String(request.device.type)),
  expand: (value) => (Object.hasOwn(TYPES, value) ? TYPES[value as keyof typeof TYPES] : []),
});
