/** The creative policies: one line each. */
import { contextualPolicy } from './contextual.ts';
import { evenPolicy } from './even.ts';
import { plannedPolicy } from './planned.ts';
import type { CreativePolicy, CreativePolicyName } from './policy.ts';
import { changeAwarePolicy, discountedPolicy, slidingWindowPolicy } from './remembering.ts';
import { sequentialPolicy } from './sequential.ts';
import { thompsonPolicy } from './thompson.ts';
import { topTwoPolicy } from './top-two.ts';
import { valuePolicy } from './value.ts';
import { weightedPolicy } from './weighted.ts';

export const CREATIVE_POLICIES: readonly CreativePolicy[] = [
  evenPolicy,
  weightedPolicy,
  sequentialPolicy,
  thompsonPolicy,
  plannedPolicy,
  topTwoPolicy,
  valuePolicy,
  contextualPolicy,
  discountedPolicy,
  slidingWindowPolicy,
  changeAwarePolicy,
];

export function creativePolicyNamed(name: CreativePolicyName): CreativePolicy {
  const policy = CREATIVE_POLICIES.find((member) => member.name === name);
  if (!policy) throw new Error(`no creative policy is named ${name}`);
  return policy;
}
