/** The kinds of multiplier: one line each. */
import { dualMultiplier } from './dual.ts';
import type { MultiplierKind } from './multiplier.ts';
import { plannedMultiplier } from './planned.ts';
import { steeredMultiplier } from './steered.ts';

export const MULTIPLIERS: readonly MultiplierKind[] = [plannedMultiplier, dualMultiplier, steeredMultiplier];

/** @throws RangeError for a name that none has. */
export function multiplierNamed(name: string): MultiplierKind {
  const kind = MULTIPLIERS.find((member) => member.name === name);
  if (!kind) throw new RangeError(`no multiplier is named ${name}: ${MULTIPLIERS.map((kind) => kind.name)}`);
  return kind;
}
