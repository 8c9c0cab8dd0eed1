/** The addresses that a bid carries. Exchange macros stay in them literally; the exchange fills them in (OpenRTB 2.6 section 4.4). */
import type { NoticeKind } from './event.ts';

/** Path of each kind of notice on the public port. */
export const NOTICE_PATHS: Readonly<Record<NoticeKind, string>> = {
  win: '/n/win',
  billing: '/n/bill',
  loss: '/n/loss',
  impression: '/t/imp',
  click: '/t/click',
};

/** Where a wrapper's inner document is fetched from; by players, so it lies beside the trackers. */
export const DOCUMENT_PATH = '/t/doc';

export interface NoticeLinks {
  readonly nurl: string;
  readonly burl: string;
  readonly lurl: string;
  readonly impressionUrl: string;
  readonly clickUrl: string;
  /** For a wrapper around an ad of ours; empty for other markup. */
  readonly documentUrl: string;
}

/** What is signed beside the token of an address that markup is fetched from; empty where none is. */
export interface MarkupParameters {
  readonly win: string;
  readonly document: string;
}

/** What of an exchange's habits is seen in addresses. */
export interface NoticeHabits {
  readonly billing: 'burl' | 'impression' | 'win';
  readonly priceCodec: string;
  readonly priceMacroSuffix?: string;
}

/**
 * `t` is the token, `p` the clearing price, `c` its currency, `l` the loss code, `m` the least bid that would have won, `x`
 * how many impressions a showing counted for, `w` when it was shown. Notices are called by servers at `publicUrl`; what
 * stands in the markup is at `markupUrl`, which is https where the placement asks for it. The impression tracker asks for
 * the price only where the exchange bills by it. Parameters of markup end the address.
 */
export function noticeLinks(
  publicUrl: string,
  markupUrl: string,
  tokens: Readonly<Record<NoticeKind, string>>,
  habits: NoticeHabits,
  isQuantity: boolean,
  markup: MarkupParameters = { win: '', document: '' },
): NoticeLinks {
  const price = `p=${priceMacro(habits)}&c=\${AUCTION_CURRENCY}`;
  // One showing counts for other than one impression (`imp.qty`), and perhaps for other than was offered.
  const quantity = isQuantity ? '&x=${AUCTION_MULTIPLIER}' : '';
  const shown = 'w=${AUCTION_IMP_TS}';
  const least = 'm=${AUCTION_MIN_TO_WIN}';
  const impression = `${markupUrl}${NOTICE_PATHS.impression}?t=${tokens.impression}`;
  return {
    nurl: `${publicUrl}${NOTICE_PATHS.win}?t=${tokens.win}&${price}&${least}${habits.billing === 'win' ? quantity : ''}${markup.win}`,
    burl: `${publicUrl}${NOTICE_PATHS.billing}?t=${tokens.billing}&${price}${quantity}&${shown}`,
    lurl: `${publicUrl}${NOTICE_PATHS.loss}?t=${tokens.loss}&l=\${AUCTION_LOSS}&${least}&${price}`,
    impressionUrl:
      habits.billing === 'impression' ? `${impression}&${price}${quantity}&${shown}` : impression,
    clickUrl: `${markupUrl}${NOTICE_PATHS.click}?t=${tokens.click}`,
    // The impression's token: it is in the same markup anyway, and opens nothing that costs.
    documentUrl:
      markup.document === '' ? '' : `${markupUrl}${DOCUMENT_PATH}?t=${tokens.impression}${markup.document}`,
  };
}

/** An encoding has to be asked for by its suffix (section 4.4); B64 is the one that has a name of its own in the specification. */
function priceMacro({ priceCodec, priceMacroSuffix }: NoticeHabits): string {
  const suffix = priceMacroSuffix ?? (priceCodec === 'base64' ? 'B64' : '');
  return suffix === '' ? '${AUCTION_PRICE}' : `\${AUCTION_PRICE:${suffix}}`;
}
