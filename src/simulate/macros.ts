/** Substitution macros (OpenRTB 2.6 section 4.4): textual, in notices and in markup; what is not known becomes empty. */

export interface MacroValues {
  readonly AUCTION_ID?: string;
  readonly AUCTION_BID_ID?: string;
  readonly AUCTION_IMP_ID?: string;
  readonly AUCTION_SEAT_ID?: string;
  readonly AUCTION_AD_ID?: string;
  readonly AUCTION_PRICE?: string;
  readonly AUCTION_CURRENCY?: string;
  readonly AUCTION_MBR?: string;
  readonly AUCTION_LOSS?: string;
  readonly AUCTION_MIN_TO_WIN?: string;
  readonly AUCTION_MULTIPLIER?: string;
  readonly AUCTION_IMP_TS?: string;
}

const MACRO = /\$\{(AUCTION_[A-Z_]+)(?::[A-Z0-9]+)?\}/g;

export function fillMacros(text: string, values: MacroValues): string {
  return text.replace(MACRO, (_, name: keyof MacroValues) => values[name] ?? '');
}

/** As an auditor of markup does: the word AUDIT for everything. */
export function auditMacros(text: string): string {
  return text.replace(MACRO, 'AUDIT');
}
