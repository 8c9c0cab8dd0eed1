/** The gates that a candidate passes before its worth is asked for, cheapest first; each refusal has a name. */
import type { CatalogCreative, CatalogLine } from '../campaign/catalog.ts';
import type { Combinations } from '../campaign/dynamic/combinations.ts';
import type { PersonHistory } from '../core/history.ts';
import type { Reason } from '../core/reason.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { BidRequest, Impression } from '../openrtb/request.ts';
import { capVerdict } from '../policy/frequency/cap.ts';
import type { Blocks } from './blocks.ts';
import type { Person } from './hydrate.ts';
import { mediaAnswerOf } from './media/index.ts';
import { dressed, looksFor } from './media/looks.ts';
import type { Fit } from './media/media.ts';
import type { Break } from './pod.ts';
import { dedupeOf } from './pod.ts';
import { isLeftToWin } from './served.ts';
import { skAdNetworkVersion } from './skadnetwork.ts';
import type { Snapshot } from './snapshot.ts';
import type { Buying } from './terms.ts';
import { buyingOf } from './terms.ts';
import { canDrawNotice } from './transparency.ts';

/** A creative that could be shown, by its place among the line item's creatives. */
export interface FittingCreative {
  readonly arm: number;
  readonly creative: CatalogCreative;
  readonly fit: Fit;
  /** Of a template: what its slots may be filled with here. */
  readonly looks?: Combinations;
}

/** With its slots filled, where it has any. */
export interface ChosenCreative extends FittingCreative {
  /** Numbers of the elements shown. */
  readonly elements?: readonly number[];
}

export interface Eligible {
  readonly line: CatalogLine;
  readonly buying: Buying;
  readonly fitting: readonly FittingCreative[];
}

export interface Gate {
  readonly request: BidRequest;
  readonly impression: Impression;
  readonly exchange: ExchangeProfile;
  readonly person: Person;
  readonly history: PersonHistory | undefined;
  readonly blocks: Blocks;
  readonly nowMs: number;
  /** The ad break that the impression belongs to, as far as this answer has filled it. */
  readonly adBreak: Break | undefined;
  /** Who is advertised and who paid must be drawn by the ad itself. */
  readonly mustDrawNotice: boolean;
  readonly skAdNetwork: Snapshot['skAdNetwork'];
  /** True when the draw of this request lets a line item with this participation take part. */
  takesPart(line: CatalogLine): boolean;
}

export function eligible(line: CatalogLine, gate: Gate): Eligible | Reason {
  if (gate.nowMs < line.flightStartMs || gate.nowMs >= line.flightEndMs) return 'not_in_flight';
  const buying = buyingOf(line, gate.request, gate.impression, gate.exchange);
  if (!buying.open && buying.deals.length === 0)
    // Where it names deals its targeting was met: then one of them is here, and it is its terms that refuse.
    return line.wantedDeals.length === 0 ? 'deal_required' : 'deal_not_allowed';
  // Throttling stands before any draw that learning looks at, so that what is held back does not bias it.
  // A guaranteed deal is a promise to deliver, which pacing has no say in.
  if (!buying.guaranteed && !gate.takesPart(line)) return 'paced';
  if (line.needsPerson && gate.person.userKey === '') return 'identity_required';
  if (line.caps.length > 0) {
    const verdict = capVerdict(line.caps, gate.history, gate.nowMs);
    if (verdict) return verdict;
  }
  const fitting = fittingCreatives(line, gate);
  return typeof fitting === 'string' ? fitting : { line, buying, fitting };
}

function fittingCreatives(line: CatalogLine, gate: Gate): FittingCreative[] | Reason {
  const fitting: FittingCreative[] = [];
  let furthest: Reason = 'no_creative_of_format';
  for (let arm = 0; arm < line.creatives.length; arm++) {
    const creative = line.creatives[arm]!;
    const looks = creative.template && looksFor(creative.template, gate.exchange, gate.impression);
    const sample = looks?.at(0);
    const verdict = judge(
      sample ? dressed(creative, sample) : creative,
      gate,
      !looks || sample !== undefined,
    );
    if (typeof verdict !== 'string')
      fitting.push(looks ? { arm, creative, fit: verdict, looks } : { arm, creative, fit: verdict });
    else if (RANK[verdict]! > RANK[furthest]!) furthest = verdict;
  }
  return fitting.length > 0 ? fitting : furthest;
}

/** How near a creative came to being shown: the buyer is told the refusal of the nearest one. */
const RANK: Readonly<Partial<Record<Reason, number>>> = {
  no_creative_of_format: 0,
  no_creative_of_size: 1,
  creative_type_not_supported: 2,
  native_assets_missing: 2,
  installs_not_credited: 2,
  transparency_impossible: 3,
  attribute_blocked: 3,
  creative_not_secure: 4,
  creative_not_approved: 5,
  no_combination_left: 5,
  language_blocked: 6,
  app_blocked: 7,
  category_blocked: 8,
  advertiser_blocked: 9,
  repeated_in_pod: 10,
  cap_unknown: 11,
  too_soon: 11,
  frequency_capped: 11,
};

/** All looks of a template fit where one of them does: what could differ was sorted out before. */
function judge(candidate: CatalogCreative, gate: Gate, hasLook: boolean): Fit | Reason {
  const { creative } = candidate;
  if (gate.impression[creative.format] === undefined) return 'no_creative_of_format';
  // What is sent for later, by the answer of nurl, no longer knows the request.
  const mayDraw = canDrawNotice(creative.format) && !isLeftToWin(gate.exchange, creative.format);
  if (gate.mustDrawNotice && !mayDraw) return 'transparency_impossible';
  if (creative.skadnetwork?.required && !skAdNetworkVersion(gate.impression.skAdNetwork, gate.skAdNetwork))
    return 'installs_not_credited';
  if (!hasLook) return 'no_combination_left';
  const answer = mediaAnswerOf(creative.format);
  const fit = answer.fit(candidate, gate.impression);
  if (typeof fit === 'string') return fit;
  if (isAnyIn(attributesOf(candidate), answer.blockedAttributes(gate.impression))) return 'attribute_blocked';
  if (gate.impression.secure && !candidate.secure) return 'creative_not_secure';
  const approval = creative.approval[gate.exchange.id] ?? 'pending';
  if (approval === 'rejected' || (approval === 'pending' && !gate.exchange.acceptUnapproved))
    return 'creative_not_approved';
  const blocked = gate.blocks.refusal(candidate);
  if (blocked) return blocked;
  if (gate.adBreak && !gate.adBreak.admits(candidate, dedupeOf(gate.impression))) return 'repeated_in_pod';
  return candidate.caps.length > 0 ? (capVerdict(candidate.caps, gate.history, gate.nowMs) ?? fit) : fit;
}

function isAnyIn(numbers: readonly number[], list: readonly number[]): boolean {
  for (let at = 0; at < numbers.length; at++) if (list.includes(numbers[at]!)) return true;
  return false;
}

/** A video with its own skip button has attribute 16, whether or not the buyer wrote it down. */
export function attributesOf({ creative }: CatalogCreative): readonly number[] {
  const skippable = creative.format === 'video' && creative.skippableAfterSeconds !== undefined;
  return skippable && !creative.attributes.includes(16) ? [...creative.attributes, 16] : creative.attributes;
}
