/** `app.bundle`. */
import { Type } from 'typebox';
import { valueDimension } from './value-dimension.ts';

export const app = valueDimension({
  name: 'app',
  description: 'App.',
  level: 'request',
  cost: 13,
  item: Type.String({
    minLength: 1,
    maxLength: 200,
    description: 'Bundle: the package name on Android, the store’s number on iOS.',
  }),
  maxItems: 100_000,
  values: ({ request }) => request.app?.bundle ?? '',
});
