/** The pricers: one line each. */
import { fullPricer } from './full.ts';
import type { Pricer } from './pricer.ts';
import { surplusPricer } from './surplus.ts';

export const PRICERS: readonly Pricer[] = [fullPricer, surplusPricer];

export function pricerNamed(name: Pricer['name']): Pricer {
  const pricer = PRICERS.find((member) => member.name === name);
  if (!pricer) throw new Error(`no pricer is named ${name}`);
  return pricer;
}
