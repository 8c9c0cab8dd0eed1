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
import type { Rivals } from './ranking.ts';
import { guaranteedFirst } from './terms.ts';

/** Offers made have their money reserved and are promised to the person. */
export function contest(
  decide: Decide,
  rivals: Rivals,
  impression: Impression,
  adBreak: Break | undefined,
): Contest {
  const dynamic = adBreak && dynamicPartOf(impression);
  const filled = dynamic && fillBreak(decide, rivals.open.all(), impression, dynamic, adBreak);
  if (filled && filled.offers.length > 0) return filled;
  const sold = dealsAndOpen(decide, rivals, impression);
  for (const { decision } of sold.offers) {
    decide.seen.promise(decision);
    adBreak?.use(decision.chosen.creative);
  }
  return filled ? { offers: sold.offers, refusals: new Map([...filled.refusals, ...sold.refusals]) } : sold;
}

function dealsAndOpen(decide: Decide, { open, underDeals }: Rivals, impression: Impression): Contest {
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
    underDeals.find((finalist) => finalist.candidate.buying.deals.includes(deal) && attempt(finalist, deal));
  }
  let openBids = 0;
  const isFull = () => openBids >= openBidsMax || offers.length >= impressionBidsMax;
  if (!isFull())
    open.find((finalist) => {
      if (!finalist.candidate.buying.open || offers.some((offer) => offer.finalist === finalist))
        return false;
      if (attempt(finalist, undefined)) openBids++;
      return isFull();
    });
  return { offers, refusals };
}
