/** The evaluations: one line each. */
import type { Evaluation } from './evaluation.ts';
import { shading } from './shading.ts';

export const EVALUATIONS: readonly Evaluation[] = [shading];
