/** A circumstance of a showing by its name, as `pack loyal`, cut to the 24 bits that a notice token has for it. */
import { hash32 } from './random.ts';

const MASK = 0xff_ffff;

export function circumstanceHash(name: string): number {
  return hash32(name, 0) & MASK;
}
