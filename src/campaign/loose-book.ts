import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { Book } from './campaign.ts';

/** A book in which anything may be missing, because it was at fault and was told of already. */
export type Loose<T> = T extends readonly (infer Item)[]
  ? readonly (Loose<Item> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Loose<T[Key]> | undefined }
    : T;
export type LooseBook = Loose<Book> & {
  readonly exchanges?: readonly (Loose<ExchangeProfile> | undefined)[] | undefined;
};
