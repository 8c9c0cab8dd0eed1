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
