/** The evaluations: one line each. */
import type { Evaluation } from './evaluation.ts';
import { shading } from './shading.ts';
import { simulate } from './simulate.ts';

export const EVALUATIONS: readonly Evaluation[] = [shading, simulate];
