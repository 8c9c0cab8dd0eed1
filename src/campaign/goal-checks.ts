/** What a strategy that goes by results needs beside itself: something to count, and for one without a target a budget. */
import { countsConversions } from './bid-strategy.ts';
import type { Issue, Path } from './issue.ts';
import { issue } from './issue.ts';
import type { LooseBook } from './loose-book.ts';

type LooseOne<List extends 'lineItems' | 'campaigns'> = NonNullable<LooseBook[List]>[number] | undefined;

/** `path` leads to the line item's `bid`. Without `actions`, not all of the book is known, and nothing is said of what it lacks. */
export function checkGoal(
  line: LooseOne<'lineItems'>,
  campaign: LooseOne<'campaigns'>,
  actions: LooseBook['conversionActions'],
  path: Path,
  issues: Issue[],
): void {
  const bid = line?.bid;
  if (!bid) return;
  checkPriceOrder('minCpmMicros' in bid ? bid : {}, path, issues);
  if (!countsConversions(bid) || !campaign) return;
  const value = bid.strategy;
  if (actions) {
    const own = actions.filter((action) => action?.advertiserId === campaign.advertiserId);
    if (own.length === 0)
      issues.push(
        issue(
          [...path, 'strategy'],
          'no_conversion_action',
          'counts conversions of an advertiser without any',
          {
            value,
            hint: 'Add what people do that is worth money under conversionActions.',
          },
        ),
      );
    (bid.actions ?? []).forEach((id, index) => {
      if (typeof id !== 'string' || own.some((action) => action?.id === id)) return;
      issues.push(
        issue([...path, 'actions', index], 'unknown_action', 'is no conversion action of its advertiser', {
          value: id,
          hint: own.map((action) => action?.id).join(', '),
        }),
      );
    });
  }
  const limited = [line?.budget, campaign.budget].some(
    (budget) => budget?.dailyMicros !== undefined || budget?.lifetimeMicros !== undefined,
  );
  if (bid.strategy === 'maximize_conversions' && !limited)
    issues.push(
      issue([...path, 'strategy'], 'no_budget', 'spends a budget, and there is none', {
        value,
        hint: 'Give the line item or its campaign a daily or lifetime budget in money.',
      }),
    );
}

function checkPriceOrder(
  bid: { readonly minCpmMicros?: number | undefined; readonly maxCpmMicros?: number | undefined },
  path: Path,
  issues: Issue[],
): void {
  const { minCpmMicros, maxCpmMicros } = bid;
  if (minCpmMicros === undefined || maxCpmMicros === undefined || minCpmMicros <= maxCpmMicros) return;
  issues.push(
    issue([...path, 'minCpmMicros'], 'floor_above_ceiling', `is above maxCpmMicros, ${maxCpmMicros}`, {
      value: minCpmMicros,
    }),
  );
}
