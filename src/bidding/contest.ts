/**
 * Which bids an impression gets. Under every deal that somebody here may buy, the line item that offers most for it; in the open,
 * the best of those left (OpenRTB 2.6 section 7.3, "M + N": the exchange decides between deal and open bids, not we). A part
 * of an ad break that the seller fills as it likes gets as many as it has room for (`ad-break.ts`).
 */
import type { Reason } from '../core/reason.ts';
import type { Deal, Impression } from '../openrtb/request.ts';
import { fillBreak } from './ad-break.ts';
import type { Contest, Decide, Finalist, Offer } from './offer.ts';
import { offerFor, pickFor } from './offer.ts';
import type { Picked } from './pick.ts';
import type { Break } from './pod.ts';
import { dynamicPartOf } from './pod.ts';
import { guaranteedFirst } from './terms.ts';

/** `finalists` in falling order of worth. Offers made have their money reserved and are promised to the person. */
export function contest(
  decide: Decide,
  finalists: readonly Finalist[],
  impression: Impression,
  adBreak: Break | undefined,
): Contest {
  const dynamic = adBreak && dynamicPartOf(impression);
  const filled = dynamic && fillBreak(decide, finalists, impression, dynamic, adBreak);
  if (filled && filled.offers.length > 0) return filled;
  const sold = dealsAndOpen(decide, finalists, impression);
  for (const { decision } of sold.offers) {
    decide.seen.promise(decision);
    adBreak?.use(decision.chosen.creative);
  }
  return filled ? { offers: sold.offers, refusals: new Map([...filled.refusals, ...sold.refusals]) } : sold;
}

function dealsAndOpen(decide: Decide, finalists: readonly Finalist[], impression: Impression): Contest {
  const { openBidsMax, impressionBidsMax } = decide.exchange;
  const offers: Offer[] = [];
  const refusals = new Map<Finalist, Reason>();
  const picks = new Map<Finalist, Picked>();
  const attempt = (finalist: Finalist, deal: Deal | undefined): boolean => {
    let picked = picks.get(finalist);
    if (!picked) picks.set(finalist, (picked = pickFor(decide, finalist.candidate)));
    const offer = offerFor(decide, finalist, picked, impression, deal);
    if (typeof offer === 'string') refusals.set(finalist, offer);
    else offers.push(offer);
    return typeof offer !== 'string';
  };
  for (const deal of guaranteedFirst(impression.deals)) {
    if (offers.length >= impressionBidsMax) break;
    finalists.some(
      ({ candidate }, place) => candidate.buying.deals.includes(deal) && attempt(finalists[place]!, deal),
    );
  }
  let open = 0;
  for (const finalist of finalists) {
    if (open >= openBidsMax || offers.length >= impressionBidsMax) break;
    if (!finalist.candidate.buying.open || offers.some((offer) => offer.finalist === finalist)) continue;
    if (attempt(finalist, undefined)) open++;
  }
  return { offers, refusals };
}
