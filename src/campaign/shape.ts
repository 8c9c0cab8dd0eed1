/**
 * One value against one schema: defaults filled in, and every fault told in words a buyer understands. A schema
 * library says of a union that no branch matched; here the branch that was meant is found first and only its faults
 * are told. The file is one thing: a walk over the few kinds of schema that the house uses.
 */
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import type { Issue, Path } from './issue.ts';
import { HIDDEN, issue, show } from './issue.ts';
import { nearest, suggestion } from './nearest.ts';

/** As much of JSON Schema as `typebox` writes for us. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly writeOnly?: boolean;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly items?: Schema | readonly Schema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly $ref?: string;
  readonly $id?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

export interface Shaped {
  /** The value with defaults; whatever is at fault is left out of it (`undefined` in a list, so that positions hold). */
  readonly value: unknown;
  readonly issues: readonly Issue[];
}

export interface ShapeOptions {
  /** Only look at what is there: nothing is required and no default is filled in, on the outermost level. */
  readonly partial?: boolean;
}

export function checkShape(
  schema: TSchema,
  value: unknown,
  path: Path = [],
  options: ShapeOptions = {},
): Shaped {
  const issues: Issue[] = [];
  const walk: Walk = { issues, definitions: new Map(), elsewhere: undefined };
  const shaped = options.partial
    ? readKeys(schema as Schema, value, path, walk, true)
    : read(schema as Schema, value, path, walk);
  // The library's own verdict has the last word: a kind of schema that this walk does not know must not let a value in.
  if (issues.length === 0 && !options.partial && !checkerOf(schema)(shaped)) {
    const reason = Value.Errors(schema, shaped)[0];
    issues.push(issue(path, 'invalid', reason?.message ?? 'does not match its schema', { value }));
  }
  return { value: shaped, issues };
}

/** Compiled once for each schema: a book of 10,000 line items is checked in a tenth of the time. */
const checkers = new WeakMap<TSchema, (value: unknown) => boolean>();

function checkerOf(schema: TSchema): (value: unknown) => boolean {
  let check = checkers.get(schema);
  if (!check) {
    const compiled = Compile(schema);
    checkers.set(schema, (check = (value) => compiled.Check(value)));
  }
  return check;
}

interface Walk {
  readonly issues: Issue[];
  readonly definitions: Map<string, Schema>;
  /** Keys that other branches of the same union know, and where they belong. */
  readonly elsewhere: ReadonlyMap<string, string> | undefined;
}

