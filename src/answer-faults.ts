/** What an exchange would refuse an answer for, by the request that it answers. */
import type { ExchangeProfile } from './openrtb/exchange-profile.ts';

type Json = Readonly<Record<string, unknown>>;

/** Of a 200 with a body; none where it can be taken. */
export function answerFaults(request: Json, answer: unknown, exchange: Habits): string[] {
  if (!isObject(answer)) return ['the answer is no object'];
  const faults: string[] = [];
  if (answer.id !== request.id) faults.push(`id is ${shown(answer.id)}, not that of the request`);
  const bids = bidsOf(answer);
  if (bids.length === 0 && answer.nbr === undefined) faults.push('there is neither a bid nor a reason');
  const allowed = texts(request.cur);
  if (bids.length > 0 && allowed.length > 0 && !allowed.includes(String(answer.cur ?? 'USD')))
    faults.push(`cur is ${shown(answer.cur)}, of ${allowed.join(', ')}`);
  for (const bid of bids)
    faults.push(...bidFaults(bid, request, exchange).map((fault) => `bid ${shown(bid.id)}: ${fault}`));
  return faults;
}

type Habits = Pick<ExchangeProfile, 'billing' | 'markup'>;

export function bidsOf(answer: unknown): Json[] {
  if (!isObject(answer) || !Array.isArray(answer.seatbid)) return [];
  return answer.seatbid.flatMap((seat: unknown) =>
    isObject(seat) && Array.isArray(seat.bid) ? seat.bid.filter(isObject) : [],
  );
}

function bidFaults(bid: Json, request: Json, { billing, markup }: Habits): string[] {
  const impressions = Array.isArray(request.imp) ? request.imp.filter(isObject) : [];
  const impression = impressions.find(({ id }) => id === bid.impid);
  if (!impression) return [`impid ${shown(bid.impid)} was not asked for`];
  const faults: string[] = [];
  if (!(typeof bid.price === 'number' && bid.price > 0)) faults.push(`price is ${shown(bid.price)}`);
  else if (bid.dealid === undefined && bid.price < Number(impression.bidfloor ?? 0))
    faults.push(`price ${bid.price} is below the floor ${shown(impression.bidfloor)}`);
  if (texts(bid.adomain).length === 0) faults.push('adomain is missing');
  if (!bid.crid) faults.push('crid is missing');
  if (!bid.adm && !(markup === 'nurl' && bid.nurl)) faults.push('markup is missing');
  if (billing === 'burl' && !String(bid.burl ?? '').includes('${AUCTION_PRICE'))
    faults.push('burl has no macro for the price');
  if (billing === 'win' && !String(bid.nurl ?? '').includes('${AUCTION_PRICE'))
    faults.push('nurl has no macro for the price');
  if (
    impression.secure === 1 &&
    /\bsrc=["']http:/.test(String(bid.adm)) &&
    !String(bid.burl ?? '').startsWith('http:')
  )
    faults.push('markup loads over http where the placement is secure');
  return faults;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
