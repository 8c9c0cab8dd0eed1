/** The creative policies: one line each. */
import { evenPolicy } from './even.ts';
import type { CreativePolicy } from './policy.ts';
import { thompsonPolicy } from './thompson.ts';
import { weightedPolicy } from './weighted.ts';

export const CREATIVE_POLICIES: readonly CreativePolicy[] = [evenPolicy, weightedPolicy, thompsonPolicy];

export function creativePolicyNamed(name: CreativePolicy['name']): CreativePolicy {
  const policy = CREATIVE_POLICIES.find((member) => member.name === name);
  if (!policy) throw new Error(`no creative policy is named ${name}`);
  return policy;
}
