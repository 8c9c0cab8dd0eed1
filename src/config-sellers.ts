/** Files of publishers about their sellers: one folder, a file for each domain, `news.example.txt`. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Path } from './campaign/issue.ts';
import { issue } from './campaign/issue.ts';
import { readSellers, SellerDirectory } from './campaign/sellers.ts';
import type { Fault } from './config-faults.ts';
import { faultAt, fileFault } from './config-faults.ts';
import type { Joined } from './config-join.ts';
import { stampOf } from './config-read.ts';

export interface PlacedSellers {
  readonly sellers: SellerDirectory;
  readonly stamps: ReadonlyMap<string, string>;
  /** What cannot be read of single lines is remarked on; a folder that is not there is an error. */
  readonly faults: readonly Fault[];
}

const SUFFIX = '.txt';
const BYTES_MAX = 8_000_000;
/** Of one file; a broken one would drown everything else. */
const REMARKS_MAX = 5;

export function placeSellers(joined: Joined): PlacedSellers {
  const sellers = new SellerDirectory();
  const stamps = new Map<string, string>();
  const faults: Fault[] = [];
  const named = joined.book.account?.supply?.sellersFolder;
  if (named === undefined) return { sellers, stamps, faults };
  const path: Path = ['account', 'supply', 'sellersFolder'];
  const place = joined.placeOf(path, false);
  const folder = resolve(dirname(place.file), named);
  stamps.set(folder, stampOf(folder));
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith(SUFFIX));
  } catch {
    const hint = 'Give a folder relative to this file, with a file for each publisher: news.example.txt';
    faults.push(
      faultAt(place, issue(path, 'no_folder', 'is no folder that can be read', { value: named, hint })),
    );
    return { sellers, stamps, faults };
  }
  for (const name of names.sort()) {
    const file = join(folder, name);
    stamps.set(file, stampOf(file));
    if (statSync(file).size > BYTES_MAX) {
      faults.push({
        ...fileFault(file, 'too_large', `is larger than ${BYTES_MAX} bytes`),
        severity: 'warning',
      });
      continue;
    }
    const read = readSellers(readFileSync(file, 'utf8'));
    sellers.add(name.slice(0, -SUFFIX.length).toLowerCase(), read.records);
    for (const { line, message } of read.faults.slice(0, REMARKS_MAX))
      faults.push({ ...fileFault(file, 'seller_line', message, '', line, 1), severity: 'warning' });
  }
  return { sellers, stamps, faults };
}
