/** One choice: shares by the policy, held to the limits of each arm, and one draw from them. */
import type { Random } from '../../core/random.ts';
import type { Probability } from '../../core/units.ts';
import type { Arm, Belief, Choice, CreativePolicy, Scene } from './policy.ts';

/** Choosing changes nothing. The same belief, offer, scene and generator state give the same choice. */
export function choose(
  policy: CreativePolicy,
  belief: Belief,
  offered: readonly number[],
  scene: Scene,
  random: Random,
): Choice {
  const shares = sharesOf(policy, belief, offered, scene);
  const index = drawFrom(shares, random);
  return { index, propensity: shares[index] as Probability };
}

/** The probability of each of the offered arms under this policy: what `choose` draws from. Not to be written to. */
export function sharesOf(
  policy: CreativePolicy,
  belief: Belief,
  offered: readonly number[],
  scene: Scene,
): Float64Array {
  const known = remembered(belief);
  const key = `${policy.name} ${offered.join()} ${scene.lastSeen ?? ''} ${scene.circumstances.join()}`;
  let shares = known.get(key);
  if (!shares) {
    if (known.size >= SCENES_MAX) known.clear();
    shares = policy.shares(belief, offered, scene);
    held(
      shares,
      offered.map((place) => belief.arms[place]!),
    );
    known.set(key, shares);
  }
  return shares;
}

export function drawFrom(shares: Float64Array, random: Random): number {
  let left = random.next();
  let last = 0;
  for (let index = 0; index < shares.length; index++) {
    if (!(shares[index]! > 0)) continue;
    last = index;
    left -= shares[index]!;
    if (left < 0) break;
  }
  // Rounding may leave a speck over; it belongs to the last that has a share.
  return last;
}

/** Offers times scenes that one belief remembers. A pure function's memory: forgetting it changes no answer. */
const SCENES_MAX = 1024;
const memory = new WeakMap<Belief, Map<string, Float64Array>>();

function remembered(belief: Belief): Map<string, Float64Array> {
  let known = memory.get(belief);
  if (!known) memory.set(belief, (known = new Map()));
  return known;
}

/**
 * Lifts who has less than the least share to it and cuts who has more than the most, the others keeping their proportions.
 * Where the limits cannot all be kept the floors are, scaled down if they ask for more than everything.
 */
function held(shares: Float64Array, arms: readonly Arm[]): void {
  if (arms.every(({ shareMin = 0, shareMax = 1 }) => !(shareMin > 0) && shareMax >= 1)) return;
  const floors = Float64Array.from(arms, ({ shareMin = 0 }) => within(shareMin, 0));
  const asked = sum(floors);
  if (asked > 1) for (let arm = 0; arm < floors.length; arm++) floors[arm]! /= asked;
  const most = Float64Array.from(arms, ({ shareMax = 1 }, arm) =>
    Math.max(floors[arm]!, within(shareMax, 1)),
  );
  // Nothing may be left over, so ceilings that add up to less than everything are lifted alike.
  const room = sum(most);
  if (room < 1) for (let arm = 0; arm < most.length; arm++) most[arm]! /= room;
  // clamp(scale · share) grows with the scale; the scale at which it adds up to one is found by halving its logarithm.
  const at = (scale: number): number => {
    let total = 0;
    for (let arm = 0; arm < shares.length; arm++)
      total += clamp(scale * (shares[arm]! + SPECK), floors[arm]!, most[arm]!);
    return total;
  };
  let low = SPECK;
  let high = 2 / SPECK;
  for (let step = 0; step < 100; step++) {
    const middle = Math.sqrt(low * high);
    if (at(middle) < 1) low = middle;
    else high = middle;
  }
  for (let arm = 0; arm < shares.length; arm++)
    shares[arm] = clamp(high * (shares[arm]! + SPECK), floors[arm]!, most[arm]!);
  const total = sum(shares);
  // What rounding leaves goes where there is room, so that no floor is missed.
  for (let arm = 0; arm < shares.length; arm++) {
    const moved = clamp(shares[arm]! + 1 - total, floors[arm]!, most[arm]!);
    if (moved !== shares[arm]) {
      shares[arm] = moved;
      break;
    }
  }
}

/** So that an arm of share nought can take what others may not. */
const SPECK = 1e-12;

function within(value: number, other: number): number {
  return value >= 0 && value <= 1 ? value : other;
}

function clamp(value: number, least: number, most: number): number {
  return value < least ? least : value > most ? most : value;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
