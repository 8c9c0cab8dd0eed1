/** The domains that the account advertises for, made ready to be found in a publisher's block list of any length. */

const LENGTH_MAX = 253;

export class OwnDomains {
  /** Each domain, and every domain above it that a list may name instead. */
  readonly #suffixes = new Set<string>();
  /** Of the suffixes: nine in ten entries of a list are passed over by their length alone, without a hash. */
  readonly #lengths = new Uint8Array(LENGTH_MAX + 1);

  constructor(domains: Iterable<string>) {
    for (const domain of domains)
      for (const suffix of suffixesOf(domain)) {
        this.#suffixes.add(suffix);
        if (suffix.length <= LENGTH_MAX) this.#lengths[suffix.length] = 1;
      }
  }

  /** Those of the list that concern us; one pass, and nothing is kept of the others. */
  among(listed: readonly string[]): ReadonlySet<string> {
    let found: Set<string> | undefined;
    for (const entry of listed) {
      if (this.#lengths[entry.length] !== 1 || !this.#suffixes.has(entry)) continue;
      found ??= new Set();
      found.add(entry);
    }
    return found ?? NONE;
  }
}

const NONE: ReadonlySet<string> = new Set();

/** `a.b.c` gives `a.b.c`, `b.c` and `c`. */
export function suffixesOf(domain: string): readonly string[] {
  const suffixes = [domain];
  for (let dot = domain.indexOf('.'); dot >= 0; dot = domain.indexOf('.', dot + 1))
    suffixes.push(domain.slice(dot + 1));
  return suffixes;
}
