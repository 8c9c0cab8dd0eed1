/** A bid answer in the words of the wire (OpenRTB 2.6 section 4.2); dialects write it out as it stands. */
export interface BidResponse {
  id: string;
  seatbid: SeatBid[];
  bidid?: string;
  cur: string;
  nbr?: number;
}

export interface SeatBid {
  bid: Bid[];
  seat?: string;
}

export interface Bid {
  id: string;
  impid: string;
  /** CPM in `cur`. */
  price: number;
  adid?: string;
  nurl?: string;
  burl?: string;
  lurl?: string;
  adm?: string;
  adomain?: string[];
  bundle?: string;
  iurl?: string;
  cid?: string;
  crid: string;
  cat?: string[];
  cattax?: number;
  attr?: number[];
  apis?: number[];
  protocol?: number;
  language?: string;
  dealid?: string;
  w?: number;
  h?: number;
  wratio?: number;
  hratio?: number;
  dur?: number;
  exp?: number;
  mtype?: number;
  slotinpod?: number;
  ext?: Record<string, unknown>;
}
