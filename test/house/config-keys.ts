/** Every key of the configuration says what it does. */
import type { Fault } from './source-tree.ts';

/** As much of JSON Schema as a configuration uses. */
interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema | readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const WHY =
  'the descriptions are the reference that `bidwright check` and the API show; a key without one can only be guessed at';

/** Keys without a description, each once, by its dotted path; a list or a map adds `[]` or `{}`. */
export function undescribedKeys(schema: unknown): Fault[] {
  const missing = new Set<string>();
  visit(schema as Schema, '', missing, new Set());
  return [...missing].map((key) => ({
    path: 'src/config.ts',
    line: 1,
    what: `${key} has no description`,
    why: WHY,
  }));
}

function visit(schema: Schema, path: string, missing: Set<string>, ancestors: ReadonlySet<Schema>): void {
  // A tree of and, or, not refers to itself.
  if (ancestors.has(schema)) return;
  const within = new Set(ancestors).add(schema);
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const name = path === '' ? key : `${path}.${key}`;
    if ((property.description ?? '').trim() === '') missing.add(name);
    visit(property, name, missing, within);
  }
  for (const [suffix, child] of childrenOf(schema)) visit(child, path + suffix, missing, within);
}

function childrenOf(schema: Schema): [suffix: string, child: Schema][] {
  const { items, additionalProperties, patternProperties = {}, $defs = {} } = schema;
  const variants = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  const values = [...Object.values(patternProperties), additionalProperties].filter(
    (one) => typeof one === 'object',
  );
  return [
    ...variants.map((child): [string, Schema] => ['', child]),
    ...[items ?? []].flat().map((child): [string, Schema] => ['[]', child]),
    ...values.map((child): [string, Schema] => ['{}', child]),
    ...Object.entries($defs).map(([name, child]): [string, Schema] => [`#${name}`, child]),
  ];
}