function read(schema: Schema, value: unknown, path: Path, walk: Walk): unknown {
  for (const [name, definition] of Object.entries(schema.$defs ?? {})) walk.definitions.set(name, definition);
  if (schema.$ref !== undefined) {
    const target = walk.definitions.get(schema.$ref.replace(/^#\/\$defs\//, ''));
    return target ? read(target, value, path, walk) : value;
  }
  if (value === null && schema.type !== 'null') {
    return refuse(
      schema,
      value,
      path,
      walk,
      'wrong_type',
      'is empty',
      'Give it a value, or leave the key out.',
    );
  }
  if (schema.anyOf) return readUnion(schema, schema.anyOf, value, path, { ...walk, elsewhere: undefined });
  if ('const' in schema)
    return value === schema.const ? value : refuseChoice(schema, [schema.const], value, path, walk);
  if (schema.enum)
    return schema.enum.includes(value) ? value : refuseChoice(schema, schema.enum, value, path, walk);
  switch (schema.type) {
    case 'object':
      return readObject(schema, value, path, walk);
    case 'array':
      return readList(schema, value, path, walk);
    case 'string':
      return readText(schema, value, path, walk);
    case 'integer':
    case 'number':
      return readNumber(schema, value, path, walk);
    case 'boolean':
      return typeof value === 'boolean' ? value : refuseType(schema, value, path, walk);
    default:
      return value;
  }
}

function readObject(schema: Schema, value: unknown, path: Path, walk: Walk): unknown {
  const count = isMapping(value) ? Object.keys(value).length : 0;
  const shaped = readKeys(schema, value, path, walk, false);
  if (shaped === undefined) return undefined;
  if (count < (schema.minProperties ?? 0)) {
    return refuse(
      schema,
      value,
      path,
      walk,
      'out_of_range',
      `must have at least ${schema.minProperties} key`,
    );
  }
  if (count > (schema.maxProperties ?? Number.POSITIVE_INFINITY)) {
    return refuse(
      schema,
      value,
      path,
      walk,
      'out_of_range',
      `must have at most ${schema.maxProperties} keys`,
    );
  }
  return shaped;
}

function readKeys(
  schema: Schema,
  value: unknown,
  path: Path,
  walk: Walk,
  partial: boolean,
): Record<string, unknown> | undefined {
  if (!isMapping(value)) return refuseType(schema, value, path, walk) as undefined;
  const properties = schema.properties ?? {};
  const shaped: Record<string, unknown> = {};
  const inner: Walk = { ...walk, elsewhere: undefined };
  for (const [key, given] of Object.entries(value)) {
    const property = Object.hasOwn(properties, key) ? properties[key] : openSchema(schema, key);
    if (property === undefined) walk.issues.push(unknownKey(schema, key, given, path, walk));
    else put(shaped, key, read(property, given, [...path, key], inner));
  }
  if (!partial) fillIn(schema, value, shaped, path, inner);
  return shaped;
}

/** Schema of a key that is not named but allowed: of a record, or of an object that is left open. */
function openSchema(schema: Schema, key: string): Schema | undefined {
  for (const [pattern, property] of Object.entries(schema.patternProperties ?? {})) {
    if (new RegExp(pattern, 'u').test(key)) return property;
  }
  const additional = schema.additionalProperties;
  if (typeof additional === 'object') return additional;
  return additional === false || schema.patternProperties ? undefined : {};
}

function fillIn(
  schema: Schema,
  given: object,
  shaped: Record<string, unknown>,
  path: Path,
  walk: Walk,
): void {
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (Object.hasOwn(given, key)) continue;
    if (property.default !== undefined)
      put(shaped, key, read(property, structuredClone(property.default), [...path, key], walk));
    else if (schema.required?.includes(key)) {
      walk.issues.push(issue([...path, key], 'missing', 'is missing', { hint: hintOf(property) }));
    }
  }
}

/** Never by assignment: a key named `__proto__` must stay a key. */
function put(target: Record<string, unknown>, key: string, value: unknown): void {
  if (value === undefined) return;
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

const SECRET_NAME = /key|secret|token|password|credential/i;

function unknownKey(schema: Schema, key: string, value: unknown, path: Path, walk: Walk): Issue {
  const known = Object.keys(schema.properties ?? {});
  const patterns = Object.values(schema.patternProperties ?? {});
  const close = nearest(key, known);
  const secret =
    SECRET_NAME.test([...path, key].join('.')) ||
    (close !== undefined && schema.properties?.[close]?.writeOnly === true);
  const home = walk.elsewhere?.get(key);
  const hint =
    home !== undefined
      ? `It belongs to ${home}.`
      : patterns.length > 0
        ? `Keys must match ${Object.keys(schema.patternProperties ?? {}).join(' or ')}.`
        : suggestion(key, known, 'Known keys');
  return issue([...path, key], 'unknown_key', 'is not a known key', {
    hint,
    onKey: true,
    value: secret ? HIDDEN : value,
  });
}

function readList(schema: Schema, value: unknown, path: Path, walk: Walk): unknown {
  if (!Array.isArray(value)) return refuseType(schema, value, path, walk);
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY, items } = schema;
  if (value.length < minItems) {
    return refuse(
      schema,
      value,
      path,
      walk,
      'too_short',
      minItems === 1 ? 'must not be an empty list' : `must have at least ${minItems} entries`,
    );
  }
  if (value.length > maxItems)
    return refuse(
      schema,
      value,
      path,
      walk,
      'too_long',
      `must have at most ${maxItems} entries, not ${value.length}`,
    );
  if (schema.uniqueItems) refuseRepeats(value, path, walk);
  return value.map((item, index) => {
    const itemSchema = Array.isArray(items)
      ? (items as readonly Schema[])[index]
      : (items as Schema | undefined);
    return itemSchema ? read(itemSchema, item, [...path, index], { ...walk, elsewhere: undefined }) : item;
  });
}

function refuseRepeats(list: readonly unknown[], path: Path, walk: Walk): void {
  const seen = new Map<string, number>();
  list.forEach((item, index) => {
    const text = JSON.stringify(item);
    const first = seen.get(text);
    if (first === undefined) seen.set(text, index);
    else
      walk.issues.push(
        issue([...path, index], 'repeated', 'is in the list already', {
          value: item,
          related: [...path, first],
        }),
      );
  });
}

function readText(schema: Schema, value: unknown, path: Path, walk: Walk): unknown {
  if (typeof value !== 'string') {
    const hint =
      typeof value === 'number' || typeof value === 'boolean' ? 'Put it in quotes.' : hintOf(schema);
    return refuseType(schema, value, path, walk, hint);
  }
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern } = schema;
  if (value.length < minLength) {
    return refuse(
      schema,
      value,
      path,
      walk,
      'too_short',
      value === '' ? 'must not be empty' : `must have at least ${minLength} characters`,
    );
  }
  if (value.length > maxLength)
    return refuse(
      schema,
      value,
      path,
      walk,
      'too_long',
      `must have at most ${maxLength} characters, not ${value.length}`,
    );
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) {
    return refuse(schema, value, path, walk, 'wrong_form', 'does not have the right form');
  }
  return value;
}

