/** Objects of the book as the API shows them. */

interface Described {
  readonly writeOnly?: boolean;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly items?: Described;
}

/** What a schema calls write-only is never read back, at any depth. */
export function withoutSecrets<Value extends object>(value: Value, schema: Described): Value {
  const shown = Object.entries(value).flatMap(([key, part]) => {
    const described = schema.properties?.[key];
    return described?.writeOnly ? [] : [[key, described ? shownPart(part, described) : part]];
  });
  return Object.fromEntries(shown) as Value;
}

function shownPart(part: unknown, described: Described): unknown {
  if (Array.isArray(part) && described.items)
    return part.map((item) => shownPart(item, described.items as Described));
  const hasKeys = described.properties && typeof part === 'object' && part !== null;
  return hasKeys ? withoutSecrets(part, described) : part;
}

/** What was shown without secrets, with those that it had; a secret that is written stays as it is written. */
export function withSecrets(value: unknown, known: unknown, schema: Described): unknown {
  if (Array.isArray(value) && Array.isArray(known) && schema.items)
    return value.length === known.length
      ? value.map((item, place) => withSecrets(item, known[place], schema.items as Described))
      : value;
  if (!isMapping(value) || !isMapping(known) || !schema.properties) return value;
  const whole: Record<string, unknown> = { ...value };
  for (const [key, described] of Object.entries(schema.properties)) {
    if (known[key] === undefined) continue;
    if (described.writeOnly) whole[key] ??= known[key];
    else if (whole[key] !== undefined) whole[key] = withSecrets(whole[key], known[key], described);
  }
  return whole;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
