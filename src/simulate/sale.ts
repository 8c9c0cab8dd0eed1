import type { ReceivedBid } from './answer.ts';
import type { SimulatedRequest } from './traffic.ts';

/** One auction of our bids against the rivals, as the aftermath sees it. */
export interface Sale {
  readonly request: SimulatedRequest;
  readonly received: ReceivedBid;
  readonly won: boolean;
  readonly clearingCpmMicros: number;
  readonly minToWinCpmMicros: number;
  readonly lossCode: number;
  readonly flightHour: number;
}
