/** Lost bids in words: why an exchange says so, what can be done, and which creatives it turns away time after time. */
import type { LossKind } from '../core/loss.ts';
import { DISAPPROVED, lossFacts } from '../core/loss.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { LossRow, RejectionRow } from '../state/port.ts';
import type { FunnelReason } from './funnel.ts';

export interface LossLine extends LossRow {
  readonly name: string;
  readonly kind: LossKind;
  readonly remedy: string;
}

/** Most frequent first. */
export function lossLines(rows: readonly LossRow[]): readonly LossLine[] {
  return rows.map((row): LossLine => ({ ...row, ...lossFacts(row.code) })).sort((a, b) => b.count - a.count);
}

/** Losses of one line item as what they are in its funnel. */
export function lossReasons(rows: readonly LossRow[]): readonly FunnelReason[] {
  return lossLines(rows).map(({ name, remedy, count }) => ({
    reason: name,
    stage: 'auction',
    remedy,
    count,
  }));
}

export interface RejectionLine extends RejectionRow {
  readonly name: string;
  readonly remedy: string;
  /** Disapproved so often in a row that it will hardly be otherwise next time. Nothing is stopped for it. */
  readonly flagged: boolean;
}

/** The flagged first, then by how often in a row. */
export function rejectionLines(
  rows: readonly RejectionRow[],
  profileOf: (exchangeId: string) => Pick<ExchangeProfile, 'disapprovedAfter'> | undefined,
): readonly RejectionLine[] {
  return rows
    .map((row): RejectionLine => {
      const { name, remedy } = lossFacts(row.code);
      const limit = profileOf(row.exchangeId)?.disapprovedAfter ?? Number.POSITIVE_INFINITY;
      return { ...row, name, remedy, flagged: row.code === DISAPPROVED && row.inARow >= limit };
    })
    .sort((a, b) => Number(b.flagged) - Number(a.flagged) || b.inARow - a.inARow);
}
