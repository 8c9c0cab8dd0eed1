/**
 * Fills the part of an ad break that the seller puts together as it likes (OpenRTB 2.6 section 7.6.2): one impression, several
 * bids, each with its length. All of them together fit, since all of them may win. Each line item offers one creative by its own
 * rotation, the plan takes the best of these, and what room is left is offered again.
 */
import type { Reason } from '../core/reason.ts';
import type { Impression } from '../openrtb/request.ts';
import { capVerdict } from '../policy/frequency/cap.ts';
import type { PlannedSpot } from './break-plan.ts';
import { planBreak } from './break-plan.ts';
import type { FittingCreative } from './eligible.ts';
import type { Contest, Decide, Finalist, Offer } from './offer.ts';
import { offerFor, pickFor } from './offer.ts';
import type { Picked } from './pick.ts';
import type { Break, DynamicPart } from './pod.ts';
import { dedupeOf, marksOf } from './pod.ts';
import { guaranteedFirst } from './terms.ts';

/** `finalists` of every medium; only timed creatives of the part's own are offered. */
export function fillBreak(
  decide: Decide,
  finalists: readonly Finalist[],
  impression: Impression,
  part: DynamicPart,
  adBreak: Break,
): Contest {
  const { impressionBidsMax } = decide.exchange;
  const offers: Offer[] = [];
  const refusals = new Map<Finalist, Reason>();
  const placesMax = Math.min(part.bidsMax ?? impressionBidsMax, impressionBidsMax);
  let secondsLeft = part.seconds;
  let contenders = finalists;
  while (offers.length < placesMax && contenders.length > 0) {
    const spots: Spot[] = [];
    for (const finalist of contenders) {
      const spot = spotOf(decide, finalist, impression, part, adBreak, secondsLeft);
      if (typeof spot === 'string') refusals.set(finalist, spot);
      else spots.push(spot);
    }
    const planned = planBreak(spots, { seconds: secondsLeft, places: placesMax - offers.length });
    if (planned.length === 0) break;
    for (const spot of planned) {
      const offer = offerOf(decide, spot, impression);
      if (typeof offer === 'string') {
        refusals.set(spot.finalist, offer);
        continue;
      }
      offers.push(offer);
      adBreak.use(offer.decision.chosen.creative);
      decide.seen.promise(offer.decision);
      secondsLeft -= spot.seconds;
    }
    contenders = contenders.filter((finalist) => !refusals.has(finalist));
  }
  for (const { finalist } of offers) refusals.delete(finalist);
  return { offers, refusals };
}

/** A finalist with the creative it would show next. */
interface Spot extends PlannedSpot {
  readonly finalist: Finalist;
  readonly picked: Picked;
}

function spotOf(
  decide: Decide,
  finalist: Finalist,
  impression: Impression,
  { media }: DynamicPart,
  adBreak: Break,
  secondsLeft: number,
): Spot | Reason {
  const { candidate } = finalist;
  const dedupe = dedupeOf(impression);
  const verdict = capped(decide, candidate.line.caps);
  if (verdict) return verdict;
  const timed = candidate.fitting.filter(({ fit }) => fit.media === media);
  if (timed.length === 0) return 'no_creative_of_format';
  const different = timed.filter(({ creative }) => adBreak.admits(creative, dedupe));
  if (different.length === 0) return 'repeated_in_pod';
  const fitting = different.filter(
    ({ fit, creative }) => secondsOf(fit) <= secondsLeft && !capped(decide, creative.caps),
  );
  if (fitting.length === 0) return 'break_full';
  const picked = pickFor(decide, { ...candidate, fitting });
  const { creative, fit } = picked.chosen;
  return {
    finalist,
    picked,
    worth: finalist.valueCpmMicros,
    seconds: secondsOf(fit),
    marks: marksOf(creative, dedupe),
  };
}

/** A break is seen as a whole: what it has been promised already counts. */
function capped({ seen, nowMs }: Decide, caps: Finalist['candidate']['line']['caps']): Reason | undefined {
  return caps.length === 0 ? undefined : capVerdict(caps, seen.history, nowMs);
}

function secondsOf({ durationSeconds }: FittingCreative['fit']): number {
  return durationSeconds ?? 0;
}

/** Under the first deal that can be met, else in the open auction. */
function offerOf(decide: Decide, { finalist, picked }: Spot, impression: Impression): Offer | Reason {
  const { line, buying } = finalist.candidate;
  let refusal: Reason | undefined = capped(decide, line.caps) ?? capped(decide, picked.chosen.creative.caps);
  if (refusal) return refusal;
  for (const deal of [...guaranteedFirst(buying.deals), ...(buying.open ? [undefined] : [])]) {
    const offer = offerFor(decide, finalist, picked, impression, deal);
    if (typeof offer !== 'string') return offer;
    refusal = offer;
  }
  return refusal ?? 'deal_not_allowed';
}
