// Ad breaks (§3.2.7, §7.6): rules that look at all bids of one break together. The seller builds the final
// pod and may take none or all of the bids, so what can never be shown together is only offered in vain; none
// of this makes a bid invalid by itself.

import type { BidCase } from './bid-case.ts';
import type { Report } from './departure.ts';
import type { Json } from './reading.ts';
import { isFilled, numberOf, numbersOf, textOf, textsOf } from './reading.ts';

/** Cases whose impression is known, in the order of the answer. */
export function checkPods(cases: readonly BidCase[], report: Report): void {
  const timed = cases.filter(({ medium }) => medium === 'video' || medium === 'audio');
  for (const { bid, offer, path } of timed) checkSlot(bid, offer, path, report);
  for (const group of grouped(timed, partKey)) checkRoom(group, report);
  for (const group of grouped(timed, podKey)) checkRepetition(group, report);
}

/** §3.2.7: poddur marks the dynamic part of a pod. */
export function isDynamic(offer: Json): boolean {
  return isFilled(offer.poddur);
}

// AdCOM, "Slot Position in Pod".
const SLOTS = { last: -1, any: 0, first: 1, firstOrLast: 2 } as const;

/**
 * §7.6: buyers return slotinpod only for the dynamic portion of a pod, since elsewhere the impid is the slot;
 * and an end of the pod can be asked for only where the seller guarantees it.
 */
function checkSlot(bid: Json, offer: Json, path: string, report: Report): void {
  if (!isFilled(bid.slotinpod)) return;
  const at = `${path}.slotinpod`;
  const slot = numberOf(bid.slotinpod);
  if (!Object.values(SLOTS).some((one) => one === slot)) {
    report('bad_slot', at, `${textOf(bid.slotinpod) ?? 'no number'} is none of -1, 0, 1, 2`);
  } else if (!isDynamic(offer)) {
    report('slot_not_dynamic', at, `${slot}, where the impid is the slot`);
  } else if (slot !== SLOTS.any && !isGuaranteed(slot, numberOf(offer.slotinpod) ?? SLOTS.any)) {
    report('slot_not_offered', at, `${slot}, where ${numberOf(offer.slotinpod) ?? 0} is guaranteed`);
  }
}

function isGuaranteed(wanted: number | undefined, offered: number): boolean {
  if (offered === SLOTS.firstOrLast) return true;
  // Whoever takes either end is served by the one on offer.
  return offered !== SLOTS.any && (wanted === offered || wanted === SLOTS.firstOrLast);
}

/** One dynamic part is one impression, whatever the seats of its bids. */
function partKey({ offer, bid, medium }: BidCase): string | undefined {
  return isDynamic(offer) ? `${medium} ${textOf(bid.impid) ?? ''}` : undefined;
}

function podKey({ offer, bid, medium }: BidCase): string | undefined {
  const pod = textOf(offer.podid);
  if (pod !== undefined) return `pod ${pod}`;
  return isDynamic(offer) ? `part ${medium} ${textOf(bid.impid) ?? ''}` : undefined;
}

/** All that is offered for a part may win, so all of it has to fit: poddur seconds, maxseq ads. */
function checkRoom(group: readonly BidCase[], report: Report): void {
  const { offer, path } = group[0] as BidCase;
  const room = numberOf(offer.poddur) ?? Number.POSITIVE_INFINITY;
  const seconds = group.reduce((sum, one) => sum + (one.seconds ?? 0), 0);
  if (seconds > room) report('pod_too_long', path, `${seconds} s in all, for a break of ${room} s`);
  const places = numberOf(offer.maxseq) ?? 0;
  if (places > 0 && group.length > places) {
    report('pod_too_many', path, `${group.length} bids, for ${places} ads`);
  }
}

// AdCOM, "Pod Deduplication": what two ads of one pod must not have in common.
const NOT_DEDUPLICATED = 5;
const MARKS: Readonly<Record<number, (one: BidCase) => readonly string[]>> = {
  1: ({ bid }) => textsOf(bid.adomain).map((domain) => domain.toLowerCase()),
  2: ({ bid }) => textsOf(bid.cat).map((category) => `${numberOf(bid.cattax) ?? 1}:${category}`),
  3: ({ bid }) => [textOf(bid.crid) ?? []].flat(),
  4: ({ vast }) =>
    (vast?.ads ?? []).flatMap(({ linears }) =>
      linears.flatMap(({ mediaFiles }) => mediaFiles.map(({ url }) => url)),
    ),
};
const NAMES: Readonly<Record<number, string>> = { 1: 'adomain', 2: 'cat', 3: 'crid', 4: 'media file' };

/**
 * Two bids for one structured slot are alternatives and may be alike. A setting that only one of two slots
 * has binds neither: the specification does not say which of them speaks for the pod.
 */
function checkRepetition(group: readonly BidCase[], report: Report): void {
  for (const [index, one] of group.entries()) {
    for (const other of group.slice(0, index)) {
      if (one.bid.impid === other.bid.impid && !isDynamic(one.offer)) continue;
      for (const code of sharedSettings(one, other)) checkPair(one, other, code, report);
    }
  }
}

function sharedSettings(one: BidCase, other: BidCase): readonly number[] {
  const theirs = numbersOf(other.offer.poddedupe);
  const shared = numbersOf(one.offer.poddedupe).filter((code) => theirs.includes(code));
  return shared.includes(NOT_DEDUPLICATED) ? [] : shared;
}

function checkPair(one: BidCase, other: BidCase, code: number, report: Report): void {
  const marks = MARKS[code];
  if (marks === undefined) return;
  const taken = marks(other);
  const repeated = marks(one).find((mark) => taken.includes(mark));
  if (repeated === undefined) return;
  report(
    'pod_repetition',
    one.path,
    `${NAMES[code]} ${repeated.slice(0, 80)} again, where poddedupe has ${code}`,
  );
}

function grouped(
  cases: readonly BidCase[],
  keyOf: (one: BidCase) => string | undefined,
): Iterable<readonly BidCase[]> {
  const groups = new Map<string, BidCase[]>();
  for (const one of cases) {
    const key = keyOf(one);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return groups.values();
}
