/** Packs that are always there: one for each class of recency, frequency and money, and one for each stage of life as a customer. */
import { RFM_CLASSES, STAGES } from '../../core/profile.ts';
import type { PeopleRule } from './rule.ts';

export interface ClassPack {
  readonly id: string;
  readonly name: string;
  readonly source: 'class';
  readonly rule: PeopleRule;
}

function classPack(prefix: string, tag: string, value: string): ClassPack {
  return {
    id: `${prefix}.${value}`,
    name: `${value[0]!.toUpperCase()}${value.slice(1).replaceAll('_', ' ')}`,
    source: 'class',
    rule: { tag, is: [value] },
  };
}

/** `none` is no class: whoever has bought nothing is told apart by stage. */
export const CLASS_PACKS: readonly ClassPack[] = [
  ...RFM_CLASSES.filter((name) => name !== 'none').map((name) => classPack('rfm', 'rfm_class', name)),
  ...STAGES.map((name) => classPack('stage', 'life_cycle_stage', name)),
];

const IDS = new Set(CLASS_PACKS.map(({ id }) => id));

export function isClassPack(id: string): boolean {
  return IDS.has(id);
}
