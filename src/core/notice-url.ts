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

export interface NoticeLinks {
  readonly nurl: string;
  readonly burl: string;
  readonly lurl: string;
  readonly impressionUrl: string;
  readonly clickUrl: string;
}

/**
 * `t` is the token, `p` the clearing price, `l` the loss code, `m` the least bid that would have won. Notices are called
 * by servers at `publicUrl`; what stands in the markup is at `markupUrl`, which is https where the placement asks for it.
 * The impression tracker asks for the price only where the exchange bills by it.
 */
export function noticeLinks(
  publicUrl: string,
  markupUrl: string,
  tokens: Readonly<Record<NoticeKind, string>>,
  billing: 'burl' | 'impression' | 'win',
): NoticeLinks {
  const price = 'p=${AUCTION_PRICE}';
  return {
    nurl: `${publicUrl}${NOTICE_PATHS.win}?t=${tokens.win}&${price}&m=\${AUCTION_MIN_TO_WIN}`,
    burl: `${publicUrl}${NOTICE_PATHS.billing}?t=${tokens.billing}&${price}`,
    lurl: `${publicUrl}${NOTICE_PATHS.loss}?t=${tokens.loss}&l=\${AUCTION_LOSS}&m=\${AUCTION_MIN_TO_WIN}&${price}`,
    impressionUrl: `${markupUrl}${NOTICE_PATHS.impression}?t=${tokens.impression}${billing === 'impression' ? `&${price}` : ''}`,
    clickUrl: `${markupUrl}${NOTICE_PATHS.click}?t=${tokens.click}`,
  };
}