function readNumber(schema: Schema, value: unknown, path: Path, walk: Walk): unknown {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    const hint =
      typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
        ? 'Write it without quotes.'
        : hintOf(schema);
    return refuseType(schema, value, path, walk, hint);
  }
  if (schema.type === 'integer' && !Number.isSafeInteger(value)) {
    const micros = /micros$/i.test(String(path.at(-1)));
    return refuse(
      schema,
      value,
      path,
      walk,
      'wrong_type',
      'must be a whole number',
      micros ? 'Micros are millionths: 2.50 is written 2.5e6.' : hintOf(schema),
    );
  }
  const bound = brokenBound(schema, value);
  return bound === undefined ? value : refuse(schema, value, path, walk, 'out_of_range', `must be ${bound}`);
}

function brokenBound(schema: Schema, value: number): string | undefined {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (minimum !== undefined && value < minimum) return `at least ${minimum}`;
  if (maximum !== undefined && value > maximum) return `at most ${maximum}`;
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) return `more than ${exclusiveMinimum}`;
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) return `less than ${exclusiveMaximum}`;
  return multipleOf !== undefined && value % multipleOf !== 0 ? `a multiple of ${multipleOf}` : undefined;
}

function readUnion(
  schema: Schema,
  branches: readonly Schema[],
  value: unknown,
  path: Path,
  walk: Walk,
): unknown {
  const choices = branches.map((branch) => branch.const);
  if (branches.every((branch) => 'const' in branch)) {
    return choices.includes(value) ? value : refuseChoice(schema, choices, value, path, walk);
  }
  const discriminator = discriminatorOf(branches);
  if (discriminator !== undefined && isMapping(value))
    return readChosen(branches, discriminator, value, path, walk);
  return readLikeliest(schema, branches, value, path, walk);
}

/** A key that every branch requires as a constant of its own. */
function discriminatorOf(branches: readonly Schema[]): string | undefined {
  const [first] = branches;
  return Object.keys(first?.properties ?? {}).find((key) => {
    const constants = branches.map((branch) => branch.properties?.[key]?.const);
    return (
      constants.every((constant) => typeof constant === 'string') &&
      new Set(constants).size === branches.length
    );
  });
}

function readChosen(
  branches: readonly Schema[],
  key: string,
  value: Record<string, unknown>,
  path: Path,
  walk: Walk,
): unknown {
  const constantOf = (branch: Schema): unknown => branch.properties?.[key]?.const;
  const given = Object.hasOwn(value, key) ? value[key] : undefined;
  const chosen = branches.find((branch) => constantOf(branch) === given);
  if (!chosen) {
    const names = branches.map(constantOf) as string[];
    walk.issues.push(
      given === undefined
        ? issue([...path, key], 'missing', 'is missing', { hint: `One of ${names.join(', ')}.` })
        : issue([...path, key], 'not_one_of', `must be one of ${names.join(', ')}`, {
            value: given,
            hint: suggestion(given, names, 'Known'),
          }),
    );
    return readShared(branches, key, value, path, walk);
  }
  const elsewhere = new Map<string, string>();
  for (const branch of branches) {
    for (const name of Object.keys(branch.properties ?? {})) {
      const known = elsewhere.get(name);
      elsewhere.set(
        name,
        known === undefined ? `${key}: ${constantOf(branch)}` : `${known}, ${constantOf(branch)}`,
      );
    }
  }
  return readObject(chosen, value, path, { ...walk, elsewhere });
}

