// Spoils a pair by data: which fields get which values, so that a provocation reads as what it changes.

import type { Pair } from './sound-pairs.ts';
import { soundPair } from './sound-pairs.ts';

export interface Change {
  readonly on: Parameters<typeof soundPair>[0];
  /**
   * Dotted paths. A path begins with `request`, `imp` (its first), `response`, `seatbid` (its first), `bid`
   * (its first), `asked` (inside native.request) or `native` (inside the native adm). Undefined removes.
   */
  readonly set?: Readonly<Record<string, unknown>>;
  /** In the markup: this text becomes that. The first must be there. */
  readonly replace?: readonly [from: string, to: string];
  /** Adds a copy of the first bid with these fields changed. */
  readonly addBid?: Readonly<Record<string, unknown>>;
  readonly nowMs?: number;
  /** Deals that the bidder has agreed to. */
  readonly deals?: readonly string[];
}

type Node = Record<string, unknown>;

export function changedPair(change: Change): Pair {
  const pair = soundPair(change.on);
  const bid = at(pair, 'bid');
  for (const [path, value] of Object.entries(change.set ?? {})) assign(pair, path, value);
  if (change.replace !== undefined) bid.adm = replaced(String(bid.adm), change.replace);
  if (change.addBid !== undefined) {
    const list = at(pair, 'seatbid').bid as unknown[];
    list.push({ ...structuredClone(bid), ...change.addBid });
  }
  return pair;
}

function replaced(markup: string, [from, to]: readonly [string, string]): string {
  if (!markup.includes(from)) throw new Error(`the markup has no ${from}`);
  return markup.replace(from, () => to);
}

function assign(pair: Pair, path: string, value: unknown): void {
  const [root = '', ...steps] = path.split('.');
  const last = steps.pop();
  if (last === undefined) {
    if (root !== 'response' && root !== 'request') throw new Error(`${path} cannot be replaced whole`);
    pair[root] = value;
    return;
  }
  if (root === 'asked') editJson(at(pair, 'imp').native as Node, 'request', steps, last, value);
  else if (root === 'native') editJson(at(pair, 'bid'), 'adm', steps, last, value);
  else put(descend(at(pair, root), steps), last, value);
}

function editJson(owner: Node, field: string, steps: string[], last: string, value: unknown): void {
  const inner = JSON.parse(String(owner[field])) as Node;
  put(descend(inner, steps), last, value);
  owner[field] = JSON.stringify(inner);
}

function at(pair: Pair, root: string): Node {
  if (root === 'request') return pair.request as Node;
  if (root === 'response') return pair.response as Node;
  if (root === 'imp') return descend(pair.request as Node, ['imp', '0']);
  if (root === 'seatbid') return descend(pair.response as Node, ['seatbid', '0']);
  if (root === 'bid') return descend(pair.response as Node, ['seatbid', '0', 'bid', '0']);
  throw new Error(`no such root: ${root}`);
}

function descend(node: Node, steps: readonly string[]): Node {
  let current = node;
  for (const step of steps) {
    const next = current[step];
    if (typeof next !== 'object' || next === null) throw new Error(`nothing at ${steps.join('.')}`);
    current = next as Node;
  }
  return current;
}

function put(node: Node, name: string, value: unknown): void {
  if (value === undefined) delete node[name];
  else node[name] = value;
}
