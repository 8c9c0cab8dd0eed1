/** What approval, security and a placement's limits leave of a template's combinations. */
import { Combinations } from './combinations.ts';
import type { Element } from './parts.ts';
import type { Template } from './template.ts';

export interface Circumstances {
  readonly exchangeId: string;
  /** The exchange shows what it has not reviewed yet. */
  readonly acceptUnapproved: boolean;
  /** No http address anywhere. */
  readonly secure: boolean;
  /** Elements too long for this placement, by slot; with a name of its own for each set of limits. */
  readonly limits?: { readonly name: string; readonly excluded: () => readonly ReadonlySet<number>[] };
}

/** Sets that are kept; a seller with ever new limits must not fill the memory. */
const KEPT_MAX = 256;

/** Worked out once for each kind of circumstances, so that a bid looks it up. */
export function combinationsFor(template: Template, circumstances: Circumstances): Combinations {
  const { exchangeId, acceptUnapproved, secure, limits } = circumstances;
  const key = `${exchangeId}|${acceptUnapproved}|${secure}|${limits?.name ?? ''}`;
  const known = template.narrowed.get(key);
  if (known) return known;
  const excluded = limits?.excluded();
  const combinations = new Combinations(
    template.slots.map(({ elements }, slot) =>
      template.combinations.offered[slot]!.filter(
        (place) => isFree(elements[place]!, circumstances) && !excluded?.[slot]?.has(place),
      ),
    ),
    template.slots.map(({ elements }) => elements.map(({ weight }) => weight)),
    template.rules,
  );
  if (template.narrowed.size >= KEPT_MAX) template.narrowed.clear();
  template.narrowed.set(key, combinations);
  return combinations;
}

function isFree(
  { insecure, approval }: Element,
  { exchangeId, acceptUnapproved, secure }: Circumstances,
): boolean {
  if (secure && insecure) return false;
  const state = approval[exchangeId];
  return state === undefined || state === 'approved' || (state === 'pending' && acceptUnapproved);
}