/** Where no branch is chosen, what all branches have in common can still be looked at, and the object keeps its id. */
function readShared(
  branches: readonly Schema[],
  key: string,
  value: Record<string, unknown>,
  path: Path,
  walk: Walk,
): unknown {
  const shared = Object.entries(branches[0]?.properties ?? {}).filter(
    ([name]) =>
      name !== key && branches.every((branch) => branch.properties && Object.hasOwn(branch.properties, name)),
  );
  const given = shared.map(([name]) => name).filter((name) => Object.hasOwn(value, name));
  const part = Object.fromEntries(given.map((name) => [name, value[name]]));
  return readKeys({ type: 'object', properties: Object.fromEntries(shared) }, part, path, walk, true);
}

/** Without a discriminator, the branch with the fewest faults is taken for the one that was meant. */
function readLikeliest(
  schema: Schema,
  branches: readonly Schema[],
  value: unknown,
  path: Path,
  walk: Walk,
): unknown {
  const fitting = branches.filter((branch) => typeFits(branch, value, walk));
  if (fitting.length === 0) {
    return refuse(
      schema,
      value,
      path,
      walk,
      'wrong_type',
      `must be ${[...new Set(branches.map((branch) => kindOf(branch, walk)))].join(' or ')}`,
    );
  }
  let best: { value: unknown; issues: Issue[] } | undefined;
  for (const branch of fitting) {
    const issues: Issue[] = [];
    const shaped = read(branch, value, path, { ...walk, issues });
    if (issues.length === 0) return shaped;
    if (!best || issues.length < best.issues.length) best = { value: shaped, issues };
  }
  walk.issues.push(...(best?.issues ?? []));
  return undefined;
}

function typeFits(branch: Schema, value: unknown, walk: Walk): boolean {
  const kind = kindOf(branch, walk);
  if (kind === 'a value') return true;
  if (Array.isArray(value)) return kind === 'a list';
  if (isMapping(value)) return kind === 'a mapping';
  return kind === KINDS[typeof value] || (kind === 'a whole number' && typeof value === 'number');
}

const KINDS: Readonly<Record<string, string>> = {
  object: 'a mapping',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};

function kindOf(schema: Schema, walk: Walk): string {
  const target =
    schema.$ref === undefined
      ? schema
      : (walk.definitions.get(schema.$ref.replace(/^#\/\$defs\//, '')) ?? schema);
  const type = 'const' in target ? typeof target.const : target.type;
  return KINDS[type ?? ''] ?? 'a value';
}

function refuseType(schema: Schema, value: unknown, path: Path, walk: Walk, hint?: string): undefined {
  return refuse(schema, value, path, walk, 'wrong_type', `must be ${kindOf(schema, walk)}`, hint);
}

function refuseChoice(
  schema: Schema,
  choices: readonly unknown[],
  value: unknown,
  path: Path,
  walk: Walk,
): undefined {
  const names = choices.map(String);
  const close = typeof value === 'string' ? nearest(value, names) : undefined;
  const hint = close === undefined ? (schema.description ?? '') : `Did you mean ${close}?`;
  return refuse(
    schema,
    value,
    path,
    walk,
    'not_one_of',
    `must be ${choices.length === 1 ? names[0] : `one of ${names.join(', ')}`}`,
    hint,
  );
}

function refuse(
  schema: Schema,
  value: unknown,
  path: Path,
  walk: Walk,
  code: string,
  message: string,
  hint?: string,
): undefined {
  const secret = schema.writeOnly === true;
  walk.issues.push(
    issue(path, code, message, {
      hint: hint ?? hintOf(schema),
      value: secret && show(value) !== '' ? HIDDEN : value,
    }),
  );
  return undefined;
}

function hintOf(schema: Schema): string {
  return schema.description ?? '';
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
