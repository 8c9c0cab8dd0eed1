/**
 * Who may sell for whom, in the publishers' own words: ads.txt and app-ads.txt (IAB Tech Lab, version 1.1). Files are brought by the
 * operator; a bidder does not crawl.
 */

export type SellerRelation = 'DIRECT' | 'RESELLER';

export interface SellerRecord {
  /** Domain of the selling system, lower case. */
  readonly system: string;
  /** Account of the seller there, as written. */
  readonly seller: string;
  readonly relation: SellerRelation;
}

export interface ReadSellers {
  readonly records: readonly SellerRecord[];
  /** Lines that say nothing we can read; they count as not there. */
  readonly faults: readonly { readonly line: number; readonly message: string }[];
}

const DOMAIN = /^(?=.{1,253}$)[a-z0-9-]+(\.[a-z0-9-]+)+$/;
/** `SUBDOMAIN=…`, `CONTACT=…`, `OWNERDOMAIN=…` and the like: of no use here. */
const VARIABLE = /^[A-Za-z_]+\s*=/;
/** The placeholder of a publisher that sells to nobody. */
const NOBODY = 'placeholder.example.com';

/** Never throws; comments, variables, extension fields and blank lines are passed over. */
export function readSellers(text: string): ReadSellers {
  const records: SellerRecord[] = [];
  const faults: { line: number; message: string }[] = [];
  text.split(/\r\n|\n|\r/).forEach((raw, index) => {
    const line = raw
      .replace(/^\uFEFF/, '')
      .split('#')[0]!
      .split(';')[0]!
      .trim();
    if (line === '' || VARIABLE.test(line)) return;
    const [system = '', seller = '', relation = ''] = line.split(',').map((field) => field.trim());
    const word = relation.toUpperCase();
    const domain = system.toLowerCase();
    if (!DOMAIN.test(domain)) faults.push({ line: index + 1, message: `${short(system)} is no domain` });
    else if (seller === '') faults.push({ line: index + 1, message: 'names no seller' });
    else if (word !== 'DIRECT' && word !== 'RESELLER')
      faults.push({ line: index + 1, message: `${short(relation)} is neither DIRECT nor RESELLER` });
    else if (domain !== NOBODY) records.push({ system: domain, seller, relation: word });
  });
  return { records, faults };
}

function short(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}

/** By publisher domain what its file says. Looked up once for a request; built once for a configuration. */
export class SellerDirectory {
  readonly #byPublisher = new Map<string, ReadonlyMap<string, SellerRelation>>();

  add(publisher: string, records: readonly SellerRecord[]): void {
    const sellers = new Map<string, SellerRelation>();
    for (const { system, seller, relation } of records) {
      const key = keyOf(system, seller);
      // Listed as both, the direct relation stands: it permits more.
      if (sellers.get(key) !== 'DIRECT') sellers.set(key, relation);
    }
    this.#byPublisher.set(publisher, sellers);
  }

  get size(): number {
    return this.#byPublisher.size;
  }

  /** The file of a domain or, as a subdomain is covered by its root domain's, of the nearest domain above it. */
  of(domain: string): PublisherSellers | undefined {
    for (let rest = domain; rest.includes('.'); rest = rest.slice(rest.indexOf('.') + 1)) {
      const sellers = this.#byPublisher.get(rest);
      if (sellers) return { relation: (system, seller) => sellers.get(keyOf(system, seller)) };
    }
    return undefined;
  }
}

export interface PublisherSellers {
  /** Undefined for a seller that is not authorised. */
  relation(system: string, seller: string): SellerRelation | undefined;
}

function keyOf(system: string, seller: string): string {
  return `${system} ${seller}`;
}
