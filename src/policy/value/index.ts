/** The models of what customers are worth: one line each. */
import { bgNbd, mbgNbd } from './buy-till-gone.ts';
import type { ValueModel } from './customer.ts';

export const VALUE_MODELS: readonly ValueModel[] = [bgNbd, mbgNbd];

/** What profiles are scored by: on every split of the customers we have it ranks them better, and it knows that most who bought once do not come back. */
export const servedValueModel: ValueModel = mbgNbd;
