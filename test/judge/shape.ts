// One walk over the field tables, for requests and for responses.
//
// An absent field and a null one are the same (§2.3: absence means unknown). A required field that is an
// empty string or an empty array is missing, because it carries as little. Fields that no table knows are
// passed to `unknown`, if somebody asks: a receiver must tolerate them (§2.6).

import type { Field } from './fields.ts';
import { tableOf } from './fields.ts';
import type { Json } from './reading.ts';
import { isFilled, isObject } from './reading.ts';

export interface ShapeListener {
  required(path: string): void;
  type(path: string, wanted: string): void;
  unknown?(path: string): void;
}

export function walkShape(objectName: string, value: unknown, path: string, listener: ShapeListener): void {
  const table = tableOf(objectName);
  if (!isObject(value)) {
    listener.type(path, 'object');
    return;
  }
  if (table === undefined) return;
  for (const field of table.values()) walkField(field, value, path, listener);
  if (listener.unknown === undefined) return;
  for (const name of Object.keys(value)) {
    if (!table.has(name)) listener.unknown(join(path, name));
  }
}

function walkField(field: Field, parent: Json, parentPath: string, listener: ShapeListener): void {
  const value = parent[field.name];
  if (!isFilled(value) && field.isRequired) {
    listener.required(join(parentPath, field.name));
    return;
  }
  if (value === undefined || value === null) return;
  const path = join(parentPath, field.name);
  if (!field.isArray) {
    walkValue(field.type, value, path, listener);
  } else if (!Array.isArray(value)) {
    listener.type(path, `${field.type}[]`);
  } else {
    for (let index = 0; index < value.length; index++)
      walkValue(field.type, value[index], `${path}[${index}]`, listener);
  }
}

function walkValue(type: string, value: unknown, path: string, listener: ShapeListener): void {
  switch (type) {
    case 'string':
      if (typeof value !== 'string') listener.type(path, type);
      return;
    case 'integer':
      if (!Number.isInteger(value)) listener.type(path, type);
      return;
    case 'float':
      if (typeof value !== 'number' || !Number.isFinite(value)) listener.type(path, type);
      return;
    default:
      walkShape(type, value, path, listener);
  }
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
