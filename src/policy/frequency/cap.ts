/** Verdict of frequency caps over a person's history. */
import type { CapRule, PersonHistory } from '../../core/history.ts';

export type CapVerdict = 'frequency_capped' | 'too_soon' | 'cap_unknown';

/** Undefined when all caps pass. No history where caps exist is `cap_unknown`: unknown is not permission. */
export declare function capVerdict(caps: readonly CapRule[], history: PersonHistory | undefined, nowMs: number): CapVerdict | undefined;
